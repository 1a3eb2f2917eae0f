//! CloudWatch alarms as CLOUDWATCH_METRIC health checks follow them (HC-42, HC-43): datapoints in, alarm states out.
//! Pure.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use crate::model::{
    Account, AlarmId, AwsRegion, CloudWatchAlarm, ComparisonOperator, HealthCheckTarget, Metric, MetricData,
    MetricValues, Statistic, StatisticSet,
};

/// What CloudWatch would say of an alarm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AlarmState {
    Ok,
    Alarm,
    #[default]
    InsufficientData,
}

impl fmt::Display for AlarmState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            AlarmState::Ok => "OK",
            AlarmState::Alarm => "ALARM",
            AlarmState::InsufficientData => "INSUFFICIENT_DATA",
        })
    }
}

/// The alarms that health checks watch, and the datapoints these need: per minute only what was made of them, and no
/// further back than an evaluation looks.
#[derive(Clone, Debug, Default)]
pub struct Alarms {
    watched: BTreeMap<AlarmId, CloudWatchAlarm>,
    series: BTreeMap<(AwsRegion, Metric), Series>,
}

/// What became of datapoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DataTaken {
    pub taken: usize,
    /// Of metrics that no watched alarm looks at, too old to matter, or too far in the future.
    pub ignored: usize,
}

/// One metric's datapoints.
#[derive(Clone, Debug, Default)]
struct Series {
    /// From the zone files: one sample a period.
    constant: Option<f64>,
    /// From the zone files, by the minute.
    described: BTreeMap<i64, Aggregate>,
    /// As they came in, by the minute.
    posted: BTreeMap<i64, Aggregate>,
}

/// The statistics of some samples.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Aggregate {
    count: f64,
    sum: f64,
    minimum: f64,
    maximum: f64,
}

/// HC-43: standard resolution.
const MINUTE: i64 = 60;
/// How far ahead of the clock a datapoint may lie, as in CloudWatch.
const MAX_AHEAD: i64 = 2 * 60 * 60;
/// Periods that an evaluation looks at beyond those that must breach, to find datapoints in the place of missing ones.
const FURTHER_PERIODS: i64 = 2;

impl Alarms {
    /// Goes over to an account: its alarms and its metric data, as far as a health check watches them. Datapoints that
    /// came in for metrics that are still watched are kept.
    pub fn take_account(&mut self, account: &Account, now: Timestamp) {
        let named = account.health_checks().values().filter_map(|check| match &check.target {
            HealthCheckTarget::CloudWatchMetric { alarm_region, alarm_name, .. } => {
                account.alarms().get_key_value(&AlarmId { region: *alarm_region, name: alarm_name.clone() })
            }
            _ => None,
        });
        self.watched = named.map(|(id, alarm)| (id.clone(), alarm.clone())).collect();
        let mut kept = std::mem::take(&mut self.series);
        for alarm in self.watched.values() {
            let key = (alarm.id.region, alarm.metric.clone());
            let posted = kept.remove(&key).map(|series| series.posted);
            let series = self.series.entry(key).or_default();
            series.posted.extend(posted.unwrap_or_default());
        }
        for data in account.metric_data() {
            self.add(data, now, |series| &mut series.described);
        }
    }

    /// Takes datapoints that came in.
    pub fn put(&mut self, data: &[MetricData], now: Timestamp) -> DataTaken {
        let mut total = DataTaken::default();
        for data in data {
            let taken = self.add(data, now, |series| &mut series.posted);
            total.taken += taken.taken;
            total.ignored += taken.ignored;
        }
        total
    }

    fn add(
        &mut self,
        data: &MetricData,
        now: Timestamp,
        into: fn(&mut Series) -> &mut BTreeMap<i64, Aggregate>,
    ) -> DataTaken {
        let is_meant = |region: AwsRegion| data.region.is_none_or(|meant| meant == region);
        let oldest = now.as_second() - self.longest_range(&data.metric);
        let mut meant: Vec<&mut Series> = self
            .series
            .iter_mut()
            .filter(|((region, metric), _)| *metric == data.metric && is_meant(*region))
            .map(|(_, series)| series)
            .collect();
        let mut taken = DataTaken::default();
        let datapoints = match &data.values {
            MetricValues::Constant(value) => {
                meant.iter_mut().for_each(|series| series.constant = Some(value.get()));
                return taken;
            }
            MetricValues::Datapoints(datapoints) => datapoints,
        };
        for datapoint in datapoints {
            let second = datapoint.timestamp.as_second();
            if meant.is_empty() || second < oldest || second > now.as_second().saturating_add(MAX_AHEAD) {
                taken.ignored += 1;
                continue;
            }
            taken.taken += 1;
            for series in &mut meant {
                let aggregate = Aggregate::of(&datapoint.statistics);
                let minute = second.div_euclid(MINUTE);
                into(series).entry(minute).and_modify(|known| *known = known.and(aggregate)).or_insert(aggregate);
            }
        }
        for series in meant {
            series.posted.retain(|minute, _| minute * MINUTE >= oldest);
        }
        taken
    }

