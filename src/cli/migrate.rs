//! `hub migrate`: the database's schema.

use anyhow::Context;
use serde::Serialize;
use waas_platform::db;

use super::{CliError, Invocation};
use crate::app;

#[derive(Serialize)]
struct Migrated {
    version: i64,
}

pub(super) async fn run(invocation: &Invocation) -> Result<(), CliError> {
    let config = invocation.config()?;
    let pool = app::open_database(&config).await?;
    let schema = db::schema(&pool).await.context("reading the schema")?;
    invocation.result(&Migrated { version: schema.version }, |done| format!("The schema is at {}.", done.version))
}
