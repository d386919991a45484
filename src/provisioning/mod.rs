//! Provisioning: from a client's answers to a site that runs.
//!
//! Knows tenants, leads and surveys; nobody but the composition root knows it.

pub mod folder;
pub mod inputs;
pub mod model;
pub mod plan;
pub mod planning;
mod store;
pub mod template;