    /// Seconds that the evaluations of a metric look back.
    fn longest_range(&self, metric: &Metric) -> i64 {
        let watching = self.watched.values().filter(|alarm| alarm.metric == *metric);
        let ranges = watching
            .map(|alarm| (i64::from(alarm.evaluation_periods) + FURTHER_PERIODS + 1) * i64::from(alarm.period_seconds));
        ranges.max().unwrap_or(0)
    }

    /// The state of an alarm, evaluated at `now`, and why, in a sentence. An alarm nobody has described has no data.
    pub fn state(&self, id: &AlarmId, now: Timestamp) -> (AlarmState, String) {
        let Some(alarm) = self.watched.get(id) else {
            return (AlarmState::InsufficientData, "nobody has described it".to_owned());
        };
        let values = self.latest_values(alarm, now);
        if values.is_empty() {
            return (AlarmState::InsufficientData, "Insufficient Data: no datapoint".to_owned());
        }
        let threshold = alarm.threshold.get();
        let breaching = values.iter().filter(|value| breaches(**value, alarm.comparison_operator, threshold)).count();
        let state = if breaching == values.len() { AlarmState::Alarm } else { AlarmState::Ok };
        let (verb, comparison) = match alarm.comparison_operator {
            ComparisonOperator::GreaterThanOrEqualToThreshold => ("were", "greater than or equal to"),
            ComparisonOperator::GreaterThanThreshold => ("were", "greater than"),
            ComparisonOperator::LessThanThreshold => ("were", "less than"),
            ComparisonOperator::LessThanOrEqualToThreshold => ("were", "less than or equal to"),
        };
        let listed: Vec<String> = values.iter().take(5).map(f64::to_string).collect();
        let (count, listed) = (values.len(), listed.join(", "));
        let reason = match state {
            AlarmState::Alarm => {
                format!(
                    "Threshold Crossed: {count} datapoints [{listed}] {verb} {comparison} the threshold ({threshold})"
                )
            }
            _ => format!(
                "Threshold not crossed: {breaching} of {count} datapoints [{listed}] {verb} {comparison} the threshold \
                 ({threshold})"
            ),
        };
        (state, reason)
    }

    /// The statistics of the latest periods that have datapoints, newest first, as many as must breach. Periods are
    /// aligned to the epoch and count once they are over.
    fn latest_values(&self, alarm: &CloudWatchAlarm, now: Timestamp) -> Vec<f64> {
        let Some(series) = self.series.get(&(alarm.id.region, alarm.metric.clone())) else { return Vec::new() };
        let period = i64::from(alarm.period_seconds).max(MINUTE);
        let last = now.as_second().div_euclid(period) - 1;
        let range = i64::from(alarm.evaluation_periods) + FURTHER_PERIODS;
        (0..range)
            .filter_map(|back| series.period(last - back, period))
            .map(|aggregate| aggregate.statistic(alarm.statistic))
            .take(usize::try_from(alarm.evaluation_periods).unwrap_or(usize::MAX))
            .collect()
    }

    /// When a state may change by the passing of time: at the end of the next period.
    pub fn next_evaluation(&self, now: Timestamp) -> Option<Timestamp> {
        let next_minute = (now.as_second().div_euclid(MINUTE) + 1) * MINUTE;
        Timestamp::from_second(next_minute).ok().filter(|_| !self.watched.is_empty())
    }
}

impl Series {
    fn period(&self, number: i64, period: i64) -> Option<Aggregate> {
        let minutes = number * period / MINUTE..(number + 1) * period / MINUTE;
        let known = self.described.range(minutes.clone()).chain(self.posted.range(minutes)).map(|(_, known)| *known);
        let constant = self.constant.map(|value| Aggregate { count: 1.0, sum: value, minimum: value, maximum: value });
        known.chain(constant).reduce(Aggregate::and)
    }
}

impl Aggregate {
    fn of(set: &StatisticSet) -> Aggregate {
        Aggregate {
            count: set.sample_count.get(),
            sum: set.sum.get(),
            minimum: set.minimum.get(),
            maximum: set.maximum.get(),
        }
    }

    fn and(self, other: Aggregate) -> Aggregate {
        Aggregate {
            count: self.count + other.count,
            sum: self.sum + other.sum,
            minimum: self.minimum.min(other.minimum),
            maximum: self.maximum.max(other.maximum),
        }
    }

    fn statistic(self, statistic: Statistic) -> f64 {
        match statistic {
            Statistic::Average => self.sum / self.count,
            Statistic::Minimum => self.minimum,
            Statistic::Maximum => self.maximum,
            Statistic::Sum => self.sum,
            Statistic::SampleCount => self.count,
        }
    }
}

fn breaches(value: f64, operator: ComparisonOperator, threshold: f64) -> bool {
    match operator {
        ComparisonOperator::GreaterThanOrEqualToThreshold => value >= threshold,
        ComparisonOperator::GreaterThanThreshold => value > threshold,
        ComparisonOperator::LessThanThreshold => value < threshold,
        ComparisonOperator::LessThanOrEqualToThreshold => value <= threshold,
    }
}

#[cfg(test)]
#[path = "alarm_tests.rs"]
mod tests;
