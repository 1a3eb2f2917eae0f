//! Domain names as Route 53 stores them: lower case, any byte in a label, octal escapes in text.

use std::cmp::Ordering;
use std::fmt;

/// The most bytes one label may have (N-1, RFC 1035 §2.3.4).
pub const MAX_LABEL_LENGTH: usize = 63;
/// The most bytes a name may have in wire form, length bytes and the root label included (N-1, RFC 1035 §2.3.4).
pub const MAX_WIRE_LENGTH: usize = 255;

/// A fully qualified domain name, kept in lower-case uncompressed wire form (N-4).
///
/// The order is that of a Route 53 listing (N-9): labels are compared from the right.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DomainName {
    wire: Box<[u8]>,
}

/// Why a text is not a domain name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameError {
    Empty,
    EmptyLabel,
    /// A label of this many bytes, above [`MAX_LABEL_LENGTH`].
    LabelTooLong(usize),
    /// A name of more than [`MAX_WIRE_LENGTH`] bytes.
    NameTooLong,
    /// A backslash that three octal digits of at most `377` do not follow.
    BadEscape,
    /// A character that must be written as an octal escape, such as a space.
    IllegalCharacter(char),
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NameError::Empty => f.write_str("a domain name cannot be empty"),
            NameError::EmptyLabel => f.write_str("a label of the domain name is empty"),
            NameError::LabelTooLong(length) => {
                write!(f, "a label of {length} bytes is longer than {MAX_LABEL_LENGTH} bytes")
            }
            NameError::NameTooLong => {
                write!(f, "the domain name is longer than {MAX_WIRE_LENGTH} bytes")
            }
            NameError::BadEscape => f.write_str("a backslash must be followed by three octal digits, such as \\052"),
            NameError::IllegalCharacter(character) if character.is_ascii() => {
                write!(f, "the character {character:?} must be written as \\{:03o}", *character as u32)
            }
            NameError::IllegalCharacter(character) => write!(
                f,
                "the character {character:?} is not ASCII; write an internationalised name in Punycode (xn--…)"
            ),
        }
    }
}

impl std::error::Error for NameError {}

impl DomainName {
    /// The wire form of the root, which comes first in a listing.
    pub const ROOT_WIRE: &[u8] = &[0];

    /// The root, `.`.
    pub fn root() -> DomainName {
        DomainName { wire: Box::new([0]) }
    }

    /// Reads a name as the API does: with or without the final dot (N-6), with octal escapes (N-3).
    pub fn parse(text: &str) -> Result<DomainName, NameError> {
        let mut wire = Vec::with_capacity(text.len() + 2);
        parse_name_into(text, &mut wire)?;
        wire.make_ascii_lowercase();
        Ok(DomainName { wire: wire.into() })
    }

    /// Takes over a name in uncompressed wire form, lower-casing it.
    ///
    /// Returns `None` unless the bytes are exactly one well-formed name.
    pub fn from_wire(wire: &[u8]) -> Option<DomainName> {
        let mut at = 0;
        loop {
            let length = usize::from(*wire.get(at)?);
            if length > MAX_LABEL_LENGTH {
                return None;
            }
            at += 1 + length;
            if length == 0 {
                break;
            }
        }
        if at != wire.len() || at > MAX_WIRE_LENGTH {
            return None;
        }
        // Length bytes are at most 63, below 'A', so lower-casing the whole cannot touch them.
        Some(DomainName { wire: wire.to_ascii_lowercase().into() })
    }

    /// The uncompressed wire form, in lower case, ending in the root's zero byte.
    pub fn wire(&self) -> &[u8] {
        &self.wire
    }

    pub fn is_root(&self) -> bool {
        self.wire.len() == 1
    }

