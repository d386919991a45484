//! The saga that builds a tenant. The table below says what each step does and how it is taken back; an undo tolerates
//! that its step did nothing, half or all of its work.
//!
//! 1. Parameters: [`Order`].
//! 2. Table: [`definition`].
//! 3. Steps: rows and files in `paper`, containers in `engine`, the ways in and out in `ways`.
//! 4. The last step, which makes it live and tells everybody: `live`.
//! 5. What people see meanwhile: `super::chat`.

mod engine;
mod live;
mod paper;
mod ways;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use waas_platform::bus::Bus;
use waas_platform::clock::Clock;
use waas_platform::db::PgPool;
use waas_platform::durable::{SagaDef, Undo, step};
use waas_platform::secrets::MasterKey;
use waas_platform::telegram::{Api, BotIdentity};

use super::model::Wanted;
use super::planning::Planner;
use crate::audit::Actor;
use crate::front::Front;
use crate::tenants::ContainerListener;

pub(super) use live::{CREDENTIALS, Keys};

/// What the saga is enqueued with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// The plan that was confirmed.
    pub plan: Uuid,
    /// What is built.
    pub wanted: Wanted,
}

/// What the steps work with. Cheap to clone.
#[derive(Clone)]
pub struct Builder {
    /// The database.
    pub pool: PgPool,
    /// Templates, stacks, addresses.
    pub planner: Planner,
    /// Tenants' way to the hub.
    pub bus: Bus,
    /// Seals what is generated.
    pub keys: Arc<MasterKey>,
    /// Fetches a client's photo; none without a bot.
    pub api: Option<Api>,
    /// Whose links credentials come by; none without a bot.
    pub bot: Option<BotIdentity>,
    /// Speaks to people.
    pub front: Front,
    /// Time.
    pub clock: Clock,
    /// Hears of the new containers.
    pub listener: Arc<dyn ContainerListener>,
    /// How long one-time credentials wait for their reader.
    pub credentials_ttl: Duration,
    /// How long a template's hook may take.
    pub hook_timeout: Duration,
}

/// Who acts when nobody pressed anything.
const ACTOR: Actor = Actor::System("provisioning");
/// The Redis password is an ordinary tenant secret, under the name that telemetry looks for.
const REDIS_PASSWORD: &str = "HUB_REDIS_PASSWORD";
/// The tenant's signing secret.
const WEBHOOK_SECRET: &str = "HUB_WEBHOOK_SECRET";

/// The kind under which the saga is stored.
pub const KIND: &str = "provision";

/// The table.
pub fn definition() -> SagaDef<Builder> {
    const MINUTES: Duration = Duration::from_secs(60);
    SagaDef::new(
        KIND,
        1,
        vec![
            step("reserve", paper::reserve, Undo::by(paper::release)),
            step("secrets", paper::make_secrets, Undo::by(paper::forget_secrets)),
            step("files", paper::write_files, Undo::by(paper::remove_files)),
            step("images", engine::build_images, Undo::by(engine::remove_images)).timeout(MINUTES * 15),
            step("telemetry", ways::let_in, Undo::by(ways::shut_out)),
            step("networks", engine::make_networks, Undo::by(engine::remove_networks)),
            step("volumes", engine::make_volumes, Undo::by(engine::remove_volumes)),
            step("containers", engine::make_containers, Undo::by(engine::remove_containers)),
            step("start", engine::start, Undo::none("what was started goes with the containers")).timeout(MINUTES * 5),
            step("migrate", engine::migrate, Undo::none("what was written goes with the volumes"))
                .timeout(MINUTES * 15),
            step("route", ways::route, Undo::by(ways::unroute)),
            step("smoke", ways::smoke_test, Undo::none("it only looks")),
            step("live", live::go_live, Undo::none("it is one transaction, done or not done")),
        ],
    )
    .on_change(|builder, conn, view| Box::pin(super::chat::draw_progress(builder, conn, view)))
}
