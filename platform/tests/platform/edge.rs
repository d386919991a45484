//! The real nginx.
