//! Messages of a connection: whatever pieces they come in, they are those that a reader of the whole would see, each cut
//! at what is kept.

#![no_main]

use libfuzzer_sys::fuzz_target;

// The module is private to its server; it stands on nothing else.
#[path = "../../../src/dns/stream/messages.rs"]
mod messages;

use messages::{MESSAGE_BYTES, Messages};

fuzz_target!(|input: &[u8]| {
    let Some((&[pattern, long], bytes)) = input.split_first_chunk::<2>() else { return };
    let bytes = &with_a_long_message(bytes, long)[..];
    let mut expected = Vec::new();
    let mut rest = bytes;
    while let &[high, low, ref after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([high, low]));
        let kept = length.min(MESSAGE_BYTES);
        let Some(message) = after.get(..kept) else { break };
        expected.push(message);
        rest = &after[length.min(after.len())..];
    }

    let mut messages = Messages::default();
    let (mut came, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let piece = (1 + usize::from(pattern & 0x3f).pow(2)).min(bytes.len() - at);
        messages.extend(&bytes[at..at + piece]);
        at += piece;
        while let Some(message) = messages.next() {
            came.push(message.to_vec());
        }
        if pattern & 0x80 != 0 {
            messages.give_back();
        }
    }
    assert_eq!(came, expected);
    assert!(rest.is_empty() || !messages.is_between_messages(), "{} bytes are left", rest.len());
});

/// Inputs are short: one message among theirs is made longer than what is kept.
fn with_a_long_message(bytes: &[u8], long: u8) -> Vec<u8> {
    let Some(length) = usize::from(long).checked_sub(1).map(|long| long * 257) else { return bytes.to_vec() };
    let (before, after) = bytes.split_at(bytes.len() / 2);
    [before, &(length as u16).to_be_bytes(), &vec![long; length], after].concat()
}
