//! Reading the answers, without a decoder that could not keep up.

use std::net::Ipv4Addr;

/// Address records of an answer, in their order, and the TTL of the CNAME before them.
#[derive(Debug, Default)]
pub struct Answer {
    pub addresses: [u32; 2],
    pub count: usize,
    pub cname_ttl: Option<u32>,
}

/// `None` if it is not what is expected of any version: NOERROR, whole, A records behind one CNAME at the most.
pub fn read(message: &[u8]) -> Option<Answer> {
    let word = |at: usize| Some(u16::from_be_bytes(*message.get(at..)?.first_chunk()?));
    if word(2)? & 0x820f != 0x8000 || word(4)? != 1 {
        return None;
    }
    let mut answer = Answer::default();
    let mut at = end_of_name(message, 12)? + 4;
    for _ in 0..word(6)? {
        let fixed = end_of_name(message, at)?;
        let ttl = u32::from_be_bytes(*message.get(fixed + 4..)?.first_chunk()?);
        let data = message.get(fixed + 10..)?.get(..usize::from(word(fixed + 8)?))?;
        match word(fixed)? {
            1 => {
                *answer.addresses.get_mut(answer.count)? = Ipv4Addr::from(*data.first_chunk::<4>()?).to_bits();
                answer.count += 1;
            }
            5 if answer.count == 0 && answer.cname_ttl.is_none() => answer.cname_ttl = Some(ttl),
            _ => return None,
        }
        at = fixed + 10 + data.len();
    }
    Some(answer)
}

fn end_of_name(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *message.get(at)? {
            0 => return Some(at + 1),
            length @ 1..=63 => at += 1 + usize::from(length),
            _ => return Some(at + 2),
        }
    }
}
