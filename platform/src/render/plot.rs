//! Figures as a picture for a phone: groups of horizontal bars, their values at their ends.
//!
//! What is drawn comes as words and numbers that are ready; how it looks is decided here alone. The picture is written as
//! SVG and drawn by resvg, which shapes letters and joins them in the direction of their writing.

mod ink;
mod letters;

use std::fmt::Write as _;

use ink::Ink;
use letters::{Face, cut, escaped, width};

/// Pixels from side to side; a phone shows all of them when the picture fills its screen.
const WIDTH: f32 = 1080.0;
/// Left and right of everything.
const MARGIN: f32 = 56.0;
/// Between the margins.
const INSIDE: f32 = WIDTH - 2.0 * MARGIN;
/// From one bar to the next. Two dozen of them stay below the height from which Telegram makes pictures smaller.
const PITCH: f32 = 82.0;
const BAR: f32 = 24.0;
/// Between things on one line.
const GAP: f32 = 20.0;
/// The shortest bar of something that is not nothing.
const LEAST: f32 = 8.0;

/// A picture of figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// The largest words.
    pub title: String,
    /// All in one line.
    pub summary: String,
    /// What a whole bar counts, and what its dark part.
    pub legend: (String, String),
    /// What stands on the right of every line.
    pub beside: String,
    /// One below the other.
    pub groups: Vec<Group>,
    /// The smallest words, line by line.
    pub foot: Vec<String>,
}

/// Bars that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What they have in common.
    pub title: String,
    /// From the top down.
    pub bars: Vec<Bar>,
}

/// One bar, and what is said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Whose it is; cut where there is no more room.
    pub label: String,
    /// Its length.
    pub whole: f64,
    /// The length of its dark part.
    pub part: f64,
    /// Its value in words, at its end.
    pub value: String,
    /// More words, on the right above it.
    pub beside: String,
}

/// Why there is no picture: a bug, since no words can be wrong.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    /// What was written is no picture.
    #[error("the picture does not parse: {0}")]
    Parse(#[from] resvg::usvg::Error),
    /// It is too large, or of no size.
    #[error("a picture of {0} × {1} cannot be drawn")]
    Size(u32, u32),
    /// It cannot be packed.
    #[error("the picture cannot be packed: {0}")]
    Pack(String),
}

impl Plot {
    /// The picture as PNG.
    ///
    /// # Errors
    /// The renderer refuses what was written for it.
    pub fn png(&self) -> Result<Vec<u8>, PlotError> {
        letters::picture(&self.svg())
    }

    fn svg(&self) -> String {
        let mut page = Page::default();
        page.words(MARGIN, 96.0, Face::bold(52.0), Ink::Text, &cut(&self.title, Face::bold(52.0), INSIDE));
        page.words(MARGIN, 148.0, Face::plain(34.0), Ink::Quiet, &cut(&self.summary, Face::plain(34.0), INSIDE));
        page.legend(&self.legend, &self.beside, 206.0);
        let mut top = 226.0;
        let scale = self.scale();
        for group in &self.groups {
            let face = Face::bold(40.0);
            page.words(MARGIN, top + 56.0, face, Ink::Text, &cut(&group.title, face, INSIDE));
            top += 76.0;
            for bar in &group.bars {
                page.bar(bar, top, &scale);
                top += PITCH;
            }
        }
        page.rect(MARGIN, top + 14.0, INSIDE, 2.0, 0.0, Ink::Line);
        top += 56.0;
        for line in &self.foot {
            page.words(MARGIN, top, Face::plain(26.0), Ink::Quiet, &cut(line, Face::plain(26.0), INSIDE));
            top += 38.0;
        }
        page.finish(top + 6.0)
    }

    /// One scale for all groups: they count the same things.
    fn scale(&self) -> Scale {
        let bars = || self.groups.iter().flat_map(|group| &group.bars);
        let most = bars().map(|bar| bar.whole).fold(0.0, f64::max);
        let values = bars().map(|bar| width(&bar.value, Face::bold(34.0))).fold(0.0, f32::max);
        Scale { most, longest: INSIDE - values - GAP }
    }
}

/// How long a bar is.
struct Scale {
    most: f64,
    longest: f32,
}

impl Scale {
    #[expect(clippy::cast_possible_truncation, reason = "pixels")]
    fn length(&self, value: f64) -> f32 {
        if value <= 0.0 || self.most <= 0.0 {
            return 0.0;
        }
        ((value / self.most) as f32 * self.longest).max(LEAST)
    }
}

/// What was drawn so far.
#[derive(Default)]
struct Page {
    body: String,
}

impl Page {
    fn rect(&mut self, x: f32, y: f32, width: f32, height: f32, round: f32, ink: Ink) {
        let ink = ink.colour();
        // Writing into a string cannot fail.
        let _ = write!(
            self.body,
            r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" rx="{round}" fill="{ink}"/>"#
        );
    }

    /// Words that begin at `x`.
    fn words(&mut self, x: f32, y: f32, face: Face, ink: Ink, words: &str) {
        self.set(x, y, face, ink, "start", words);
    }

    /// Words that end at the right margin.
    fn words_right(&mut self, y: f32, face: Face, ink: Ink, words: &str) {
        self.set(WIDTH - MARGIN, y, face, ink, "end", words);
    }

