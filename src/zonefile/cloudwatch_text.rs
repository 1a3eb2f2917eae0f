//! The canonical text of CloudWatch alarms and metric data.

use std::collections::BTreeMap;

use super::cloudwatch::{DEFAULT_EVALUATION_PERIODS, DEFAULT_PERIOD_SECONDS};
use super::layout::Value;
use super::write::mapping;
use crate::model::{CloudWatchAlarm, Datapoint, MetricData, MetricValue, MetricValues, StatisticSet};

pub(super) fn alarm(alarm: &CloudWatchAlarm) -> Value {
    let CloudWatchAlarm { period_seconds, evaluation_periods, metric, .. } = alarm;
    let is_usual = (*period_seconds == DEFAULT_PERIOD_SECONDS, *evaluation_periods == DEFAULT_EVALUATION_PERIODS);
    mapping([
        ("region", Some(Value::text(alarm.id.region.name()))),
        ("name", Some(Value::text(&alarm.id.name))),
        ("namespace", Some(Value::text(&metric.namespace))),
        ("metric_name", Some(Value::text(&metric.name))),
        ("dimensions", dimensions(&metric.dimensions)),
        ("statistic", Some(Value::text(&alarm.statistic.to_string()))),
        ("period", (!is_usual.0).then(|| Value::number(period_seconds))),
        ("evaluation_periods", (!is_usual.1).then(|| Value::number(evaluation_periods))),
        ("threshold", Some(number(alarm.threshold))),
        ("comparison_operator", Some(Value::text(&alarm.comparison_operator.to_string()))),
    ])
}

pub(super) fn metric_data(data: &MetricData) -> Value {
    let (value, datapoints) = match &data.values {
        MetricValues::Constant(value) => (Some(number(*value)), None),
        MetricValues::Datapoints(points) => (None, Some(Value::List(points.iter().map(datapoint).collect()))),
    };
    mapping([
        ("region", data.region.map(|region| Value::text(region.name()))),
        ("namespace", Some(Value::text(&data.metric.namespace))),
        ("metric_name", Some(Value::text(&data.metric.name))),
        ("dimensions", dimensions(&data.metric.dimensions)),
        ("value", value),
        ("datapoints", datapoints),
    ])
}

fn dimensions(dimensions: &BTreeMap<Box<str>, Box<str>>) -> Option<Value> {
    let written = dimensions.iter().map(|(name, value)| (Value::key(name), Value::text(value))).collect();
    (!dimensions.is_empty()).then_some(Value::Mapping(written))
}

fn datapoint(point: &Datapoint) -> Value {
    let StatisticSet { sample_count, sum, minimum, maximum } = point.statistics;
    let timestamp = Some(Value::text(&point.timestamp.to_string()));
    if point.statistics == StatisticSet::of_sample(sum) {
        return mapping([("timestamp", timestamp), ("value", Some(number(sum)))]);
    }
    mapping([
        ("timestamp", timestamp),
        ("sample_count", Some(number(sample_count))),
        ("sum", Some(number(sum))),
        ("minimum", Some(number(minimum))),
        ("maximum", Some(number(maximum))),
    ])
}

/// The shortest text that is read as the same number; with an exponent where that saves a row of zeros.
fn number(value: MetricValue) -> Value {
    let text = format!("{:?}", value.get());
    Value::number(text.strip_suffix(".0").unwrap_or(&text))
}
