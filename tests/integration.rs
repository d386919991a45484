//! One binary for all integration tests.
<<<<<<< HEAD
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod database;
mod leads;
=======
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod alerts;
mod estate;
mod telemetry;
>>>>>>> alerts
