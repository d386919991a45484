//! How a command ends when it did not do what was asked.

use std::io::{self, Write};
use std::process::ExitCode;

use waas_platform::secrets::mask;
use waas_platform::web::Problem;

use crate::config::Fault;

/// Why a command did not do it; each kind has its exit code.
#[derive(Debug)]
pub enum CliError {
    /// Something broke or does not answer (1).
    Failed(anyhow::Error),
    /// It ran, printed what it found, and found something wrong (1); nothing more is to be said.
    FoundWrong,
    /// The command line is wrong (2).
    Usage(String),
    /// The settings are wrong (2): all faults.
    Settings(Vec<Fault>),
    /// There is no such thing (3).
    NotFound(String),
    /// Not allowed, or not in this state (4).
    Refused(String),
}

impl From<anyhow::Error> for CliError {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl CliError {
    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Self::Failed(_) | Self::FoundWrong => 1,
            Self::Usage(_) | Self::Settings(_) => 2,
            Self::NotFound(_) => 3,
            Self::Refused(_) => 4,
        }
    }

    /// The problem document, for `--json`.
    pub fn problem(&self) -> Problem {
        let (status, title, detail) = match self {
            Self::Failed(error) => (500, "Failed", format!("{error:#}")),
            Self::FoundWrong => (500, "Found something wrong", String::new()),
            Self::Usage(what) => (400, "Wrong usage", what.trim_end().to_owned()),
            Self::Settings(faults) => (400, "Settings are wrong", lines(faults)),
            Self::NotFound(what) => (404, "Not found", what.clone()),
            Self::Refused(what) => (409, "Refused", what.clone()),
        };
        let problem = Problem::status(status)
            .title(title)
            .detail(mask::text(&detail).into_owned())
            .with("exit_code", self.code());
        match self {
            Self::Settings(faults) => problem.with("faults", serde_json::json!(faults)),
            _ => problem,
        }
    }

    /// Says it on standard error, masked.
    pub(super) fn report(&self, json: bool) -> ExitCode {
        let text = match self {
            Self::FoundWrong => String::new(),
            _ if json => format!("{:#}\n", self.problem().to_json()),
            Self::Failed(error) => format!("hub: {error:#}\n"),
            Self::Usage(what) | Self::NotFound(what) | Self::Refused(what) => {
                format!("hub: {}\n", what.trim_end())
            }
            Self::Settings(faults) => format!("hub: the settings are wrong\n{}\n", lines(faults)),
        };
        // Nobody listens on a closed standard error; the exit code still tells.
        let _ = write!(io::stderr().lock(), "{}", mask::text(&text));
        ExitCode::from(self.code())
    }
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(|fault| format!("  {fault}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use waas_platform::secrets::Secret;

    use super::*;

    #[test]
    fn each_kind_has_the_exit_code_of_the_contract() {
        let codes = [
            CliError::Failed(anyhow::anyhow!("x")),
            CliError::Usage(String::new()),
            CliError::NotFound(String::new()),
            CliError::Refused(String::new()),
        ]
        .map(|error| error.code());
        assert_eq!(codes, [1, 2, 3, 4]);
    }

    #[test]
    fn a_problem_holds_no_secret_and_names_every_fault() {
        let secret = Secret::new("canary-in-an-error");
        let failed = CliError::Failed(anyhow::anyhow!("cannot reach {}", secret.expose()));
        assert!(!failed.problem().to_json().to_string().contains("canary"));
        let fault = Fault {
            place: "hub.toml:1".into(),
            key: "x".into(),
            what: "is no setting".into(),
            mend: "remove it".into(),
        };
        let document = CliError::Settings(vec![fault]).problem().to_json();
        assert_eq!(document["faults"][0]["place"], "hub.toml:1");
        assert_eq!(document["exit_code"], 2);
    }
}
