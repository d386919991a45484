//! A plan: everything that a confirmation agrees to, bound together by a hash. A changed plan has another hash, so an
//! old confirmation confirms nothing.

use serde::{Deserialize, Serialize};
use waas_platform::docker::policy;
use waas_platform::docker::{Labels, ProjectSpec, SpecError};
use waas_platform::render::{Renderer, Share};

use super::folder::{self, FolderError, Site};

/// What will be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Stands for all of the below.
    pub hash: String,
    /// The tenant's name.
    pub slug: String,
    /// Its host name.
    pub domain: String,
    /// Its template.
    pub template: String,
    /// The template's version.
    pub version: String,
    /// Its size.
    pub size: String,
    /// What is written into its folder.
    pub files: Vec<PlannedFile>,
    /// What runs.
    pub containers: Vec<PlannedContainer>,
    /// Ports on loopback.
    pub ports: Vec<u16>,
    /// Networks of its own.
    pub networks: Vec<String>,
    /// Volumes of its own.
    pub volumes: Vec<String>,
    /// Steps that cannot be taken back, each with the reason.
    pub not_undone: Vec<(String, String)>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedFile {
    /// Relative to the tenant's folder.
    pub path: String,
    /// Of its content; none for files with secrets that are yet to be made.
    pub sha256: Option<String>,
}

/// One container.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedContainer {
    /// Its service in the stack.
    pub service: String,
    /// Its name.
    pub name: String,
    /// What it runs.
    pub image: String,
    /// The most memory, in bytes.
    pub memory: u64,
    /// Processors.
    pub cpus: f64,
    /// The most processes.
    pub pids: u64,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The folder cannot be rendered.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// What was rendered is no stack.
    #[error("the rendered compose.yaml: {0}")]
    Spec(#[from] SpecError),
    /// The stack is not hardened as it must be.
    #[error("the stack breaks the hardening policy: {0}")]
    Policy(String),
    /// It cannot be written as JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// Renders a site in memory and says what would be made of it. `not_undone` comes from the saga's table.
///
/// # Errors
/// The template cannot be rendered with these inputs, or what comes of it must not run.
pub fn make(
    site: &Site,
    renderer: &Renderer,
    share: &Share,
    dir: &std::path::Path,
    not_undone: Vec<(String, String)>,
) -> Result<Plan, PlanError> {
    let rendered = site.public_files(renderer, share)?;
    let spec = spec_of(&rendered)?;
    let violations = policy::check(&spec, dir);
    if !violations.is_empty() {
        let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
        return Err(PlanError::Policy(lines.join("; ")));
    }
    let mut files: Vec<PlannedFile> = rendered
        .iter()
        .map(|file| PlannedFile { path: file.path.clone(), sha256: Some(folder::sha256(&file.content)) })
        .collect();
    let made_later = site.private_paths().into_iter().chain(["nginx.conf".to_owned(), "manifest.json".to_owned()]);
    files.extend(made_later.map(|path| PlannedFile { path, sha256: None }));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let project = site.slug.as_str();
    let mut plan = Plan {
        hash: String::new(),
        slug: project.to_owned(),
        domain: site.domain.clone(),
        template: site.template.name.clone(),
        version: site.template.version.clone(),
        size: site.size.clone(),
        files,
        containers: containers(&spec, project),
        ports: vec![site.port],
        networks: spec.networks.keys().map(|key| format!("{project}_{key}")).collect(),
        volumes: spec.volumes.keys().map(|key| format!("{project}_{key}")).collect(),
        not_undone,
    };
    plan.hash = folder::sha256(&serde_json::to_vec(&(&plan, &site.inputs))?)[..16].to_owned();
    Ok(plan)
}

fn spec_of(files: &[folder::Rendered]) -> Result<ProjectSpec, SpecError> {
    let compose =
        files.iter().find(|file| file.path == "compose.yaml").map(|file| &file.content[..]).unwrap_or_default();
    ProjectSpec::parse(&String::from_utf8_lossy(compose), &Labels::new())
}

fn containers(spec: &ProjectSpec, project: &str) -> Vec<PlannedContainer> {
    spec.services
        .iter()
        .map(|(service, of)| PlannedContainer {
            service: service.clone(),
            name: waas_platform::docker::labels::container_name(project, service),
            image: of.image.clone(),
            memory: of.memory.unwrap_or_default(),
            cpus: cpus(of.nano_cpus),
            pids: of.pids_limit.and_then(|pids| u64::try_from(pids).ok()).unwrap_or_default(),
        })
        .collect()
}

/// Billionths of a core as cores.
#[expect(clippy::cast_precision_loss, reason = "a limit of cores has few digits")]
fn cpus(nano: Option<u64>) -> f64 {
    nano.unwrap_or_default() as f64 / 1e9
}