    /// The labels from the left, without the root.
    pub fn labels(&self) -> Labels<'_> {
        Labels { rest: &self.wire }
    }

    /// The name without its leftmost label; `None` for the root.
    pub fn parent(&self) -> Option<DomainName> {
        let first = usize::from(self.wire[0]);
        (first != 0).then(|| DomainName { wire: self.wire[1 + first..].into() })
    }

    /// Whether `self` is `ancestor` or lies below it.
    pub fn is_at_or_below(&self, ancestor: &DomainName) -> bool {
        wire_is_at_or_below(&self.wire, &ancestor.wire)
    }

    /// W-3: a `*` that is the whole leftmost label.
    pub fn is_wildcard(&self) -> bool {
        self.wire.starts_with(b"\x01*")
    }

    /// `label` in front of this name.
    pub fn child(&self, label: &[u8]) -> Result<DomainName, NameError> {
        if label.is_empty() {
            return Err(NameError::EmptyLabel);
        }
        if label.len() > MAX_LABEL_LENGTH {
            return Err(NameError::LabelTooLong(label.len()));
        }
        if label.len() + 1 + self.wire.len() > MAX_WIRE_LENGTH {
            return Err(NameError::NameTooLong);
        }
        let mut wire = Vec::with_capacity(label.len() + 1 + self.wire.len());
        wire.push(label.len() as u8);
        wire.extend(label.to_ascii_lowercase());
        wire.extend_from_slice(&self.wire);
        Ok(DomainName { wire: wire.into() })
    }

    /// The labels of `self` above `suffix`, then `suffix`: `www` joined to `example.com` is `www.example.com`.
    pub fn join(&self, suffix: &DomainName) -> Result<DomainName, NameError> {
        let own = &self.wire[..self.wire.len() - 1];
        if own.len() + suffix.wire.len() > MAX_WIRE_LENGTH {
            return Err(NameError::NameTooLong);
        }
        Ok(DomainName { wire: [own, &suffix.wire].concat().into() })
    }

    /// The name as the API prints it (N-5): every byte outside `a-z 0-9 - _` as an octal escape, final dot included.
    pub fn to_api_text(&self) -> String {
        wire_to_text(&self.wire, |byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    }
}

/// Appends the wire form of a name in text, keeping its case: what [`DomainName::parse`] and names inside record
/// values share. `text` may end in a dot or not; `.` alone is the root.
pub fn parse_name_into(text: &str, wire: &mut Vec<u8>) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    let start = wire.len();
    if text != "." {
        let mut label_start = wire.len();
        wire.push(0);
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '.' => {
                    close_label(wire, label_start)?;
                    if characters.peek().is_none() {
                        label_start = usize::MAX;
                        break;
                    }
                    label_start = wire.len();
                    wire.push(0);
                }
                '\\' => {
                    let mut value = 0u32;
                    for _ in 0..3 {
                        let digit =
                            characters.next().and_then(|digit| digit.to_digit(8)).ok_or(NameError::BadEscape)?;
                        value = value * 8 + digit;
                    }
                    wire.push(u8::try_from(value).map_err(|_| NameError::BadEscape)?);
                }
                '!'..='~' => wire.push(character as u8),
                other => return Err(NameError::IllegalCharacter(other)),
            }
            // A label is checked when it ends; this bounds what an endless one can make us hold.
            if wire.len() - start > 4 * MAX_WIRE_LENGTH {
                return Err(NameError::NameTooLong);
            }
        }
        if label_start != usize::MAX {
            close_label(wire, label_start)?;
        }
    }
    wire.push(0);
    if wire.len() - start > MAX_WIRE_LENGTH {
        return Err(NameError::NameTooLong);
    }
    Ok(())
}

fn close_label(wire: &mut [u8], start: usize) -> Result<(), NameError> {
    let length = wire.len() - start - 1;
    if length == 0 {
        return Err(NameError::EmptyLabel);
    }
    if length > MAX_LABEL_LENGTH {
        return Err(NameError::LabelTooLong(length));
    }
    wire[start] = length as u8;
    Ok(())
}

