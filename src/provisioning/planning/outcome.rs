//! What planning can come to.

use waas_platform::durable::SagaId;

use crate::provisioning::inputs::InputFault;
use crate::provisioning::model::PlanState;
use crate::provisioning::plan::PlanError;
use crate::provisioning::store::StoredPlan;
use crate::provisioning::template::TemplateError;
use crate::tenants::Slug;

/// Why there is no plan: an outcome that the operator is told.
#[derive(Debug, thiserror::Error)]
pub enum NoPlan {
    /// The template is unknown or broken.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// Inputs are missing or do not fit.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Inputs(Vec<InputFault>),
    /// Another tenant has this name, or one that makes the same host label.
    #[error("the name {slug} is taken by tenant {by}")]
    SlugTaken {
        /// What was wished.
        slug: Slug,
        /// Who has it.
        by: String,
    },
    /// A template is called so.
    #[error("the name {0} is reserved: a template is called so")]
    SlugReserved(Slug),
    /// Another tenant has this domain.
    #[error("the domain {domain} is taken by tenant {by}")]
    DomainTaken {
        /// What was wished.
        domain: String,
        /// Who has it.
        by: String,
    },
    /// A job is at work under this name: somebody else confirmed in the same moment.
    #[error("another job is at work on {0}; when it has ended, try again")]
    AtWork(Slug),
    /// A secret input of the plan cannot be opened: it was sealed with another master key.
    #[error("a secret of this plan cannot be opened with this master key; begin it anew")]
    Sealed,
    /// Every port of the range is in use.
    #[error("no port of ports.range is free; widen it")]
    NoPort,
    /// The template cannot be rendered, or must not run.
    #[error(transparent)]
    Broken(#[from] PlanError),
    /// The database refuses; an error, not an outcome.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// A plan made for a request.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The plan.
    pub plan: StoredPlan,
    /// The name or domain that was wished and belongs to somebody else by now; the plan has others instead.
    pub taken: Vec<String>,
}

/// What became of a confirmation.
#[derive(Clone, Debug)]
pub enum Confirmed {
    /// A saga builds it.
    Started(SagaId),
    /// Something had changed since it was shown; this is the plan now, to be confirmed anew.
    Changed(Box<StoredPlan>),
    /// It was confirmed or put aside before, or its request is built or refused by now.
    Already(PlanState),
    /// There is no such plan.
    NotFound,
}

/// What became of *Retry*.
#[derive(Clone, Debug)]
pub enum Again {
    /// A saga builds it, as it was agreed to.
    Started(SagaId),
    /// The request is another one by now: this is its plan, to be confirmed.
    Anew(Box<Proposal>),
    /// Its request is being built, live or refused.
    NotOpen,
    /// There is no such plan, or nobody agreed to it.
    NotFound,
}

/// Whether a wish stands already.
#[derive(Clone, Debug)]
pub enum Standing {
    /// Nobody has the name.
    Free,
    /// Just this was confirmed before; nothing is to be done but to follow its saga.
    Same(Box<StoredPlan>),
    /// The name is taken by something else.
    Other,
}
