//! Leads: people who asked for a site, from their first message until they are won or lost.
//!
//! A lead comes in once, is scored with reasons, stands as a card with the operators and moves by their taps. This capability
//! must not know how a survey asks, what a tenant is made of, or how a message reaches a chat.
//!
//! | file | holds |
//! |---|---|
//! | [`model`] | the lead as it arrives, its states and legal moves |
//! | [`score`] | rules from a file, points and reasons |

pub mod model;
pub mod score;
