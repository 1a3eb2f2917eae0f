//! Nouns as they are written, and the rows of tables made of them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::identifier::Identifier;
use crate::model::{AwsRegion, DomainName, RecordType, Table};

use super::{Damage, Key, RowEdit, from_bytes, to_bytes};

/// A noun with the mirror of it that is written.
pub trait Written: Sized {
    type Row<'r>: Serialize + Deserialize<'r>
    where
        Self: 'r;

    fn row(&self) -> Self::Row<'_>;

    fn read(row: Self::Row<'_>) -> Result<Self, Damage>;
}

/// What makes the older table the newer one. Takes as long as they differ.
pub fn table_edits<K, V>(number: u8, older: &Table<K, V>, newer: &Table<K, V>, edits: &mut Vec<RowEdit>)
where
    K: Written + Ord + Clone,
    V: Written + PartialEq,
{
    edits.extend(older.changes_to(newer).map(|(key, value)| {
        let key = to_bytes(&key.row());
        RowEdit { key: Key::Table { number, key: &key }.to_bytes(), row: value.map(|value| to_bytes(&value.row())) }
    }));
}

/// Reads back what [`table_edits`] wrote.
pub fn read_row<K, V>(table: &mut Table<K, V>, key: &[u8], row: &[u8]) -> Result<(), Damage>
where
    K: Written + Ord + Clone,
    V: Written,
{
    *table = table.with(K::read(from_bytes(key)?)?, V::read(from_bytes(row)?)?);
    Ok(())
}

impl<Kind> Written for Identifier<Kind> {
    type Row<'r>
        = &'r str
    where
        Kind: 'r;

    fn row(&self) -> &str {
        self.as_str()
    }

    fn read(row: &str) -> Result<Self, Damage> {
        Identifier::new(row).map_err(Damage::of)
    }
}

impl Written for AwsRegion {
    type Row<'r> = &'r str;

    fn row(&self) -> &str {
        self.name()
    }

    fn read(row: &str) -> Result<AwsRegion, Damage> {
        row.parse().map_err(Damage::of)
    }
}

impl<A: Written, B: Written> Written for (A, B) {
    type Row<'r>
        = (A::Row<'r>, B::Row<'r>)
    where
        Self: 'r;

    fn row(&self) -> Self::Row<'_> {
        (self.0.row(), self.1.row())
    }

    fn read((a, b): Self::Row<'_>) -> Result<(A, B), Damage> {
        Ok((A::read(a)?, B::read(b)?))
    }
}

impl<A: Written> Written for Vec<A> {
    type Row<'r>
        = Vec<A::Row<'r>>
    where
        Self: 'r;

    fn row(&self) -> Self::Row<'_> {
        self.iter().map(Written::row).collect()
    }

    fn read(row: Self::Row<'_>) -> Result<Self, Damage> {
        row.into_iter().map(A::read).collect()
    }
}

impl Written for BTreeMap<Box<str>, Box<str>> {
    type Row<'r> = BTreeMap<&'r str, &'r str>;

    fn row(&self) -> Self::Row<'_> {
        self.iter().map(|(key, value)| (&**key, &**value)).collect()
    }

    fn read(row: Self::Row<'_>) -> Result<Self, Damage> {
        Ok(row.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

impl Written for DomainName {
    /// In wire form.
    type Row<'r> = &'r [u8];

    fn row(&self) -> &[u8] {
        self.wire()
    }

    fn read(row: &[u8]) -> Result<DomainName, Damage> {
        DomainName::from_wire(row).ok_or_else(|| Damage::of("it has no domain name"))
    }
}

impl Written for RecordType {
    type Row<'r> = u16;

    fn row(&self) -> u16 {
        self.code()
    }

    fn read(row: u16) -> Result<RecordType, Damage> {
        RecordType::from_code(row).ok_or_else(|| Damage(format!("there is no record type {row}")))
    }
}

impl Written for Timestamp {
    /// Nanoseconds since 1970.
    type Row<'r> = i128;

    fn row(&self) -> i128 {
        self.as_nanosecond()
    }

    fn read(row: i128) -> Result<Timestamp, Damage> {
        Timestamp::from_nanosecond(row).map_err(Damage::of)
    }
}

impl<A: Written, B: Written, C: Written> Written for (A, B, C) {
    type Row<'r>
        = (A::Row<'r>, B::Row<'r>, C::Row<'r>)
    where
        Self: 'r;

    fn row(&self) -> Self::Row<'_> {
        (self.0.row(), self.1.row(), self.2.row())
    }

    fn read((a, b, c): Self::Row<'_>) -> Result<(A, B, C), Damage> {
        Ok((A::read(a)?, B::read(b)?, C::read(c)?))
    }
}
