//! The AWS regions that latency (LT-1) and geoproximity (GP-1) records and VPCs name.

use std::fmt;
use std::str::FromStr;

use super::{Coordinates, CountryCode, UsState};

/// A region of the API's `VPCRegion`. Latency records take the 39 of `ResourceRecordSetRegion`, see
/// [`AwsRegion::takes_latency_records`]. Both enums as in the API model of botocore 1.44.5 (`route53/2013-04-01`);
/// `CloudWatchRegion` there equals `VPCRegion`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AwsRegion {
    AfSouth1,
    ApEast1,
    ApEast2,
    ApNortheast1,
    ApNortheast2,
    ApNortheast3,
    ApSouth1,
    ApSouth2,
    ApSoutheast1,
    ApSoutheast2,
    ApSoutheast3,
    ApSoutheast4,
    ApSoutheast5,
    ApSoutheast6,
    ApSoutheast7,
    CaCentral1,
    CaWest1,
    CnNorth1,
    CnNorthwest1,
    EuCentral1,
    EuCentral2,
    EuIsoeWest1,
    EuNorth1,
    EuSouth1,
    EuSouth2,
    EuWest1,
    EuWest2,
    EuWest3,
    EuscDeEast1,
    IlCentral1,
    MeCentral1,
    MeSouth1,
    MxCentral1,
    SaEast1,
    UsEast1,
    UsEast2,
    UsGovEast1,
    UsGovWest1,
    UsIsoEast1,
    UsIsoWest1,
    UsIsobEast1,
    UsIsobWest1,
    UsIsofEast1,
    UsIsofSouth1,
    UsWest1,
    UsWest2,
}

impl AwsRegion {
    /// Every region, by name.
    pub const ALL: [AwsRegion; 46] = {
        let mut all = [AwsRegion::AfSouth1; 46];
        let mut row = 0;
        while row < all.len() {
            all[row] = REGIONS[row].region;
            row += 1;
        }
        all
    };

    fn row(self) -> &'static Row {
        // Rows are in the order of the variants, which a test asserts.
        &REGIONS[self as usize]
    }

    /// The name in the API, such as `us-east-1`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The place of the region, for distances (LT-2, LT-6, GP-2).
    pub fn coordinates(self) -> Coordinates {
        self.row().coordinates
    }

    /// G-8: the country of a query from a VPC in the region.
    pub fn country(self) -> CountryCode {
        self.row().country
    }

    /// G-8: the state of a query from a VPC in the region: us-east-1 counts as Virginia. None outside the United
    /// States and where AWS does not name the state.
    pub fn subdivision(self) -> Option<UsState> {
        self.row().subdivision
    }

    /// LT-1: whether a latency record may name the region. The isolated regions (`*-iso*`) have VPCs only.
    pub const fn takes_latency_records(self) -> bool {
        !matches!(
            self,
            AwsRegion::EuIsoeWest1
                | AwsRegion::UsIsoEast1
                | AwsRegion::UsIsoWest1
                | AwsRegion::UsIsobEast1
                | AwsRegion::UsIsobWest1
                | AwsRegion::UsIsofEast1
                | AwsRegion::UsIsofSouth1
        )
    }
}

/// Writes the name.
impl fmt::Display for AwsRegion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// Reads a name, in lower case only.
impl FromStr for AwsRegion {
    type Err = UnknownAwsRegion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        REGIONS
            .iter()
            .find(|row| row.name == text)
            .map(|row| row.region)
            .ok_or_else(|| UnknownAwsRegion(text.to_owned()))
    }
}

/// A text that is no AWS region of the API model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownAwsRegion(pub String);

impl fmt::Display for UnknownAwsRegion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} is not an AWS region", self.0)
    }
}

impl std::error::Error for UnknownAwsRegion {}

/// What is known of a region.
struct Row {
    region: AwsRegion,
    name: &'static str,
    country: CountryCode,
    subdivision: Option<UsState>,
    coordinates: Coordinates,
}

const fn row(
    region: AwsRegion,
    name: &'static str,
    country: &str,
    state: Option<&str>,
    latitude_hundredths: i16,
    longitude_hundredths: i16,
) -> Row {
    Row {
        region,
        name,
        country: CountryCode::known(country),
        subdivision: match state {
            Some(state) => Some(UsState::known(state)),
            None => None,
        },
        coordinates: Coordinates::from_hundredths(latitude_hundredths, longitude_hundredths),
    }
}

