//! What a change needs of chance and time: drawn before it is planned, so that planning it again gives the same.

use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};

use crate::change::Change;
use crate::model::identifier::Identifier;
use crate::model::{ChangeId, ChangeRecord, DelegationSetId, HostedZoneId};

use super::error::{ApiError, ErrorCode};

/// The time of a request, and ids in the form of Route 53's for what it may make.
#[derive(Clone, Debug)]
pub struct Drawn {
    pub now: Timestamp,
    bytes: [u8; 64],
}

const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

impl Drawn {
    pub fn new(now: Timestamp) -> Result<Drawn, ApiError> {
        let mut bytes = [0; 64];
        let failed = |_| ApiError::new(ErrorCode::InternalFailure, "the system gives no random numbers");
        SystemRandom::new().fill(&mut bytes).map_err(failed)?;
        Ok(Drawn { now, bytes })
    }

    /// `Z0102388186KGJ1875CR7`.
    pub fn hosted_zone_id(&self) -> HostedZoneId {
        identifier(&format!("Z0{}", digits(&self.bytes[..19])))
    }

    /// `N10015061S366L6NMTRKQ`.
    pub fn delegation_set_id(&self) -> DelegationSetId {
        identifier(&format!("N1{}", digits(&self.bytes[..19])))
    }

    /// A UUID, as health checks and CIDR collections have.
    pub fn uuid<Kind>(&self) -> Identifier<Kind> {
        identifier(&uuid(self.bytes[..16].first_chunk().expect("64 bytes begin with 16")))
    }

    /// `C083286627PAAPSDU2CRX`: the time comes first, so that ids are in its order.
    pub fn change_id(&self) -> ChangeId {
        let mut rest = u64::try_from(self.now.as_millisecond()).unwrap_or_default();
        let mut time = [b'0'; 9];
        for digit in time.iter_mut().rev() {
            *digit = DIGITS[(rest % 36) as usize];
            rest /= 36;
        }
        identifier(&format!("C{}{}", String::from_utf8_lossy(&time), digits(&self.bytes[..11])))
    }

    /// Where the draws of an answer start.
    pub fn seed(&self) -> u64 {
        u64::from_be_bytes(*self.bytes.last_chunk().expect("64 bytes end with 8"))
    }

    /// A change that GetChange tells of, and its id.
    pub fn recorded(&self, change: Change, comment: Option<&str>) -> Change {
        let record = ChangeRecord { submitted_at: self.now, comment: comment.map(Box::from) };
        Change::Recorded { change: Box::new(change), id: self.change_id(), record }
    }
}

/// A version 4 UUID.
pub fn uuid(bytes: &[u8; 16]) -> String {
    let mut bytes = *bytes;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(DIGITS[usize::from(*byte) % 36])).collect()
}

fn identifier<Kind>(text: &str) -> Identifier<Kind> {
    Identifier::new(text).expect("digits and letters are an identifier")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_form_of_route_53s() {
        let drawn = Drawn::new(Timestamp::constant(1_767_225_600, 0)).unwrap();
        assert_eq!(drawn.hosted_zone_id().as_str().len(), 21);
        assert_eq!(drawn.delegation_set_id().as_str().len(), 21);
        assert_eq!(drawn.change_id().as_str().len(), 21);
        let later = Drawn { now: Timestamp::constant(1_767_225_601, 0), ..drawn.clone() };
        assert!(drawn.change_id() < later.change_id());
        assert_eq!(uuid(&[0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
