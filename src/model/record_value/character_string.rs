//! Strings in quotation marks: `\"`, `\\` and octal escapes (T-5), and `\;`, as octoDNS writes every semicolon.

use super::error::ValueProblem;

/// The bytes of the text between two quotation marks, or of a word without them.
pub(super) fn decode(raw: &str) -> Result<Vec<u8>, ValueProblem> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut characters = raw.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => bytes.push(decode_escape(&mut characters).ok_or(ValueProblem::BadEscape)?),
            ' '..='~' => bytes.push(character as u8),
            other => return Err(ValueProblem::UnsupportedCharacter(other)),
        }
    }
    Ok(bytes)
}

fn decode_escape(characters: &mut impl Iterator<Item = char>) -> Option<u8> {
    let first = characters.next()?;
    // RFC 1035 §5.1. A letter would be an escape of some other language: a mistake.
    if first.is_ascii_punctuation() {
        return Some(first as u8);
    }
    let mut value = first.to_digit(8)?;
    for _ in 0..2 {
        value = value * 8 + characters.next()?.to_digit(8)?;
    }
    u8::try_from(value).ok()
}

/// `bytes` between quotation marks, with an octal escape for what is not printable ASCII.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 2);
    text.push('"');
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => text.extend(['\\', byte as char]),
            b' '..=b'~' => text.push(byte as char),
            other => text.push_str(&octal(other)),
        }
    }
    text.push('"');
    text
}

/// `\303` for the byte 0xC3.
pub(super) fn octal(byte: u8) -> String {
    format!("\\{byte:03o}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_round_trips() {
        let bytes: Vec<u8> = (0..=255).collect();
        let text = encode(&bytes);
        assert!(text.bytes().all(|byte| matches!(byte, b' '..=b'~')));
        assert_eq!(decode(&text[1..text.len() - 1]), Ok(bytes));
    }

    #[test]
    fn escapes_are_octal_and_complete_or_of_a_sign() {
        assert_eq!(decode("\\101\\\"\\\\\\;\\377"), Ok(b"A\"\\;\xff".to_vec()));
        for raw in ["\\", "\\1", "\\12", "\\400", "\\128", "\\n", "\\é"] {
            assert_eq!(decode(raw), Err(ValueProblem::BadEscape), "{raw}");
        }
        assert_eq!(decode("a\tb"), Err(ValueProblem::UnsupportedCharacter('\t')));
    }
}
