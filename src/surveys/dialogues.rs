//! The definitions at hand: those compiled in (or from `HUB_SHARE_DIR`), and the pinned versions in the database.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, anyhow, ensure};
use waas_dialogue::{Definition, Problem};
use waas_platform::db::PgConnection;
use waas_platform::render::{Share, ShareError};

use super::store;

/// Where definitions stand in the share folder.
const FOLDER: &str = "dialogues";

/// A file with what reading it gave.
#[derive(Debug)]
pub struct Checked {
    /// Its path, as a person would open it.
    pub path: String,
    /// The text of the file.
    pub source: String,
    /// The definition, or every problem of it with its line.
    pub outcome: Result<Definition, Vec<Wrong>>,
}

/// What is wrong with a file, for its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The line, from 1.
    pub line: usize,
    /// The step it is about, if it is about one.
    pub step: Option<String>,
    /// What it is.
    pub problem: String,
}

impl From<Problem> for Wrong {
    fn from(problem: Problem) -> Self {
        Self { line: problem.line, step: problem.step, problem: problem.kind.to_string() }
    }
}

/// Reads one definition and says everything that is wrong with it.
pub fn check(path: &str, source: String) -> Checked {
    let read = Definition::parse(&source).map_err(|problems| problems.into_iter().map(Wrong::from).collect::<Vec<_>>());
    let outcome = read.and_then(|definition| {
        let wanted = file_name(path);
        if wanted == definition.name() {
            return Ok(definition);
        }
        // Invitations name a dialogue by its file.
        let line = source.lines().position(|line| line.trim_start().starts_with("name")).map_or(1, |index| index + 1);
        let problem = format!("the file is named {wanted}, the dialogue {}", definition.name());
        Err(vec![Wrong { line, step: None, problem }])
    });
    Checked { path: path.to_owned(), source, outcome }
}

/// Reads every definition of the share folder, in the order of their names.
///
/// # Errors
/// A file cannot be read.
pub fn check_all(share: &Share) -> Result<Vec<Checked>, ShareError> {
    share
        .list(FOLDER)?
        .into_iter()
        .filter(|path| path.ends_with(".toml") && path.matches('/').count() == 1)
        .map(|path| Ok(check(&path, share.text(&path)?)))
        .collect()
}

fn file_name(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".toml").unwrap_or(name)
}

/// A definition with the text that it was read from.
struct Source {
    text: String,
    definition: Arc<Definition>,
}

/// The newest version of each definition, by name, and those that were read from the database: a version that is stored
/// never changes.
pub struct Dialogues {
    newest: BTreeMap<String, Source>,
    stored: Mutex<HashMap<(String, i32), Arc<Definition>>>,
}

impl Dialogues {
    /// Reads all definitions.
    ///
    /// # Errors
    /// A file cannot be read, or has problems; all of them are told.
    pub fn load(share: &Share) -> anyhow::Result<Self> {
        let (mut found, mut problems) = (BTreeMap::new(), String::new());
        for file in check_all(share)? {
            match file.outcome {
                Ok(definition) => {
                    let source = Source { text: file.source, definition: Arc::new(definition) };
                    found.insert(source.definition.name().to_owned(), source);
                }
                Err(wrong) => {
                    for problem in wrong {
                        writeln!(problems, "{}:{}: {}", file.path, problem.line, problem.problem)?;
                    }
                }
            }
        }
        ensure!(problems.is_empty(), "dialogues that cannot be read:\n{problems}");
        Ok(Self { newest: found, stored: Mutex::default() })
    }

    /// Stores the newest version of a definition, so that whoever begins now can go on with it whatever comes later.
    pub(super) async fn pin(&self, conn: &mut PgConnection, name: &str) -> anyhow::Result<Arc<Definition>> {
        let source = self.newest.get(name).ok_or_else(|| anyhow!("there is no dialogue named {name}"))?;
        let version = source.definition.version();
        store::keep_definition(conn, name, number(version)?, &source.text).await?;
        // Not kept in mind: the transaction may be undone.
        self.read(conn, name, number(version)?).await
    }

    /// The version that a session is pinned to: what was stored, even if the file has changed since without a new
    /// version number.
    pub(super) async fn pinned(
        &self,
        conn: &mut PgConnection,
        name: &str,
        version: i32,
    ) -> anyhow::Result<Arc<Definition>> {
        let key = (name.to_owned(), version);
        let known = self.stored.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let read = self.read(conn, name, version).await?;
        self.stored.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&read));
        Ok(read)
    }

    async fn read(&self, conn: &mut PgConnection, name: &str, version: i32) -> anyhow::Result<Arc<Definition>> {
        let stored = store::definition(conn, name, version).await?;
        if let Some(source) = self.newest.get(name).filter(|source| source.text == stored) {
            return Ok(Arc::clone(&source.definition));
        }
        let read = Definition::parse(&stored).map_err(|problems| {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            anyhow!("{}", problems.join("; "))
        });
        let definition = read.with_context(|| format!("dialogue {name}, version {version}, as stored"))?;
        if self.newest.get(name).is_some_and(|source| source.definition.version() == definition.version()) {
            tracing::warn!(name, version, "this dialogue was changed without a new version; the stored one is used");
        }
        Ok(Arc::new(definition))
    }
}

/// Versions are stored as Postgres keeps whole numbers.
fn number(version: u32) -> anyhow::Result<i32> {
    i32::try_from(version).context("the version of a dialogue is out of range")
}
