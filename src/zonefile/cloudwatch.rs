//! CloudWatch alarms and metric data in a zone file (HC-42, HC-43).

use std::collections::BTreeMap;

use super::diagnostic::{Position, Problems};
use super::fields::Fields;
use super::node::Node;
use super::scalar::is_short_text;
use crate::model::{
    AlarmId, CloudWatchAlarm, ComparisonOperator, Datapoint, Metric, MetricData, MetricValues, Statistic, StatisticSet,
    limits,
};

const ALARM_KEYS: &[&str] = &[
    "region",
    "name",
    "namespace",
    "metric_name",
    "dimensions",
    "statistic",
    "period",
    "evaluation_periods",
    "threshold",
    "comparison_operator",
];

const METRIC_KEYS: &[&str] = &["region", "namespace", "metric_name", "dimensions", "value", "datapoints"];

const DATAPOINT_KEYS: &[&str] = &["timestamp", "value", "sample_count", "sum", "minimum", "maximum"];

const STATISTIC_KEYS: &[&str] = &["sample_count", "sum", "minimum", "maximum"];

pub(super) const DEFAULT_PERIOD_SECONDS: u32 = 60;
pub(super) const DEFAULT_EVALUATION_PERIODS: u32 = 1;

const STATISTICS: &[(&str, Statistic)] = &[
    ("Average", Statistic::Average),
    ("Minimum", Statistic::Minimum),
    ("Maximum", Statistic::Maximum),
    ("Sum", Statistic::Sum),
    ("SampleCount", Statistic::SampleCount),
];

const OPERATORS: &[(&str, ComparisonOperator)] = &[
    ("GreaterThanOrEqualToThreshold", ComparisonOperator::GreaterThanOrEqualToThreshold),
    ("GreaterThanThreshold", ComparisonOperator::GreaterThanThreshold),
    ("LessThanThreshold", ComparisonOperator::LessThanThreshold),
    ("LessThanOrEqualToThreshold", ComparisonOperator::LessThanOrEqualToThreshold),
];

/// The alarm, and its id as far as it can be read.
pub(super) fn read_alarm(node: &Node<'_>, problems: &mut Problems<'_>) -> (Option<AlarmId>, Option<CloudWatchAlarm>) {
    let before = problems.count();
    let Some(fields) = Fields::read(node, "a CloudWatch alarm", ALARM_KEYS, problems) else { return (None, None) };
    let region = fields.require("region", problems).and_then(|node| node.region("region", problems));
    let most = limits::ALARM_NAME_CHARACTERS;
    let name = fields.require("name", problems).and_then(|node| node.short_text("name", most, problems));
    let id = region.zip(name).map(|(region, name)| AlarmId { region, name: name.into() });
    let metric = metric(&fields, problems);
    let statistic =
        fields.require("statistic", problems).and_then(|node| node.choice("statistic", STATISTICS, problems));
    let period_seconds = period(&fields, problems);
    let evaluation_periods = fields.get("evaluation_periods").map_or(Some(DEFAULT_EVALUATION_PERIODS), |node| {
        let most = limits::EVALUATION_SECONDS / period_seconds.unwrap_or(DEFAULT_PERIOD_SECONDS);
        node.whole_number("evaluation_periods", 1..=most, problems)
    });
    let threshold = fields.require("threshold", problems).and_then(|node| node.metric_value("threshold", problems));
    let comparison_operator = fields
        .require("comparison_operator", problems)
        .and_then(|node| node.choice("comparison_operator", OPERATORS, problems));
    if problems.count() > before {
        return (id, None);
    }
    let alarm = || {
        Some(CloudWatchAlarm {
            id: id.clone()?,
            metric: metric?,
            statistic: statistic?,
            period_seconds: period_seconds?,
            evaluation_periods: evaluation_periods?,
            threshold: threshold?,
            comparison_operator: comparison_operator?,
        })
    };
    let alarm = alarm();
    (id, alarm)
}

