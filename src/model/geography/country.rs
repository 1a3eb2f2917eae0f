//! A country of geolocation routing: ISO 3166-1 alpha-2, with Route 53's own view of its continent (G-7).

mod table;

use std::fmt;
use std::str::FromStr;

use self::table::{COUNTRIES, Country, UNSUPPORTED};
use super::{Continent, Coordinates};

/// A country code that Route 53 supports (G-1, G-7). Territories such as PR and VI are countries of their own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CountryCode {
    /// The row in `COUNTRIES`, which is sorted: the order of rows is the order of codes.
    row: u8,
}

impl CountryCode {
    pub const CHINA: CountryCode = CountryCode::known("CN");
    pub const UNITED_STATES: CountryCode = CountryCode::known("US");

    /// The country of a code that an address database gave. None for what Route 53 has no location for, such as `EU`,
    /// `ZZ`, or the four codes it does not support. Upper case only.
    pub fn from_ascii(code: &str) -> Option<CountryCode> {
        let [first @ b'A'..=b'Z', second @ b'A'..=b'Z'] = *code.as_bytes() else { return None };
        ROWS[place(first, second)].map(|row| CountryCode { row })
    }

    /// The country of a code written in the source; an unknown code does not compile in a constant.
    pub(super) const fn known(code: &str) -> CountryCode {
        let code = code.as_bytes();
        let mut row = 0;
        loop {
            let candidate = COUNTRIES[row as usize].code.as_bytes();
            if candidate[0] == code[0] && candidate[1] == code[1] {
                return CountryCode { row };
            }
            row += 1;
        }
    }

    /// Every country, by code.
    pub fn all() -> impl ExactSizeIterator<Item = CountryCode> {
        (0..COUNTRIES.len() as u8).map(|row| CountryCode { row })
    }

    fn country(self) -> &'static Country {
        &COUNTRIES[usize::from(self.row)]
    }

    /// The two upper-case letters.
    pub fn as_str(self) -> &'static str {
        self.country().code
    }

    /// G-7: the continent by Route 53's mapping.
    pub fn continent(self) -> Continent {
        self.country().continent
    }

    /// A point that stands for the whole country, near where its people are: for distances when nothing better is
    /// known of a client. `country/table.rs` names the sources.
    pub fn centroid(self) -> Coordinates {
        self.country().centroid
    }

    /// The English name.
    pub fn name(self) -> &'static str {
        self.country().name
    }
}

impl fmt::Debug for CountryCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CountryCode({})", self.as_str())
    }
}

/// Writes the code.
impl fmt::Display for CountryCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// Reads a code, in upper case only.
impl FromStr for CountryCode {
    type Err = CountryCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(country) = CountryCode::from_ascii(text) {
            return Ok(country);
        }
        if UNSUPPORTED.contains(&text) {
            return Err(CountryCodeError::Unsupported(text.to_owned()));
        }
        Err(CountryCodeError::Unknown(text.to_owned()))
    }
}

/// Where in [`ROWS`] a code of two upper-case letters stands.
const fn place(first: u8, second: u8) -> usize {
    (first - b'A') as usize * 26 + (second - b'A') as usize
}

/// The row of every code in `COUNTRIES`.
static ROWS: [Option<u8>; 26 * 26] = {
    let mut rows = [None; 26 * 26];
    let mut row = 0;
    while row < COUNTRIES.len() {
        let code = COUNTRIES[row].code.as_bytes();
        rows[place(code[0], code[1])] = Some(row as u8);
        row += 1;
    }
    rows
};

/// Why a text is no country of Route 53. Each variant carries the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CountryCodeError {
    /// No upper-case ISO 3166-1 alpha-2 code.
    Unknown(String),
    /// G-7: a country of ISO 3166-1 for which Route 53 takes no records.
    Unsupported(String),
}

