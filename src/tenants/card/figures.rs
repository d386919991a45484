//! What a site's processes report of themselves, as a person reads it: a line for each service.
//!
//! Names follow the telemetry convention: `SERVICE.NAME`, the unit at the end of the name (`_bytes`) or in it (`_ms_`).

use serde::Serialize;
use waas_platform::render::Reader;

use crate::front::Front;

/// Bytes of the units that memory is told in, largest first.
const UNITS: [(f64, &str); 3] = [(1_073_741_824.0, "gib"), (1_048_576.0, "mib"), (1_024.0, "kib")];

/// One service with all that it reports.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Line {
    /// Empty for figures that name no service.
    service: String,
    figures: Vec<String>,
}

/// The figures by service, in the order they come in.
pub(super) fn lines(front: &Front, reader: &Reader, metrics: &[(String, f64)]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (name, value) in metrics {
        let (service, name) = name.split_once('.').unwrap_or(("", name));
        let value = in_its_unit(front, reader, name, *value);
        let figure = front.word_with(reader, "tenant-figure", &[("name", name.into()), ("value", value.into())]);
        match lines.iter_mut().find(|line| line.service == service) {
            Some(line) => line.figures.push(figure),
            None => lines.push(Line { service: service.to_owned(), figures: vec![figure] }),
        }
    }
    lines
}

fn in_its_unit(front: &Front, reader: &Reader, name: &str, value: f64) -> String {
    let number = |value, decimals| front.renderer().words().number(&reader.lang, value, decimals);
    let with = |value: String, unit: &str| {
        front.word_with(reader, "tenant-in-unit", &[("value", value.into()), ("unit", unit.into())])
    };
    if name.ends_with("_bytes") {
        let unit = UNITS.into_iter().find(|(size, _)| value.abs() >= *size);
        return match unit {
            Some((size, unit)) => with(number(value / size, 1), unit),
            None => with(number(value, 0), "byte"),
        };
    }
    if name.ends_with("_ms") || name.contains("_ms_") {
        // Below ten a fraction still says something.
        return with(number(value, if value.abs() < 10.0 { 1 } else { 0 }), "ms");
    }
    number(value, 2)
}
