//! A key pair that signs keys of a zone (D-1): ECDSA on the curve P-256 with SHA-256 (RFC 6605).

use std::fmt;

use data_encoding::{BASE64, HEXUPPER};
use ring::digest::{SHA256, digest};

use super::domain_name::DomainName;

/// RFC 4034 §2.1.1 and RFC 3757: a key of the zone that signs keys.
pub const FLAGS: u16 = 257;
/// RFC 4034 §2.1.2.
const PROTOCOL: u8 = 3;
/// ECDSAP256SHA256.
pub const ALGORITHM: u8 = 13;
/// SHA-256 (RFC 4509).
pub const DIGEST_TYPE: u8 = 2;
/// Bytes of both coordinates of a point.
pub const PUBLIC_KEY_BYTES: usize = 64;

/// A private key, and the public one that goes with it. What stands in DNS of the public one follows from it.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKeyPair {
    private_key: Box<[u8]>,
    public_key: [u8; PUBLIC_KEY_BYTES],
}

impl SigningKeyPair {
    /// `private_key` is in the form of PKCS #8, `public_key` the two coordinates (RFC 6605 §4). The caller sees to it
    /// that they are a pair.
    pub fn new(private_key: Box<[u8]>, public_key: [u8; PUBLIC_KEY_BYTES]) -> SigningKeyPair {
        SigningKeyPair { private_key, public_key }
    }

    /// In the form of PKCS #8.
    pub fn private_key(&self) -> &[u8] {
        &self.private_key
    }

    pub fn public_key(&self) -> &[u8; PUBLIC_KEY_BYTES] {
        &self.public_key
    }

    /// The public key as records have it.
    pub fn public_key_text(&self) -> String {
        BASE64.encode(&self.public_key)
    }

    /// The RDATA of its DNSKEY record (RFC 4034 §2.1).
    pub fn dnskey_rdata(&self) -> Vec<u8> {
        let [high, low] = FLAGS.to_be_bytes();
        let mut rdata = vec![high, low, PROTOCOL, ALGORITHM];
        rdata.extend_from_slice(&self.public_key);
        rdata
    }

    /// `257 3 13 …`
    pub fn dnskey_text(&self) -> String {
        format!("{FLAGS} {PROTOCOL} {ALGORITHM} {}", self.public_key_text())
    }

    /// RFC 4034, appendix B.
    pub fn key_tag(&self) -> u16 {
        let rdata = self.dnskey_rdata();
        let sum: u32 =
            rdata.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0))).sum();
        ((sum + (sum >> 16)) & 0xffff) as u16
    }

    /// The digest by which the parent of a zone knows the key (RFC 4034 §5.1.4).
    pub fn digest(&self, zone: &DomainName) -> [u8; 32] {
        let digest = digest(&SHA256, &[zone.wire(), &self.dnskey_rdata()].concat());
        *digest.as_ref().first_chunk().expect("SHA-256 gives 32 bytes")
    }

    /// As [`digest`](SigningKeyPair::digest), in the digits of Route 53.
    pub fn digest_text(&self, zone: &DomainName) -> String {
        HEXUPPER.encode(&self.digest(zone))
    }

    /// The RDATA of the DS record that the parent of a zone needs.
    pub fn ds_rdata(&self, zone: &DomainName) -> Vec<u8> {
        let [high, low] = self.key_tag().to_be_bytes();
        let mut rdata = vec![high, low, ALGORITHM, DIGEST_TYPE];
        rdata.extend_from_slice(&self.digest(zone));
        rdata
    }

    /// `19036 13 2 …`
    pub fn ds_text(&self, zone: &DomainName) -> String {
        format!("{} {ALGORITHM} {DIGEST_TYPE} {}", self.key_tag(), self.digest_text(zone))
    }
}

/// Nobody reads the private key in a log.
impl fmt::Debug for SigningKeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKeyPair").field("public_key", &self.public_key_text()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{RecordType, RecordValue};

    /// RFC 6605 §6.1.
    const PUBLIC_KEY: &str = "GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==";
    const DIGEST: &str = "B4C8C1FE2E7477127B27115656AD6256F424625BF5C1E2770CE6D6E37DF61D17";

    #[test]
    fn records_are_those_of_the_rfc() {
        let public_key = BASE64.decode(PUBLIC_KEY.as_bytes()).unwrap().try_into().unwrap();
        let pair = SigningKeyPair::new(b"secret".as_slice().into(), public_key);
        let zone = DomainName::parse("Example.NET").unwrap();
        assert_eq!(pair.dnskey_text(), format!("257 3 13 {PUBLIC_KEY}"));
        assert_eq!(pair.ds_text(&zone), format!("55648 13 2 {DIGEST}"));
        // What the parent's record says is what the key says.
        let value = RecordValue::parse(RecordType::Ds, &pair.ds_text(&zone)).unwrap();
        assert_eq!(value.rdata(), pair.ds_rdata(&zone));
        assert_eq!(format!("{pair:?}"), format!("SigningKeyPair {{ public_key: {PUBLIC_KEY:?}, .. }}"));
    }
}
