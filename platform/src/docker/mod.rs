//! Docker: brings compose stacks on an engine to what their file says, and watches them.
//!
//! A rendered `compose.yaml` becomes a typed [`ProjectSpec`], is checked by the [`policy`], and is converged by
//! [`Engine`] in steps that a saga can call, repeat and undo one by one. What stands on the engine carries compose's own
//! labels, so that `docker compose ls/ps/logs/down` work in the rendered folder.
//!
//! It knows projects and services in compose's sense only, never what they are for: marks of the caller come as labels.
//! Only this room names bollard. Truth is looked at (lists by label, inspect); events are hints.

mod compose;
mod container;
mod converge;
mod create;
mod engine;
mod error;
mod events;
mod images;
mod inventory;
pub mod labels;
pub mod policy;
mod spec;
mod start;
mod teardown;

pub use compose::SpecError;
pub use container::{ExecOutput, LogLine, LogQuery, LogStream, Usage};
pub use converge::{Ensured, Stack, StackError};
pub use engine::{Engine, EngineVersion, Settings};
pub use error::DockerError;
pub use events::{ContainerEvent, EventKind, Signal};
pub use images::{BuildRequest, Built};
pub use inventory::{Container, ContainerState, Image, Inventory, LabelFilter, Named};
pub use labels::Labels;
pub use spec::{
    Build, Condition, Health, HealthTest, Logging, Mount, Network, Port, ProjectSpec, Protocol, Restart, Secret,
    ServiceSpec, Volume,
};
pub use start::{FailureReason, Probe, StartFailure, StartPhase, StartProgress, Started};
