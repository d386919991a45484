//! Telemetry: what tenants' systems say about themselves, and what of it was lost on the way.
//!
//! Messages come over publish and subscribe, which loses; each carries a sequence number, so that the loss is counted and never
//! guessed. This capability must not know what an alert is, how a tenant is built, or who reads the figures.
//!
//! | file | holds |
//! |---|---|
//! | [`model`] | the message, strictly typed |
//! | [`heartbeat`] | when a heartbeat is missed |
//! | [`ledger`] | what was sent, received, refused and lost of each process |

pub mod heartbeat;
pub mod ledger;
pub mod model;
