//! DNSSEC of a hosted zone: its key signing keys (KSKs), and whether it is signed (D-1, D-3).

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use super::arn::{self, ArnError};
use super::signing_key_pair::SigningKeyPair;

/// What a hosted zone has of DNSSEC. The default is that of a zone that never had to do with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dnssec {
    pub keys: BTreeMap<KeySigningKeyName, KeySigningKey>,
    pub serve_signature: ServeSignature,
}

/// Whether a zone is signed (D-3). Those of Route 53 that say of a moment that it lasts, or of KMS that it failed, are
/// never true here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ServeSignature {
    #[default]
    NotSigning,
    Signing,
}

/// A key that signs the keys of a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySigningKey {
    /// Names the key that Route 53 would let KMS sign with. Ours is in `key_pair`.
    pub kms_arn: KmsKeyArn,
    pub key_pair: SigningKeyPair,
    pub status: KeySigningKeyStatus,
    pub created_at: Timestamp,
    pub modified_at: Timestamp,
}

/// Whether a key signs (D-3). Of Route 53's other statuses the same is true as of [`ServeSignature`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeySigningKeyStatus {
    Active,
    Inactive,
}

/// Tells the keys of a zone apart: 3 to 128 letters, digits, underscores, hyphens and periods. The guide speaks of no
/// hyphens and periods, and Route 53 accepts them.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeySigningKeyName(Box<str>);

/// The ARN of a key in KMS: `arn:aws:kms:us-east-1:ACCOUNT:key/ID`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KmsKeyArn(Box<str>);

impl Dnssec {
    pub fn active_keys(&self) -> impl Iterator<Item = (&KeySigningKeyName, &KeySigningKey)> {
        self.keys.iter().filter(|(_, key)| key.status == KeySigningKeyStatus::Active)
    }
}

impl ServeSignature {
    /// As the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            ServeSignature::NotSigning => "NOT_SIGNING",
            ServeSignature::Signing => "SIGNING",
        }
    }
}

impl KeySigningKeyStatus {
    /// As the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            KeySigningKeyStatus::Active => "ACTIVE",
            KeySigningKeyStatus::Inactive => "INACTIVE",
        }
    }
}

impl KeySigningKeyName {
    /// `None` if no key can have the name.
    pub fn parse(text: &str) -> Option<KeySigningKeyName> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        let is_name = (3..=128).contains(&text.len()) && text.bytes().all(is_allowed);
        is_name.then(|| KeySigningKeyName(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeySigningKeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for KeySigningKeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl KmsKeyArn {
    pub fn parse(text: &str) -> Result<KmsKeyArn, ArnError> {
        const FORM: &str = "arn:aws:kms:us-east-1:ACCOUNT:key/ID";
        let id = arn::resource(text, "kms", FORM)?.strip_prefix("key/");
        let is_id = |id: &str| {
            (1..=256).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        id.filter(|id| is_id(id)).map(|_| KmsKeyArn(text.into())).ok_or(ArnError::Malformed(FORM))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_arns_have_their_form() {
        for name in ["abc", "KSK_1", "tf-acc-test-1.2", "...", &"a".repeat(128)] {
            assert!(KeySigningKeyName::parse(name).is_some(), "{name}");
        }
        for name in ["", "ab", "a/b", "a b", "a%2db", "äöü", &"a".repeat(129)] {
            assert!(KeySigningKeyName::parse(name).is_none(), "{name}");
        }
        assert!(KmsKeyArn::parse("arn:aws:kms:us-east-1:000000000000:key/1234-abcd").is_ok());
        let elsewhere = KmsKeyArn::parse("arn:aws:kms:eu-west-1:000000000000:key/1234-abcd");
        assert_eq!(elsewhere, Err(ArnError::OtherRegion("eu-west-1".into())));
        for arn in [
            "",
            "arn",
            "arn:aws:kms:us-east-1:000000000000:key/",
            "arn:aws:kms:us-east-1:000000000000:key/a:b",
            "arn:aws:kms:us-east-1:000000000000:alias/a",
            "arn:aws:kms:us-east-1:00000000000:key/a",
            "arn:aws:kms:us-east-1:00000000000a:key/a",
            "arn:aws:kms:us-east-1:000000000000",
            "arn:aws:logs:us-east-1:000000000000:key/a",
            "arn:aws-cn:kms:us-east-1:000000000000:key/a",
        ] {
            assert!(matches!(KmsKeyArn::parse(arn), Err(ArnError::Malformed(_))), "{arn}");
        }
    }
}
