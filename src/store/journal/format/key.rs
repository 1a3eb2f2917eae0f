//! The keys of rows: bytes whose order is the order of what they stand for.

use crate::model::{DomainName, HostedZone};

use super::Damage;

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key<'k> {
    /// By its id.
    HostedZone(&'k str),
    /// By its id.
    CidrCollection(&'k str),
    /// The record sets of a name.
    Name {
        /// The id of its zone.
        zone: &'k str,
        /// The labels of the name that its zone's name lacks, from the right, each closed.
        relative: Relative<'k>,
    },
    /// A row of the table with this number, which is none of the numbers below.
    Table { number: u8, key: &'k [u8] },
}

/// A name in its zone, as it is or as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relative<'k> {
    /// In wire form, without the labels of the zone and without the root.
    Wire(&'k [u8]),
    Written(&'k [u8]),
}

const HOSTED_ZONE: u8 = 1;
const NAME: u8 = 2;
const CIDR_COLLECTION: u8 = 3;
/// No id holds it: ids have no control characters.
const ID_END: u8 = 0;
/// N-9: labels are ordered as texts that end in a dot, which comes before a dot in a label.
const LABEL_END: [u8; 2] = [b'.', 0];
const DOT: [u8; 2] = [b'.', 255];

impl<'k> Key<'k> {
    /// `name` is in wire form, at or below the zone's.
    pub fn of_name(zone: &'k HostedZone, name: &'k [u8]) -> Key<'k> {
        let relative = name.strip_suffix(zone.name().wire()).expect("the names of a zone are at or below its own");
        Key::Name { zone: zone.id().as_str(), relative: Relative::Wire(relative) }
    }

    pub fn to_bytes(self) -> Box<[u8]> {
        match self {
            Key::HostedZone(id) => [&[HOSTED_ZONE], id.as_bytes()].concat().into(),
            Key::CidrCollection(id) => [&[CIDR_COLLECTION], id.as_bytes()].concat().into(),
            Key::Table { number, key } => [&[number], key].concat().into(),
            Key::Name { zone, relative } => {
                let mut bytes = Vec::with_capacity(64);
                bytes.push(NAME);
                bytes.extend(zone.as_bytes());
                bytes.push(ID_END);
                match relative {
                    Relative::Wire(wire) => write_labels(wire, &mut bytes),
                    Relative::Written(written) => bytes.extend(written),
                }
                bytes.into()
            }
        }
    }

    pub fn read(bytes: &'k [u8]) -> Result<Key<'k>, Damage> {
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| Damage::of("its key has an id that is no text"));
        match bytes.split_first() {
            Some((&HOSTED_ZONE, id)) => Ok(Key::HostedZone(text(id)?)),
            Some((&CIDR_COLLECTION, id)) => Ok(Key::CidrCollection(text(id)?)),
            Some((&NAME, rest)) => {
                let end = rest.iter().position(|&byte| byte == ID_END);
                let (zone, relative) = rest.split_at(end.ok_or_else(|| Damage::of("its key has no end of the id"))?);
                Ok(Key::Name { zone: text(zone)?, relative: Relative::Written(&relative[1..]) })
            }
            Some((&number, key)) => Ok(Key::Table { number, key }),
            None => Err(Damage::of("its key is empty")),
        }
    }
}

fn write_labels(wire: &[u8], bytes: &mut Vec<u8>) {
    let mut labels = Vec::with_capacity(8);
    let mut rest = wire;
    while let Some((&length, after)) = rest.split_first() {
        let (label, after) = after.split_at(usize::from(length));
        labels.push(label);
        rest = after;
    }
    for label in labels.into_iter().rev() {
        for &byte in label {
            match byte {
                b'.' => bytes.extend(DOT),
                byte => bytes.push(byte),
            }
        }
        bytes.extend(LABEL_END);
    }
}

/// The name whose labels, beyond those of its zone, were written like this.
pub(super) fn name_in_zone(written: &[u8], zone: &DomainName) -> Result<DomainName, Damage> {
    if written.is_empty() {
        return Ok(zone.clone());
    }
    let mut labels: Vec<Vec<u8>> = Vec::new();
    let mut label = Vec::new();
    let mut rest = written;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'.' {
            label.push(byte);
            continue;
        }
        match rest.split_first() {
            Some((255, after)) => {
                label.push(b'.');
                rest = after;
            }
            Some((0, after)) => {
                labels.push(std::mem::take(&mut label));
                rest = after;
            }
            _ => return Err(Damage::of("its key has a label that is not closed")),
        }
    }
    let mut wire = Vec::with_capacity(written.len() + zone.wire().len());
    for label in labels.iter().rev() {
        // A label that is too long gives a length byte that no name has.
        wire.push(u8::try_from(label.len()).unwrap_or(u8::MAX));
        wire.extend(label);
    }
    wire.extend(zone.wire());
    let name = DomainName::from_wire(&wire).filter(|name| name.wire() == wire && label.is_empty());
    name.ok_or_else(|| Damage::of("its key has no name"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn relative_name() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let byte = prop_oneof![Just(0u8), Just(b'-'), Just(b'.'), Just(b'/'), Just(255), Just(b'a'), any::<u8>()];
        let label = prop::collection::vec(byte.prop_map(|byte| byte.to_ascii_lowercase()), 1..5);
        prop::collection::vec(label, 0..4)
    }

    fn key(labels: &[Vec<u8>], zone: &DomainName) -> (DomainName, Box<[u8]>) {
        let relative: Vec<u8> =
            labels.iter().flat_map(|label| [&[label.len() as u8], label.as_slice()].concat()).collect();
        let name = DomainName::from_wire(&[&relative, zone.wire()].concat()).unwrap();
        (name, Key::Name { zone: "Z1", relative: Relative::Wire(&relative) }.to_bytes())
    }

    proptest! {
        #[test]
        fn keys_are_in_listing_order_and_read_back(one in relative_name(), other in relative_name()) {
            let zone = DomainName::parse("example.com").unwrap();
            let ((one, one_key), (other, other_key)) = (key(&one, &zone), key(&other, &zone));
            prop_assert_eq!(one.cmp(&other), one_key.cmp(&other_key));
            let Ok(Key::Name { zone: "Z1", relative: Relative::Written(written) }) = Key::read(&one_key) else {
                panic!("{one_key:?}");
            };
            prop_assert_eq!(name_in_zone(written, &zone), Ok(one));
        }

        #[test]
        fn any_bytes_are_a_key_or_damage(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let zone = DomainName::parse("example.com").unwrap();
            let bytes = [&[NAME, b'Z', ID_END], &bytes[..]].concat();
            if let Ok(Key::Name { relative: Relative::Written(written), .. }) = Key::read(&bytes)
                && let Ok(name) = name_in_zone(written, &zone)
            {
                let relative = name.wire().strip_suffix(zone.wire()).unwrap();
                let again = Key::Name { zone: "Z", relative: Relative::Wire(relative) }.to_bytes();
                prop_assert_eq!(&*again, &bytes[..]);
            }
        }
    }

    #[test]
    fn zones_come_before_names_and_those_of_a_zone_stand_together() {
        let keys = [
            Key::HostedZone("Z1"),
            Key::HostedZone("Z10"),
            Key::HostedZone("Z2"),
            Key::Name { zone: "Z1", relative: Relative::Wire(&[]) },
            Key::Name { zone: "Z1", relative: Relative::Wire(b"\x01a") },
            Key::Name { zone: "Z10", relative: Relative::Wire(&[]) },
            Key::Name { zone: "Z2", relative: Relative::Wire(&[]) },
        ];
        assert!(keys.map(Key::to_bytes).is_sorted());
        assert!(Key::read(&[]).is_err());
    }
}
