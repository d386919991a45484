//! A tenant's stack as it stands on disk, on the engine and at the edge: where to find it and how it is marked.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use tokio::sync::OnceCell;
use waas_platform::docker::{
    DockerError, Engine, LabelFilter, Labels, LogQuery, ProjectSpec, SpecError, Stack, StackError,
};
use waas_platform::edge::{self, Edge, EdgeError, SiteName};

use super::model::Slug;
use super::store::Container;

/// Marks everything of a tenant with its name.
pub const TENANT_LABEL: &str = "waas.tenant";
/// Marks everything of an installation, so that two on one engine keep apart.
pub const INSTANCE_LABEL: &str = "waas.instance";
/// Which saga made it.
const RUN_LABEL: &str = "waas.run";
/// With which fence.
const FENCE_LABEL: &str = "waas.fence";
/// What people see of a stack that does not say.
const FRONT: &str = "backend";
/// Last log lines kept with a container that is not well.
const LOG_TAIL: u32 = 15;

/// The engine, the edge and the folder that all stacks of this installation share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Stacks {
    engine: Engine,
    edge: Arc<OnceCell<Edge>>,
    edge_settings: edge::Settings,
    data_dir: PathBuf,
    instance: String,
}

/// Why a stack on disk cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StackFault {
    /// Its compose file does not read.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// Its name or folder is none for compose.
    #[error(transparent)]
    Stack(#[from] StackError),
}

impl Stacks {
    /// Stacks below `data_dir`, on this engine, behind this edge; the edge is started when it is first needed.
    pub fn new(engine: Engine, edge_settings: edge::Settings, data_dir: PathBuf, instance: String) -> Self {
        Self { engine, edge: Arc::new(OnceCell::new()), edge_settings, data_dir, instance }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The edge, started or taken over.
    ///
    /// # Errors
    /// nginx is not installed, its port is taken, or it does not come up; the next call tries again.
    pub async fn edge(&self) -> Result<&Edge, EdgeError> {
        self.edge
            .get_or_try_init(|| async {
                let (edge, report) = Edge::start(self.edge_settings.clone()).await?;
                for site in report.quarantined {
                    tracing::error!(
                        site = site.site,
                        message = site.message,
                        restored = site.restored,
                        "a site file was put aside"
                    );
                }
                Ok(edge)
            })
            .await
    }

    /// The tenant's folder.
    pub fn dir(&self, slug: &Slug) -> PathBuf {
        self.data_dir.join("tenants").join(slug.as_str())
    }

    /// The tenant's file at the edge.
    pub fn site(&self, slug: &Slug) -> Result<SiteName, edge::SiteNameError> {
        slug.as_str().parse()
    }

    /// Everything of the tenant on the engine.
    pub fn filter(&self, slug: &Slug) -> LabelFilter {
        LabelFilter::project(slug.as_str()).and(INSTANCE_LABEL, &self.instance)
    }

    /// Everything that carries the tenant's name, whatever project it belongs to.
    pub fn marked(&self, slug: &Slug) -> LabelFilter {
        LabelFilter::default().and(TENANT_LABEL, slug.as_str()).and(INSTANCE_LABEL, &self.instance)
    }

    /// The reference of the image that is built for a tenant from this version of its template. Tags take every slug, and
    /// no slug has the dot that ends it here.
    pub fn image(&self, slug: &Slug, version: &str) -> String {
        format!("{}:{slug}.{version}", self.image_repository())
    }

    /// The references of all images that were built for a tenant.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn images(&self, slug: &Slug) -> Result<Vec<String>, DockerError> {
        self.engine.references(&self.image_repository(), &format!("{slug}.")).await
    }

    fn image_repository(&self) -> String {
        format!("waas-{}", self.instance)
    }

    /// The service that people see, as the folder's manifest says; `backend` when it says nothing.
    pub fn front_service(&self, slug: &Slug) -> String {
        #[derive(Deserialize)]
        struct Manifest {
            readiness: Readiness,
        }
        #[derive(Deserialize)]
        struct Readiness {
            service: String,
        }
        let text = std::fs::read(self.dir(slug).join("manifest.json")).ok();
        let manifest = text.and_then(|text| serde_json::from_slice::<Manifest>(&text).ok());
        manifest.map_or_else(|| FRONT.to_owned(), |manifest| manifest.readiness.service)
    }

    /// Everything of all tenants of this installation.
    pub fn all(&self) -> LabelFilter {
        LabelFilter::with(TENANT_LABEL).and(INSTANCE_LABEL, &self.instance)
    }

    /// The labels of what a saga makes for a tenant.
    pub fn labels(&self, slug: &Slug, run: &str, fence: i64) -> Labels {
        Labels::from([
            (TENANT_LABEL.to_owned(), slug.to_string()),
            (INSTANCE_LABEL.to_owned(), self.instance.clone()),
            (RUN_LABEL.to_owned(), run.to_owned()),
            (FENCE_LABEL.to_owned(), fence.to_string()),
        ])
    }

    /// The stack as its folder says.
    ///
    /// # Errors
    /// The compose file is missing or malformed.
    pub fn stack(&self, slug: &Slug, labels: Labels) -> Result<Stack, StackFault> {
        let dir = self.dir(slug);
        Ok(Stack::new(slug.as_str(), &dir, ProjectSpec::load(&dir)?, labels)?)
    }

    /// What the tenant's containers do now. Services of the compose file that have no container are `missing`; those that
    /// are not well come with their last log lines.
    ///
    /// # Errors
    /// The engine does not answer, or the folder cannot be read.
    pub async fn look(&self, slug: &Slug) -> anyhow::Result<Vec<Container>> {
        let found = self.engine.list(&self.filter(slug)).await?;
        let spec = ProjectSpec::load(&self.dir(slug))?;
        let mut seen = Vec::with_capacity(spec.services.len());
        for service in spec.services.keys() {
            let name = waas_platform::docker::labels::container_name(slug.as_str(), service);
            let container = match found.iter().find(|container| container.service == *service) {
                None => Container {
                    service: service.clone(),
                    name,
                    engine_id: None,
                    state: "missing".to_owned(),
                    exit_code: None,
                    log_tail: None,
                },
                Some(container) => {
                    let log_tail = if container.state.is_up() { None } else { self.log_tail(&container.id).await };
                    Container {
                        service: service.clone(),
                        name,
                        engine_id: Some(container.id.clone()),
                        state: container.state.to_string(),
                        exit_code: exit_code(&container.status),
                        log_tail,
                    }
                }
            };
            seen.push(container);
        }
        Ok(seen)
    }

    /// Logs are an extra: without them the state is still told.
    async fn log_tail(&self, id: &str) -> Option<String> {
        let query = LogQuery { tail: Some(LOG_TAIL), ..LogQuery::default() };
        let lines = self.engine.logs(id, &query).await.ok()?;
        Some(lines.iter().map(|line| line.text.trim_end()).collect::<Vec<_>>().join("\n"))
    }
}

/// The code in the engine's words `Exited (137) 5 seconds ago`.
fn exit_code(status: &str) -> Option<i32> {
    status.strip_prefix("Exited (")?.split(')').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::exit_code;

    #[test]
    fn the_exit_code_is_read_from_the_status() {
        assert_eq!(exit_code("Exited (137) 5 seconds ago"), Some(137));
        assert_eq!(exit_code("Up 3 minutes (healthy)"), None);
    }
}
