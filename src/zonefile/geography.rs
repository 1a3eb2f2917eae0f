//! AWS regions and coordinates in a zone file.

use crate::model::geography::{CoordinatesError, UnknownAwsRegion};
use crate::model::{AwsRegion, Coordinates};

use super::diagnostic::Problems;
use super::fields::{Fields, nearest};
use super::node::Node;

impl Node<'_> {
    pub fn region(&self, label: &str, problems: &mut Problems<'_>) -> Option<AwsRegion> {
        let text = self.text(label, problems)?;
        let UnknownAwsRegion(_) = match text.parse::<AwsRegion>() {
            Ok(region) => return Some(region),
            Err(error) => error,
        };
        let names: Vec<&'static str> = AwsRegion::ALL.iter().map(|region| region.name()).collect();
        let hint = match nearest(text, &names, problems) {
            Some(name) => format!("did you mean {name}?"),
            None => "write one such as us-east-1".to_owned(),
        };
        problems.add(self.at, format!("{label}: {text:?} is not an AWS region"), hint);
        None
    }

    /// GP-1.
    pub fn coordinates(&self, problems: &mut Problems<'_>) -> Option<Coordinates> {
        let fields = Fields::read(self, "coordinates", &["latitude", "longitude"], problems)?;
        // Each beside a zero: what is wrong with one must not hide what is wrong with the other.
        let latitude = fields.require("latitude", problems).and_then(|node| {
            node.degrees_of("latitude", |latitude| Coordinates::new(latitude, 0.0), problems).map(Coordinates::latitude)
        });
        let longitude = fields.require("longitude", problems).and_then(|node| {
            node.degrees_of("longitude", |longitude| Coordinates::new(0.0, longitude), problems)
                .map(Coordinates::longitude)
        });
        Coordinates::new(latitude?, longitude?).ok()
    }

    fn degrees_of(
        &self,
        label: &str,
        coordinates: impl FnOnce(f64) -> Result<Coordinates, CoordinatesError>,
        problems: &mut Problems<'_>,
    ) -> Option<Coordinates> {
        let error = match coordinates(self.degrees(label, problems)?) {
            Ok(coordinates) => return Some(coordinates),
            Err(error) => error,
        };
        let hint = match error {
            CoordinatesError::LatitudeRange(_) | CoordinatesError::LongitudeRange(_) => "",
            CoordinatesError::LatitudeDecimals(_) | CoordinatesError::LongitudeDecimals(_) => "use two at most",
        };
        problems.add(self.at, error.to_string(), hint);
        None
    }
}
