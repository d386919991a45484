//! A moment between two lines of the hub's course, at which it can be held and killed.
//!
//! A trigger in the world's own database waits for a lock that the test holds, in the transaction that writes a certain
//! row: a step that is recorded as begun or as done, an update that is stored. So every moment between two writes can be
//! met exactly, which a race of clocks cannot.

use anyhow::Result;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use waas_world::{World, until};

use super::workshop::BUILD;

/// What the test holds and the trigger waits for.
const LOCK: i64 = 4_711;

/// Waits while the test wants it to.
const HOLD: &str = "create or replace function checkpoint() returns trigger language plpgsql as $$ begin
       if exists (select from checkpoint) then
         perform pg_advisory_xact_lock(4711);
       end if;
       return new;
     end $$";

/// A write at which the hub can be held.
pub(super) struct Moment {
    /// Of which table.
    pub(super) table: &'static str,
    /// `insert` or `update`.
    pub(super) write: &'static str,
    /// Which rows: a condition over `new` and, of an update, `old`.
    pub(super) when: String,
}

impl Moment {
    /// A step of a saga is recorded as having entered this state.
    fn of_step(step: &str, state: &str) -> Self {
        let when = format!("new.state <> old.state and new.name = '{step}' and new.state = '{state}'");
        Self { table: "saga_steps", write: "update", when }
    }
}

/// Holds whoever makes that write.
pub(super) struct Checkpoint {
    database: PgConnection,
    moment: Moment,
}

impl Checkpoint {
    /// Holds whoever records that a step entered a state, from now on.
    pub(super) async fn at(world: &World, step: &str, state: &'static str) -> Result<Self> {
        Self::of(world, Moment::of_step(step, state)).await
    }

    /// Holds whoever makes this write, from now on.
    pub(super) async fn of(world: &World, moment: Moment) -> Result<Self> {
        let mut database = world.database().await?;
        let Moment { table, write, when } = &moment;
        let trigger = format!(
            "create or replace trigger checkpoint after {write} on {table}
               for each row when ({when}) execute function checkpoint()"
        );
        sqlx::query("create table if not exists checkpoint (held bool)").execute(&mut database).await?;
        sqlx::query("delete from checkpoint").execute(&mut database).await?;
        sqlx::query(HOLD).execute(&mut database).await?;
        // Made of words of the tests.
        sqlx::query(AssertSqlSafe(trigger)).execute(&mut database).await?;
        sqlx::query("select pg_advisory_lock($1)").bind(LOCK).execute(&mut database).await?;
        sqlx::query("insert into checkpoint values (true)").execute(&mut database).await?;
        Ok(Self { database, moment })
    }

    /// Waits until the hub stands there.
    pub(super) async fn reached(mut self) -> Result<Held> {
        let Moment { table, write, when } = &self.moment;
        let what = format!("the hub to {write} {table} where {when}");
        let waiting = "select pid from pg_locks where locktype = 'advisory' and objid = $1 and not granted
                         and database = (select oid from pg_database where datname = current_database())";
        let object = sqlx::postgres::types::Oid(u32::try_from(LOCK)?);
        let found = until(&what, BUILD, async || {
            let pid: Option<i32> = sqlx::query_scalar(waiting).bind(object).fetch_optional(&mut self.database).await?;
            Ok(pid)
        });
        let backend = found.await?.value;
        Ok(Held { database: self.database, table: self.moment.table, backend })
    }
}

/// The hub, standing in the transaction of that write.
pub(super) struct Held {
    database: PgConnection,
    table: &'static str,
    /// The server process that does its bidding.
    backend: i32,
}

impl Held {
    /// Kills the hub; what it was writing is lost with it when `is_lost`. Else the statement ends, and with it its
    /// transaction where it is one.
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
        let Self { table, .. } = self;
        let trigger = format!("drop trigger if exists checkpoint on {table}");
        sqlx::query(AssertSqlSafe(trigger)).execute(&mut self.database).await?;
        Ok(self.database.close().await?)
    }
}
