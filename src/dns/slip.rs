//! A response cut down to its question: so small that it harms nobody, and a client that is real asks again over TCP.

use std::ops::Range;

use super::message::{HEADER_LENGTH, Header, Malformed, Reader, TYPE_OPT};

/// Takes all records but OPT out of a response of ours, and sets TC; returns its new length. The OPT record stays as
/// it was written: its cookie is how a client gets out of the limit, and without it a client may take us for a server
/// that knows no EDNS. `None` if the bytes are no response.
pub fn cut_down(response: &mut [u8], length: usize) -> Option<usize> {
    let message = response.get_mut(..length)?;
    let (question_end, opt) = find_opt(message).ok()?;
    let opt_length = opt.len();
    let end = question_end + opt_length;
    message.copy_within(opt, question_end);
    message[2] |= 0x02;
    message[6..HEADER_LENGTH].copy_from_slice(&[0, 0, 0, 0, 0, u8::from(opt_length > 0)]);
    Some(end)
}

/// Where the question ends, and where the OPT record stands; an empty range if there is none.
fn find_opt(message: &[u8]) -> Result<(usize, Range<usize>), Malformed> {
    let header = Header::read(message).ok_or(Malformed)?;
    let mut reader = Reader::new(message, HEADER_LENGTH);
    if header.question_count > 0 {
        reader.question()?;
    }
    let question_end = reader.place();
    let mut opt = question_end..question_end;
    let counts = [header.answer_count, header.authority_count, header.additional_count];
    for _ in 0..counts.map(u32::from).iter().sum() {
        let start = reader.place();
        if reader.record()?.record_type == TYPE_OPT {
            opt = start..reader.place();
        }
    }
    Ok((question_end, opt))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const QUESTION: &[u8] = b"\x03wWw\x07example\0\0\x01\0\x01";
    const ADDRESS: &[u8] = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01";
    const AUTHORITY: &[u8] = b"\xc0\x10\0\x02\0\x01\0\0\0\x3c\0\x05\x02ns\xc0\x10";
    /// With a cookie.
    const OPT: &[u8] = b"\0\0\x29\x10\0\0\0\x80\0\0\x0c\0\x0a\0\x08cookie!!";

    fn message(flags: u16, counts: [u8; 4], rest: &[&[u8]]) -> Vec<u8> {
        let counts = counts.map(|count| [0, count]).concat();
        [&b"\x12\x34"[..], &flags.to_be_bytes(), &counts, &rest.concat()].concat()
    }

    #[test]
    fn the_question_and_opt_are_left_and_tc_is_set() {
        let mut response = message(0x8403, [1, 2, 1, 1], &[QUESTION, ADDRESS, ADDRESS, AUTHORITY, OPT]);
        let length = response.len();
        let length = cut_down(&mut response, length).unwrap();
        assert_eq!(&response[..length], message(0x8603, [1, 0, 0, 1], &[QUESTION, OPT]));

        let mut response = message(0x8400, [1, 1, 1, 1], &[QUESTION, ADDRESS, AUTHORITY, ADDRESS]);
        let length = response.len();
        let length = cut_down(&mut response, length).unwrap();
        assert_eq!(&response[..length], message(0x8600, [1, 0, 0, 0], &[QUESTION]));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_grow(mut bytes in prop::collection::vec(any::<u8>(), 0..100), length in 0_usize..120) {
            if let Some(cut) = cut_down(&mut bytes, length) {
                prop_assert!(cut <= length);
            }
        }
    }
}
