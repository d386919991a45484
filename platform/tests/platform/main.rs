//! The platform against real parts: Postgres, Redis, Docker, nginx. A missing part fails, it never skips.

mod database;
mod durable;
