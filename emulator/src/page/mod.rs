//! The browser chat at `/`.

use crate::Emulator;
use axum::Router;

pub(crate) fn routes() -> Router<Emulator> {
    Router::new()
}
