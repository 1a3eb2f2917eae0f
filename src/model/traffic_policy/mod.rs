//! Traffic policies (rules §9): a document says how queries are routed by a tree of rules; an instance makes the tree of
//! record sets that does it (TP-4).

pub mod document;
pub mod registered;
#[cfg(test)]
mod tests;
pub mod tree;

pub use document::{Branch, DocumentFault, Endpoint, Place, Target, TrafficPolicyDocument};
pub use registered::{TrafficPolicy, TrafficPolicyInstance, TrafficPolicyVersion};
pub use tree::TreeError;
