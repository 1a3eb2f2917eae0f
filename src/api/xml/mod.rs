//! XML, as far as the API speaks it: a body becomes a small tree, a request's members are taken out of it in the words
//! of AWS, and what is written is well-formed whatever stands in it.

mod element;
mod members;
mod reader;
mod writer;

pub use element::{Element, check_length};
pub use members::Members;
pub use reader::{read, read_within};
pub use writer::XmlWriter;
pub use writer::is_allowed;

/// The namespace of every document.
pub const NAMESPACE: &str = "https://route53.amazonaws.com/doc/2013-04-01/";
