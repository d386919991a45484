//! Letters of a picture: the two faces that the binary carries, how wide words are, what cannot be drawn, and the renderer.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, Source};
use resvg::usvg::{Options, Tree};
use ttf_parser::Face as Shapes;

use super::PlotError;

/// The family of both faces, as they name it themselves.
pub(super) const FAMILY: &str = "DejaVu Sans";
/// What stands where something was left out.
const LEFT_OUT: char = '…';

/// Letters of one weight and size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Face {
    pub(super) size: f32,
    bold: bool,
}

impl Face {
    pub(super) const fn plain(size: f32) -> Self {
        Self { size, bold: false }
    }

    pub(super) const fn bold(size: f32) -> Self {
        Self { size, bold: true }
    }

    pub(super) const fn weight(self) -> u16 {
        if self.bold { 700 } else { 400 }
    }

    fn shapes(self) -> Option<&'static Shapes<'static>> {
        static PLAIN: LazyLock<Option<Shapes<'static>>> =
            LazyLock::new(|| Shapes::parse(dejavu::sans::regular(), 0).ok());
        static BOLD: LazyLock<Option<Shapes<'static>>> = LazyLock::new(|| Shapes::parse(dejavu::sans::bold(), 0).ok());
        if self.bold { BOLD.as_ref() } else { PLAIN.as_ref() }
    }

    /// How far a letter moves what follows it; none when there is no such letter.
    fn advance(self, letter: char) -> Option<f32> {
        let shapes = self.shapes()?;
        let glyph = shapes.glyph_index(letter)?;
        Some(f32::from(shapes.glyph_hor_advance(glyph)?) * self.size / f32::from(shapes.units_per_em()))
    }
}

/// How wide words are at most: joined letters take less.
pub(super) fn width(words: &str, face: Face) -> f32 {
    words.chars().filter_map(|letter| face.advance(letter)).sum()
}

/// As much of a text as fits; what was cut ends with an ellipsis. What the face has no letters for, and marks that only
/// steer the direction of writing, are left out: the words beside the picture have them.
pub(super) fn cut(words: &str, face: Face, room: f32) -> String {
    let drawable = |c: &char| c.is_whitespace() || (!steers(*c) && face.advance(*c).is_some());
    let kept: String = words.chars().filter(drawable).map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let kept = kept.trim();
    if kept.is_empty() && !words.trim().is_empty() {
        return LEFT_OUT.to_string();
    }
    if width(kept, face) <= room {
        return kept.to_owned();
    }
    let mut left = room - face.advance(LEFT_OUT).unwrap_or_default();
    let fits = |letter: &char| {
        left -= face.advance(*letter).unwrap_or_default();
        left >= 0.0
    };
    let beginning: String = kept.chars().take_while(fits).collect();
    format!("{}{LEFT_OUT}", beginning.trim_end())
}

/// Whether a character shows nothing and changes how others are shown.
const fn steers(c: char) -> bool {
    matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Words as text of the picture's source.
pub(super) fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Draws what was written as SVG.
pub(super) fn picture(svg: &str) -> Result<Vec<u8>, PlotError> {
    static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
        let mut fonts = Database::new();
        for face in [dejavu::sans::regular(), dejavu::sans::bold()] {
            fonts.load_font_source(Source::Binary(Arc::new(face)));
        }
        Arc::new(fonts)
    });
    let options = Options { fontdb: Arc::clone(&FONTS), font_family: FAMILY.to_owned(), ..Options::default() };
    let tree = Tree::from_str(svg, &options)?;
    let size = tree.size().to_int_size();
    let mut canvas = Pixmap::new(size.width(), size.height()).ok_or(PlotError::Size(size.width(), size.height()))?;
    resvg::render(&tree, Transform::identity(), &mut canvas.as_mut());
    canvas.encode_png().map_err(|error| PlotError::Pack(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_our_languages_can_be_drawn() {
        for face in [Face::plain(30.0), Face::bold(30.0)] {
            for letter in "AaZzÄäÖöÜüßẞéñАаЯяЁё0123456789 %·–—…„“«»€№&#-+.,:/()".chars()
            {
                assert!(face.advance(letter).is_some(), "{letter}");
            }
        }
    }

    #[test]
    fn long_words_are_cut_to_their_room() {
        let face = Face::plain(34.0);
        for words in ["W".repeat(100), "Größe ".repeat(40), "ш".repeat(90)] {
            let cut = cut(&words, face, 400.0);
            assert!(cut.ends_with('…') && width(&cut, face) <= 400.0, "{cut}");
        }
        assert_eq!(cut("Anna  Weber", face, 400.0), "Anna  Weber");
        assert_eq!(cut("\u{1f338}", face, 400.0), "…");
        assert_eq!(cut("", face, 400.0), "");
    }
}
