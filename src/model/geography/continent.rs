//! The seven continents of Route 53 (G-1).

use std::fmt;
use std::str::FromStr;

/// A continent, as geolocation records name it (G-1). Which country is where is Route 53's own view, see
/// [`CountryCode::continent`](super::CountryCode::continent).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Continent {
    Africa,
    Antarctica,
    Asia,
    Europe,
    NorthAmerica,
    Oceania,
    SouthAmerica,
}

impl Continent {
    /// Every continent, in the order of their codes.
    pub const ALL: [Continent; 7] = [
        Continent::Africa,
        Continent::Antarctica,
        Continent::Asia,
        Continent::Europe,
        Continent::NorthAmerica,
        Continent::Oceania,
        Continent::SouthAmerica,
    ];

    /// The two letters of the API's `ContinentCode`.
    pub const fn code(self) -> &'static str {
        match self {
            Continent::Africa => "AF",
            Continent::Antarctica => "AN",
            Continent::Asia => "AS",
            Continent::Europe => "EU",
            Continent::NorthAmerica => "NA",
            Continent::Oceania => "OC",
            Continent::SouthAmerica => "SA",
        }
    }

    /// The English name.
    pub const fn name(self) -> &'static str {
        match self {
            Continent::Africa => "Africa",
            Continent::Antarctica => "Antarctica",
            Continent::Asia => "Asia",
            Continent::Europe => "Europe",
            Continent::NorthAmerica => "North America",
            Continent::Oceania => "Oceania",
            Continent::SouthAmerica => "South America",
        }
    }
}

/// Writes the code.
impl fmt::Display for Continent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.code())
    }
}

/// Reads a code, in upper case only.
impl FromStr for Continent {
    type Err = UnknownContinent;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Continent::ALL
            .into_iter()
            .find(|continent| continent.code() == text)
            .ok_or_else(|| UnknownContinent(text.to_owned()))
    }
}

/// A text that is no continent code of Route 53.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownContinent(pub String);

impl fmt::Display for UnknownContinent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} is not a continent code: use AF, AN, AS, EU, NA, OC or SA", self.0)
    }
}

impl std::error::Error for UnknownContinent {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_read_back() {
        assert!(Continent::ALL.is_sorted_by(|a, b| a.code() < b.code()));
        for continent in Continent::ALL {
            assert_eq!(continent.to_string().parse(), Ok(continent));
        }
    }

    #[test]
    fn a_lower_case_or_unknown_code_is_refused() {
        for text in ["", "eu", "EUR", "AQ", "XX"] {
            assert_eq!(text.parse::<Continent>(), Err(UnknownContinent(text.to_owned())));
        }
    }
}
