//! The world that the hub is tested and shown in: people, a gateway, containers and time, on real parts.
//!
//! A test starts a [`World`] (its own database, Redis, emulator and hub process) and reads like a conversation:
//!
//! ```no_run
//! # async fn conversation() -> anyhow::Result<()> {
//! use waas_world::World;
//!
//! let world = World::start().await?;
//! let bo = world.owner("Bo").await?;
//! world.gateway().push(&world.lead("Ann Weber")).await?;
//! bo.sees("a card for the lead", |m| m.offers("Take")).await?;
//! bo.presses("Take").await?;
//! bo.sees("who took it", |m| m.says("Bo")).await?;
//! world.end().await
//! # }
//! ```
//!
//! It knows the hub from outside only: command line, HTTP, Redis, the Bot API server, Docker. No function of the hub is
//! called here, so that what passes here passes for anybody.
//!
//! | file | what |
//! |---|---|
//! | [`world`] | puts the parts together, takes them apart again, complains about leftovers |
//! | `rest`, `settings` | whether it has come to rest and what it has on the machine; the hub's settings in it |
//! | [`person`], [`message`], [`emulator`] | people in front of their chats |
//! | [`group`] | a group with several people and topics |
//! | [`hub`] | the process: start, kill, stop, command line |
//! | [`balancer`] | several replicas behind one address |
//! | [`postgres`] | a database server that may die |
//! | [`gateway`] | leads on the Redis list, telemetry on a channel |
//! | [`engine`] | containers killed from outside, inventories |
//! | [`site`] | pages as a visitor's browser gets them |
//! | [`deadline`] | the only place that waits |
//! | [`luck`] | random moments by a printed seed, large counts on demand |
//! | [`story`] | issue 3's story, step by step; the demo and the tests play it |
//! | [`bench`] | every figure of `docs/performance.md` |

pub mod balancer;
pub mod bench;
pub mod deadline;
pub mod emulator;
pub mod engine;
pub mod gateway;
pub mod group;
pub mod hub;
pub mod luck;
pub mod message;
pub mod person;
pub mod postgres;
pub mod site;
pub mod story;
pub mod world;

mod database;
mod events;
mod ground;
mod process;
mod rest;
mod settings;
mod slot;

pub use balancer::Balancer;
pub use deadline::until;
pub use engine::{Engine, Inventory};
pub use gateway::Gateway;
pub use group::Group;
pub use hub::{Hub, Outcome};
pub use luck::Luck;
pub use message::Message;
pub use person::Person;
pub use postgres::Postgres;
pub use site::{Page, Site};
pub use world::{Options, World};
