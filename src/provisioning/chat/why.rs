//! Why a name, a domain or a plan does not work, in the reader's words. What only the author of a template can mend stays as it
//! is reported, in English.

use waas_platform::edge::DomainError;
use waas_platform::render::Reader;

use crate::front::Front;
use crate::provisioning::inputs::InputFault;
use crate::provisioning::planning::NoPlan;
use crate::provisioning::template::TemplateError;
use crate::tenants::BadSlug;

/// A reason that can be said to a person.
pub(super) trait Why {
    /// Without a full stop.
    fn why(&self, front: &Front, reader: &Reader) -> String;
}

impl Why for BadSlug {
    fn why(&self, front: &Front, reader: &Reader) -> String {
        match self {
            Self::Shape => front.word(reader, "provisioning-why-slug-form"),
            Self::Reserved(word) => about(front, reader, "provisioning-why-slug-reserved", word),
        }
    }
}

impl Why for DomainError {
    fn why(&self, front: &Front, reader: &Reader) -> String {
        front.word_with(reader, "provisioning-why-domain", &[("fault", self.code().into())])
    }
}

impl Why for InputFault {
    fn why(&self, front: &Front, reader: &Reader) -> String {
        match self {
            Self::Missing(name) => about(front, reader, "provisioning-why-input-missing", name),
            Self::Unknown(name) => about(front, reader, "provisioning-why-input-unknown", name),
            Self::Unfit { name, why } => {
                let args = [("what", name.as_str().into()), ("detail", why.as_str().into())];
                front.word_with(reader, "provisioning-why-input-unfit", &args)
            }
        }
    }
}

impl Why for NoPlan {
    fn why(&self, front: &Front, reader: &Reader) -> String {
        let taken =
            |key, what: &str, by: &str| front.word_with(reader, key, &[("what", what.into()), ("by", by.into())]);
        match self {
            Self::Inputs(faults) => {
                let faults: Vec<String> = faults.iter().map(|fault| fault.why(front, reader)).collect();
                faults.join("; ")
            }
            Self::SlugTaken { slug, by } => taken("provisioning-why-slug-taken", slug.as_str(), by),
            Self::SlugReserved(slug) => about(front, reader, "provisioning-why-slug-template", slug.as_str()),
            Self::DomainTaken { domain, by } => taken("provisioning-why-domain-taken", domain, by),
            Self::AtWork(slug) => about(front, reader, "provisioning-why-at-work", slug.as_str()),
            Self::Sealed => front.word(reader, "provisioning-why-sealed"),
            Self::NoPort => front.word(reader, "provisioning-why-no-port"),
            Self::Template(TemplateError::Unknown { name, .. }) => {
                about(front, reader, "provisioning-why-template", name)
            }
            Self::Template(_) | Self::Broken(_) | Self::Database(_) => self.to_string(),
        }
    }
}

fn about(front: &Front, reader: &Reader, key: &str, what: &str) -> String {
    front.word_with(reader, key, &[("what", what.into())])
}
