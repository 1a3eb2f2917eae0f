//! Cookies (RFC 7873), the server's part made so that all servers behind one address make the same (RFC 9018).

use std::fmt;
use std::net::IpAddr;

use siphasher::sip::SipHasher24;

use super::super::message::Malformed;

/// The cookie option of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cookie<'m> {
    client: [u8; CLIENT_COOKIE],
    /// What the client says that we gave it; empty if it has nothing of ours yet.
    server: &'m [u8],
}

const CLIENT_COOKIE: usize = 8;
/// RFC 9018 §4: version, three reserved bytes, the time, a hash of eight bytes.
const SERVER_COOKIE: usize = 16;
const VERSION: u8 = 1;

/// The cookie option of a response, as long as any of ours.
pub(super) const WHOLE_COOKIE: usize = CLIENT_COOKIE + SERVER_COOKIE;

/// What a query's cookie says of its sender.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CookieState {
    #[default]
    None,
    /// The client does not know us yet.
    ClientOnly,
    /// A server cookie that is not ours, is another client's, or is too old.
    Bad,
    /// The sender has read what we sent to its address within the last hour: the address is not forged.
    Valid,
}

impl<'m> Cookie<'m> {
    /// RFC 7873 §5.2.2: 8 bytes of the client, and 8 to 32 of a server or none.
    pub(super) fn read(value: &'m [u8]) -> Result<Cookie<'m>, Malformed> {
        let (client, server) = value.split_first_chunk().ok_or(Malformed)?;
        match server.len() {
            0 | 8..=32 => Ok(Cookie { client: *client, server }),
            _ => Err(Malformed),
        }
    }
}

/// What server cookies are made with. Servers that share an address share it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CookieSecret(pub [u8; 16]);

impl fmt::Debug for CookieSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CookieSecret(…)")
    }
}

/// The secret in use, and the one before it, which still counts while servers change over (RFC 9018 §5).
#[derive(Clone, Debug)]
pub struct CookieSecrets {
    pub current: CookieSecret,
    pub previous: Option<CookieSecret>,
}

/// RFC 9018 §4.3, in seconds.
const OLDEST: i32 = 60 * 60;
const NEWEST: i32 = -5 * 60;
/// RFC 9018 §4.3: from this age on a client gets a new one.
const RENEWED: i32 = 30 * 60;

impl CookieSecrets {
    /// Judges a cookie, and makes the one to answer with. `now_seconds` is the time since 1970, modulo 2³².
    pub fn judge(&self, cookie: &Cookie<'_>, client: IpAddr, now_seconds: u32) -> (CookieState, [u8; WHOLE_COOKIE]) {
        let fresh = || self.current.server_cookie(&cookie.client, [VERSION, 0, 0, 0], now_seconds, client);
        let (state, server) = if cookie.server.is_empty() {
            (CookieState::ClientOnly, fresh())
        } else {
            match self.verify(cookie, client, now_seconds) {
                None => (CookieState::Bad, fresh()),
                Some(Validity::Fresh(server)) => (CookieState::Valid, server),
                Some(Validity::Ageing) => (CookieState::Valid, fresh()),
            }
        };
        let mut whole = [0; WHOLE_COOKIE];
        whole[..CLIENT_COOKIE].copy_from_slice(&cookie.client);
        whole[CLIENT_COOKIE..].copy_from_slice(&server);
        (state, whole)
    }

    fn verify(&self, cookie: &Cookie<'_>, client: IpAddr, now_seconds: u32) -> Option<Validity> {
        let server: [u8; SERVER_COOKIE] = cookie.server.try_into().ok()?;
        let [version, reserved @ .., t0, t1, t2, t3] = *server.first_chunk::<8>()?;
        let time = u32::from_be_bytes([t0, t1, t2, t3]);
        // RFC 1982: the numbers begin again in 2106.
        let age = now_seconds.wrapping_sub(time).cast_signed();
        if version != VERSION || !(NEWEST..=OLDEST).contains(&age) {
            return None;
        }
        // RFC 9018 §4.2: what is reserved is hashed as it came.
        let [r0, r1, r2] = reserved;
        let is_of =
            |secret: &CookieSecret| secret.server_cookie(&cookie.client, [version, r0, r1, r2], time, client) == server;
        if is_of(&self.current) {
            Some(if age < RENEWED { Validity::Fresh(server) } else { Validity::Ageing })
        } else if self.previous.as_ref().is_some_and(is_of) {
            Some(Validity::Ageing)
        } else {
            None
        }
    }
}

enum Validity {
    Fresh([u8; SERVER_COOKIE]),
    Ageing,
}

impl CookieSecret {
    /// RFC 9018 §4.4: SipHash-2-4 of the client's cookie, version, reserved bytes, time and the client's address.
    fn server_cookie(
        &self,
        client_cookie: &[u8; CLIENT_COOKIE],
        version_and_reserved: [u8; 4],
        time: u32,
        client: IpAddr,
    ) -> [u8; SERVER_COOKIE] {
        let mut hashed = [0; 32];
        hashed[..8].copy_from_slice(client_cookie);
        hashed[8..12].copy_from_slice(&version_and_reserved);
        hashed[12..16].copy_from_slice(&time.to_be_bytes());
        let length = match client {
            IpAddr::V4(address) => {
                hashed[16..20].copy_from_slice(&address.octets());
                20
            }
            IpAddr::V6(address) => {
                hashed[16..].copy_from_slice(&address.octets());
                32
            }
        };
        let hash = SipHasher24::new_with_key(&self.0).hash(&hashed[..length]);
        let mut cookie = [0; SERVER_COOKIE];
        cookie[..8].copy_from_slice(&hashed[8..16]);
        cookie[8..].copy_from_slice(&hash.to_le_bytes());
        cookie
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        HEXLOWER.decode(text.as_bytes()).unwrap()
    }

