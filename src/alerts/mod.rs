//! Alerts: something is wrong with a tenant, until somebody or something says that it is well again.
//!
//! One incident is one row and one card, however often its source repeats itself. This capability must not know how telemetry
//! is counted, what a container is, or how a message reaches a chat.
//!
//! | file | holds |
//! |---|---|
//! | [`notice`] | what a source sends, in our own format |
//! | [`model`] | the incident: its status, its legal moves, its timeline |

pub mod model;
pub mod notice;
