//! A point on the earth, as geoproximity records give it (GP-1), and the distance between two.

use std::fmt;
use std::sync::LazyLock;

/// The mean radius of the earth in kilometres (IUGG: R1 = (2a + b) / 3 of WGS 84).
const EARTH_RADIUS_KILOMETRES: f64 = 6371.0088;

const MAXIMUM_LATITUDE_HUNDREDTHS: i16 = 90 * 100;
const MAXIMUM_LONGITUDE_HUNDREDTHS: i16 = 180 * 100;

/// A latitude in -90..=90 and a longitude in -180..=180 degrees, kept in hundredths of a degree, because Route 53
/// takes at most two decimals (GP-1). A hundredth is 1.1 km at most. Longitudes 180 and -180 are different values at
/// distance zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Coordinates {
    latitude_hundredths: i16,
    longitude_hundredths: i16,
}

impl Coordinates {
    /// Coordinates written in the source.
    ///
    /// # Panics
    ///
    /// When out of range, so only for constants, where the compiler reports it; [`Coordinates::new`] is for input.
    pub const fn from_hundredths(latitude_hundredths: i16, longitude_hundredths: i16) -> Coordinates {
        assert!(latitude_hundredths.unsigned_abs() <= MAXIMUM_LATITUDE_HUNDREDTHS.unsigned_abs());
        assert!(longitude_hundredths.unsigned_abs() <= MAXIMUM_LONGITUDE_HUNDREDTHS.unsigned_abs());
        Coordinates { latitude_hundredths, longitude_hundredths }
    }

    /// Coordinates that a user wrote, in degrees.
    ///
    /// # Errors
    ///
    /// A value that is out of range, is not a number or has more than two decimals (GP-1).
    pub fn new(latitude: f64, longitude: f64) -> Result<Coordinates, CoordinatesError> {
        let coordinates = Coordinates::rounded(latitude, longitude)?;
        // A decimal read as f64 is the f64 nearest to it, and so is the quotient of two whole numbers: they are equal
        // exactly when the text had no more than two significant decimals.
        if coordinates.latitude() != latitude {
            return Err(CoordinatesError::LatitudeDecimals(latitude));
        }
        if coordinates.longitude() != longitude {
            return Err(CoordinatesError::LongitudeDecimals(longitude));
        }
        Ok(coordinates)
    }

    /// Coordinates from a database, in degrees, rounded to the nearest hundredth.
    ///
    /// # Errors
    ///
    /// A value that is out of range or is not a number.
    pub fn rounded(latitude: f64, longitude: f64) -> Result<Coordinates, CoordinatesError> {
        Ok(Coordinates {
            latitude_hundredths: hundredths(latitude, 90.0).ok_or(CoordinatesError::LatitudeRange(latitude))?,
            longitude_hundredths: hundredths(longitude, 180.0).ok_or(CoordinatesError::LongitudeRange(longitude))?,
        })
    }

    /// Degrees north of the equator, -90 to 90.
    pub fn latitude(self) -> f64 {
        f64::from(self.latitude_hundredths) / 100.0
    }

    /// Degrees east of Greenwich, -180 to 180.
    pub fn longitude(self) -> f64 {
        f64::from(self.longitude_hundredths) / 100.0
    }

    /// How far another point is along the great circle (GP-2), by the haversine formula on a sphere: within 0.6 % of the
    /// distance on the ellipsoid.
    pub fn distance(self, other: Coordinates) -> Distance {
        let between = |one: i16, other: i16| haversine(usize::from(one.abs_diff(other)));
        let cosine = |latitude: i16| 1.0 - 2.0 * between(latitude, 0);
        let cosines = cosine(self.latitude_hundredths) * cosine(other.latitude_hundredths);
        let latitudes = between(self.latitude_hundredths, other.latitude_hundredths);
        Distance { haversine: latitudes + cosines * between(self.longitude_hundredths, other.longitude_hundredths) }
    }

    /// The same in kilometres.
    pub fn distance_kilometres(self, other: Coordinates) -> f64 {
        self.distance(other).kilometres()
    }
}

/// A distance on the earth, ready to be compared: to have it in kilometres takes an arc sine more.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Distance {
    haversine: f64,
}

impl Distance {
    pub fn kilometres(self) -> f64 {
        // Rounding can lift the haversine of antipodes a little above one, where the arc sine is not a number.
        2.0 * EARTH_RADIUS_KILOMETRES * self.haversine.min(1.0).sqrt().asin()
    }
}

/// The squared sine of half an angle in hundredths of a degree, which is at most a whole turn.
fn haversine(hundredths: usize) -> f64 {
    const HALF_TURN: usize = 180 * 100;
    /// A query asks for several, of which sines are the most work.
    static TABLE: LazyLock<[f64; HALF_TURN + 1]> = LazyLock::new(|| {
        std::array::from_fn(|hundredths| ((hundredths as f64 / 100.0).to_radians() / 2.0).sin().powi(2))
    });
    let folded = if hundredths > HALF_TURN { 2 * HALF_TURN - hundredths } else { hundredths };
    TABLE[folded]
}

