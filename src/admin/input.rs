//! What the admin listener is told, as JSON. A member nobody knows is refused: it may be a slip of the pen.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp, Unit};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::health::probe::NetworkPath;
use crate::model::{
    AwsRegion, Datapoint, Force, ForcedStatus, HealthCheckPattern, Metric, MetricData, MetricValue, MetricValues,
    RoutingControlState, StatisticSet,
};

use super::Failure;

/// The body, as JSON whatever its content type says.
pub struct Input<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Input<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let bytes = Bytes::from_request(request, state).await.map_err(|error| Failure {
            status: if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
                error.status()
            } else {
                StatusCode::BAD_REQUEST
            },
            error: error.body_text(),
        })?;
        let value = serde_json::from_slice(&bytes).map_err(|error| Failure::bad(format!("the body: {error}")))?;
        Ok(Input(value))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForceInput {
    status: StatusInput,
    reason: Option<Box<str>>,
    owner: Option<Box<str>>,
    /// How long, such as `10m`.
    r#for: Option<String>,
    /// Until when, as RFC 3339 writes it.
    until: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum StatusInput {
    Up,
    Down,
    Obey,
}

impl ForceInput {
    pub fn force(self, checks: &str, now: Timestamp) -> Result<Force, String> {
        let until = match (self.r#for, self.until) {
            (Some(_), Some(_)) => return Err("give `for` or `until`, not both".to_owned()),
            (Some(text), None) => {
                let duration = parse_duration(&text)
                    .filter(|duration| !duration.is_zero())
                    .ok_or_else(|| format!("for: {text:?} is not a time such as 10m or 1h30m"))?;
                // Whole seconds are easier to read.
                let end = SignedDuration::try_from(duration).ok().and_then(|duration| now.checked_add(duration).ok());
                let end = end.and_then(|end| end.round(Unit::Second).ok());
                Some(end.ok_or_else(|| format!("for: {text:?} is too long"))?)
            }
            (None, Some(text)) => {
                let until: Timestamp =
                    text.parse().map_err(|_| format!("until: {text:?} is not a time such as 2026-01-31T12:00:00Z"))?;
                if until <= now {
                    return Err(format!("until: {until} is over"));
                }
                Some(until)
            }
            (None, None) => None,
        };
        let status = match self.status {
            StatusInput::Up => ForcedStatus::Up,
            StatusInput::Down => ForcedStatus::Down,
            StatusInput::Obey => ForcedStatus::Obey,
        };
        Ok(Force { checks: HealthCheckPattern::new(checks), status, reason: self.reason, owner: self.owner, until })
    }
}

/// A time such as `10m` or `150ms`, not negative.
fn parse_duration(text: &str) -> Option<Duration> {
    Duration::try_from(text.parse::<SignedDuration>().ok()?).ok()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoutingControlInput {
    state: ControlInput,
}

#[derive(Clone, Copy, Deserialize)]
enum ControlInput {
    On,
    Off,
}

impl RoutingControlInput {
    pub fn state(&self) -> RoutingControlState {
        match self.state {
            ControlInput::On => RoutingControlState::On,
            ControlInput::Off => RoutingControlState::Off,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathInput {
    source: Option<IpAddr>,
    #[serde(default)]
    loss_percent: u8,
    latency: Option<String>,
}

impl PathInput {
    pub fn path(self) -> Result<NetworkPath, String> {
        if self.loss_percent > 100 {
            return Err(format!("loss_percent: {} is more than 100", self.loss_percent));
        }
        let latency = self
            .latency
            .map(|text| parse_duration(&text).ok_or_else(|| format!("latency: {text:?} is not a time such as 150ms")));
        Ok(NetworkPath {
            source: self.source,
            loss_percent: self.loss_percent,
            latency: latency.transpose()?.unwrap_or_default(),
        })
    }
}

/// PutMetricData, with a region that AWS takes from the endpoint.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct MetricDataInput {
    namespace: Box<str>,
    region: Option<String>,
    metric_data: Vec<DatumInput>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DatumInput {
    metric_name: Box<str>,
    #[serde(default)]
    dimensions: Vec<DimensionInput>,
    timestamp: Option<TimeInput>,
    value: Option<f64>,
    values: Option<Vec<f64>>,
    counts: Option<Vec<f64>>,
    statistic_values: Option<StatisticInput>,
    #[serde(rename = "Unit")]
    _unit: Option<String>,
    #[serde(rename = "StorageResolution")]
    _storage_resolution: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DimensionInput {
    name: Box<str>,
    value: Box<str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct StatisticInput {
    sample_count: f64,
    sum: f64,
    minimum: f64,
    maximum: f64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum TimeInput {
    /// Since the epoch.
    Seconds(f64),
    Text(String),
}

impl MetricDataInput {
    pub fn metric_data(self, now: Timestamp) -> Result<Vec<MetricData>, String> {
        let region =
            self.region.map(|text| text.parse::<AwsRegion>().map_err(|_| format!("Region: {text:?} is unknown")));
        let region = region.transpose()?;
        let datum = |(place, datum): (usize, DatumInput)| {
            let at = |error| format!("MetricData[{place}] ({}): {error}", datum.metric_name);
            let statistics = datum.statistics().map_err(at)?;
            let timestamp = datum.timestamp.as_ref().map_or(Ok(now), TimeInput::timestamp).map_err(at)?;
            let dimensions: BTreeMap<_, _> =
                datum.dimensions.into_iter().map(|dimension| (dimension.name, dimension.value)).collect();
            let metric = Metric { namespace: self.namespace.clone(), name: datum.metric_name, dimensions };
            let datapoints = statistics.into_iter().map(|statistics| Datapoint { timestamp, statistics }).collect();
            Ok(MetricData { region, metric, values: MetricValues::Datapoints(datapoints) })
        };
        self.metric_data.into_iter().enumerate().map(datum).collect()
    }
}

impl DatumInput {
    fn statistics(&self) -> Result<Vec<StatisticSet>, String> {
        let of_samples = |value: f64, count: f64| {
            StatisticInput { sample_count: count, sum: value * count, minimum: value, maximum: value }.checked()
        };
        match (self.value, &self.values, &self.statistic_values) {
            (Some(value), None, None) => Ok(vec![of_samples(value, 1.0)?]),
            (None, Some(values), None) => {
                let counts = self.counts.clone().unwrap_or_else(|| vec![1.0; values.len()]);
                if counts.len() != values.len() {
                    return Err(format!("{} Counts for {} Values", counts.len(), values.len()));
                }
                values.iter().zip(counts).map(|(value, count)| of_samples(*value, count)).collect()
            }
            (None, None, Some(statistics)) => Ok(vec![statistics.checked()?]),
            _ => Err("give exactly one of Value, Values and StatisticValues".to_owned()),
        }
    }
}

impl StatisticInput {
    fn checked(&self) -> Result<StatisticSet, String> {
        let number =
            |name: &str, value| MetricValue::new(value).ok_or_else(|| format!("{name} is not a finite number"));
        if self.sample_count <= 0.0 {
            return Err("SampleCount is not above 0".to_owned());
        }
        if self.minimum > self.maximum {
            return Err("Minimum is above Maximum".to_owned());
        }
        Ok(StatisticSet {
            sample_count: number("SampleCount", self.sample_count)?,
            sum: number("Sum", self.sum)?,
            minimum: number("Minimum", self.minimum)?,
            maximum: number("Maximum", self.maximum)?,
        })
    }
}

impl TimeInput {
    fn timestamp(&self) -> Result<Timestamp, String> {
        match self {
            TimeInput::Seconds(seconds) => SignedDuration::try_from_secs_f64(*seconds)
                .ok()
                .and_then(|since| Timestamp::from_duration(since).ok())
                .ok_or_else(|| format!("Timestamp {seconds} is out of range")),
            TimeInput::Text(text) => {
                text.parse().map_err(|_| format!("Timestamp {text:?} is not a time such as 2026-01-31T12:00:00Z"))
            }
        }
    }
}
