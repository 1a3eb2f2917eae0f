//! PutMetricData as JSON: datapoints for the alarms that health checks watch (HC-42).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::model::{AwsRegion, Datapoint, Metric, MetricData, MetricValue, MetricValues, StatisticSet, limits};

use super::input::check_text;

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
        if self.metric_data.len() > limits::METRICS_PER_REQUEST {
            let (count, limit) = (self.metric_data.len(), limits::METRICS_PER_REQUEST);
            return Err(format!("MetricData: {count} metrics are more than {limit}; send several requests"));
        }
        check_name("Namespace", &self.namespace, limits::METRIC_NAMESPACE_CHARACTERS)?;
        let region =
            self.region.map(|text| text.parse::<AwsRegion>().map_err(|_| format!("Region: {text:?} is unknown")));
        let region = region.transpose()?;
        let datum = |(place, datum): (usize, DatumInput)| {
            let at = |error| format!("MetricData[{place}] ({}): {error}", datum.metric_name);
            check_name("MetricName", &datum.metric_name, limits::METRIC_NAME_CHARACTERS).map_err(at)?;
            let statistics = datum.statistics().map_err(at)?;
            let timestamp = datum.timestamp.as_ref().map_or(Ok(now), TimeInput::timestamp).map_err(at)?;
            let dimensions = dimensions(datum.dimensions).map_err(at)?;
            let metric = Metric { namespace: self.namespace.clone(), name: datum.metric_name, dimensions };
            let datapoints = statistics.into_iter().map(|statistics| Datapoint { timestamp, statistics }).collect();
            Ok(MetricData { region, metric, values: MetricValues::Datapoints(datapoints) })
        };
        self.metric_data.into_iter().enumerate().map(datum).collect()
    }
}

fn dimensions(inputs: Vec<DimensionInput>) -> Result<BTreeMap<Box<str>, Box<str>>, String> {
    if inputs.len() > limits::METRIC_DIMENSIONS {
        return Err(format!("{} dimensions are more than {}", inputs.len(), limits::METRIC_DIMENSIONS));
    }
    let mut dimensions = BTreeMap::new();
    for DimensionInput { name, value } in inputs {
        check_name("the name of a dimension", &name, limits::DIMENSION_NAME_CHARACTERS)?;
        check_name("the value of a dimension", &value, limits::DIMENSION_VALUE_CHARACTERS)?;
        if dimensions.contains_key(&name) {
            return Err(format!("dimension {name:?} is there twice"));
        }
        dimensions.insert(name, value);
    }
    Ok(dimensions)
}

fn check_name(what: &str, text: &str, limit: usize) -> Result<(), String> {
    if text.is_empty() { Err(format!("{what} is empty")) } else { check_text(what, text, limit) }
}

impl DatumInput {
    fn statistics(&self) -> Result<Vec<StatisticSet>, String> {
        let of_samples = |value: f64, count: f64| {
            StatisticInput { sample_count: count, sum: value * count, minimum: value, maximum: value }.checked()
        };
        match (self.value, &self.values, &self.statistic_values) {
            (Some(value), None, None) => Ok(vec![of_samples(value, 1.0)?]),
            (None, Some(values), None) if values.len() > limits::VALUES_PER_METRIC => {
                Err(format!("{} Values are more than {}", values.len(), limits::VALUES_PER_METRIC))
            }
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
