//! What can go wrong while rendering: always the template's name, its line where there is one, and never a value.

use std::error::Error as _;

use tera::ErrorKind;

use super::context::Context;
use super::html::BadHtml;
use super::kind::Refused;
use super::share::ShareError;

/// A template could not be parsed or rendered. The fault is the template's or the data's; trying again changes nothing.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The template itself is wrong, or misses a value or words.
    #[error("{template}:{line}: {message}")]
    Template {
        /// Its name.
        template: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// A value cannot be written in this kind of output.
    #[error("{template}: {field}: {reason}")]
    Refused {
        /// The template's name.
        template: String,
        /// The field's path in the context, or "a value".
        field: String,
        /// What cannot be expressed.
        reason: String,
    },
    /// Any other failure of a template.
    #[error("{template}: {message}")]
    Other {
        /// Its name.
        template: String,
        /// What happened.
        message: String,
    },
    /// A layout made HTML that Telegram would refuse.
    #[error("{template}: makes HTML that Telegram would refuse: {error}")]
    Html {
        /// The layout.
        template: String,
        /// What is wrong in what it made.
        error: BadHtml,
    },
    /// The values are no map.
    #[error("values for a template: {0}")]
    Context(String),
    /// A file could not be read.
    #[error(transparent)]
    Share(#[from] ShareError),
}

impl RenderError {
    pub(super) fn missing(template: &str) -> Self {
        Self::Other { template: template.to_owned(), message: "no such template".to_owned() }
    }

    pub(super) fn of(template: &str, error: &tera::Error, context: Option<&Context>) -> Self {
        if let Some(refused) = refused(error) {
            let field = context.and_then(|c| c.field_with(&refused.value)).unwrap_or_else(|| "a value".to_owned());
            return Self::Refused { template: template.to_owned(), field, reason: refused.reason.clone() };
        }
        match error.kind() {
            ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => Self::Template {
                template: report.filename().to_owned(),
                line: report.span().start_line,
                message: report.message().to_owned(),
            },
            ErrorKind::TemplateNotFound(name) => Self::missing(name),
            _ => Self::Other { template: template.to_owned(), message: error.to_string() },
        }
    }
}

fn refused(error: &tera::Error) -> Option<&Refused> {
    let mut cause = error.source();
    while let Some(inner) = cause {
        let carried = inner.downcast_ref::<std::io::Error>().and_then(|io| io.get_ref());
        if let Some(found) = carried.and_then(|c| c.downcast_ref::<Refused>()) {
            return Some(found);
        }
        cause = inner.source();
    }
    None
}