/// HC-43: standard resolution only.
fn period(fields: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Option<u32> {
    let Some(node) = fields.get("period") else { return Some(DEFAULT_PERIOD_SECONDS) };
    let seconds = node.whole_number("period", 60..=limits::EVALUATION_SECONDS, problems)?;
    if !seconds.is_multiple_of(60) {
        problems.add(node.at, format!("period {seconds} is not a whole number of minutes"), "use a multiple of 60");
        return None;
    }
    Some(seconds)
}

pub(super) fn read_metric(node: &Node<'_>, problems: &mut Problems<'_>) -> Option<MetricData> {
    let before = problems.count();
    let fields = Fields::read(node, "a CloudWatch metric", METRIC_KEYS, problems)?;
    let region = fields.get("region").and_then(|node| node.region("region", problems));
    let metric = metric(&fields, problems);
    let values = values(&fields, problems);
    if problems.count() > before {
        return None;
    }
    Some(MetricData { region, metric: metric?, values: values? })
}

fn metric(fields: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Option<Metric> {
    let mut text = |key: &'static str, most: usize| {
        fields.require(key, problems).and_then(|node| node.short_text(key, most, problems))
    };
    let namespace = text("namespace", limits::METRIC_NAMESPACE_CHARACTERS);
    let name = text("metric_name", limits::METRIC_NAME_CHARACTERS);
    let dimensions = fields.get("dimensions").map_or(Some(BTreeMap::new()), |node| dimensions(node, problems));
    Some(Metric { namespace: namespace?.into(), name: name?.into(), dimensions: dimensions? })
}

fn dimensions(node: &Node<'_>, problems: &mut Problems<'_>) -> Option<BTreeMap<Box<str>, Box<str>>> {
    let entries = node.mapping("dimensions", problems)?;
    if entries.len() > limits::METRIC_DIMENSIONS {
        let message = format!("{} dimensions are more than {}", entries.len(), limits::METRIC_DIMENSIONS);
        problems.add(node.at, message, "leave some out: CloudWatch takes no more");
        return None;
    }
    let mut dimensions = BTreeMap::new();
    for entry in entries {
        let name = entry.key.as_str();
        check_dimension_text(name, entry.at, "a dimension's name", limits::DIMENSION_NAME_CHARACTERS, problems);
        let Some(value) = entry.value.text("a dimension's value", problems) else { continue };
        let at = entry.value.at;
        check_dimension_text(value, at, "a dimension's value", limits::DIMENSION_VALUE_CHARACTERS, problems);
        dimensions.insert(name.into(), value.into());
    }
    Some(dimensions)
}

/// Tells what CloudWatch does not take for a dimension.
fn check_dimension_text(text: &str, at: Position, label: &str, most: usize, problems: &mut Problems<'_>) {
    if is_short_text(text, at, label, most, problems) && !text.is_ascii() {
        problems.add(at, format!("{label} {text:?} is not ASCII"), "CloudWatch takes ASCII characters only");
    }
}

fn values(fields: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Option<MetricValues> {
    let hint = "`value: 5` is one value in every period, `datapoints` are values with their times";
    match (fields.get("value"), fields.get("datapoints")) {
        (Some(value), None) => value.metric_value("value", problems).map(MetricValues::Constant),
        (None, Some(list)) => {
            let items = list.list("datapoints", problems)?;
            Some(MetricValues::Datapoints(items.iter().filter_map(|item| datapoint(item, problems)).collect()))
        }
        (Some(_), Some(_)) => {
            problems.add(fields.at, "a CloudWatch metric has `value` or `datapoints`, not both", hint);
            None
        }
        (None, None) => {
            if !fields.is_meant("value") && !fields.is_meant("datapoints") {
                problems.add(fields.at, "a CloudWatch metric needs `value` or `datapoints`", hint);
            }
            None
        }
    }
}

fn datapoint(node: &Node<'_>, problems: &mut Problems<'_>) -> Option<Datapoint> {
    let fields = Fields::read(node, "a datapoint", DATAPOINT_KEYS, problems)?;
    let timestamp = fields.require("timestamp", problems).and_then(|node| node.timestamp("timestamp", problems));
    let statistics = statistics(&fields, problems);
    Some(Datapoint { timestamp: timestamp?, statistics: statistics? })
}

/// Those of one sample, or as they are given.
fn statistics(fields: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Option<StatisticSet> {
    let hint = "`value` is one sample; `sample_count`, `sum`, `minimum` and `maximum` are the statistics of several";
    let has_statistics = STATISTIC_KEYS.iter().any(|key| fields.get(key).is_some() || fields.is_meant(key));
    match fields.get("value") {
        Some(_) if has_statistics => {
            problems.add(fields.at, "a datapoint has `value` or statistics, not both", hint);
            None
        }
        Some(value) => value.metric_value("value", problems).map(StatisticSet::of_sample),
        None if has_statistics => statistic_set(fields, problems),
        None => {
            if !fields.is_meant("value") {
                problems.add(fields.at, "a datapoint needs `value` or statistics", hint);
            }
            None
        }
    }
}

fn statistic_set(fields: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Option<StatisticSet> {
    let mut number =
        |key: &'static str| fields.require(key, problems).and_then(|node| node.metric_value(key, problems));
    let (sample_count, sum) = (number("sample_count"), number("sum"));
    let (minimum, maximum) = (number("minimum"), number("maximum"));
    let before = problems.count();
    if let Some(count) = sample_count
        && count.get() <= 0.0
    {
        let message = format!("sample_count {count} is not above 0: these are the statistics of no samples");
        problems.add(fields.position("sample_count"), message, "count the samples, or leave the datapoint out");
    }
    if let (Some(minimum), Some(maximum)) = (minimum, maximum)
        && minimum > maximum
    {
        let message = format!("minimum {minimum} is above maximum {maximum}");
        problems.add(fields.position("minimum"), message, "swap them");
    }
    if problems.count() > before {
        return None;
    }
    Some(StatisticSet { sample_count: sample_count?, sum: sum?, minimum: minimum?, maximum: maximum? })
}
