//! Work that outlives the process: sagas with undo, timers, leases. It knows no business.
//!
//! A *saga* is a list of *steps*, each with a forward function and an *undo* (or a sentence that says why there is none).
//! It ends done, or unwound as if it had never begun, or it is *stuck* and waits for a person.
//!
//! | file | holds |
//! |---|---|
//! | [`state`] | the states of sagas and steps and every legal move |
//! | [`definition`] | how a capability writes a saga: steps as a table |
//! | [`mod@step`] | what a step's function is given and what it may answer |
//! | [`view`] | a saga as it stands, for cards, terminal and API |
//! | [`operations`] | enqueue, retry, undo, cancel, list, show: in the caller's transaction |
//! | [`engine`] | claims due sagas and runs them; drain |
//! | `decide` | pure: what is to be done next, and what an outcome changes |
//! | `budget` | retries and the waits between them |
//! | `run` | one claimed saga: steps, records, the lease kept alive |
//! | `store` | the SQL of the above |
//! | [`timers`] | things to be done at a time |
//! | [`lease`] | who alone may do something |
//! | [`wake`] | LISTEN/NOTIFY, so that nobody polls fast |
//! | [`proof`] | the generic tests every saga has to pass |
//!
//! Reasons: `docs/decisions/durable-engine.md`.

mod budget;
mod decide;
pub mod definition;
pub mod engine;
pub mod lease;
pub mod operations;
pub mod proof;
mod run;
pub mod state;
pub mod step;
mod store;
pub mod timers;
pub mod view;
pub mod wake;

pub use definition::{OnFailure, SagaDef, Step, Undo, step};
pub use engine::{Engine, EngineBuilder, EngineError, FencePolicy, Fenced, Settings, Turn};
pub use lease::{Lease, Leases, Tenure};
pub use operations::{Answer, Enqueued, NewSaga, Page};
pub use state::{SagaState, StepState, Wish};
pub use step::{LostLease, StepOutcome, StepResult, StepRun};
pub use timers::{Fired, Timer, Timers, TimersBuilder};
pub use view::{SagaId, SagaView, StepView};
pub use wake::Wake;