/// Whether the lower-case wire name `name` is `ancestor` or lies below it, by whole labels.
pub fn wire_is_at_or_below(name: &[u8], ancestor: &[u8]) -> bool {
    let mut rest = name;
    while rest.len() > ancestor.len() {
        rest = &rest[1 + usize::from(rest[0])..];
    }
    rest == ancestor
}

/// A wire name as text with a final dot; bytes for which `is_plain` is false, and dots inside labels, are escaped
/// in octal (N-3).
pub fn wire_to_text(wire: &[u8], is_plain: impl Fn(u8) -> bool) -> String {
    use fmt::Write;
    if wire.first() == Some(&0) {
        return ".".to_owned();
    }
    let mut text = String::with_capacity(wire.len());
    for label in (Labels { rest: wire }) {
        for &byte in label {
            if is_plain(byte) {
                text.push(byte as char);
            } else {
                write!(text, "\\{byte:03o}").expect("writing to a String cannot fail");
            }
        }
        text.push('.');
    }
    text
}

/// What needs no escape where people read: printable ASCII but the dot and the backslash.
pub fn is_plain_for_people(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'.' && byte != b'\\'
}

/// The labels of a name from the left.
#[derive(Clone)]
pub struct Labels<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Labels<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (&length, rest) = self.rest.split_first()?;
        if length == 0 {
            return None;
        }
        let (label, rest) = rest.split_at(usize::from(length));
        self.rest = rest;
        Some(label)
    }
}

/// For people: `*.example.com.`; the API's form is [`DomainName::to_api_text`].
impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&wire_to_text(&self.wire, is_plain_for_people))
    }
}

impl fmt::Debug for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DomainName({self})")
    }
}

impl Ord for DomainName {
    fn cmp(&self, other: &DomainName) -> Ordering {
        ListedName(&self.wire).cmp(&ListedName(&other.wire))
    }
}

impl PartialOrd for DomainName {
    fn partial_cmp(&self, other: &DomainName) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A lower-case wire name as it is ordered in a listing (N-9): labels are compared from the right, each with the dot
/// after it, so that a name comes right before the names below it, and `a-b.example` before `a.example`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedName<'n>(pub &'n [u8]);

impl Ord for ListedName<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        // Siblings, the usual case in a zone, differ in their first label only.
        if let (Some((mine, my_parent)), Some((theirs, their_parent))) = (split_first(self.0), split_first(other.0))
            && my_parent == their_parent
        {
            return compare_labels(mine, theirs);
        }
        // Names have at most 127 labels; their starts fit in an array, so comparing allocates nothing.
        let (mine, theirs) = (label_starts(self.0), label_starts(other.0));
        let label = |wire: &[u8], start: u8| {
            let start = usize::from(start);
            start + 1..start + 1 + usize::from(wire[start])
        };
        let (mut i, mut j) = (mine.1, theirs.1);
        while i > 0 && j > 0 {
            i -= 1;
            j -= 1;
            let order = compare_labels(&self.0[label(self.0, mine.0[i])], &other.0[label(other.0, theirs.0[j])]);
            if order != Ordering::Equal {
                return order;
            }
        }
        i.cmp(&j)
    }
}

impl PartialOrd for ListedName<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// N-9: as texts that end in a dot. A dot inside a label counts as the greater of the two.
fn compare_labels(one: &[u8], other: &[u8]) -> Ordering {
    let both = one.len().min(other.len());
    let order = one[..both].cmp(&other[..both]);
    let dot_against = |next: u8| if next < b'.' { Ordering::Greater } else { Ordering::Less };
    order.then_with(|| match (one.get(both), other.get(both)) {
        (None, Some(next)) => dot_against(*next),
        (Some(next), None) => dot_against(*next).reverse(),
        (None, None) | (Some(_), Some(_)) => Ordering::Equal,
    })
}

/// The first label and the rest of the name; `None` for the root.
fn split_first(wire: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = wire.split_first()?;
    (length != 0).then(|| rest.split_at(usize::from(length)))
}