    fn set(&mut self, x: f32, y: f32, face: Face, ink: Ink, anchor: &str, words: &str) {
        let (size, weight, ink, words) = (face.size, face.weight(), ink.colour(), escaped(words));
        let _ = write!(
            self.body,
            r#"<text x="{x:.1}" y="{y:.1}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" fill="{ink}">{words}</text>"#
        );
    }

    fn legend(&mut self, (whole, part): &(String, String), beside: &str, y: f32) {
        let face = Face::plain(28.0);
        let mut x = MARGIN;
        for (ink, words) in [(Ink::Whole, whole), (Ink::Part, part)] {
            self.rect(x, y - 22.0, 24.0, 24.0, 5.0, ink);
            self.words(x + 36.0, y, face, Ink::Quiet, words);
            x += 36.0 + width(words, face) + 32.0;
        }
        self.words_right(y, face, Ink::Quiet, &cut(beside, face, WIDTH - MARGIN - x));
    }

    fn bar(&mut self, bar: &Bar, top: f32, scale: &Scale) {
        let (name, more, value) = (Face::plain(34.0), Face::plain(30.0), Face::bold(34.0));
        let room = INSIDE - width(&bar.beside, more) - GAP;
        self.words(MARGIN, top + 30.0, name, Ink::Text, &cut(&bar.label, name, room));
        self.words_right(top + 30.0, more, Ink::Quiet, &bar.beside);
        let (whole, part) = (scale.length(bar.whole), scale.length(bar.part));
        let y = top + 42.0;
        self.rect(MARGIN, y, whole, BAR, 6.0, Ink::Whole);
        if part > 0.0 {
            self.rect(MARGIN, y, part.min(whole), BAR, 6.0, Ink::Part);
        }
        let end = MARGIN + whole + if whole > 0.0 { GAP * 0.7 } else { 0.0 };
        self.words(end, y + BAR, value, Ink::Text, &bar.value);
    }

    fn finish(self, height: f32) -> String {
        let (family, ground, body) = (letters::FAMILY, Ink::Ground.colour(), self.body);
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="{family}" text-rendering="geometricPrecision"><rect width="{WIDTH}" height="{height}" fill="{ground}"/>{body}</svg>"#
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(label: &str, whole: f64, part: f64) -> Bar {
        Bar {
            label: label.to_owned(), whole, part, value: format!("{whole}"), beside: "12.5 % · 1 h 5 min".to_owned()
        }
    }

    fn plot(bars: Vec<Bar>) -> Plot {
        Plot {
            title: "Заявки с 14.11.2026".to_owned(),
            summary: "Größe & <Ü>".to_owned(),
            legend: ("leads".to_owned(), "won".to_owned()),
            beside: "won · first touch".to_owned(),
            groups: vec![Group { title: "By source".to_owned(), bars }],
            foot: vec!["made".to_owned()],
        }
    }

    /// Width and height as a PNG tells them.
    fn size(png: &[u8]) -> (u32, u32) {
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("four bytes"));
        (number(16), number(20))
    }

    #[test]
    fn a_picture_is_as_wide_as_a_phone_and_grows_with_its_bars() {
        let few = size(&plot(vec![bar("a", 1.0, 0.0)]).png().expect("a picture"));
        let more = size(&plot((0..8).map(|n| bar("b", f64::from(n), 1.0)).collect()).png().expect("a picture"));
        assert_eq!((few.0, more.0), (1080, 1080));
        assert_eq!(more.1 - few.1, 7 * 82);
    }

    #[test]
    fn three_full_groups_are_shown_as_they_are() {
        let group = Group { title: "By source".to_owned(), bars: (0..8).map(|_| bar("b", 1.0, 1.0)).collect() };
        let full = Plot { groups: vec![group; 3], foot: vec!["a".to_owned(); 2], ..plot(Vec::new()) };
        assert!(size(&full.png().expect("a picture")).1 <= 2560, "Telegram would make it smaller");
    }

    #[test]
    fn what_strangers_typed_is_text_and_stays_in_its_place() {
        let wild = ["</text><rect/>", "&amp;\u{0}\u{1}", "a\u{202e}b\u{200b}", "محمد", "🌸🌸", "", &"W".repeat(500)];
        let svg = plot(wild.iter().map(|label| bar(label, 1.0, 2.0)).collect()).svg();
        assert!(svg.contains("&lt;/text&gt;&lt;rect/&gt;") && svg.contains("محمد"), "{svg}");
        assert!(!svg.contains(['\u{202e}', '\u{200b}', '\u{0}', '🌸']), "{svg}");
        letters::picture(&svg).expect("a picture");
    }

    #[test]
    fn lengths_follow_values_and_nothing_has_none() {
        let scale = plot(vec![bar("a", 200.0, 0.0), bar("b", 1.0, 0.0)]).scale();
        assert!((scale.length(200.0) - scale.longest).abs() < 0.01);
        assert!((scale.length(100.0) - scale.longest / 2.0).abs() < 0.01);
        assert!((scale.length(0.1) - LEAST).abs() < 0.01);
        assert!(scale.length(0.0).abs() < 0.01);
        assert!(plot(Vec::new()).scale().length(0.0).abs() < 0.01);
    }
}
