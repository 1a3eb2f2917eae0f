//! Where the compressed names of a reply lead, byte by byte.

use std::collections::HashSet;

/// RFC 1035 §4.1.4: a pointer leads back to where a label starts, and to no other pointer. Most decoders would not mind
/// one into the middle of a label, so it is looked for here.
pub fn check_pointers(message: &[u8]) {
    let word = |at: usize| usize::from(u16::from_be_bytes([message[at], message[at + 1]]));
    let mut starts = HashSet::new();
    let mut name = |mut at: usize| loop {
        match message[at] {
            0 => return at + 1,
            0xc0.. => {
                let target = word(at) & 0x3fff;
                assert!(starts.contains(&target), "the pointer at {at} leads to {target}: {message:02x?}");
                return at + 2;
            }
            length => {
                starts.insert(at);
                at += 1 + usize::from(length);
            }
        }
    };
    let mut at = if word(4) == 0 { 12 } else { name(12) + 4 };
    for _ in 0..word(6) + word(8) + word(10) {
        let fixed = name(at);
        let rdata = fixed + 10;
        at = rdata + word(fixed + 8);
        match word(fixed) {
            // CNAME, NS and PTR; MX; SOA.
            2 | 5 | 12 => assert_eq!(name(rdata), at),
            15 => assert_eq!(name(rdata + 2), at),
            6 => {
                let second = name(rdata);
                assert_eq!(name(second) + 20, at);
            }
            _ => {}
        }
    }
    assert_eq!(at, message.len());
}
