//! What an operation comes to.

use crate::change::Change;

use super::operation::Operation;
use super::xml::XmlWriter;

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    /// Below the version of the API: where what was created is.
    pub location: Option<String>,
    pub body: String,
}

/// What is answered, and what has to change before.
pub enum Outcome {
    Read(Reply),
    Write(Box<Change>, Reply),
}

impl Reply {
    /// The root of each answer is named after its operation.
    pub fn new(operation: Operation, content: impl FnOnce(&mut XmlWriter)) -> Reply {
        let body = XmlWriter::document(&format!("{operation}Response"), content);
        Reply { status: operation.row().status, location: None, body }
    }

    pub fn at(self, location: String) -> Reply {
        Reply { location: Some(location), ..self }
    }
}

impl From<Reply> for Outcome {
    fn from(reply: Reply) -> Outcome {
        Outcome::Read(reply)
    }
}
