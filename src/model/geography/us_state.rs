//! The states of the United States, the only subdivisions of geolocation routing (G-1).

use std::fmt;
use std::str::FromStr;

/// One of the fifty states or the District of Columbia, by its USPS abbreviation (G-1). Territories such as Puerto
/// Rico are countries of their own (G-7).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UsState {
    /// The row in `STATES`, which is sorted: the order of rows is the order of abbreviations.
    row: u8,
}

impl UsState {
    /// The state of an abbreviation that an address database gave. Upper case only; costs a binary search and
    /// allocates nothing.
    pub fn from_ascii(abbreviation: &str) -> Option<UsState> {
        let row = STATES.binary_search_by(|(candidate, _)| (*candidate).cmp(abbreviation)).ok()?;
        Some(UsState { row: u8::try_from(row).ok()? })
    }

    /// The state of an abbreviation written in the source; an unknown one does not compile in a constant.
    pub(super) const fn known(abbreviation: &str) -> UsState {
        let abbreviation = abbreviation.as_bytes();
        let mut row = 0;
        loop {
            let candidate = STATES[row as usize].0.as_bytes();
            if candidate[0] == abbreviation[0] && candidate[1] == abbreviation[1] {
                return UsState { row };
            }
            row += 1;
        }
    }

    /// Every state, by abbreviation.
    pub fn all() -> impl ExactSizeIterator<Item = UsState> {
        (0..STATES.len() as u8).map(|row| UsState { row })
    }

    /// The two upper-case letters, the API's `SubdivisionCode`.
    pub fn as_str(self) -> &'static str {
        STATES[usize::from(self.row)].0
    }

    /// The English name.
    pub fn name(self) -> &'static str {
        STATES[usize::from(self.row)].1
    }
}

impl fmt::Debug for UsState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "UsState({})", self.as_str())
    }
}

/// Writes the abbreviation.
impl fmt::Display for UsState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// Reads an abbreviation, in upper case only.
impl FromStr for UsState {
    type Err = UnknownUsState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        UsState::from_ascii(text).ok_or_else(|| UnknownUsState(text.to_owned()))
    }
}

/// A text that is no abbreviation of a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownUsState(pub String);

impl fmt::Display for UnknownUsState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} is not a state of the United States: use its two upper-case letters or DC", self.0)
    }
}

impl std::error::Error for UnknownUsState {}

/// Abbreviation and name, by abbreviation (USPS Publication 28, appendix B, to which the API refers), without the
/// territories and the armed forces.
#[rustfmt::skip]
static STATES: [(&str, &str); 51] = [
    ("AK", "Alaska"),
    ("AL", "Alabama"),
    ("AR", "Arkansas"),
    ("AZ", "Arizona"),
    ("CA", "California"),
    ("CO", "Colorado"),
    ("CT", "Connecticut"),
    ("DC", "District of Columbia"),
    ("DE", "Delaware"),
    ("FL", "Florida"),
    ("GA", "Georgia"),
    ("HI", "Hawaii"),
    ("IA", "Iowa"),
    ("ID", "Idaho"),
    ("IL", "Illinois"),
    ("IN", "Indiana"),
    ("KS", "Kansas"),
    ("KY", "Kentucky"),
    ("LA", "Louisiana"),
    ("MA", "Massachusetts"),
    ("MD", "Maryland"),
    ("ME", "Maine"),
    ("MI", "Michigan"),
    ("MN", "Minnesota"),
    ("MO", "Missouri"),
    ("MS", "Mississippi"),
    ("MT", "Montana"),
    ("NC", "North Carolina"),
    ("ND", "North Dakota"),
    ("NE", "Nebraska"),
    ("NH", "New Hampshire"),
    ("NJ", "New Jersey"),
    ("NM", "New Mexico"),
    ("NV", "Nevada"),
    ("NY", "New York"),
    ("OH", "Ohio"),
    ("OK", "Oklahoma"),
    ("OR", "Oregon"),
    ("PA", "Pennsylvania"),
    ("RI", "Rhode Island"),
    ("SC", "South Carolina"),
    ("SD", "South Dakota"),
    ("TN", "Tennessee"),
    ("TX", "Texas"),
    ("UT", "Utah"),
    ("VA", "Virginia"),
    ("VT", "Vermont"),
    ("WA", "Washington"),
    ("WI", "Wisconsin"),
    ("WV", "West Virginia"),
    ("WY", "Wyoming"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(STATES.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn every_state_reads_back() {
        for state in UsState::all() {
            assert_eq!(state.to_string().parse(), Ok(state));
            assert_eq!(UsState::known(state.as_str()), state);
        }
    }

    #[test]
    fn territories_and_other_texts_are_refused() {
        for text in ["", "va", "PR", "VI", "GU", "AE", "Virginia"] {
            assert_eq!(text.parse::<UsState>(), Err(UnknownUsState(text.to_owned())));
        }
    }
}
