//! One binary for all integration tests: a folder a subject, and `house`, where the house checks itself.

mod house;
mod stage;
mod story;
