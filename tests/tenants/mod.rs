//! Tenants' jobs on the real engine: a tiny stack is built as provisioning would, then restarted, stopped, deleted, erased.

use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use waas_hub::audit::Actor;
use waas_hub::tenants::lifecycle::{self, Job, Wanted, Wished};
use waas_hub::tenants::{
    self, Container, ContainerListener, Estate, Figures, LifeListener, Reported, Slug, Stacks, Tenant, TenantState,
    estate, watch, work,
};
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::docker::{self, Started};
use waas_platform::durable::{Engine, SagaState, SagaView, Settings, Wake};
use waas_platform::edge;

use crate::estate::{Redis, front, tenant, with_database, within};

/// Made once a machine by the platform's own tests, from Debian's static busybox; it stays, as base images do.
const IMAGE: &str = "waas/test-busybox:1";
const ENDPOINT: &str = "unix:///var/run/docker.sock";

/// Keeps what it is told.
#[derive(Default)]
struct Told {
    containers: Mutex<Vec<(String, String)>>,
    life: Mutex<Vec<String>>,
    heard: tokio::sync::Notify,
}

impl ContainerListener for Told {
    fn changed<'a>(
        &'a self,
        _: &'a mut PgConnection,
        _: &'a Tenant,
        _: Option<&'a Container>,
        now: &'a Container,
        _: DateTime<Utc>,
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        self.containers.lock().expect("not poisoned").push((now.service.clone(), now.state.clone()));
        self.heard.notify_one();
        Box::pin(async { Ok(()) })
    }
}

impl LifeListener for Told {
    fn restart_asked<'a>(
        &'a self,
        _: &'a mut PgConnection,
        _: &'a Tenant,
        service: Option<&'a str>,
        _: &'a Actor,
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        self.life.lock().expect("not poisoned").push(format!("restart {}", service.unwrap_or("all")));
        Box::pin(async { Ok(()) })
    }

    fn erased<'a>(&'a self, _: &'a mut PgConnection, slug: &'a Slug) -> BoxFuture<'a, anyhow::Result<()>> {
        self.life.lock().expect("not poisoned").push(format!("erased {slug}"));
        Box::pin(async { Ok(()) })
    }
}

