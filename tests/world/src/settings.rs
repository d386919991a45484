//! The hub's settings in a world, as environment variables.

use std::path::Path;

use base64::Engine as _;

use crate::gateway::Door;
use crate::ground::Ground;
use crate::slot::Slot;

/// No limit is met with these.
pub(crate) const LIFTED: [(&str, &str); 4] = [
    ("HUB_TELEGRAM__LIMITS__GLOBAL_PER_S", "10000"),
    ("HUB_TELEGRAM__LIMITS__CHAT_PER_S", "1000"),
    ("HUB_TELEGRAM__LIMITS__CHAT_BURST", "1000"),
    ("HUB_TELEGRAM__LIMITS__GROUP_PER_MIN", "10000"),
];

/// Random characters that a token, a password and a key may hold.
pub(crate) fn secret(length: usize) -> String {
    use rand::RngExt as _;
    rand::rng().sample_iter(rand::distr::Alphanumeric).take(length).map(char::from).collect()
}

/// Of the usual world: parts on the ports of its slot, files under its folder.
pub(crate) fn usual_settings(
    ground: &Ground,
    slot: &Slot,
    folder: &Path,
    door: &Door,
    token: &str,
    api_url: &str,
) -> Vec<(String, String)> {
    let key = base64::engine::general_purpose::STANDARD.encode(rand::random::<[u8; 32]>());
    let http = format!("127.0.0.1:{}", slot.port(2));
    let tenants_port = slot.port(5);
    let settings = [
        ("HUB_INSTANCE", slot.instance()),
        ("HUB_DATA_DIR", folder.join("data").display().to_string()),
        ("HUB_MASTER_KEY", key),
        ("HUB_LOG__FORMAT", "text".to_owned()),
        ("HUB_TELEGRAM__TOKEN", token.to_owned()),
        ("HUB_TELEGRAM__API_URL", api_url.to_owned()),
        ("HUB_HTTP__LISTEN", http.clone()),
        ("HUB_HTTP__PUBLIC_URL", format!("http://{http}")),
        ("HUB_REDIS__URL", door.url()),
        ("HUB_EDGE__HTTP_PORT", slot.port(3).to_string()),
        ("HUB_EDGE__HTTPS_PORT", slot.port(4).to_string()),
        ("HUB_ACME__DIRECTORY_URL", String::new()),
        ("HUB_PORTS__RANGE", slot.tenant_ports()),
        ("HUB_TENANTS__LISTEN", format!("{}:{tenants_port}", ground.gateway)),
        ("HUB_TENANTS__HUB_URL", format!("http://host.docker.internal:{tenants_port}")),
        ("HUB_TENANTS__REDIS_URL", format!("redis://host.docker.internal:{}", door.port)),
    ];
    let own = settings.into_iter().map(|(name, value)| (name.to_owned(), value));
    ground.images.iter().cloned().chain(own).collect()
}
