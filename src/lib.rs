//! WaaS Hub: one chat to run a website-as-a-service business.
//!
//! The map. Two questions find any line: which capability is it about (the folder), and what does it touch (the file):
//! `model.rs` nouns and legal moves, `store.rs` SQL, `chat.rs` commands, buttons, cards, `api.rs` HTTP, `work.rs` sagas,
//! timers, subscriptions. Machinery that knows no business is the crate [`waas_platform`]; surveys are driven by the pure
//! crate [`waas_dialogue`].
//!
//! | capability | is about | may know |
//! |---|---|---|
//! | [`audit`] | who did what | - |
//! | [`access`] | people, roles, enrolment | audit |
//! | [`dead_letters`] | what could not be handled | access, audit |
//! | [`surveys`] | what people are asked | access, audit |
//! | [`leads`] | people who want a site | access, audit, dead_letters, keys, surveys |
//! | [`jobs`] | what is being worked on | access, audit |
//! | [`tenants`] | the sites that run | access, audit, jobs |
//! | [`clients`] | people whose site we build or run | access, audit, leads, tenants |
//! | [`telemetry`] | what sites report | tenants |
//! | [`keys`] | how tenants' systems and gateways prove who they are | tenants, telemetry, audit |
//! | [`alerts`] | what needs somebody | tenants, telemetry, access, audit |

pub mod access;
pub mod alerts;
pub mod app;
pub mod audit;
pub mod cli;
pub mod clients;
pub mod config;
pub mod dead_letters;
pub mod delivery;
pub mod front;
pub mod jobs;
pub mod keys;
pub mod leads;
pub mod menu;
pub mod provisioning;
pub mod surveys;
pub mod telemetry;
pub mod tenants;
