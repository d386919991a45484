//! What nobody should send and somebody does. Each gets a clear answer, nothing is lost, nothing is half done.

mod chat;
mod leads;
mod plan;
mod strangers;
