//! Ids as requests give them: with or without the prefix that answers have.

use crate::model::identifier::Identifier;

use super::error::ApiError;

/// What an id may have in front: `/hostedzone/Z1`, and `hostedzone/Z1` as some clients cut it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    HostedZone,
    Change,
    DelegationSet,
}

/// The model's limit on a `ResourceId`.
pub const RESOURCE_ID_LENGTH: usize = 32;

impl Prefix {
    pub const fn text(self) -> &'static str {
        match self {
            Prefix::HostedZone => "/hostedzone/",
            Prefix::Change => "/change/",
            Prefix::DelegationSet => "/delegationset/",
        }
    }

    /// The id without it.
    pub fn stripped(self, id: &str) -> &str {
        let whole = self.text();
        id.strip_prefix(whole).or_else(|| id.strip_prefix(&whole[1..])).unwrap_or(id)
    }

    /// The id with it, as answers have it.
    pub fn added<Kind>(self, id: &Identifier<Kind>) -> String {
        format!("{}{id}", self.text())
    }

    /// An id that a request gives. One that nothing can have is `None`.
    pub fn read<Kind>(self, id: &str) -> Result<Option<Identifier<Kind>>, ApiError> {
        let bare = self.stripped(id);
        if bare.chars().count() > RESOURCE_ID_LENGTH {
            return Err(ApiError::too_long("resourceId", id, RESOURCE_ID_LENGTH));
        }
        Ok(Identifier::new(bare).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HostedZoneId;

    #[test]
    fn prefixes_are_optional_in_requests() {
        for id in ["Z1", "/hostedzone/Z1", "hostedzone/Z1"] {
            let read: Option<HostedZoneId> = Prefix::HostedZone.read(id).unwrap();
            assert_eq!(Prefix::HostedZone.added(&read.unwrap()), "/hostedzone/Z1");
        }
        let long = "Z".repeat(33);
        assert!(Prefix::HostedZone.read::<crate::model::identifier::kind::HostedZone>(&long).is_err());
    }
}
