//! What axe-core finds hard to use.

use super::driver::Page;
use serde_json::json;
use std::path::Path;

/// From PyPI, where a package for another driver brings it.
fn axe() -> String {
    let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/axe/lib");
    let found = std::fs::read_dir(&packages).ok().into_iter().flatten().find_map(|python| {
        let script = python.ok()?.path().join("site-packages/axe_playwright_python/axe.min.js");
        std::fs::read_to_string(script).ok()
    });
    found.expect("there is no target/axe: `docker/setup tests` makes it")
}

impl Page {
    /// Fails when a serious or critical finding stands in the view.
    pub(super) async fn is_usable_by_anybody(&self, view: &str) {
        if self.asks("return typeof axe === 'undefined'").await == json!(true) {
            self.asks(&axe()).await;
        }
        let findings = self
            .later(
                "const done = arguments[arguments.length - 1];
                 axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => done(
                   violations
                     .filter(({ impact }) => impact === 'serious' || impact === 'critical')
                     .flatMap(({ id, nodes }) => nodes.map(({ html, any }) =>
                       `${id}: ${html.slice(0, 160)} ${any[0]?.message ?? ''}`))));",
            )
            .await;
        assert_eq!(findings, json!([]), "{view}");
    }
}