/// The nearest hundredth of `degrees`; none when it is beyond `maximum` on either side or not a number.
fn hundredths(degrees: f64, maximum: f64) -> Option<i16> {
    // In range, 18000 at most, so the conversion to i16 keeps the value.
    (degrees.abs() <= maximum).then(|| (degrees * 100.0).round() as i16)
}

/// Writes `latitude,longitude` in degrees, such as `50.11,8.68`.
impl fmt::Display for Coordinates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{},{}", self.latitude(), self.longitude())
    }
}

/// Why two numbers are no coordinates (GP-1). Each variant carries the number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CoordinatesError {
    LatitudeRange(f64),
    LongitudeRange(f64),
    LatitudeDecimals(f64),
    LongitudeDecimals(f64),
}

impl fmt::Display for CoordinatesError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LatitudeRange(degrees) => write!(formatter, "latitude {degrees} is not within -90 and 90"),
            Self::LongitudeRange(degrees) => write!(formatter, "longitude {degrees} is not within -180 and 180"),
            Self::LatitudeDecimals(degrees) => write!(formatter, "latitude {degrees} has more than two decimals"),
            Self::LongitudeDecimals(degrees) => write!(formatter, "longitude {degrees} has more than two decimals"),
        }
    }
}

impl std::error::Error for CoordinatesError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_quarter_of_a_great_circle_is_10007_kilometres() {
        let (equator, pole) = (Coordinates::from_hundredths(0, 0), Coordinates::from_hundredths(9000, 0));
        assert!((equator.distance_kilometres(pole) - 10_007.557).abs() < 0.001);
    }

    #[test]
    fn the_antimeridian_is_one_line() {
        let (east, west) = (Coordinates::from_hundredths(100, 18000), Coordinates::from_hundredths(100, -18000));
        assert!(east.distance_kilometres(west) < 0.001);
    }

    #[test]
    fn two_decimals_are_kept_and_more_are_refused() {
        let coordinates = Coordinates::new(-33.87, 151.2).unwrap();
        assert_eq!((coordinates.latitude(), coordinates.longitude()), (-33.87, 151.2));
        assert_eq!(coordinates.to_string(), "-33.87,151.2");
        assert_eq!(Coordinates::new(1.234, 0.0), Err(CoordinatesError::LatitudeDecimals(1.234)));
        assert_eq!(Coordinates::new(0.0, 1.001), Err(CoordinatesError::LongitudeDecimals(1.001)));
        assert_eq!(Coordinates::rounded(1.234, -0.006), Ok(Coordinates::from_hundredths(123, -1)));
    }

    #[test]
    fn values_out_of_range_are_refused() {
        assert!(Coordinates::new(90.0, -180.0).is_ok());
        assert_eq!(Coordinates::new(90.01, 0.0), Err(CoordinatesError::LatitudeRange(90.01)));
        assert_eq!(Coordinates::new(0.0, -180.01), Err(CoordinatesError::LongitudeRange(-180.01)));
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 90.004] {
            assert!(Coordinates::new(number, 0.0).is_err());
            assert!(Coordinates::rounded(number, 0.0).is_err());
        }
    }

    fn coordinates() -> impl Strategy<Value = Coordinates> {
        (-9000i16..=9000, -18000i16..=18000)
            .prop_map(|(latitude, longitude)| Coordinates::from_hundredths(latitude, longitude))
    }

    proptest! {
        #[test]
        fn every_hundredth_survives_degrees_and_text(point in coordinates()) {
            prop_assert_eq!(Coordinates::new(point.latitude(), point.longitude()), Ok(point));
            let text = point.to_string();
            let (latitude, longitude) = text.split_once(',').unwrap();
            prop_assert_eq!(Coordinates::new(latitude.parse().unwrap(), longitude.parse().unwrap()), Ok(point));
        }

        #[test]
        fn distance_is_symmetric_bounded_and_zero_to_self(one in coordinates(), other in coordinates()) {
            let distance = one.distance_kilometres(other);
            prop_assert!((distance - other.distance_kilometres(one)).abs() < 1e-6);
            prop_assert!((0.0..=20_016.0).contains(&distance), "{}", distance);
            prop_assert_eq!(one.distance_kilometres(one), 0.0);
        }

        #[test]
        fn distance_keeps_the_triangle_inequality(a in coordinates(), b in coordinates(), c in coordinates()) {
            let detour = a.distance_kilometres(b) + b.distance_kilometres(c);
            prop_assert!(a.distance_kilometres(c) <= detour + 1e-3);
        }

        #[test]
        fn antipodes_are_half_a_great_circle_apart(point in coordinates()) {
            let opposite = if point.longitude() > 0.0 { point.longitude() - 180.0 } else { point.longitude() + 180.0 };
            let antipode = Coordinates::rounded(-point.latitude(), opposite).unwrap();
            prop_assert!((point.distance_kilometres(antipode) - 20_015.1).abs() < 0.1);
        }
    }
}
