//! Map.

pub mod alerts;
pub mod leads;
pub mod telemetry;
