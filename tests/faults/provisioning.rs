//! Provisioning
