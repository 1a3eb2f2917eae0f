//! Identifiers: short opaque texts, one type for each noun so that they cannot be mixed up.

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::limits;

/// An identifier of a `Kind`, cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identifier<Kind> {
    text: Arc<str>,
    kind: PhantomData<Kind>,
}

/// What an [`Identifier`] identifies.
pub mod kind {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum HostedZone {}
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum HealthCheck {}
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum Vpc {}
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum CidrCollection {}
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum RecordSetInGroup {}
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum DelegationSet {}
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum Change {}
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum Request {}
}

pub type HostedZoneId = Identifier<kind::HostedZone>;
pub type HealthCheckId = Identifier<kind::HealthCheck>;
pub type VpcId = Identifier<kind::Vpc>;
pub type CidrCollectionId = Identifier<kind::CidrCollection>;
pub type DelegationSetId = Identifier<kind::DelegationSet>;
pub type ChangeId = Identifier<kind::Change>;
/// By it a caller knows a request again that made something.
pub type CallerReference = Identifier<kind::Request>;
/// L-5: tells the members of a group apart; 1 to 128 characters, unique in the group.
pub type SetIdentifier = Identifier<kind::RecordSetInGroup>;

/// Why a text cannot be an identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentifierError {
    Empty,
    /// This many characters, above [`limits::IDENTIFIER_CHARACTERS`].
    TooLong(usize),
    ControlCharacter,
}

impl fmt::Display for IdentifierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IdentifierError::Empty => f.write_str("an identifier cannot be empty"),
            IdentifierError::TooLong(length) => {
                write!(f, "an identifier of {length} characters is longer than {}", limits::IDENTIFIER_CHARACTERS)
            }
            IdentifierError::ControlCharacter => f.write_str("an identifier cannot hold control characters"),
        }
    }
}

impl std::error::Error for IdentifierError {}

impl<Kind> Identifier<Kind> {
    /// Any text of 1 to 128 characters without control characters.
    pub fn new(text: &str) -> Result<Self, IdentifierError> {
        let length = text.chars().count();
        if length == 0 {
            return Err(IdentifierError::Empty);
        }
        if length > limits::IDENTIFIER_CHARACTERS {
            return Err(IdentifierError::TooLong(length));
        }
        if text.chars().any(char::is_control) {
            return Err(IdentifierError::ControlCharacter);
        }
        Ok(Identifier { text: text.into(), kind: PhantomData })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl<Kind> Borrow<str> for Identifier<Kind> {
    fn borrow(&self) -> &str {
        &self.text
    }
}

impl<Kind> fmt::Display for Identifier<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl<Kind> fmt::Debug for Identifier<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}
