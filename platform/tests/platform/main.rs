//! One binary for all integration tests of the platform: each room against the real service it touches.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod database;
mod durable;
