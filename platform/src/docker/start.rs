//! Starts the containers of a project in the order of their dependencies, as side by side as these permit, and waits
//! until each stands: healthy where it has a check, running where it has none.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use bollard::models::{ContainerState as EngineState, ContainerStateStatusEnum, HealthStatusEnum};
use bollard::query_parameters::{InspectContainerOptions, StartContainerOptions};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::watch;
use tokio::time::Instant;

use super::container::LogQuery;
use super::converge::Stack;
use super::engine::{Engine, Result};
use super::error::DockerError;
use super::spec::{Condition, Health, HealthTest, Restart, ServiceSpec};

/// Restarts by the engine after which a container that should stand counts as failed.
const CRASH_LOOP: i64 = 3;

/// What has become of a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Started {
    /// All services stand.
    Ready,
    /// One does not; those after it were not started.
    Failed(Box<StartFailure>),
}

/// Which service failed and all that is known about why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartFailure {
    /// Service of the compose file.
    pub service: String,
    /// Its container.
    pub container_id: String,
    /// What was seen.
    pub reason: FailureReason,
    /// The engine's last health checks, oldest first.
    pub probes: Vec<Probe>,
    /// The container's last lines.
    pub log_tail: Vec<String>,
}

/// What was seen of a service that did not come to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureReason {
    /// It ended.
    Exited {
        /// Exit code.
        code: i64,
        /// Whether the kernel ended it for its memory.
        out_of_memory: bool,
    },
    /// It ends again and again.
    CrashLoop {
        /// How often the engine started it again.
        restarts: i64,
    },
    /// Its health checks fail.
    Unhealthy,
    /// It was not healthy in the time that its own check's figures allow, and some slack.
    TimedOut {
        /// How long was waited.
        after: Duration,
    },
}

impl fmt::Display for FailureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited { out_of_memory: true, .. } => {
                write!(f, "it was ended because it needed more memory than it has")
            }
            Self::Exited { code, .. } => write!(f, "it ended with exit code {code}"),
            Self::CrashLoop { restarts } => write!(f, "it ended and was started again {restarts} times"),
            Self::Unhealthy => write!(f, "its health check fails"),
            Self::TimedOut { after } => write!(f, "it was not healthy within {} s", after.as_secs()),
        }
    }
}

impl fmt::Display for StartFailure {
    /// The service, why, its last check, and its last lines, each on lines of their own; for an operator's eyes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} did not come up: {}", self.service, self.reason)?;
        if let Some(probe) = self.probes.last() {
            write!(f, "\nlast check: {}", probe.output.trim())?;
        }
        self.log_tail.iter().try_for_each(|line| write!(f, "\n{line}"))
    }
}

/// One health check as the engine kept it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// 0: passed.
    pub exit_code: i64,
    /// What it printed, cut by the engine.
    pub output: String,
}

/// A step of one service on its way up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartProgress {
    /// Service of the compose file.
    pub service: String,
    /// How far it is.
    pub phase: StartPhase,
}

/// How far a service is. It moves down this list only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StartPhase {
    /// Its dependencies do not stand yet.
    Waiting,
    /// It runs; its health is not known yet.
    Running,
    /// It stands.
    Ready,
    /// It ended with exit code 0, as a one-off service should.
    Completed,
}

type Phases<'a> = BTreeMap<&'a str, watch::Sender<StartPhase>>;

impl Engine {
    /// Starts the stack's containers and waits until all stand. Those that run already are only waited for.
    ///
    /// `progress` is called at each step of each service, from this task.
    ///
    /// # Errors
    /// A container is missing (make them first), a host port is taken, or the engine does not answer. A service that
    /// does not come to stand is no error but [`Started::Failed`].
    pub async fn start_and_wait(
        &self,
        stack: &Stack,
        progress: &(dyn Fn(StartProgress) + Send + Sync),
    ) -> Result<Started> {
        let containers = self.list(&stack.filter()).await?;
        let mut phases = Phases::new();
        for service in stack.spec().services.keys() {
            progress(StartProgress { service: service.clone(), phase: StartPhase::Waiting });
            phases.insert(service, watch::Sender::new(StartPhase::Waiting));
        }
        let tell = |service: &str, phase: StartPhase| {
            progress(StartProgress { service: service.to_owned(), phase });
            if let Some(sender) = phases.get(service) {
                sender.send_replace(phase);
            }
        };
        let mut ways = FuturesUnordered::new();
        for (service, spec) in &stack.spec().services {
            let Some(container) = containers.iter().find(|container| &container.service == service) else {
                let what = format!("no container of service {service} in project {}", stack.project());
                return Err(DockerError::NotFound { what });
            };
            ways.push(self.bring_up(stack, (service, spec), &container.id, &phases, &tell));
        }
        // The first failure drops the other futures: nothing after it is started.
        while let Some(outcome) = ways.next().await {
            if let Some(failure) = outcome? {
                return Ok(Started::Failed(Box::new(failure)));
            }
        }
        Ok(Started::Ready)
    }