    fn secret(text: &str) -> CookieSecret {
        CookieSecret(hex(text).try_into().unwrap())
    }

    fn one(text: &str) -> CookieSecrets {
        CookieSecrets { current: secret(text), previous: None }
    }

    fn judge(secrets: &CookieSecrets, cookie: &str, client: &str, now: u32) -> (CookieState, Vec<u8>) {
        let cookie = hex(cookie);
        let (state, whole) = secrets.judge(&Cookie::read(&cookie).unwrap(), client.parse().unwrap(), now);
        (state, whole.to_vec())
    }

    const RFC: &str = "e5e973e5a6b2a43f48e7dc849e37bfcf";
    const CLIENT: &str = "198.51.100.100";
    const ALONE: &str = "2464c4abcf10c957";
    const LEARNT: &str = "2464c4abcf10c957010000005cf79f111f8130c3eee29480";
    const LEARNT_AT: u32 = 1_559_731_985;

    // RFC 9018 appendix A.
    #[test]
    fn cookies_are_those_of_the_rfcs_examples() {
        use CookieState::{Bad, ClientOnly, Valid};
        assert_eq!(judge(&one(RFC), ALONE, CLIENT, LEARNT_AT), (ClientOnly, hex(LEARNT)));
        let renewed = "2464c4abcf10c957010000005cf7a871d4a564a1442aca77";
        assert_eq!(judge(&one(RFC), LEARNT, CLIENT, 1_559_734_385), (Valid, hex(renewed)));
        // Reserved bytes that are not zero; by then it is older than an hour.
        let (other, reserved) = ("203.0.113.203", "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5");
        let new = "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e";
        assert_eq!(judge(&one(RFC), reserved, other, 1_559_734_700), (Bad, hex(new)));
        assert_eq!(judge(&one(RFC), reserved, other, 0x5cf7_8f71), (Valid, hex(reserved)));
        // Over IPv6, by a secret that has been replaced.
        let secrets = CookieSecrets {
            current: secret("445536bcd2513298075a5d379663c962"),
            previous: Some(secret("dd3bdf9344b678b185a6f5cb60fca715")),
        };
        let (client, old) = ("2001:db8:220:1:59de:d0f4:8769:82b8", "22681ab97d52c298010000005cf7c57926556bd0934c72f8");
        let new = "22681ab97d52c298010000005cf7c609a6bb79d16625507a";
        assert_eq!(judge(&secrets, old, client, 0x5cf7_c609), (Valid, hex(new)));
        let forgotten = CookieSecrets { previous: None, ..secrets };
        assert_eq!(judge(&forgotten, old, client, 0x5cf7_c609), (Bad, hex(new)));
    }

    #[test]
    fn a_cookie_counts_from_five_minutes_ahead_to_an_hour_back_and_is_renewed_after_half_of_it() {
        let state = |now| judge(&one(RFC), LEARNT, CLIENT, now).0;
        for (age, expected, is_kept) in [
            (-301, CookieState::Bad, false),
            (-300, CookieState::Valid, true),
            (0, CookieState::Valid, true),
            (1799, CookieState::Valid, true),
            (1800, CookieState::Valid, false),
            (3600, CookieState::Valid, false),
            (3601, CookieState::Bad, false),
            (i32::MAX, CookieState::Bad, false),
            (i32::MIN, CookieState::Bad, false),
        ] {
            let now = LEARNT_AT.wrapping_add_signed(age);
            assert_eq!(state(now), expected, "{age}");
            assert_eq!(judge(&one(RFC), LEARNT, CLIENT, now).1 == hex(LEARNT), is_kept, "{age}");
        }
        // RFC 1982: around the end of the numbers too.
        let (_, made) = judge(&one(RFC), ALONE, CLIENT, u32::MAX - 9);
        let secrets = one(RFC);
        let cookie = Cookie::read(&made).unwrap();
        assert_eq!(secrets.judge(&cookie, CLIENT.parse().unwrap(), 10).0, CookieState::Valid);
    }

    #[test]
    fn a_cookie_is_of_one_client_one_address_one_secret_and_every_bit_of_it_counts() {
        assert_eq!(judge(&one(RFC), LEARNT, "198.51.100.101", LEARNT_AT).0, CookieState::Bad);
        assert_eq!(judge(&one(ALONE.repeat(2).as_str()), LEARNT, CLIENT, LEARNT_AT).0, CookieState::Bad);
        let secrets = one(RFC);
        for bit in 0..LEARNT.len() * 4 {
            let mut changed = hex(LEARNT);
            changed[bit / 8] ^= 1 << (bit % 8);
            let cookie = Cookie::read(&changed).unwrap();
            assert_eq!(secrets.judge(&cookie, CLIENT.parse().unwrap(), LEARNT_AT).0, CookieState::Bad, "bit {bit}");
        }
    }

    #[test]
    fn the_lengths_of_the_rfc_are_read_and_no_other() {
        for length in 0..64 {
            let is_good = matches!(length, 8 | 16..=40);
            assert_eq!(Cookie::read(&vec![7; length]).is_ok(), is_good, "{length} bytes");
        }
        // Another server's way of making them is well-formed, but not ours.
        for length in [16, 20, 32, 40] {
            let cookie = "07".repeat(length);
            assert_eq!(judge(&one(RFC), &cookie, CLIENT, LEARNT_AT).0, CookieState::Bad);
        }
    }

    #[test]
    fn a_secret_does_not_show_itself() {
        assert_eq!(format!("{:?}", secret(RFC)), "CookieSecret(…)");
    }
}
