//! One binary for all integration tests: a folder a subject, and `house`, where the house checks itself.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod alerts;
mod bad_input;
mod clients;
mod database;
mod estate;
mod faults;
mod fuzz;
mod house;
mod language;
mod leads;
mod security;
mod stage;
mod story;
mod telegram;
mod telemetry;
mod tenants;
