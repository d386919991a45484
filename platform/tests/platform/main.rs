//! The platform's rooms against the real things: Docker, nginx, Postgres, Redis. One binary, one module a room.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod docker;
mod edge;
