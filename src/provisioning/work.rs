//! The saga that builds a tenant. The table below says what each step does and how it is taken back; an undo tolerates
//! that its step did nothing, half or all of its work.
//!
//! 1. Parameters: [`Order`]. 2. Table: [`definition`]. 3. Steps on paper and engine: `steps`. 4. The last step, which
//! makes it live and tells everybody: `live`. 5. What people see meanwhile: `super::chat`.

mod live;
mod steps;

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

/// The kind under which the saga is stored.
pub const KIND: &str = "provision";

/// The table.
pub fn definition() -> SagaDef<Builder> {
    const MINUTES: Duration = Duration::from_secs(60);
    SagaDef::new(
        KIND,
        1,
        vec![
            step("reserve", steps::reserve, Undo::by(steps::release)),
            step("secrets", steps::make_secrets, Undo::by(steps::forget_secrets)),
            step("files", steps::write_files, Undo::by(steps::remove_files)),
            step("images", steps::build_images, Undo::by(steps::remove_images)).timeout(MINUTES * 15),
            step("telemetry", steps::let_in, Undo::by(steps::shut_out)),
            step("networks", steps::make_networks, Undo::by(steps::remove_networks)),
            step("volumes", steps::make_volumes, Undo::by(steps::remove_volumes)),
            step("containers", steps::make_containers, Undo::by(steps::remove_containers)),
            step("start", steps::start, Undo::none("what was started goes with the containers")).timeout(MINUTES * 5),
            step("migrate", steps::migrate, Undo::none("what was written goes with the volumes")).timeout(MINUTES * 15),
            step("route", steps::route, Undo::by(steps::unroute)),
            step("smoke", steps::smoke_test, Undo::none("it only looks")),
            step("live", live::go_live, Undo::none("it is one transaction, done or not done")),
        ],
    )
    .on_change(|builder, conn, view| Box::pin(super::chat::draw_progress(builder, conn, view)))
}