/// Every region, by name, with the place the comment names. AWS publishes no coordinates. It names the place of most
/// regions in its documentation (regions and zones): the coordinates are those of that place, or after a colon of a
/// city in it, near the known data centres or else the largest. The places of isolated regions are not public, and all
/// but Ohio are guesses; eu-isoe-west-1 is put in the United Kingdom because its endpoints are under `adc-e.uk`.
#[rustfmt::skip]
const REGIONS: [Row; 46] = [
    row(AwsRegion::AfSouth1, "af-south-1", "ZA", None, -3392, 1842), // Cape Town
    row(AwsRegion::ApEast1, "ap-east-1", "HK", None, 2232, 11417), // Hong Kong
    row(AwsRegion::ApEast2, "ap-east-2", "TW", None, 2503, 12157), // Taipei
    row(AwsRegion::ApNortheast1, "ap-northeast-1", "JP", None, 3568, 13969), // Tokyo
    row(AwsRegion::ApNortheast2, "ap-northeast-2", "KR", None, 3757, 12698), // Seoul
    row(AwsRegion::ApNortheast3, "ap-northeast-3", "JP", None, 3469, 13550), // Osaka
    row(AwsRegion::ApSouth1, "ap-south-1", "IN", None, 1908, 7288), // Mumbai
    row(AwsRegion::ApSouth2, "ap-south-2", "IN", None, 1739, 7849), // Hyderabad
    row(AwsRegion::ApSoutheast1, "ap-southeast-1", "SG", None, 135, 10382), // Singapore
    row(AwsRegion::ApSoutheast2, "ap-southeast-2", "AU", None, -3387, 15121), // Sydney
    row(AwsRegion::ApSoutheast3, "ap-southeast-3", "ID", None, -621, 10685), // Jakarta
    row(AwsRegion::ApSoutheast4, "ap-southeast-4", "AU", None, -3781, 14496), // Melbourne
    row(AwsRegion::ApSoutheast5, "ap-southeast-5", "MY", None, 314, 10169), // Malaysia: Kuala Lumpur
    row(AwsRegion::ApSoutheast6, "ap-southeast-6", "NZ", None, -3685, 17476), // New Zealand: Auckland
    row(AwsRegion::ApSoutheast7, "ap-southeast-7", "TH", None, 1376, 10050), // Thailand: Bangkok
    row(AwsRegion::CaCentral1, "ca-central-1", "CA", None, 4550, -7357), // Canada (Central): Montreal
    row(AwsRegion::CaWest1, "ca-west-1", "CA", None, 5105, -11407), // Calgary
    row(AwsRegion::CnNorth1, "cn-north-1", "CN", None, 3990, 11641), // Beijing
    row(AwsRegion::CnNorthwest1, "cn-northwest-1", "CN", None, 3751, 10519), // Ningxia: Zhongwei
    row(AwsRegion::EuCentral1, "eu-central-1", "DE", None, 5011, 868), // Frankfurt
    row(AwsRegion::EuCentral2, "eu-central-2", "CH", None, 4737, 854), // Zurich
    row(AwsRegion::EuIsoeWest1, "eu-isoe-west-1", "GB", None, 5151, -13), // EU ISOE West: London (a guess)
    row(AwsRegion::EuNorth1, "eu-north-1", "SE", None, 5933, 1807), // Stockholm
    row(AwsRegion::EuSouth1, "eu-south-1", "IT", None, 4546, 919), // Milan
    row(AwsRegion::EuSouth2, "eu-south-2", "ES", None, 4165, -89), // Spain: Zaragoza
    row(AwsRegion::EuWest1, "eu-west-1", "IE", None, 5335, -626), // Ireland: Dublin
    row(AwsRegion::EuWest2, "eu-west-2", "GB", None, 5151, -13), // London
    row(AwsRegion::EuWest3, "eu-west-3", "FR", None, 4886, 235), // Paris
    row(AwsRegion::EuscDeEast1, "eusc-de-east-1", "DE", None, 5240, 1306), // Germany (Brandenburg): Potsdam
    row(AwsRegion::IlCentral1, "il-central-1", "IL", None, 3209, 3478), // Tel Aviv
    row(AwsRegion::MeCentral1, "me-central-1", "AE", None, 2520, 5527), // UAE: Dubai
    row(AwsRegion::MeSouth1, "me-south-1", "BH", None, 2623, 5059), // Bahrain: Manama
    row(AwsRegion::MxCentral1, "mx-central-1", "MX", None, 2059, -10039), // Mexico (Central): Querétaro
    row(AwsRegion::SaEast1, "sa-east-1", "BR", None, -2355, -4663), // São Paulo
    row(AwsRegion::UsEast1, "us-east-1", "US", Some("VA"), 3904, -7749), // N. Virginia: Ashburn
    row(AwsRegion::UsEast2, "us-east-2", "US", Some("OH"), 3996, -8300), // Ohio: Columbus
    row(AwsRegion::UsGovEast1, "us-gov-east-1", "US", None, 3996, -8300), // GovCloud (US-East): Columbus
    row(AwsRegion::UsGovWest1, "us-gov-west-1", "US", None, 4584, -11970), // GovCloud (US-West): Boardman
    row(AwsRegion::UsIsoEast1, "us-iso-east-1", "US", None, 3904, -7749), // US ISO East: Ashburn (a guess)
    row(AwsRegion::UsIsoWest1, "us-iso-west-1", "US", None, 3974, -10499), // US ISO West: Denver (a guess)
    row(AwsRegion::UsIsobEast1, "us-isob-east-1", "US", Some("OH"), 3996, -8300), // US ISOB East (Ohio): Columbus
    row(AwsRegion::UsIsobWest1, "us-isob-west-1", "US", None, 4584, -11970), // US ISOB West: Boardman (a guess)
    row(AwsRegion::UsIsofEast1, "us-isof-east-1", "US", None, 3904, -7749), // US ISOF East: Ashburn (a guess)
    row(AwsRegion::UsIsofSouth1, "us-isof-south-1", "US", None, 3278, -9680), // US ISOF South: Dallas (a guess)
    row(AwsRegion::UsWest1, "us-west-1", "US", Some("CA"), 3777, -12242), // N. California: San Francisco
    row(AwsRegion::UsWest2, "us-west-2", "US", Some("OR"), 4584, -11970), // Oregon: Boardman
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::geography::Continent;

    fn region(name: &str) -> AwsRegion {
        name.parse().unwrap()
    }

    #[test]
    fn rows_are_in_the_order_of_variants_and_of_names() {
        for (position, region) in AwsRegion::ALL.into_iter().enumerate() {
            assert_eq!(region as usize, position, "{region}");
        }
        assert!(REGIONS.is_sorted_by(|a, b| a.name < b.name));
    }

    #[test]
    fn every_name_reads_back() {
        for region in AwsRegion::ALL {
            assert_eq!(region.to_string().parse(), Ok(region));
        }
        for text in ["", "US-EAST-1", "us-east-3", "us-east-1a", "us-east-1 "] {
            assert_eq!(text.parse::<AwsRegion>(), Err(UnknownAwsRegion(text.to_owned())));
        }
    }

    #[test]
    fn latency_records_take_39_regions() {
        // LT-1
        let count = AwsRegion::ALL.into_iter().filter(|region| region.takes_latency_records()).count();
        assert_eq!(count, 39);
        for region in AwsRegion::ALL {
            assert_eq!(region.takes_latency_records(), !region.name().contains("-iso"), "{region}");
        }
    }

    #[test]
    fn us_east_1_is_in_virginia() {
        // G-8
        let region = AwsRegion::UsEast1;
        assert_eq!(region.subdivision(), "VA".parse().ok());
        assert_eq!(region.country(), CountryCode::UNITED_STATES);
        assert_eq!(region.country().continent(), Continent::NorthAmerica);
    }

    #[test]
    fn the_place_of_a_region_agrees_with_its_country_and_name() {
        let countries = ["US", "IE", "DE", "JP", "SG", "NZ", "BR", "ZA", "CN", "AU"];
        for region in AwsRegion::ALL {
            let country = region.country();
            assert!(region.subdivision().is_none() || country == CountryCode::UNITED_STATES, "{region}");
            // Nothing is farther from the middle of its country than Boardman and Calgary.
            let distance = region.coordinates().distance_kilometres(country.centroid());
            assert!(distance < 2800.0, "{region}: {distance} km from {country}");
        }
        for code in countries {
            let here: CountryCode = code.parse().unwrap();
            let distance = |region: &AwsRegion| region.coordinates().distance_kilometres(here.centroid());
            let nearest = AwsRegion::ALL.into_iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
            assert_eq!(nearest.map(AwsRegion::country), Some(here));
        }
    }

    #[test]
    fn sydney_is_nearer_to_new_zealand_than_america_is() {
        let new_zealand: CountryCode = "NZ".parse().unwrap();
        let distance = |name| region(name).coordinates().distance_kilometres(new_zealand.centroid());
        for far in ["us-west-2", "us-west-1", "sa-east-1", "ap-northeast-1", "ap-southeast-1"] {
            assert!(distance("ap-southeast-2") < distance(far), "{far}");
        }
        assert!(distance("ap-southeast-6") < distance("ap-southeast-2"));
    }

    #[test]
    fn frankfurt_is_1090_kilometres_from_dublin() {
        let distance = region("eu-central-1").coordinates().distance_kilometres(region("eu-west-1").coordinates());
        assert!((distance - 1090.0).abs() < 0.03 * 1090.0, "{distance}");
    }
}
