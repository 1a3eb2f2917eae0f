//! Who may use the API, and for what. Ours: at AWS this is IAM's business.

use std::fmt;

use wildmatch::WildMatch;

use super::domain_name::DomainName;
use super::identifier::HostedZoneId;

/// A key that requests are signed with.
#[derive(Clone, Debug, PartialEq)]
pub struct Credential {
    pub access_key_id: AccessKeyId,
    pub secret: SecretAccessKey,
    pub access: Access,
}

/// The name of a key: 1 to 128 letters, digits, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccessKeyId(Box<str>);

/// Not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretAccessKey(Box<str>);

/// What a key is good for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Access {
    /// Nothing can be changed with it.
    pub is_read_only: bool,
    /// The hosted zones that it is for; all and everything else too, if there are no patterns.
    pub hosted_zones: Option<Box<[HostedZonePattern]>>,
}

/// The name of a hosted zone without its final dot, or its id; `*` is any text, `?` any one character.
#[derive(Clone, Debug, PartialEq)]
pub struct HostedZonePattern(WildMatch);

/// Why a text is no [`AccessKeyId`] or [`SecretAccessKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialError {
    AccessKeyId,
    SecretAccessKey,
}

impl AccessKeyId {
    pub fn new(text: &str) -> Result<AccessKeyId, CredentialError> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let is_key = (1..=128).contains(&text.len()) && text.bytes().all(is_allowed);
        if is_key { Ok(AccessKeyId(text.into())) } else { Err(CredentialError::AccessKeyId) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SecretAccessKey {
    /// 16 to 128 printable ASCII characters: what is shorter is guessed.
    pub fn new(text: &str) -> Result<SecretAccessKey, CredentialError> {
        let is_key = (16..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_key { Ok(SecretAccessKey(text.into())) } else { Err(CredentialError::SecretAccessKey) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Access {
    /// Whether it is for this zone.
    pub fn is_for(&self, id: &HostedZoneId, name: &DomainName) -> bool {
        let Some(patterns) = &self.hosted_zones else { return true };
        let name = name.to_string();
        let name = name.strip_suffix('.').unwrap_or(&name);
        patterns.iter().any(|HostedZonePattern(pattern)| pattern.matches(name) || pattern.matches(id.as_str()))
    }

    /// Whether it is for whatever belongs to no zone.
    pub fn is_for_everything(&self) -> bool {
        self.hosted_zones.is_none()
    }
}

impl HostedZonePattern {
    /// Names are in lower case, ids in upper case: neither is changed.
    pub fn new(text: &str) -> HostedZonePattern {
        HostedZonePattern(WildMatch::new(text.strip_suffix('.').unwrap_or(text)))
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for SecretAccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretAccessKey(…)")
    }
}

impl fmt::Display for CredentialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CredentialError::AccessKeyId => "expected 1 to 128 letters, digits, underscores and hyphens",
            CredentialError::SecretAccessKey => "expected 16 to 128 printable characters without a space",
        })
    }
}

impl std::error::Error for CredentialError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_for_the_zones_of_its_patterns() {
        let of = |patterns: &[&str]| Access {
            is_read_only: false,
            hosted_zones: Some(patterns.iter().map(|pattern| HostedZonePattern::new(pattern)).collect()),
        };
        let (id, name) = (HostedZoneId::new("Z1ABC").unwrap(), DomainName::parse("dev.example.com").unwrap());
        for (access, expected) in [
            (Access::default(), true),
            (of(&[]), false),
            (of(&["dev.example.com"]), true),
            (of(&["dev.example.com."]), true),
            (of(&["*.example.com"]), true),
            (of(&["example.com", "Z1ABC"]), true),
            (of(&["Z1*"]), true),
            (of(&["example.com"]), false),
        ] {
            assert_eq!(access.is_for(&id, &name), expected, "{access:?}");
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        let secret = SecretAccessKey::new("0123456789abcdef").unwrap();
        assert!(!format!("{secret:?}").contains("0123"));
        for text in ["", "short", "0123456789 abcdef", "0123456789äbcdef"] {
            assert_eq!(SecretAccessKey::new(text), Err(CredentialError::SecretAccessKey));
        }
        for text in ["", "a b", "a/b", "ä", &"a".repeat(129)] {
            assert_eq!(AccessKeyId::new(text), Err(CredentialError::AccessKeyId));
        }
    }
}
