//! `hub template check|list`: the templates of sites, for their authors. Needs no database.

use serde::Serialize;

use super::{CliError, Invocation};
use crate::provisioning::{self, Template, TemplateError};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    does: Does,
}

#[derive(Debug, clap::Subcommand)]
enum Does {
    /// Render a template with made-up inputs, check it against the hardening policy, and ask whether the onboarding survey
    /// can fill it
    Check {
        /// A template's name; all templates without it
        name: Option<String>,
    },
    /// Show the templates
    List,
}

#[derive(Serialize)]
struct Report {
    ok: bool,
    items: Vec<Item>,
}

#[derive(Serialize)]
struct Item {
    name: String,
    ok: bool,
    problems: Vec<String>,
}

#[derive(Serialize)]
struct Listed {
    name: String,
    version: String,
    title: String,
    description: String,
}

pub(super) fn run(args: Args, invocation: &Invocation) -> Result<(), CliError> {
    let share = invocation.share();
    match args.does {
        Does::Check { name } => {
            let names = match name {
                Some(name) => vec![name],
                None => Template::names(&share).map_err(failed)?,
            };
            let items: Vec<Item> = names
                .into_iter()
                .map(|name| {
                    let problems = provisioning::problems(&share, &name).map_err(failed)?;
                    Ok(Item { ok: problems.is_empty(), name, problems })
                })
                .collect::<Result<_, CliError>>()?;
            let report = Report { ok: items.iter().all(|item| item.ok), items };
            invocation.result(&report, |report| {
                let lines = report.items.iter().map(|item| match item.problems.as_slice() {
                    [] => format!("{}: sound", item.name),
                    problems => format!("{}:\n  {}", item.name, problems.join("\n  ")),
                });
                lines.collect::<Vec<_>>().join("\n")
            })?;
            if report.ok { Ok(()) } else { Err(CliError::FoundWrong) }
        }
        Does::List => {
            let listed: Vec<Listed> = Template::names(&share)
                .map_err(failed)?
                .into_iter()
                .map(|name| {
                    let Template { name, version, title, description, .. } =
                        Template::load(&share, &name).map_err(failed)?;
                    Ok(Listed { name, version, title, description })
                })
                .collect::<Result<_, CliError>>()?;
            invocation.list(&listed, None, &["name", "version", "what"], |row| {
                vec![row.name.clone(), row.version.clone(), row.title.clone()]
            })
        }
    }
}

fn failed(error: TemplateError) -> CliError {
    match error {
        TemplateError::Unknown { .. } => CliError::NotFound(error.to_string()),
        TemplateError::Share(_) | TemplateError::Malformed { .. } => CliError::Failed(error.into()),
    }
}