    async fn bring_up(
        &self,
        stack: &Stack,
        (service, spec): (&str, &ServiceSpec),
        id: &str,
        phases: &Phases<'_>,
        tell: &(dyn Fn(&str, StartPhase) + Sync),
    ) -> Result<Option<StartFailure>> {
        for (dependency, condition) in &spec.depends_on {
            let wanted = match condition {
                Condition::Started => StartPhase::Running,
                Condition::Healthy => StartPhase::Ready,
                Condition::CompletedSuccessfully => StartPhase::Completed,
            };
            if let Some(sender) = phases.get(dependency.as_str()) {
                // It fails only when the sender is gone, which outlives this future.
                drop(sender.subscribe().wait_for(|phase| *phase >= wanted).await);
            }
        }
        let client = self.client().await?;
        client
            .start_container(id, None::<StartContainerOptions>)
            .await
            .map_err(|error| self.fail(error, "start container"))?;
        tell(service, StartPhase::Running);
        let is_one_off = stack
            .spec()
            .services
            .values()
            .any(|other| other.depends_on.get(service) == Some(&Condition::CompletedSuccessfully));
        match self.wait_for_standing(spec, id, is_one_off).await? {
            Ok(phase) => {
                tell(service, phase);
                Ok(None)
            }
            Err((reason, state)) => {
                let query = LogQuery { tail: Some(self.settings.failure_log_lines), ..Default::default() };
                let log_tail = self.logs(id, &query).await.unwrap_or_default();
                Ok(Some(StartFailure {
                    service: service.to_owned(),
                    container_id: id.to_owned(),
                    reason,
                    probes: probes(state),
                    log_tail: log_tail.into_iter().map(|line| line.text).collect(),
                }))
            }
        }
    }

    async fn wait_for_standing(
        &self,
        spec: &ServiceSpec,
        id: &str,
        is_one_off: bool,
    ) -> Result<std::result::Result<StartPhase, (FailureReason, EngineState)>> {
        let check = spec.healthcheck.as_ref().filter(|check| check.test != HealthTest::Disabled);
        let allowed = check.map(|check| allowance(check) + self.settings.health_slack);
        let begun = Instant::now();
        loop {
            let state = self.inspect_state(id).await?;
            let verdict = judge(&state, spec.restart, check.is_some(), is_one_off);
            match verdict {
                Verdict::Standing(phase) => return Ok(Ok(phase)),
                Verdict::Failed(reason) => return Ok(Err((reason, state.state))),
                Verdict::Wait => {}
            }
            if let Some(after) = allowed.filter(|allowed| begun.elapsed() >= *allowed) {
                return Ok(Err((FailureReason::TimedOut { after }, state.state)));
            }
            tokio::time::sleep(self.settings.poll).await;
        }
    }

    async fn inspect_state(&self, id: &str) -> Result<Seen> {
        let client = self.client().await?;
        let found = client.inspect_container(id, None::<InspectContainerOptions>).await;
        let found = found.map_err(|error| self.fail(error, "inspect container"))?;
        Ok(Seen { state: found.state.unwrap_or_default(), restarts: found.restart_count.unwrap_or_default() })
    }
}

struct Seen {
    state: EngineState,
    restarts: i64,
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Standing(StartPhase),
    Wait,
    Failed(FailureReason),
}

