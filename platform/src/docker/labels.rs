//! Labels and names by which compose, a person and the caller recognise what stands on an engine.

use std::collections::BTreeMap;
use std::path::Path;

use super::spec::{Condition, ServiceSpec};

/// Label keys and values; sorted, so that they compare and hash the same everywhere.
pub type Labels = BTreeMap<String, String>;

/// The service's own spec hash; decides whether a container is kept or replaced. Written by this room for each service.
pub const SPEC_HASH: &str = "waas.spec-hash";
/// Compose project.
pub const PROJECT: &str = "com.docker.compose.project";
/// Service within the project.
pub const SERVICE: &str = "com.docker.compose.service";
/// Replica number, always "1" here.
pub const NUMBER: &str = "com.docker.compose.container-number";
/// "False" (capital F) for containers of `up`.
pub const ONE_OFF: &str = "com.docker.compose.oneoff";
/// Presence makes compose see the container; never put on networks and volumes, where a differing one destroys them.
pub const CONFIG_HASH: &str = "com.docker.compose.config-hash";
/// Folder the project is run from.
pub const WORKING_DIR: &str = "com.docker.compose.project.working_dir";
/// Comma list of compose files.
pub const CONFIG_FILES: &str = "com.docker.compose.project.config_files";
/// `dep:condition:restart`, comma list.
pub const DEPENDS_ON: &str = "com.docker.compose.depends_on";
/// Id of the image that the container was made from.
pub const IMAGE: &str = "com.docker.compose.image";
/// Compose release whose label shapes these are.
pub const VERSION: &str = "com.docker.compose.version";
/// Network's key in the file.
pub const NETWORK: &str = "com.docker.compose.network";
/// Volume's key in the file.
pub const VOLUME: &str = "com.docker.compose.volume";

/// The release whose label shapes we write; the classic one, which newer ones read too.
const COMPOSE_VERSION: &str = "1.29.2";

/// `<project>-<service>-1`.
pub fn container_name(project: &str, service: &str) -> String {
    format!("{project}-{service}-1")
}

/// `<project>_<key>`: how compose names networks and volumes.
pub fn resource_name(project: &str, key: &str) -> String {
    format!("{project}_{key}")
}

/// All labels of a container: the service's own, the caller's, compose's; later ones win.
pub(super) fn of_container(
    project: &str,
    dir: &Path,
    (service, spec): (&str, &ServiceSpec),
    image_id: &str,
    caller: &Labels,
) -> Labels {
    let hash = spec.hash();
    let mut labels = spec.labels.clone();
    labels.extend(caller.clone());
    let depends_on = spec
        .depends_on
        .iter()
        .map(|(name, condition)| format!("{name}:{}:false", condition.as_compose()))
        .collect::<Vec<_>>()
        .join(",");
    let compose_file = dir.join(super::spec::COMPOSE_FILE);
    for (key, value) in [
        (PROJECT, project.to_owned()),
        (SERVICE, service.to_owned()),
        (NUMBER, "1".to_owned()),
        (ONE_OFF, "False".to_owned()),
        (CONFIG_HASH, hash.clone()),
        (WORKING_DIR, dir.display().to_string()),
        (CONFIG_FILES, compose_file.display().to_string()),
        (DEPENDS_ON, depends_on),
        (IMAGE, image_id.to_owned()),
        (VERSION, COMPOSE_VERSION.to_owned()),
        (SPEC_HASH, hash),
    ] {
        labels.insert(key.to_owned(), value);
    }
    labels
}

/// Labels of a network or a volume; `kind` is [`NETWORK`] or [`VOLUME`].
pub(super) fn of_resource(project: &str, kind: &str, key: &str, caller: &Labels) -> Labels {
    let mut labels = caller.clone();
    // The hash of a whole stack changes more often than a network does: on these it would only be stale.
    labels.remove(SPEC_HASH);
    labels.insert(PROJECT.to_owned(), project.to_owned());
    labels.insert(kind.to_owned(), key.to_owned());
    labels.insert(VERSION.to_owned(), COMPOSE_VERSION.to_owned());
    labels
}

impl Condition {
    /// The word in a compose file and in the `depends_on` label.
    pub fn as_compose(self) -> &'static str {
        match self {
            Self::Started => "service_started",
            Self::Healthy => "service_healthy",
            Self::CompletedSuccessfully => "service_completed_successfully",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::ProjectSpec;

    #[test]
    fn compose_finds_its_labels_and_cannot_be_overruled_by_the_caller() {
        let spec = ProjectSpec::parse(
            "services: {a: {image: x, depends_on: {b: {condition: service_healthy}}}, b: {image: x, healthcheck: {test: [CMD, y]}}}",
            &Labels::new(),
        )
        .expect("a valid file");
        let caller = Labels::from([("waas.run".into(), "7".into()), (PROJECT.into(), "forged".into())]);
        let labels = of_container("shop", Path::new("/srv/shop"), ("a", &spec.services["a"]), "sha256:1", &caller);
        let expected = [
            (PROJECT, "shop"),
            (SERVICE, "a"),
            (NUMBER, "1"),
            (ONE_OFF, "False"),
            (WORKING_DIR, "/srv/shop"),
            (CONFIG_FILES, "/srv/shop/compose.yaml"),
            (DEPENDS_ON, "b:service_healthy:false"),
            (IMAGE, "sha256:1"),
            ("waas.run", "7"),
        ];
        for (key, value) in expected {
            assert_eq!(labels.get(key).map(String::as_str), Some(value), "{key}");
        }
        assert_eq!(labels[CONFIG_HASH].len(), 64);
    }

    #[test]
    fn networks_and_volumes_carry_no_config_hash() {
        let caller = Labels::from([(SPEC_HASH.into(), "1".into())]);
        let labels = of_resource("shop", VOLUME, "data", &caller);
        assert_eq!(labels.get(VOLUME).map(String::as_str), Some("data"));
        assert!(!labels.contains_key(CONFIG_HASH) && !labels.contains_key(SPEC_HASH));
    }
}
