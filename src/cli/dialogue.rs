//! `hub dialogue check|list`: the definitions of surveys, for their authors. Needs no database.

use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

use super::{CliError, Invocation};
use crate::surveys::{self, Checked};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    does: Does,
}

#[derive(Debug, clap::Subcommand)]
enum Does {
    /// Tell every problem of one dialogue or of all, with its line
    Check {
        /// A dialogue's name, or the path of a file; all dialogues without it
        #[arg(value_name = "NAME|PATH")]
        which: Option<String>,
    },
    /// Show the dialogues with their versions and languages
    List,
}

/// What `check` answers.
#[derive(Serialize)]
struct Report {
    ok: bool,
    items: Vec<Item>,
}

#[derive(Serialize)]
struct Item {
    path: String,
    ok: bool,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct Problem {
    line: usize,
    step: Option<String>,
    problem: String,
}

/// A line of `list`.
#[derive(Serialize)]
struct Dialogue {
    name: String,
    version: u32,
    locales: Vec<&'static str>,
    steps: usize,
}

pub(super) fn run(args: Args, invocation: &Invocation) -> Result<(), CliError> {
    match args.does {
        Does::Check { which } => check(which.as_deref(), invocation),
        Does::List => list(invocation),
    }
}

fn check(which: Option<&str>, invocation: &Invocation) -> Result<(), CliError> {
    let report = report(chosen(which, invocation)?);
    invocation.result(&report, human)?;
    if report.ok { Ok(()) } else { Err(CliError::FoundWrong) }
}

fn list(invocation: &Invocation) -> Result<(), CliError> {
    let mut dialogues = Vec::new();
    for file in chosen(None, invocation)? {
        let definition = file.outcome.map_err(|_| {
            CliError::Failed(anyhow::anyhow!("{} has problems; `hub dialogue check` tells them", file.path))
        })?;
        dialogues.push(Dialogue {
            name: definition.name().to_owned(),
            version: definition.version(),
            locales: definition.locales().iter().map(|locale| locale.as_str()).collect(),
            steps: definition.steps().len(),
        });
    }
    invocation.list(&dialogues, None, &["name", "version", "locales", "steps"], |dialogue| {
        vec![
            dialogue.name.clone(),
            dialogue.version.to_string(),
            dialogue.locales.join(", "),
            dialogue.steps.to_string(),
        ]
    })
}

/// A path is what ends in `.toml`; anything else names a dialogue that the hub carries.
fn chosen(which: Option<&str>, invocation: &Invocation) -> Result<Vec<Checked>, CliError> {
    if let Some(path) = which.filter(|which| which.ends_with(".toml")) {
        if !Path::new(path).exists() {
            return Err(CliError::NotFound(format!("no such file: {path}")));
        }
        let source = std::fs::read_to_string(path).with_context(|| path.to_owned())?;
        return Ok(vec![surveys::check(path, source)]);
    }
    let mut all = surveys::check_all(&invocation.share()).map_err(anyhow::Error::from)?;
    if let Some(name) = which {
        all.retain(|file| file.path == format!("dialogues/{name}.toml"));
        if all.is_empty() {
            return Err(CliError::NotFound(format!("no dialogue named {name}; `hub dialogue list` shows them all")));
        }
    }
    Ok(all)
}

fn report(files: Vec<Checked>) -> Report {
    let item = |file: Checked| {
        let wrong = file.outcome.err().unwrap_or_default();
        let problem = |wrong: surveys::Wrong| Problem { line: wrong.line, step: wrong.step, problem: wrong.problem };
        Item { path: file.path, ok: wrong.is_empty(), problems: wrong.into_iter().map(problem).collect() }
    };
    let items: Vec<Item> = files.into_iter().map(item).collect();
    Report { ok: items.iter().all(|item| item.ok), items }
}

/// As compilers write it, so that editors find the place.
fn human(report: &Report) -> String {
    let mut lines = Vec::new();
    for item in &report.items {
        if item.ok {
            lines.push(format!("{}: ok", item.path));
        }
        for problem in &item.problems {
            let step = problem.step.as_ref().map(|step| format!("step {step}: ")).unwrap_or_default();
            lines.push(format!("{}:{}: {step}{}", item.path, problem.line, problem.problem));
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_told_with_its_place() {
        let source = "name = \"other\"\nversion = 0\nlocales = [\"en\"]\n";
        let report = report(vec![surveys::check("dialogues/survey.toml", source.to_owned())]);
        assert!(!report.ok);
        let text = human(&report);
        assert!(text.contains("dialogues/survey.toml:2: `version`"), "{text}");
        assert!(text.lines().count() > 3, "{text}");
    }

    #[test]
    fn a_file_has_the_name_of_its_dialogue() {
        let share = waas_platform::render::Share::default();
        let source = share.text("dialogues/onboarding.toml").expect("a file");
        assert!(report(vec![surveys::check("a/onboarding.toml", source.clone())]).ok);
        let renamed = report(vec![surveys::check("a/welcome.toml", source)]);
        assert_eq!(human(&renamed), "a/welcome.toml:3: the file is named welcome, the dialogue onboarding");
    }
}
