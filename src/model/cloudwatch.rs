//! The part of CloudWatch that CLOUDWATCH_METRIC health checks look at (HC-42, HC-43): metrics, datapoints, alarms.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use super::geography::AwsRegion;

/// Which metric a datapoint belongs to: all three together.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Metric {
    pub namespace: Box<str>,
    pub name: Box<str>,
    pub dimensions: BTreeMap<Box<str>, Box<str>>,
}

/// Namespace and name, and the dimensions if there are any: `App Errors {Service=shop}`.
impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.namespace, self.name)?;
        for (place, (name, value)) in self.dimensions.iter().enumerate() {
            write!(f, "{}{name}={value}", if place == 0 { " {" } else { ", " })?;
        }
        if self.dimensions.is_empty() { Ok(()) } else { f.write_str("}") }
    }
}

/// A finite number.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct MetricValue(f64);

/// Never NaN, so every value equals itself.
impl Eq for MetricValue {}

impl MetricValue {
    /// `None` for what is infinite or not a number.
    pub fn new(value: f64) -> Option<MetricValue> {
        value.is_finite().then_some(MetricValue(value))
    }

    pub const fn get(self) -> f64 {
        self.0
    }
}

impl fmt::Display for MetricValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The settings of an alarm, as far as health checks follow them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudWatchAlarm {
    pub id: AlarmId,
    pub metric: Metric,
    pub statistic: Statistic,
    /// Seconds. HC-43: standard resolution only, so whole minutes.
    pub period_seconds: u32,
    /// Periods in a row that must breach the threshold.
    pub evaluation_periods: u32,
    pub threshold: MetricValue,
    pub comparison_operator: ComparisonOperator,
}

/// Names an alarm, as a health check does.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AlarmId {
    pub region: AwsRegion,
    pub name: Box<str>,
}

impl fmt::Display for AlarmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.name, self.region)
    }
}

/// HC-43: what is made of a period's datapoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Statistic {
    Average,
    Minimum,
    Maximum,
    Sum,
    SampleCount,
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Statistic::Average => "Average",
            Statistic::Minimum => "Minimum",
            Statistic::Maximum => "Maximum",
            Statistic::Sum => "Sum",
            Statistic::SampleCount => "SampleCount",
        })
    }
}

/// How the statistic must stand to the threshold to breach it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ComparisonOperator {
    GreaterThanOrEqualToThreshold,
    GreaterThanThreshold,
    LessThanThreshold,
    LessThanOrEqualToThreshold,
}

impl fmt::Display for ComparisonOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            ComparisonOperator::GreaterThanOrEqualToThreshold => "GreaterThanOrEqualToThreshold",
            ComparisonOperator::GreaterThanThreshold => "GreaterThanThreshold",
            ComparisonOperator::LessThanThreshold => "LessThanThreshold",
            ComparisonOperator::LessThanOrEqualToThreshold => "LessThanOrEqualToThreshold",
        })
    }
}

/// Datapoints of one metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricData {
    /// `None` for alarms of every region.
    pub region: Option<AwsRegion>,
    pub metric: Metric,
    pub values: MetricValues,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricValues {
    /// Ours: one datapoint of this value in every period, for good.
    Constant(MetricValue),
    Datapoints(Vec<Datapoint>),
}

/// One value, or the statistics of many, at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datapoint {
    pub timestamp: Timestamp,
    pub statistics: StatisticSet,
}

/// What is known of a number of samples. Valid: a positive count, and a minimum not above the maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatisticSet {
    pub sample_count: MetricValue,
    pub sum: MetricValue,
    pub minimum: MetricValue,
    pub maximum: MetricValue,
}

impl StatisticSet {
    /// The statistics of one sample.
    pub const fn of_sample(value: MetricValue) -> StatisticSet {
        StatisticSet { sample_count: MetricValue(1.0), sum: value, minimum: value, maximum: value }
    }
}
