//! The messages of a connection, out of the bytes as they come: each has its length before it (RFC 1035 §4.2.2).

/// What is kept of a message, in bytes. A longer one is cut, and so malformed, as over UDP: no client may make the
/// server hold 64 KiB for it.
pub const MESSAGE_BYTES: usize = 4_096;

/// What a client has sent and nobody has looked at yet.
#[derive(Debug, Default)]
pub(super) struct Messages {
    bytes: Vec<u8>,
    /// Where the next message's length stands in `bytes`.
    at: usize,
    /// How much of a message that was cut is still to come.
    cut: usize,
}

impl Messages {
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        let cut = self.cut.min(bytes.len());
        self.cut -= cut;
        self.bytes.extend_from_slice(&bytes[cut..]);
    }

    /// The next message that is there as far as it is kept.
    pub(super) fn next(&mut self) -> Option<&[u8]> {
        let &[high, low, ref rest @ ..] = &self.bytes[self.at..] else { return None };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let kept = length.min(MESSAGE_BYTES);
        if rest.len() < kept {
            return None;
        }
        let start = self.at + 2;
        self.at = self.bytes.len().min(start + length);
        self.cut = start + length - self.at;
        Some(&self.bytes[start..start + kept])
    }

    /// Whether nothing is left of which more must come.
    pub(super) fn is_between_messages(&self) -> bool {
        self.at == self.bytes.len() && self.cut == 0
    }

    /// Gives back the memory of what has been looked at: most connections are silent most of the time.
    pub(super) fn give_back(&mut self) {
        if self.at > 0 {
            (self.bytes, self.at) = (self.bytes.split_off(self.at), 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sent(messages: &[Vec<u8>]) -> Vec<u8> {
        messages.iter().flat_map(|message| [&(message.len() as u16).to_be_bytes(), &message[..]].concat()).collect()
    }

    proptest! {
        #[test]
        fn messages_are_the_same_in_whatever_pieces_they_come(
            lengths in prop::collection::vec(prop_oneof![0..40_usize, 4_090..4_100_usize, 65_000..=65_535_usize], 0..6),
            pieces in prop::collection::vec(prop_oneof![1..4_usize, 1..20_000_usize], 1..20),
        ) {
            let asked: Vec<Vec<u8>> =
                lengths.iter().enumerate().map(|(number, length)| vec![number as u8; *length]).collect();
            let bytes = sent(&asked);
            let (mut rest, mut messages, mut found) = (&bytes[..], Messages::default(), Vec::new());
            for length in pieces.iter().cycle() {
                let (piece, after) = rest.split_at(rest.len().min(*length));
                messages.extend(piece);
                while let Some(message) = messages.next() {
                    found.push(message.to_vec());
                }
                messages.give_back();
                prop_assert!(messages.bytes.len() <= 2 + MESSAGE_BYTES);
                rest = after;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert!(messages.is_between_messages());
            let kept: Vec<Vec<u8>> =
                asked.iter().map(|message| message[..message.len().min(MESSAGE_BYTES)].to_vec()).collect();
            prop_assert_eq!(found, kept);
        }
    }

    #[test]
    fn a_part_of_a_message_is_none() {
        for part in [&[0][..], &[0, 2], &[0, 2, 7], &[0x10, 1, 7, 7]] {
            let mut messages = Messages::default();
            messages.extend(part);
            assert_eq!(messages.next(), None);
            assert!(!messages.is_between_messages());
        }
        assert!(Messages::default().is_between_messages());
    }

    #[test]
    fn a_silent_connection_holds_nothing() {
        let mut messages = Messages::default();
        messages.extend(&sent(&[vec![1; 3_000], vec![2; 3_000]]));
        while messages.next().is_some() {}
        messages.give_back();
        assert_eq!(messages.bytes.capacity(), 0);
    }
}
