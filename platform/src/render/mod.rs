//! Rendering: templates by kind of output, words by language, the files they are made from, and pictures of figures.
//!
//! One tera instance for each [`Kind`], each with an escape of its own that is applied to every value. User text is
//! data: it is never template source, and no template can switch the escape off. What is already markup enters as
//! [`Html`] through [`Context::html`]. This room knows no lead and no tenant.
//!
//! In every template: `t(key="…", name=value)` gives words (escaped like any value; `count` and other numbers choose
//! plural forms), and the filters `ago`, `duration` (seconds), `local_time(form="time-date")`, `number(decimals=1)`
//! and `money(currency="€")` say figures and times for the [`Reader`]. Catalogues hold plain text; markup such as `<b>` stands in layouts.

mod context;
mod error;
mod filters;
mod format;
mod html;
mod kind;
mod plot;
mod share;
mod words;

use std::collections::HashMap;
use std::sync::Arc;

use tera::Tera;

pub use context::{Context, Reader};
pub use error::RenderError;
pub use html::{BadHtml, CAPTION_LIMIT, Html, TEXT_LIMIT};
pub use kind::Kind;
pub use plot::{Bar, Group, Plot, PlotError};
pub use share::{Share, ShareError};
pub use words::{Arg, FALLBACK, Missing, Words, WordsError};

/// Where the layouts of a kind stand in the share folder; the other kinds are rendered from source only.
const FOLDERS: [(Kind, &str); 3] =
    [(Kind::Telegram, "templates/telegram"), (Kind::Web, "templates/web"), (Kind::Nginx, "templates/nginx")];

/// All templates, parsed once.
pub struct Renderer {
    instances: HashMap<Kind, Tera>,
    words: Arc<Words>,
}

impl Renderer {
    /// Parses the layouts of every kind.
    ///
    /// # Errors
    /// A file cannot be read, or a template does not parse; the error names it and the line.
    pub fn load(share: &Share, words: Arc<Words>) -> Result<Self, RenderError> {
        let mut instances = HashMap::new();
        for kind in Kind::ALL {
            let mut tera = instance(kind, &words);
            for (_, folder) in FOLDERS.iter().filter(|(of, _)| *of == kind) {
                let sources = share
                    .list(folder)?
                    .into_iter()
                    .map(|path| Ok((path[folder.len() + 1..].to_owned(), share.text(&path)?)))
                    .collect::<Result<Vec<(String, String)>, ShareError>>()?;
                tera.add_raw_templates(sources).map_err(|e| RenderError::of(folder, &e, None))?;
            }
            instances.insert(kind, tera);
        }
        Ok(Self { instances, words })
    }

    /// The words that the templates use.
    pub fn words(&self) -> &Arc<Words> {
        &self.words
    }

    /// A message for one reader from a layout below `templates/telegram/`, all of it in one language (see
    /// [`Words::spoken`]). Blank lines that conditions leave behind are folded, the ends are trimmed.
    ///
    /// # Errors
    /// The layout is not there, misses a value or words, or does not make valid HTML.
    pub fn telegram(&self, name: &str, reader: &Reader, context: &Context) -> Result<Html, RenderError> {
        let lang = match name.split_once('/') {
            Some((folder, _)) => self.words.spoken(&reader.lang, folder),
            None => &reader.lang,
        };
        let reader = Reader { lang: lang.to_owned(), ..reader.clone() };
        let text = self.render(Kind::Telegram, name, &context.clone().for_reader(&reader))?;
        Html::parse(fold_blank_lines(text.trim()))
            .map_err(|error| RenderError::Html { template: name.to_owned(), error })
    }

    /// Renders a layout of a kind by its path below that kind's folder.
    ///
    /// # Errors
    /// The layout is not there, misses a value or words, or a value cannot be expressed in this kind.
    pub fn render(&self, kind: Kind, name: &str, context: &Context) -> Result<String, RenderError> {
        let Some(tera) = self.instances.get(&kind) else {
            return Err(RenderError::missing(name));
        };
        finish(kind, name, tera, context)
    }

    /// Renders a template given as source: a file of a project template, never a text that a user wrote.
    /// `name` is what errors call it.
    ///
    /// # Errors
    /// It does not parse, misses a value, or a value cannot be expressed in this kind.
    pub fn source(&self, kind: Kind, name: &str, source: &str, context: &Context) -> Result<String, RenderError> {
        let mut tera = instance(kind, &self.words);
        tera.add_raw_template(name, source).map_err(|e| RenderError::of(name, &e, None))?;
        finish(kind, name, &tera, context)
    }

    /// The names of a kind's layouts, sorted.
    pub fn names(&self, kind: Kind) -> Vec<String> {
        let mut names: Vec<String> =
            self.instances.get(&kind).into_iter().flat_map(Tera::get_template_names).map(str::to_owned).collect();
        names.sort_unstable();
        names
    }
}

impl std::fmt::Debug for Renderer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Renderer").field("words", &self.words).finish_non_exhaustive()
    }
}

fn instance(kind: Kind, words: &Arc<Words>) -> Tera {
    let mut tera = Tera::new();
    // Every name ends with nothing: the escape is on for all of them.
    tera.autoescape_on([""]);
    tera.set_escape_fn(kind.escape_fn());
    filters::register(&mut tera, kind, words);
    tera
}

fn finish(kind: Kind, name: &str, tera: &Tera, context: &Context) -> Result<String, RenderError> {
    let text = tera.render(name, &context.for_kind(kind)).map_err(|e| RenderError::of(name, &e, Some(context)))?;
    Ok(if kind == Kind::Env { kind::finish_env(text) } else { text })
}

/// At most one blank line in a row, but for preformatted text, which stays as it is.
fn fold_blank_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut preformatted, mut blank) = (false, 0);
    for line in text.split_inclusive('\n') {
        blank = if line.trim().is_empty() { blank + 1 } else { 0 };
        if preformatted || blank < 2 {
            out.push_str(line);
        }
        let (opened, closed) = (line.rfind("<pre"), line.rfind("</pre"));
        preformatted = match (opened, closed) {
            (None, None) => preformatted,
            (opened, closed) => opened > closed,
        };
    }
    out
}

#[cfg(test)]
mod tests;
