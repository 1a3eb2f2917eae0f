//! The kinds of response that are counted apart, read off the bytes of a response of ours.

use super::message::{HEADER_LENGTH, Header, Malformed, Reader, TYPE_OPT};

/// A response's code, as far as ours are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResponseKind {
    NoError,
    FormErr,
    ServFail,
    NxDomain,
    NotImp,
    Refused,
    BadVers,
    BadCookie,
    Other,
}

impl ResponseKind {
    pub const ALL: [ResponseKind; 9] = [
        ResponseKind::NoError,
        ResponseKind::FormErr,
        ResponseKind::ServFail,
        ResponseKind::NxDomain,
        ResponseKind::NotImp,
        ResponseKind::Refused,
        ResponseKind::BadVers,
        ResponseKind::BadCookie,
        ResponseKind::Other,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            ResponseKind::NoError => "NOERROR",
            ResponseKind::FormErr => "FORMERR",
            ResponseKind::ServFail => "SERVFAIL",
            ResponseKind::NxDomain => "NXDOMAIN",
            ResponseKind::NotImp => "NOTIMP",
            ResponseKind::Refused => "REFUSED",
            ResponseKind::BadVers => "BADVERS",
            ResponseKind::BadCookie => "BADCOOKIE",
            ResponseKind::Other => "other",
        }
    }

    /// Of a whole response of ours.
    pub fn of(response: &[u8]) -> ResponseKind {
        let Some(header) = Header::read(response) else { return ResponseKind::Other };
        let low = header.flags & 0xf;
        // The codes that need an OPT record come with nothing beside it.
        let has_opt_alone = (header.answer_count, header.authority_count, header.additional_count) == (0, 0, 1);
        let upper = if has_opt_alone { upper_code(response, &header).unwrap_or(0) } else { 0 };
        let code = upper << 4 | low;
        match code {
            0 => ResponseKind::NoError,
            1 => ResponseKind::FormErr,
            2 => ResponseKind::ServFail,
            3 => ResponseKind::NxDomain,
            4 => ResponseKind::NotImp,
            5 => ResponseKind::Refused,
            16 => ResponseKind::BadVers,
            23 => ResponseKind::BadCookie,
            _ => ResponseKind::Other,
        }
    }
}

/// The upper bits of the code, in a response of a question and an OPT record.
fn upper_code(response: &[u8], header: &Header) -> Result<u16, Malformed> {
    let mut reader = Reader::new(response, HEADER_LENGTH);
    if header.question_count > 0 {
        reader.question()?;
    }
    let record = reader.record()?;
    Ok(if record.record_type == TYPE_OPT { u16::from(record.ttl[0]) } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_read_for_its_whole_code() {
        let question = b"\x03www\x00\x00\x01\x00\x01";
        let opt = |upper: u8| [0, 0, 41, 16, 0, upper, 0, 0, 0, 0, 0];
        let response = |flags: [u8; 2], counts: [u8; 8], rest: &[&[u8]]| {
            [&[0, 7], &flags[..], &counts[..], &rest.concat()].concat()
        };
        let plain = [0, 1, 0, 1, 0, 0, 0, 1];
        let bare = [0, 1, 0, 0, 0, 0, 0, 1];
        for (bytes, kind) in [
            (response([0x84, 0x03], plain, &[question]), ResponseKind::NxDomain),
            (response([0x86, 0x00], bare, &[question, &opt(0)]), ResponseKind::NoError),
            (response([0x80, 0x00], bare, &[question, &opt(1)]), ResponseKind::BadVers),
            (response([0x80, 0x07], bare, &[question, &opt(1)]), ResponseKind::BadCookie),
            (response([0x80, 0x07], [0, 0, 0, 0, 0, 0, 0, 1], &[&opt(1)]), ResponseKind::BadCookie),
            (response([0x80, 0x01], [0, 0, 0, 0, 0, 0, 0, 0], &[]), ResponseKind::FormErr),
            (response([0x80, 0x09], [0, 0, 0, 0, 0, 0, 0, 0], &[]), ResponseKind::Other),
            // Never ours, and still no reason to fall over.
            (response([0x80, 0x00], bare, &[b"\x3fwww"]), ResponseKind::NoError),
            (vec![0; 3], ResponseKind::Other),
        ] {
            assert_eq!(ResponseKind::of(&bytes), kind, "{bytes:?}");
        }
    }
}
