//! Logs and metrics: what is written, where, and that known secrets are masked in it.

use std::io::{self, IsTerminal};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::secrets::mask::Masking;

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Text when standard error is a terminal, else JSON.
    #[default]
    Auto,
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Logging or metrics could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The filter does not parse (`info,waas_hub=debug`).
    #[error("log filter: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// There is a logger already.
    #[error("logging: {0}")]
    Logging(#[from] tracing_subscriber::util::TryInitError),
    /// There is a metrics recorder already, or its buckets are wrong.
    #[error("metrics: {0}")]
    Metrics(String),
}

/// Sends logs to standard error, masked by value. Standard output stays for results.
///
/// # Errors
/// The filter does not parse, or logging is set up already.
pub fn init(format: Format, filter: &str) -> Result<(), InitError> {
    let json = match format {
        Format::Auto => !io::stderr().is_terminal(),
        Format::Text => false,
        Format::Json => true,
    };
    subscriber(json, EnvFilter::try_new(filter)?, io::stderr).try_init()?;
    Ok(())
}

fn subscriber<W>(json: bool, filter: EnvFilter, out: W) -> Box<dyn tracing::Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let base = tracing_subscriber::fmt().with_env_filter(filter).with_writer(Masking(out));
    if json {
        Box::new(base.json().flatten_event(true).with_current_span(true).with_span_list(false).finish())
    } else {
        Box::new(base.compact().with_ansi(io::stderr().is_terminal()).finish())
    }
}

/// The metrics of this process as Prometheus text.
#[derive(Clone, Debug)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Installs the recorder behind the `metrics` macros. Names that end in `_seconds` become histograms.
    ///
    /// # Errors
    /// The process has a recorder already.
    pub fn install() -> Result<Self, InitError> {
        let recorder = builder()?.build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).map_err(|e| InitError::Metrics(e.to_string()))?;
        Ok(Self(handle))
    }

    /// What `/metrics` answers.
    pub fn text(&self) -> String {
        if let Some(bytes) = resident_bytes() {
            #[expect(clippy::cast_precision_loss, reason = "memory sizes are far below 2^53")]
            metrics::gauge!("hub_resident_memory_bytes").set(bytes as f64);
        }
        self.0.render()
    }

    /// Folds recorded samples; to be called every few seconds, so that memory does not grow between scrapes.
    pub fn upkeep(&self) {
        self.0.run_upkeep();
    }
}

fn builder() -> Result<PrometheusBuilder, InitError> {
    const BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)
        .map_err(|e| InitError::Metrics(e.to_string()))
}

/// The memory of this process that is in RAM, in bytes; none where `/proc` is not there.
pub fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::secrets::Secret;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("not poisoned").extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_secret_in_a_field_a_message_or_a_span_is_masked_in_both_formats() {
        let secret = Secret::new("canary \"with\" quotes");
        for json in [false, true] {
            let lines = Lines::default();
            let out = lines.clone();
            let subscriber = subscriber(json, EnvFilter::new("info"), move || out.clone());
            tracing::subscriber::with_default(subscriber, || {
                let _span = tracing::info_span!("work", key = secret.expose()).entered();
                tracing::info!(key = secret.expose(), debug = ?secret, "said {}", secret.expose());
            });
            let text = String::from_utf8(lines.0.lock().expect("not poisoned").clone()).expect("text");
            assert!(text.contains("said ***") && !text.contains("canary"), "{text}");
        }
    }

    #[test]
    fn seconds_become_histograms() {
        let recorder = builder().expect("buckets").build_recorder();
        metrics::with_local_recorder(&recorder, || metrics::histogram!("hub_turn_seconds").record(0.02));
        assert!(recorder.handle().render().contains("hub_turn_seconds_bucket{le=\"0.025\"} 1"));
    }

    #[test]
    fn this_process_uses_memory() {
        assert!(resident_bytes().is_some_and(|bytes| bytes > 100_000));
    }
}
