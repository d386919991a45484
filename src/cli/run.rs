//! `hub run`: the service.

use super::{CliError, Invocation};
use crate::app::{self, Role, Roles};

/// Arguments of `hub run`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What this process does; everything when not given
    #[arg(long, value_enum, value_delimiter = ',', value_name = "ROLES")]
    role: Vec<Role>,
}

impl Args {
    pub(super) fn roles(&self) -> Roles {
        if self.role.is_empty() { app::all_roles() } else { self.role.iter().copied().collect() }
    }
}

pub(super) async fn run(args: Args, invocation: &Invocation) -> Result<(), CliError> {
    Ok(app::run(invocation.config()?, invocation.share(), args.roles()).await?)
}
