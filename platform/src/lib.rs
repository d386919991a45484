//! Machinery of the hub. It knows no business: no lead, no tenant, no survey.
//!
//! A crate of its own, so that the compiler keeps the arrow: capabilities know the platform, never the other way round.
//!
//! | room | touches | crate named only there |
//! |---|---|---|
//! | [`clock`] | time and randomness | chrono's "now", rand |
//! | [`db`] | Postgres pool, migrator | sqlx |
//! | [`telegram`] | Bot API in and out | teloxide, dptree, reqwest |
//! | [`durable`] | sagas, timers, leases | sqlx |
//! | [`docker`] | compose stacks on an engine | bollard |
//! | [`edge`] | nginx files and reloads | - |
//! | [`bus`] | Redis: lead queue, telemetry, ACL users | redis |
//! | [`intake`] | JSON from strangers, refused in fixed words | - |
//! | [`web`] | HTTP server shell | axum |
//! | [`mail`] | mails to people outside, until the server takes them | lettre |
//! | `smtp` | a mail server, one delivery at a time | lettre |
//! | [`route`] | mail and webhooks to people, beside Telegram | lettre, reqwest |
//! | [`render`] | templates, words, pictures of figures | tera, fluent, resvg |
//! | [`secrets`] | sealed values, masking | chacha20poly1305 |

pub mod bus;
pub mod clock;
pub mod db;
pub mod docker;
pub mod durable;
pub mod edge;
pub mod intake;
pub mod mail;
pub mod observe;
pub mod render;
pub mod route;
pub mod secrets;
mod smtp;
pub mod telegram;
pub mod web;
