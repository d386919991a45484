//! The platform against real parts: Postgres, Redis, Docker, nginx. A missing part fails, it never skips.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod bus;
mod database;
mod db;
mod docker;
mod durable;
mod edge;