fn judge(seen: &Seen, restart: Restart, has_check: bool, is_one_off: bool) -> Verdict {
    let state = &seen.state;
    let exited = || FailureReason::Exited {
        code: state.exit_code.unwrap_or_default(),
        out_of_memory: state.oom_killed.unwrap_or_default(),
    };
    match state.status {
        Some(ContainerStateStatusEnum::RUNNING) if is_one_off => Verdict::Wait,
        Some(ContainerStateStatusEnum::RUNNING) if !has_check => Verdict::Standing(StartPhase::Ready),
        Some(ContainerStateStatusEnum::RUNNING) => match state.health.as_ref().and_then(|health| health.status) {
            Some(HealthStatusEnum::HEALTHY) => Verdict::Standing(StartPhase::Ready),
            Some(HealthStatusEnum::UNHEALTHY) => Verdict::Failed(FailureReason::Unhealthy),
            _ if seen.restarts >= CRASH_LOOP => Verdict::Failed(FailureReason::CrashLoop { restarts: seen.restarts }),
            _ => Verdict::Wait,
        },
        Some(ContainerStateStatusEnum::EXITED) if is_one_off && state.exit_code == Some(0) => {
            Verdict::Standing(StartPhase::Completed)
        }
        Some(ContainerStateStatusEnum::RESTARTING) if seen.restarts >= CRASH_LOOP => {
            Verdict::Failed(FailureReason::CrashLoop { restarts: seen.restarts })
        }
        Some(ContainerStateStatusEnum::RESTARTING | ContainerStateStatusEnum::CREATED) => Verdict::Wait,
        // Between its end and the next start the engine says "exited" for a moment, also when it will start it again.
        _ if restart != Restart::No && seen.restarts < CRASH_LOOP && !is_final(restart, state) => Verdict::Wait,
        _ => Verdict::Failed(exited()),
    }
}

/// Whether the engine will not start an ended container again by itself.
fn is_final(restart: Restart, state: &EngineState) -> bool {
    match restart {
        Restart::No => true,
        Restart::OnFailure(_) => state.exit_code == Some(0),
        Restart::Always | Restart::UnlessStopped => false,
    }
}

/// The longest time in which a check by its own figures can still turn healthy or unhealthy.
fn allowance(check: &Health) -> Duration {
    check.start_period + (check.interval + check.timeout) * check.retries.max(1)
}

fn probes(state: EngineState) -> Vec<Probe> {
    let log = state.health.and_then(|health| health.log).unwrap_or_default();
    log.into_iter()
        .map(|result| Probe {
            exit_code: result.exit_code.unwrap_or_default(),
            output: result.output.unwrap_or_default().trim_end().to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use bollard::models::Health as EngineHealth;

    use super::*;

    fn seen(status: ContainerStateStatusEnum, health: Option<HealthStatusEnum>, code: i64, restarts: i64) -> Seen {
        let health = health.map(|status| EngineHealth { status: Some(status), ..Default::default() });
        let state = EngineState { status: Some(status), health, exit_code: Some(code), ..Default::default() };
        Seen { state, restarts }
    }

    #[test]
    fn a_container_is_judged_by_what_the_engine_shows() {
        use ContainerStateStatusEnum as S;
        use HealthStatusEnum as H;
        let ready = Verdict::Standing(StartPhase::Ready);
        let ended = |code| Verdict::Failed(FailureReason::Exited { code, out_of_memory: false });
        let looping = Verdict::Failed(FailureReason::CrashLoop { restarts: 3 });
        let cases = [
            (seen(S::RUNNING, None, 0, 0), Restart::No, false, false, ready),
            (seen(S::RUNNING, Some(H::STARTING), 0, 0), Restart::No, true, false, Verdict::Wait),
            (seen(S::RUNNING, Some(H::HEALTHY), 0, 0), Restart::No, true, false, Verdict::Standing(StartPhase::Ready)),
            (
                seen(S::RUNNING, Some(H::UNHEALTHY), 0, 0),
                Restart::No,
                true,
                false,
                Verdict::Failed(FailureReason::Unhealthy),
            ),
            (seen(S::EXITED, None, 1, 0), Restart::No, true, false, ended(1)),
            (seen(S::EXITED, None, 0, 0), Restart::No, false, true, Verdict::Standing(StartPhase::Completed)),
            (seen(S::EXITED, None, 2, 0), Restart::No, false, true, ended(2)),
            (seen(S::EXITED, None, 1, 1), Restart::UnlessStopped, true, false, Verdict::Wait),
            (seen(S::RESTARTING, None, 1, 1), Restart::UnlessStopped, true, false, Verdict::Wait),
            (seen(S::RESTARTING, None, 1, 3), Restart::UnlessStopped, true, false, looping),
        ];
        for (index, (seen, restart, has_check, is_one_off, expected)) in cases.into_iter().enumerate() {
            assert_eq!(judge(&seen, restart, has_check, is_one_off), expected, "case {index}");
        }
    }

    #[test]
    fn the_wait_is_never_shorter_than_the_check_itself() {
        let check = Health {
            test: HealthTest::Shell("true".into()),
            interval: Duration::from_secs(2),
            timeout: Duration::from_secs(3),
            retries: 4,
            start_period: Duration::from_secs(30),
        };
        assert_eq!(allowance(&check), Duration::from_secs(50));
    }
}
