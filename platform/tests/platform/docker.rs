//! The real engine: stacks are converged, watched, broken and taken away again.

mod stacks;
mod watching;

use std::path::Path;
use std::process::Command;

use waas_platform::clock::random;
use waas_platform::docker::{Engine, LabelFilter, Labels, ProjectSpec, Settings, Stack};

/// The tiny image of the tests (`docker/images/test`): busybox and nothing else.
const IMAGE: &str = "waas/test-busybox:1";
const ENDPOINT: &str = "unix:///var/run/docker.sock";

/// A project's folder and name on the real engine; what stands under the name is removed at the end, come what may.
struct World {
    engine: Engine,
    project: String,
    dir: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let engine = Engine::connect(ENDPOINT, Settings::default()).await.expect("a Docker engine");
        let id = random::id().simple().to_string();
        let project = format!("t{}", &id[20..]);
        Self { engine, project, dir: tempfile::tempdir().expect("a folder") }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes the file as a template would have rendered it, and reads it back.
    fn stack(&self, compose: &str) -> Stack {
        std::fs::write(self.path().join("compose.yaml"), compose).expect("written");
        let spec = ProjectSpec::load(self.path()).expect("a valid compose file");
        let labels = Labels::from([("waas.tenant".into(), self.project.clone()), ("waas.fence".into(), "1".into())]);
        Stack::new(&self.project, self.path(), spec, labels).expect("a valid stack")
    }

    fn filter(&self) -> LabelFilter {
        LabelFilter::with("waas.fence").and("waas.tenant", &self.project)
    }

    fn compose(&self, arguments: &[&str]) -> String {
        let output = Command::new("docker-compose")
            .args(["-p", &self.project, "-f"])
            .arg(self.path().join("compose.yaml"))
            .args(arguments)
            .output()
            .expect("docker-compose is installed");
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(output.status.success(), "docker-compose {arguments:?}: {text}");
        text
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let filter = format!("label=com.docker.compose.project={}", self.project);
        let kinds = [
            (&["ps", "-aq"][..], &["rm", "-fv"][..]),
            (&["network", "ls", "-q"][..], &["network", "rm"][..]),
            (&["volume", "ls", "-q"][..], &["volume", "rm"][..]),
        ];
        for (list, remove) in kinds {
            let found = docker(&[list, &["--filter", &filter]].concat());
            let ids: Vec<&str> = found.split_whitespace().collect();
            if !ids.is_empty() {
                docker(&[remove, &ids].concat());
            }
        }
    }
}

fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().expect("docker is installed");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