/// Where each label starts, and how many there are.
fn label_starts(wire: &[u8]) -> ([u8; 128], usize) {
    let (mut starts, mut count, mut at) = ([0; 128], 0, 0);
    while wire[at] != 0 {
        starts[count] = at as u8;
        count += 1;
        at += 1 + usize::from(wire[at]);
    }
    (starts, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DomainName {
        DomainName::parse(text).unwrap()
    }

    #[test]
    fn the_final_dot_changes_nothing_and_case_is_lost() {
        assert_eq!(name("WWW.Example.com."), name("www.example.com"));
        assert_eq!(name("\\101.example.com"), name("a.example.com"));
        assert_eq!(name(".").wire(), [0]);
    }

    #[test]
    fn escapes_are_octal() {
        let labels: Vec<Vec<u8>> = name("a\\056b.example.com").labels().map(<[u8]>::to_vec).collect();
        assert_eq!(labels, [b"a.b".to_vec(), b"example".to_vec(), b"com".to_vec()]);
        assert_eq!(name("*.example.com").to_api_text(), "\\052.example.com.");
        assert_eq!(name("a\\056b.com").to_string(), "a\\056b.com.");
        assert_eq!(DomainName::parse("a\\400"), Err(NameError::BadEscape));
        assert_eq!(DomainName::parse("a\\08x"), Err(NameError::BadEscape));
    }

    #[test]
    fn what_is_not_a_name_is_refused() {
        assert_eq!(DomainName::parse(""), Err(NameError::Empty));
        assert_eq!(DomainName::parse("a..b"), Err(NameError::EmptyLabel));
        assert_eq!(DomainName::parse(".."), Err(NameError::EmptyLabel));
        assert_eq!(DomainName::parse(".a"), Err(NameError::EmptyLabel));
        assert_eq!(DomainName::parse("a b.com"), Err(NameError::IllegalCharacter(' ')));
        assert_eq!(DomainName::parse("é.com"), Err(NameError::IllegalCharacter('é')));
        assert_eq!(DomainName::parse(&"a".repeat(64)), Err(NameError::LabelTooLong(64)));
        let long = vec!["a".repeat(63); 4].join(".");
        assert_eq!(DomainName::parse(&long), Err(NameError::NameTooLong));
        let longest = format!("{}.{}", vec!["a".repeat(63); 3].join("."), "a".repeat(61));
        assert_eq!(name(&longest).wire().len(), 255);
    }

    #[test]
    fn a_listing_compares_labels_from_the_right() {
        let mut names: Vec<_> =
            ["b.example.com", "example.com", "a.b.example.com", "example.org", "*.example.com"].map(name).into();
        names.sort();
        let sorted: Vec<_> = names.iter().map(|name| name.to_string()).collect();
        assert_eq!(sorted, ["example.com.", "*.example.com.", "b.example.com.", "a.b.example.com.", "example.org."]);
    }

    #[test]
    fn a_listing_compares_the_dot_after_a_label_too() {
        let mut names: Vec<_> = ["a.b", "a-b.b", "x.a.b", "a0.b", "b", "a\\056b.b", "b-.b", "b!.b"].map(name).into();
        names.sort();
        let sorted: Vec<_> = names.iter().map(DomainName::to_api_text).collect();
        assert_eq!(sorted, ["b.", "a-b.b.", "a.b.", "x.a.b.", "a\\056b.b.", "a0.b.", "b\\041.b.", "b-.b."]);
    }

    #[test]
    fn ancestry_is_by_whole_labels() {
        assert!(name("a.example.com").is_at_or_below(&name("example.com")));
        assert!(name("example.com").is_at_or_below(&name("example.com")));
        assert!(!name("badexample.com").is_at_or_below(&name("example.com")));
        assert!(name("example.com").is_at_or_below(&DomainName::root()));
    }
}
