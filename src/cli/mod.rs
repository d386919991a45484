//! The command line: `hub <command>`. One file a command (or a group of them); each takes an [`Invocation`] and answers
//! with [`CliError`] or nothing.
//!
//! To add a command: a file with `Args` and `run`, a variant of [`Command`] with its arm in [`dispatch`], and its name in
//! [`GROUPS`] (a test fails when it is missing there). Results go to standard output, everything else to standard error.

mod alert;
mod audit;
pub mod check;
mod config;
mod dead_letter;
mod dialogue;
mod enrol;
mod error;
mod follow;
mod init_project;
mod job;
mod key;
mod lead;
mod member;
mod migrate;
mod run;
mod table;
mod template;
mod tenant;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use serde::Serialize;
use waas_platform::observe::{self, Format};
use waas_platform::render::Share;
use waas_platform::secrets::mask;

use crate::app::{Hub, engine};
use crate::audit::Actor;
use crate::config::{Config, Loaded, Sources, load};
pub use error::CliError;
pub use table::Table;

/// The commands as `hub help` groups them.
const GROUPS: [(&str, &[&str]); 5] = [
    ("Service", &["run", "check", "config", "migrate", "key"]),
    ("People", &["enrol", "member", "audit"]),
    ("Daily work", &["lead", "alert", "dead-letter"]),
    ("Sites", &["init-project", "tenant", "job"]),
    ("Definitions", &["dialogue", "template"]),
];

#[derive(Debug, Parser)]
#[command(name = "hub", version, about = "One chat to run a website-as-a-service business", max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, clap::Args)]
struct Global {
    /// The settings file; without it, hub.toml in this folder where there is one
    #[arg(long, global = true, value_name = "PATH", env = "HUB_CONFIG")]
    config: Option<PathBuf>,
    /// One setting, stronger than file and environment (`hub config` lists them)
    #[arg(long = "setting", global = true, value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// Results as JSON, errors as problem documents
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the service
    Run(run::Args),
    /// Try every setting and connection: what is wrong and how to mend it
    Check,
    /// Show every setting with its value and source
    Config,
    /// Bring the database to the present schema
    Migrate,
    /// Make a one-time code that lets somebody into the team
    Enrol(enrol::Args),
    /// Who is in the team, and what each may do
    #[command(subcommand)]
    Member(member::Action),
    /// Who did what, and whether that is still what was written
    #[command(subcommand)]
    Audit(audit::Action),
    /// Plan and build a site
    #[command(alias = "init_project")]
    InitProject(init_project::Args),
    /// Sites that run: look, restart, stop, delete, restore, erase
    #[command(subcommand)]
    Tenant(tenant::Action),
    /// What is being worked on: look, retry, undo
    #[command(subcommand)]
    Job(job::Action),
    /// Check and list the definitions of surveys
    Dialogue(dialogue::Args),
    /// Check and list the templates of sites
    Template(template::Args),
    /// See leads, and take one in by hand
    Lead(lead::Args),
    /// See what could not be handled
    DeadLetter(dead_letter::Args),
    /// Keys of tenants and gateways
    #[command(subcommand)]
    Key(key::Action),
    /// What needs somebody
    #[command(subcommand)]
    Alert(alert::Action),
}

/// One call of the command line: where settings come from and how to answer.
#[derive(Clone, Debug)]
pub struct Invocation {
    sources: Sources,
    json: bool,
}

impl Invocation {
    /// All settings with their faults.
    pub fn load(&self) -> Loaded {
        load(&self.sources)
    }

    /// The configuration.
    ///
    /// # Errors
    /// Wrong usage, with every fault in it.
    pub fn config(&self) -> Result<Config, CliError> {
        self.load().config.map_err(CliError::Settings)
    }

    /// The files that the hub carries, or those of `HUB_SHARE_DIR`.
    pub fn share(&self) -> Share {
        Share::new(self.sources.environment.get("HUB_SHARE_DIR").map(PathBuf::from))
    }

    /// Every service of the hub, as the running one has them.
    ///
    /// # Errors
    /// The settings are wrong, or Postgres does not answer.
    pub async fn hub(&self) -> Result<Hub, CliError> {
        Ok(Hub::open(&self.config()?, self.share()).await?)
    }

    /// Who is at the terminal, for the audit: the login name.
    pub fn actor(&self) -> Actor {
        let named = |name: &str| self.sources.environment.get(name).filter(|login| !login.is_empty());
        let login = named("USER").or_else(|| named("LOGNAME"));
        Actor::Terminal(login.cloned().unwrap_or_else(|| "unknown".to_owned()))
    }

    /// Whether results are wanted as JSON.
    pub fn json(&self) -> bool {
        self.json
    }

    /// Prints a result: as JSON, or as `human` tells it.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn result<T: Serialize>(&self, value: &T, human: impl FnOnce(&T) -> String) -> Result<(), CliError> {
        let text =
            if self.json { serde_json::to_string_pretty(value).map_err(anyhow::Error::from)? } else { human(value) };
        writeln!(io::stdout().lock(), "{}", text.trim_end()).map_err(anyhow::Error::from)?;
        Ok(())
    }

    /// Prints a page of a list: `{"items","next"}`, or a table.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn list<T: Serialize>(
        &self,
        items: &[T],
        next: Option<String>,
        columns: &[&str],
        row: impl Fn(&T) -> Vec<String>,
    ) -> Result<(), CliError> {
        #[derive(Serialize)]
        struct Page<'a, T> {
            items: &'a [T],
            next: Option<String>,
        }
        self.result(&Page { items, next }, |page| {
            let mut table = Table::new(columns);
            page.items.iter().for_each(|item| table.row(row(item)));
            let more = page.next.as_ref().map(|cursor| format!("\nmore: --cursor {cursor}\n"));
            format!("{table}{}", more.unwrap_or_default())
        })
    }

    /// Tells progress on standard error, masked.
    pub fn note(&self, text: &str) {
        // Nobody listens on a closed standard error, and the work goes on.
        let _ = writeln!(io::stderr().lock(), "{}", mask::text(text));
    }
}

