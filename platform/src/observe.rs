//! Logs and traces: what is written, where, and what is masked.