impl Figures for Told {
    fn of<'a>(&'a self, _: &'a mut PgConnection, _: &'a Slug) -> BoxFuture<'a, anyhow::Result<Reported>> {
        Box::pin(async { Ok(Reported::default()) })
    }

    fn counts<'a>(&'a self, _: &'a mut PgConnection) -> BoxFuture<'a, anyhow::Result<Vec<(&'static str, u64)>>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// A live tenant with two containers, a volume and a network of its own.
struct Ground {
    estate: Estate,
    told: Arc<Told>,
    slug: Slug,
    engine: Engine,
    _redis: Redis,
    _data: tempfile::TempDir,
}

impl Ground {
    async fn new(pool: PgPool) -> anyhow::Result<Self> {
        let redis = Redis::start().await;
        let data = tempfile::tempdir()?;
        let id = waas_platform::clock::random::id().simple().to_string();
        let slug: Slug = format!("t{}", &id[20..]).parse()?;
        let docker = docker::Engine::connect(ENDPOINT, docker::Settings::default()).await?;
        let edge = edge::Settings { mode: edge::Mode::None, ..edge::Settings::managed(data.path().join("edge")) };
        let told = Arc::new(Told::default());
        let estate = Estate {
            stacks: Stacks::new(docker, edge, data.path().to_owned(), slug.to_string()),
            bus: redis.bus().await,
            clock: Clock::system(),
            front: front(),
            bot: None,
            containers: told.clone(),
            life: told.clone(),
            figures: told.clone(),
            settings: estate::Settings {
                delete_grace: Duration::from_secs(90 * 86_400),
                sweep: Duration::from_secs(300),
                site_port: 80,
            },
            pool: pool.clone(),
        };
        let settings = Settings { backoff_first: Duration::from_millis(5), ..Settings::default() };
        let engine = work::register(Engine::builder(pool.clone(), Wake::default(), settings), &estate).build()?;
        tenant(&pool, slug.as_str(), "live").await?;
        let ground = Self { estate, told, slug, engine, _redis: redis, _data: data };
        ground.build().await?;
        Ok(ground)
    }

    async fn build(&self) -> anyhow::Result<()> {
        let dir = self.estate.stacks.dir(&self.slug);
        std::fs::create_dir_all(&dir)?;
        let service = format!(
            "{{image: '{IMAGE}', init: true, command: [sleep, '600'], volumes: ['data:/data'], networks: [inner]}}"
        );
        let text = format!(
            "services: {{backend: {service}, worker: {service}}}\nvolumes: {{data: {{}}}}\nnetworks: {{inner: {{}}}}\n"
        );
        std::fs::write(dir.join("compose.yaml"), text)?;
        let stack = self.estate.stacks.stack(&self.slug, self.estate.stacks.labels(&self.slug, "test", 1))?;
        let docker = self.estate.stacks.engine();
        docker.ensure(&stack).await?;
        anyhow::ensure!(docker.start_and_wait(&stack, &|_| {}).await? == Started::Ready, "the stack does not stand");
        self.estate.see(&self.slug).await
    }

    /// Asks and drives to the end.
    async fn does(&self, job: Job, service: Option<&str>) -> anyhow::Result<SagaView> {
        let wished = self.asks(job, service).await?;
        let Wished::Begun(view) = wished else { anyhow::bail!("not begun: {wished:?}") };
        Ok(self.engine.drive(view.id).await?)
    }

    async fn asks(&self, job: Job, service: Option<&str>) -> anyhow::Result<Wished> {
        let mut tx = self.estate.pool.begin().await?;
        let tenant = tenants::find(&mut tx, &self.slug).await?.expect("the tenant");
        let wanted = Wanted { job, service: service.map(str::to_owned), version: None, place: None };
        let wished =
            lifecycle::wish(&mut tx, &self.estate, &Actor::Terminal("bo".to_owned()), &tenant, &wanted).await?;
        tx.commit().await?;
        Ok(wished)
    }

    async fn state(&self) -> anyhow::Result<Option<TenantState>> {
        let found = tenants::find(&mut *self.estate.pool.acquire().await?, &self.slug).await?;
        Ok(found.map(|tenant| tenant.state))
    }

    async fn running(&self) -> anyhow::Result<usize> {
        let found = self.estate.stacks.engine().list(&self.estate.stacks.filter(&self.slug)).await?;
        Ok(found.into_iter().filter(|container| container.state.is_up()).count())
    }

    fn docker(&self, verb: &str, service: &str) {
        let name = docker::labels::container_name(self.slug.as_str(), service);
        let done = Command::new("docker").args([verb, name.as_str()]).output().expect("docker is installed");
        assert!(done.status.success(), "docker {verb} {name}: {}", String::from_utf8_lossy(&done.stderr));
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        let filter = format!("label=com.docker.compose.project={}", self.slug);
        for (list, remove) in [("ps -aq", "rm -fv"), ("network ls -q", "network rm"), ("volume ls -q", "volume rm")] {
            let found = Command::new("docker").args(list.split(' ')).args(["--filter", &filter]).output();
            let ids = String::from_utf8_lossy(&found.expect("docker is installed").stdout).into_owned();
            if !ids.trim().is_empty() {
                let _ = Command::new("docker").args(remove.split(' ')).args(ids.split_whitespace()).output();
            }
        }
    }
}

#[tokio::test]
async fn a_dead_container_is_seen_at_once_and_a_restart_brings_it_back() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let ground = Ground::new(pool).await?;
        let stop = CancellationToken::new();
        let watcher = tokio::spawn(watch::run(ground.estate.clone(), stop.clone()));
        ground.told.containers.lock().expect("not poisoned").clear();
        ground.docker("kill", "worker");
        within(async {
            let dead = ("worker".to_owned(), "exited".to_owned());
            while !ground.told.containers.lock().expect("not poisoned").contains(&dead) {
                ground.told.heard.notified().await;
            }
        })
        .await;
        let view = ground.does(Job::Restart, Some("worker")).await?;
        assert_eq!(view.state, SagaState::Done, "{:?}", view.error);
        assert_eq!(ground.running().await?, 2);
        assert_eq!(*ground.told.life.lock().expect("not poisoned"), ["restart worker"]);
        let seen = tenants::containers(&mut *ground.estate.pool.acquire().await?, &ground.slug).await?;
        assert!(seen.iter().all(|container| container.state == "running"), "{seen:?}");
        stop.cancel();
        watcher.await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_container_that_was_removed_comes_back_with_a_restart() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let ground = Ground::new(pool).await?;
        let ids = |service: &'static str| {
            let ground = &ground;
            async move {
                let found = ground.estate.stacks.engine().list(&ground.estate.stacks.filter(&ground.slug)).await?;
                anyhow::Ok(
                    found.into_iter().find(|container| container.service == service).map(|container| container.id),
                )
            }
        };
        let backend = ids("backend").await?;
        ground.docker("kill", "worker");
        ground.docker("rm", "worker");
        assert_eq!(ground.does(Job::Restart, Some("worker")).await?.state, SagaState::Done);
        assert_eq!(ground.running().await?, 2);
        assert_eq!(ids("backend").await?, backend, "the other one was left alone");
        assert!(
            matches!(ground.asks(Job::Restart, Some("nothing")).await?, Wished::NoService(known) if known.len() == 2)
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn one_job_at_a_time() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let ground = Ground::new(pool).await?;
        let Wished::Begun(first) = ground.asks(Job::Stop, None).await? else { anyhow::bail!("not begun") };
        let busy = ground.asks(Job::Erase, None).await?;
        assert!(matches!(&busy, Wished::Busy(job) if job.id == first.id), "{busy:?}");
        assert_eq!(ground.engine.drive(first.id).await?.state, SagaState::Done);
        assert!(matches!(ground.asks(Job::Stop, None).await?, Wished::Already(TenantState::Stopped)));
        assert!(matches!(ground.asks(Job::Restart, None).await?, Wished::Refused(_)));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn from_stop_to_erase_nothing_is_left() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let ground = Ground::new(pool).await?;
        for (job, state, running) in [
            (Job::Stop, TenantState::Stopped, 0),
            (Job::Start, TenantState::Live, 2),
            (Job::Delete, TenantState::Deleted, 0),
        ] {
            assert_eq!(ground.does(job, None).await?.state, SagaState::Done, "{job:?}");
            assert_eq!((ground.state().await?, ground.running().await?), (Some(state), running), "{job:?}");
        }
        let docker = ground.estate.stacks.engine();
        let filter = ground.estate.stacks.filter(&ground.slug);
        assert_eq!(docker.inventory(&filter).await?.volumes.len(), 1, "a delete keeps the data");
        let erased = ground.does(Job::Erase, None).await?;
        assert_eq!(erased.state, SagaState::Done, "{:?}", erased.error);
        assert!(docker.inventory(&filter).await?.is_empty());
        assert!(!ground.estate.stacks.dir(&ground.slug).exists());
        assert_eq!(ground.state().await?, None);
        assert_eq!(*ground.told.life.lock().expect("not poisoned"), [format!("erased {}", ground.slug)]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_has_lost_its_folder_is_erased_all_the_same() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let ground = Ground::new(pool).await?;
        std::fs::remove_dir_all(ground.estate.stacks.dir(&ground.slug))?;
        assert_eq!(ground.does(Job::Erase, None).await?.state, SagaState::Done);
        let left = ground.estate.stacks.engine().inventory(&ground.estate.stacks.filter(&ground.slug)).await?;
        assert!(left.is_empty(), "{left:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_restart_that_fails_waits_for_a_person_and_goes_on_by_the_same_wish() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let ground = Ground::new(pool).await?;
        let compose = ground.estate.stacks.dir(&ground.slug).join("compose.yaml");
        let good = std::fs::read_to_string(&compose)?;
        std::fs::write(&compose, "services: [")?;
        let stuck = ground.does(Job::Restart, None).await?;
        assert_eq!(stuck.state, SagaState::Stuck);
        assert!(stuck.failed_step().is_some_and(|step| step.name == "healthy"), "{:?}", stuck.steps);
        assert!(matches!(ground.asks(Job::Stop, None).await?, Wished::Busy(job) if job.id == stuck.id));
        std::fs::write(&compose, good)?;
        let done = ground.does(Job::Restart, None).await?;
        assert_eq!((done.id, done.state), (stuck.id, SagaState::Done));
        Ok(())
    })
    .await
}
