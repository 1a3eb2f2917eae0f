//! For how long a response may be kept by HTTP's caches (RFC 8484 §5.1). Pure.

use crate::dns::message::{HEADER_LENGTH, Header, Malformed, Reader};

const TYPE_SOA: u16 = 6;
const NOERROR: u16 = 0;
const NXDOMAIN: u16 = 3;

/// In seconds: no longer than any record of the answer, and where the answer is that there is nothing, no longer than
/// the zone has that known (RFC 2308 §5). Failures are not to be kept, nor is what says nothing of time.
///
/// Who asks decides what is answered here. A cache on the way is whoever asks, as a resolver is: it gives its clients
/// what is for itself.
pub(super) fn seconds(response: &[u8]) -> u32 {
    let read = || -> Result<Option<u32>, Malformed> {
        let header = Header::read(response).ok_or(Malformed)?;
        if !matches!(header.flags & 0xf, NOERROR | NXDOMAIN) {
            return Ok(None);
        }
        let mut reader = Reader::new(response, HEADER_LENGTH);
        for _ in 0..header.question_count {
            reader.pass_name()?;
            reader.take(4)?;
        }
        let mut least = None::<u32>;
        let mut lower = |seconds: u32| least = Some(least.map_or(seconds, |least| least.min(seconds)));
        for _ in 0..header.answer_count {
            lower(u32::from_be_bytes(reader.record()?.ttl));
        }
        for _ in 0..header.authority_count {
            let record = reader.record()?;
            if record.record_type == TYPE_SOA {
                lower(u32::from_be_bytes(record.ttl));
                lower(u32::from_be_bytes(*record.rdata.last_chunk().ok_or(Malformed)?));
            }
        }
        Ok(least)
    };
    // What could not be read would be no response of ours.
    read().ok().flatten().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &[u8] = b"\xc0\x0c\0\x01\0\x01";
    const CNAME: &[u8] = b"\xc0\x0c\0\x05\0\x01";
    const NS: &[u8] = b"\xc0\x0c\0\x02\0\x01";
    const SOA: &[u8] = b"\xc0\x0c\0\x06\0\x01";

    fn record(head: &[u8], ttl: u32, rdata: &[u8]) -> Vec<u8> {
        [head, &ttl.to_be_bytes(), &(rdata.len() as u16).to_be_bytes(), rdata].concat()
    }

    fn soa(ttl: u32, minimum: u32) -> Vec<u8> {
        record(SOA, ttl, &[&[0, 0], &[7; 16][..], &minimum.to_be_bytes()].concat())
    }

    fn response(rcode: u8, answer: &[Vec<u8>], authority: &[Vec<u8>]) -> Vec<u8> {
        let counts = [1, answer.len() as u16, authority.len() as u16, 1].map(u16::to_be_bytes).concat();
        let opt = b"\0\0\x29\x10\0\0\0\0\0\0\0";
        let question = b"\x03www\x07example\0\0\x01\0\x01";
        [&[0, 0, 0x84, rcode][..], &counts, question, &answer.concat(), &authority.concat(), opt].concat()
    }

    #[test]
    fn an_answer_is_kept_for_its_smallest_ttl() {
        let (long, short) = (record(A, 300, &[192, 0, 2, 1]), record(CNAME, 60, &[0xc0, 0x0c]));
        let courtesy = record(NS, 10, &[0]);
        assert_eq!(seconds(&response(0, std::slice::from_ref(&long), std::slice::from_ref(&courtesy))), 300);
        assert_eq!(seconds(&response(0, &[short.clone(), long.clone()], &[])), 60);
        assert_eq!(seconds(&response(0, &[long, short, record(A, 0, &[0; 4])], &[courtesy])), 0);
    }

    #[test]
    fn that_there_is_nothing_is_kept_for_as_long_as_the_zone_says() {
        for rcode in [0, 3] {
            assert_eq!(seconds(&response(rcode, &[], &[soa(900, 86_400)])), 900);
            assert_eq!(seconds(&response(rcode, &[], &[soa(900, 5)])), 5);
            // A chain that leads to nothing.
            let chain = record(CNAME, 60, &[0]);
            assert_eq!(seconds(&response(rcode, std::slice::from_ref(&chain), &[soa(900, 5)])), 5);
            assert_eq!(seconds(&response(rcode, &[chain], &[soa(900, 86_400)])), 60);
        }
    }

    #[test]
    fn failures_and_referrals_are_not_kept() {
        let referral = record(NS, 3_600, &[0]);
        assert_eq!(seconds(&response(0, &[], &[referral])), 0);
        assert_eq!(seconds(&response(2, &[record(CNAME, 60, &[0])], &[])), 0);
        assert_eq!(seconds(&response(5, &[], &[])), 0);
    }

    #[test]
    fn half_a_response_is_kept_for_no_time() {
        let whole = response(0, &[record(A, 300, &[192, 0, 2, 1])], &[soa(900, 5)]);
        let end_of_records = whole.len() - 11;
        for length in 0..end_of_records {
            assert_eq!(seconds(&whole[..length]), 0, "{length}");
        }
    }
}
