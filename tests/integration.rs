//! One binary for all integration tests: a folder a subject, and `house`, where the house checks itself.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod alerts;
mod audit;
mod bad_input;
mod chats;
mod clients;
mod database;
mod estate;
mod faults;
mod fuzz;
mod house;
mod language;
mod leads;
mod members;
mod security;
mod stage;
mod story;
mod telegram;
mod telemetry;
mod tenants;