/// Reads the command line, does what it says, gives the exit code: 0 done, 1 failed, 2 wrong usage, 3 not found,
/// 4 refused.
pub fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    let json = args.iter().any(|arg| arg == "--json");
    let cli = match command().try_get_matches_from(args).and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) if !error.use_stderr() || !json => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
        Err(error) => return CliError::Usage(error.to_string()).report(json),
    };
    match start(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(json),
    }
}

fn start(cli: Cli) -> Result<(), CliError> {
    let invocation = Invocation { sources: sources(&cli.global)?, json: cli.global.json };
    if let Command::Run(_) = cli.command {
        let config = invocation.config()?;
        observe::init(config.log.format, &config.log.filter).map_err(|e| CliError::Usage(e.to_string()))?;
    } else {
        let filter = std::env::var("HUB_LOG__FILTER").unwrap_or_else(|_| "warn".to_owned());
        observe::init(Format::Auto, &filter).map_err(|e| CliError::Usage(e.to_string()))?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(anyhow::Error::from)?;
    let done = runtime.block_on(dispatch(cli.command, &invocation));
    // A blocking read that nobody waits for any more must not hold the process.
    runtime.shutdown_background();
    done
}

async fn dispatch(command: Command, invocation: &Invocation) -> Result<(), CliError> {
    match command {
        Command::Run(args) => run::run(args, invocation).await,
        Command::Check => check::run(invocation).await,
        Command::Config => config::run(invocation),
        Command::Migrate => migrate::run(invocation).await,
        Command::Enrol(args) => enrol::run(args, invocation).await,
        Command::Member(action) => member::run(action, invocation).await,
        Command::Audit(action) => audit::run(action, invocation).await,
        Command::Tenant(action) => {
            let hub = invocation.hub().await?;
            tenant::run(action, invocation, &hub.estate, &engine(&hub)?).await
        }
        Command::Job(action) => {
            let hub = invocation.hub().await?;
            job::run(action, invocation, &hub.pool, &engine(&hub)?).await
        }
        Command::InitProject(args) => init_project::run(args, invocation).await,
        Command::Dialogue(args) => dialogue::run(args, invocation),
        Command::Template(args) => template::run(args, invocation),
        Command::Lead(args) => lead::run(args, invocation).await,
        Command::DeadLetter(args) => dead_letter::run(args, invocation).await,
        Command::Key(action) => key::run(action, invocation).await,
        Command::Alert(action) => alert::run(action, invocation).await,
    }
}

fn sources(global: &Global) -> Result<Sources, CliError> {
    let path = global.config.clone().or_else(|| Some(PathBuf::from("hub.toml")).filter(|path| path.exists()));
    let file = match path {
        Some(path) => {
            let text = std::fs::read_to_string(&path);
            Some((path.clone(), text.map_err(|e| CliError::Usage(format!("--config {}: {e}", path.display())))?))
        }
        None => None,
    };
    let text = |text: OsString| text.into_string().ok();
    let environment: BTreeMap<String, String> =
        std::env::vars_os().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect();
    Ok(Sources { file, environment, flags: global.settings.clone() })
}

/// The parser, with the commands shown in groups.
fn command() -> clap::Command {
    let command = Cli::command();
    let mut help = String::new();
    for (title, names) in GROUPS {
        help.push_str(&format!("{title}:\n"));
        for sub in names.iter().filter_map(|name| command.find_subcommand(name)) {
            let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
            help.push_str(&format!("  {:<14} {about}\n", sub.get_name()));
        }
        help.push('\n');
    }
    command
        .disable_help_subcommand(false)
        .help_template(format!("{{about}}\n\n{{usage-heading}} {{usage}}\n\n{help}Options:\n{{options}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent_and_every_command_is_in_a_group() {
        command().debug_assert();
        let grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        for sub in Cli::command().get_subcommands() {
            assert!(grouped.contains(&sub.get_name()), "{} is in no group of hub help", sub.get_name());
            assert!(sub.get_about().is_some(), "{} says nothing about itself", sub.get_name());
        }
        for name in &grouped {
            assert!(Cli::command().find_subcommand(name).is_some(), "{name} is no command");
        }
        let help = command().render_help().to_string();
        assert!(help.contains("Service:\n  run            Start the service"), "{help}");
    }

    #[test]
    fn global_options_stand_before_or_after_the_command() {
        for line in ["hub --json check", "hub check --json --setting a=b --config x.toml"] {
            let cli = Cli::try_parse_from(line.split(' ')).expect("parses");
            assert!(cli.global.json);
        }
    }

    #[test]
    fn roles_are_a_list() {
        let cli = Cli::try_parse_from(["hub", "run", "--role", "bot,worker"]).expect("parses");
        assert!(matches!(cli.command, Command::Run(args) if args.roles().len() == 2));
        assert!(Cli::try_parse_from(["hub", "run", "--role", "cook"]).is_err());
    }
}
