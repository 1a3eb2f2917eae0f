//! The locations that geolocation record sets can name (G-1).

use crate::model::{Continent, CountryCode, UsState};

use super::error::{ApiError, ErrorCode};
use super::page::PageSize;
use super::reply::{Outcome, Reply};
use super::request::Request;
use super::xml::XmlWriter;

/// Items of a page, unless fewer are asked for.
const PAGE: usize = 100;

/// A location, in the order of the list: countries, each followed by its states, then continents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Location {
    Default,
    Country(CountryCode, Option<UsState>),
    Continent(Continent),
}

pub fn get(request: &Request<'_>) -> Result<Outcome, ApiError> {
    let location = named(request, ["continentcode", "countrycode", "subdivisioncode"])?.ok_or_else(missing)?;
    let reply = Reply::new(request.operation, |xml| {
        xml.element("GeoLocationDetails", |xml| write_members(xml, location));
    });
    Ok(reply.into())
}

pub fn list(request: &Request<'_>) -> Result<Outcome, ApiError> {
    let size = PageSize::read(request, "maxitems", PAGE, PAGE)?;
    let keys = ["startcontinentcode", "startcountrycode", "startsubdivisioncode"];
    let first = named(request, keys)?;
    if first.is_none() && given(request, keys)?.iter().any(Option::is_some) {
        return Err(ApiError::invalid_input("The start of the list is not a location that Route 53 supports."));
    }
    let page = size.cut(all().filter(|location| first.is_none_or(|first| *location >= first)));
    let reply = Reply::new(request.operation, |xml| {
        xml.list("GeoLocationDetailsList", "GeoLocationDetails", &page.items, |xml, location| {
            write_members(xml, *location);
        });
        xml.value("IsTruncated", page.next.is_some());
        match page.next {
            Some(Location::Continent(continent)) => xml.text("NextContinentCode", continent.code()),
            Some(Location::Country(country, state)) => {
                xml.text("NextCountryCode", country.as_str());
                xml.optional_text("NextSubdivisionCode", state.map(UsState::as_str));
            }
            Some(Location::Default) => xml.text("NextCountryCode", "*"),
            None => {}
        }
        xml.value("MaxItems", size.0);
    });
    Ok(reply.into())
}

fn all() -> impl Iterator<Item = Location> {
    let countries = CountryCode::all().flat_map(|country| {
        let states = UsState::all().filter(move |_| country == CountryCode::UNITED_STATES);
        std::iter::once(None).chain(states.map(Some)).map(move |state| Location::Country(country, state))
    });
    let continents = Continent::ALL.into_iter().map(Location::Continent);
    std::iter::once(Location::Default).chain(countries).chain(continents)
}

/// What three query keys name; `None` if that is nothing Route 53 supports.
fn named(request: &Request<'_>, keys: [&'static str; 3]) -> Result<Option<Location>, ApiError> {
    Ok(match given(request, keys)? {
        [Some(continent), None, None] => continent.parse().ok().map(Location::Continent),
        [None, Some("*"), None] => Some(Location::Default),
        [None, Some(country), None] => country.parse().ok().map(|country| Location::Country(country, None)),
        [None, Some(country), Some(state)] => {
            let country = country.parse().ok().filter(|country| *country == CountryCode::UNITED_STATES);
            country.zip(state.parse().ok()).map(|(country, state)| Location::Country(country, Some(state)))
        }
        [None, None, None] => None,
        _ => {
            return Err(ApiError::invalid_input(
                "Give a continent, or a country and perhaps a subdivision of it, but not both.",
            ));
        }
    })
}

/// The codes of a continent, a country and a subdivision.
fn given<'r>(request: &'r Request<'_>, keys: [&'static str; 3]) -> Result<[Option<&'r str>; 3], ApiError> {
    let [continent, country, subdivision] = keys;
    Ok([request.query(continent)?, request.query(country)?, request.query(subdivision)?])
}

fn missing() -> ApiError {
    ApiError::new(ErrorCode::NoSuchGeoLocation, "Amazon Route 53 doesn't support the specified geographic location.")
}

fn write_members(xml: &mut XmlWriter, location: Location) {
    match location {
        Location::Default => {
            xml.text("CountryCode", "*");
            xml.text("CountryName", "Default");
        }
        Location::Continent(continent) => {
            xml.text("ContinentCode", continent.code());
            xml.text("ContinentName", continent.name());
        }
        Location::Country(country, state) => {
            xml.text("CountryCode", country.as_str());
            xml.text("CountryName", country.name());
            if let Some(state) = state {
                xml.text("SubdivisionCode", state.as_str());
                xml.text("SubdivisionName", state.name());
            }
        }
    }
}