impl fmt::Display for CountryCodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(text) => {
                write!(formatter, "{text:?} is not a country code: use two upper-case letters of ISO 3166-1")
            }
            Self::Unsupported(text) => {
                write!(formatter, "Route 53 does not support the country {text}, as no addresses are known there")
            }
        }
    }
}

impl std::error::Error for CountryCodeError {}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use super::*;

    fn country(code: &str) -> CountryCode {
        code.parse().unwrap()
    }

    #[test]
    fn the_table_is_sorted_and_its_names_differ() {
        assert!(COUNTRIES.is_sorted_by(|a, b| a.code < b.code));
        let names: HashSet<_> = COUNTRIES.iter().map(|country| country.name).collect();
        assert_eq!(names.len(), COUNTRIES.len());
        for row in &COUNTRIES {
            assert!(row.code.len() == 2 && row.code.bytes().all(|byte| byte.is_ascii_uppercase()), "{}", row.code);
        }
    }

    #[test]
    fn every_country_reads_back() {
        assert_eq!(CountryCode::all().len(), 246);
        for country in CountryCode::all() {
            assert_eq!(country.to_string().parse(), Ok(country));
            assert_eq!(CountryCode::known(country.as_str()), country);
        }
    }

    #[test]
    fn continents_follow_route_53() {
        // G-7
        let expected = [
            (Continent::Asia, "AM AZ GE KZ"),
            (Continent::Europe, "CY TR RU"),
            (Continent::Africa, "EG"),
            (Continent::Antarctica, "GS TF AQ"),
            (Continent::Oceania, "UM"),
            (Continent::NorthAmerica, "PR VI US"),
        ];
        for (continent, codes) in expected {
            for code in codes.split(' ') {
                assert_eq!(country(code).continent(), continent, "{code}");
            }
        }
    }

    #[test]
    fn every_continent_has_as_many_countries_as_the_developer_guide_lists() {
        let count = |continent| COUNTRIES.iter().filter(|country| country.continent == continent).count();
        assert_eq!(Continent::ALL.map(count), [57, 3, 50, 54, 41, 27, 14]);
    }

    #[test]
    fn the_unsupported_and_the_unknown_are_refused_apart() {
        for code in UNSUPPORTED {
            assert_eq!(code.parse::<CountryCode>(), Err(CountryCodeError::Unsupported(code.to_owned())));
            assert_eq!(CountryCode::from_ascii(code), None);
        }
        for text in ["", "*", "us", "USA", "U", "ZZ", "EU", "UK", "ü"] {
            assert_eq!(text.parse::<CountryCode>(), Err(CountryCodeError::Unknown(text.to_owned())));
        }
    }

    #[test]
    fn neighbours_are_nearer_than_strangers() {
        let distance = |one, other| country(one).centroid().distance_kilometres(country(other).centroid());
        for (here, near, far) in [("DE", "NL", "ES"), ("NZ", "AU", "JP"), ("KI", "NR", "US"), ("FJ", "TO", "ID")] {
            assert!(distance(here, near) < distance(here, far), "{here} {near} {far}");
        }
    }

    #[test]
    fn what_the_address_registry_answers_is_a_country_or_has_no_location() {
        let ipv4 = (0..=0xffff_u32).map(|prefix| IpAddr::from(Ipv4Addr::from(prefix << 16 | 1)));
        let ipv6 = (0x2000..0x4000_u128)
            .flat_map(|first| (0..64).map(move |second| first << 112 | second << 106 | 1))
            .map(|bits| IpAddr::from(Ipv6Addr::from(bits)));
        let codes: HashSet<_> = ipv4.chain(ipv6).filter_map(|address| iptocc::country_code(address)).collect();
        assert!(codes.len() > 100, "{codes:?}");
        for code in codes {
            let has_no_location = ["AP", "EU", "ZZ"].contains(&code) || UNSUPPORTED.contains(&code);
            assert_eq!(CountryCode::from_ascii(code).is_none(), has_no_location, "{code}");
        }
    }
}
