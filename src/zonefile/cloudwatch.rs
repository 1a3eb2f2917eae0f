//! CloudWatch alarms and metric data in a zone file (HC-42, HC-43).

use std::collections::BTreeMap;

use super::diagnostic::Problems;
use super::fields::Fields;
use super::node::Node;
use crate::model::{
    AlarmId, CloudWatchAlarm, ComparisonOperator, Datapoint, Metric, MetricData, MetricValue, MetricValues, Statistic,
    StatisticSet,
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

/// A day: what the periods of one evaluation may add up to.
const MAX_RANGE_SECONDS: u32 = 86_400;

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
    let name = fields.require("name", problems).and_then(|node| node.text("name", problems));
    let id = region.zip(name).map(|(region, name)| AlarmId { region, name: name.into() });
    let metric = metric(&fields, problems);
    let statistic =
        fields.require("statistic", problems).and_then(|node| node.choice("statistic", STATISTICS, problems));
    let period_node = fields.get("period");
    let period_seconds =
        period_node.map_or(Some(60), |node| node.whole_number("period", 60..=MAX_RANGE_SECONDS, problems));
    if let (Some(node), Some(seconds)) = (period_node, period_seconds)
        && !seconds.is_multiple_of(60)
    {
        problems.add(
            node.at,
            format!("period {seconds} is not a whole number of minutes"),
            "use a multiple of 60 [HC-43]",
        );
    }
    let evaluation_periods = fields.get("evaluation_periods").map_or(Some(1), |node| {
        let most = MAX_RANGE_SECONDS / period_seconds.unwrap_or(60).max(1);
        node.whole_number("evaluation_periods", 1..=most.max(1), problems)
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

pub(super) fn read_metric(node: &Node<'_>, problems: &mut Problems<'_>) -> Option<MetricData> {
    let before = problems.count();
    let fields = Fields::read(node, "a CloudWatch metric", METRIC_KEYS, problems)?;
    let region = fields.get("region").and_then(|node| node.region("region", problems));
    let metric = metric(&fields, problems);
    let values = match (fields.get("value"), fields.get("datapoints")) {
        (Some(value), None) => value.metric_value("value", problems).map(MetricValues::Constant),
        (None, Some(list)) => {
            let items = list.list("datapoints", problems).unwrap_or_default();
            let datapoints = items.iter().filter_map(|item| datapoint(item, problems)).collect();
            Some(MetricValues::Datapoints(datapoints))
        }
        _ => {
            let hint = "`value: 5` is one value in every period, `datapoints` are values with their times";
            problems.add(node.at, "a CloudWatch metric has either `value` or `datapoints`", hint);
            None
        }
    };
    if problems.count() > before {
        return None;
    }
    Some(MetricData { region, metric: metric?, values: values? })
}

fn metric(fields: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Option<Metric> {
    let namespace = fields.require("namespace", problems).and_then(|node| node.text("namespace", problems));
    let name = fields.require("metric_name", problems).and_then(|node| node.text("metric_name", problems));
    let mut dimensions = BTreeMap::new();
    let entries = fields.get("dimensions").and_then(|node| node.mapping("dimensions", problems)).unwrap_or_default();
    for entry in entries {
        if let Some(value) = entry.value.text(entry.key.as_str(), problems) {
            dimensions.insert(entry.key.as_str().into(), value.into());
        }
    }
    Some(Metric { namespace: namespace?.into(), name: name?.into(), dimensions })
}

fn datapoint(node: &Node<'_>, problems: &mut Problems<'_>) -> Option<Datapoint> {
    let fields = Fields::read(node, "a datapoint", DATAPOINT_KEYS, problems)?;
    let timestamp = fields.require("timestamp", problems).and_then(|node| node.timestamp("timestamp", problems));
    if let Some(value) = fields.get("value") {
        let value = value.metric_value("value", problems)?;
        let sample_count = MetricValue::new(1.0)?;
        let statistics = StatisticSet { sample_count, sum: value, minimum: value, maximum: value };
        return Some(Datapoint { timestamp: timestamp?, statistics });
    }
    let mut number =
        |key: &'static str| fields.require(key, problems).and_then(|node| node.metric_value(key, problems));
    let (sample_count, sum) = (number("sample_count"), number("sum"));
    let (minimum, maximum) = (number("minimum"), number("maximum"));
    let statistics = StatisticSet { sample_count: sample_count?, sum: sum?, minimum: minimum?, maximum: maximum? };
    if statistics.sample_count.get() <= 0.0 || statistics.minimum > statistics.maximum {
        let hint = "sample_count is above 0, and minimum not above maximum";
        problems.add(node.at, "these statistics are of no samples", hint);
        return None;
    }
    Some(Datapoint { timestamp: timestamp?, statistics })
}
