//! A moment between two lines of a saga's course, at which the hub can be held and killed.
//!
//! A trigger in the world's own database waits for a lock that the test holds, in the transaction that records a step as
//! begun or as done. So every moment between two steps can be met exactly, which a race of clocks cannot.

use anyhow::Result;
use sqlx::{Connection as _, PgConnection};
use waas_world::{World, until};

use super::workshop::BUILD;

/// What the test holds and the trigger waits for.
const LOCK: i64 = 4_711;

/// What the trigger is made of.
const TRIGGER: [&str; 4] = [
    "create table if not exists checkpoint (step text not null, state text not null)",
    "create or replace function checkpoint() returns trigger language plpgsql as $$ begin
       if exists (select from checkpoint c where c.step = new.name and c.state = new.state) then
         perform pg_advisory_xact_lock(4711);
       end if;
       return new;
     end $$",
    "drop trigger if exists checkpoint on saga_steps",
    "create trigger checkpoint after update on saga_steps
       for each row when (new.state <> old.state) execute function checkpoint()",
];

/// Holds whoever records that a step entered a state.
pub(super) struct Checkpoint {
    database: PgConnection,
    step: String,
    state: &'static str,
}

impl Checkpoint {
    /// Holds from now on.
    pub(super) async fn at(world: &World, step: &str, state: &'static str) -> Result<Self> {
        let mut database = world.database().await?;
        for statement in TRIGGER {
            sqlx::query(statement).execute(&mut database).await?;
        }
        sqlx::query("select pg_advisory_lock($1)").bind(LOCK).execute(&mut database).await?;
        sqlx::query("delete from checkpoint").execute(&mut database).await?;
        sqlx::query("insert into checkpoint values ($1, $2)").bind(step).bind(state).execute(&mut database).await?;
        Ok(Self { database, step: step.to_owned(), state })
    }

    /// Waits until the hub stands there.
    pub(super) async fn reached(mut self) -> Result<Held> {
        let what = format!("the hub to record {} as {}", self.step, self.state);
        let waiting = "select pid from pg_locks where locktype = 'advisory' and objid = $1 and not granted
                         and database = (select oid from pg_database where datname = current_database())";
        let object = sqlx::postgres::types::Oid(u32::try_from(LOCK)?);
        let found = until(&what, BUILD, async || {
            let pid: Option<i32> = sqlx::query_scalar(waiting).bind(object).fetch_optional(&mut self.database).await?;
            Ok(pid)
        });
        let backend = found.await?.value;
        Ok(Held { database: self.database, backend })
    }
}

/// The hub, standing in the transaction that records the step.
pub(super) struct Held {
    database: PgConnection,
    /// The server process that does its bidding.
    backend: i32,
}

impl Held {
    /// Kills the hub; what it was recording is lost with it when `is_lost`, else it is recorded all the same.
    pub(super) async fn kills(mut self, world: &World, is_lost: bool) -> Result<()> {
        world.hub().kill9().await?;
        if is_lost {
            sqlx::query("select pg_terminate_backend($1)").bind(self.backend).execute(&mut self.database).await?;
        }
        self.passes().await
    }

    /// Holds nobody any more.
    pub(super) async fn passes(mut self) -> Result<()> {
        sqlx::query("delete from checkpoint").execute(&mut self.database).await?;
        sqlx::query("select pg_advisory_unlock($1)").bind(LOCK).execute(&mut self.database).await?;
        Ok(self.database.close().await?)
    }
}
