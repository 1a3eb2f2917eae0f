//! Random alarms, metric data, routing controls and forces, and that they are read back as written.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;
use route53d::model::*;
use route53d::zonefile::write;

use super::laws::{awkward_text, region};
use super::loaded;

/// A text of one line, as the names in CloudWatch and the words of operators are.
fn line(longest: usize) -> impl Strategy<Value = Box<str>> {
    awkward_text(longest)
        .prop_filter("no control characters", |text| !text.chars().any(char::is_control))
        .prop_map(Into::into)
}

/// Numbers of every size, and those people write.
fn metric_value() -> impl Strategy<Value = MetricValue> {
    let small = (-1000..1000i32).prop_map(|hundredths| f64::from(hundredths) / 100.0);
    let edge = select(vec![0.0, -0.0, 1e16, 1e-7, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, -2.5e-310]);
    let any = any::<u64>().prop_map(f64::from_bits);
    prop_oneof![small, edge, any].prop_filter_map("finite", MetricValue::new)
}

fn timestamp() -> impl Strategy<Value = jiff::Timestamp> {
    let (least, most) = (jiff::Timestamp::MIN.as_second() + 1, jiff::Timestamp::MAX.as_second());
    let second = prop_oneof![0..4_000_000_000i64, least..most];
    let nanosecond = prop_oneof![Just(0), Just(500_000_000), 0..999_999_999i32];
    (second, nanosecond).prop_map(|(second, nanosecond)| jiff::Timestamp::new(second, nanosecond).unwrap())
}

fn metric() -> impl Strategy<Value = Metric> {
    let ascii = |longest: usize| line(longest).prop_filter("ASCII", |text| text.is_ascii());
    // At its longest, a name of escapes only.
    let name = prop_oneof![8 => ascii(255), 1 => select(vec!["\\".repeat(255).into(), "'\"".repeat(127).into()])];
    let value = prop_oneof![8 => ascii(1024), 1 => Just("\"' ".repeat(341).into())];
    (line(255), line(255), proptest::collection::btree_map(name, value, 0..4))
        .prop_map(|(namespace, name, dimensions)| Metric { namespace, name, dimensions })
}

fn alarm() -> impl Strategy<Value = CloudWatchAlarm> {
    use ComparisonOperator::*;
    use Statistic::*;
    let statistic = select(vec![Average, Minimum, Maximum, Sum, SampleCount]);
    let operator = select(vec![
        GreaterThanOrEqualToThreshold,
        GreaterThanThreshold,
        LessThanThreshold,
        LessThanOrEqualToThreshold,
    ]);
    let minutes = prop_oneof![Just(1), 1..=1440u32];
    let periods = minutes.prop_flat_map(|minutes| (Just(minutes * 60), prop_oneof![Just(1), 1..=1440 / minutes]));
    (region(), line(255), metric(), statistic, periods, metric_value(), operator).prop_map(
        |(region, name, metric, statistic, (period_seconds, evaluation_periods), threshold, comparison_operator)| {
            CloudWatchAlarm {
                id: AlarmId { region, name },
                metric,
                statistic,
                period_seconds,
                evaluation_periods,
                threshold,
                comparison_operator,
            }
        },
    )
}

fn metric_data() -> impl Strategy<Value = MetricData> {
    let several = (metric_value(), metric_value(), metric_value(), metric_value())
        .prop_filter("of some samples", |(count, ..)| count.get() > 0.0)
        .prop_map(|(sample_count, sum, a, b)| {
            let (minimum, maximum) = if a <= b { (a, b) } else { (b, a) };
            StatisticSet { sample_count, sum, minimum, maximum }
        });
    let statistics = prop_oneof![metric_value().prop_map(StatisticSet::of_sample), several];
    let datapoint = (timestamp(), statistics).prop_map(|(timestamp, statistics)| Datapoint { timestamp, statistics });
    let values = prop_oneof![
        metric_value().prop_map(MetricValues::Constant),
        proptest::collection::vec(datapoint, 0..4).prop_map(MetricValues::Datapoints),
    ];
    (proptest::option::of(region()), metric(), values).prop_map(|(region, metric, values)| MetricData {
        region,
        metric,
        values,
    })
}

fn force() -> impl Strategy<Value = Force> {
    let pattern = prop_oneof![line(128), select(vec!["*".into(), "*-web".into(), "?".into(), "web-*".into()])];
    let status = select(vec![ForcedStatus::Obey, ForcedStatus::Up, ForcedStatus::Down]);
    let words = || proptest::option::of(line(255));
    (pattern, status, words(), words(), proptest::option::of(timestamp())).prop_map(
        |(pattern, status, reason, owner, until)| Force {
            checks: HealthCheckPattern::new(&pattern),
            status,
            reason,
            owner,
            until,
        },
    )
}

/// What health checks look at and who forces them: alarms, metric data, routing controls, forces.
pub(crate) fn operations() -> impl Strategy<Value = AccountParts> {
    let alarms = proptest::collection::vec(alarm(), 0..3).prop_map(|mut alarms| {
        let mut ids = BTreeSet::new();
        alarms.retain(|alarm| ids.insert(alarm.id.clone()));
        alarms
    });
    let state = select(vec![RoutingControlState::On, RoutingControlState::Off]);
    let controls = proptest::collection::btree_map(line(255), state, 0..3);
    let data = proptest::collection::vec(metric_data(), 0..3);
    (alarms, data, controls, proptest::collection::vec(force(), 0..4)).prop_map(
        |(alarms, metric_data, routing_controls, forces)| AccountParts {
            alarms,
            metric_data,
            routing_controls: routing_controls.into_iter().collect(),
            forces,
            ..AccountParts::default()
        },
    )
}

proptest! {
    #[test]
    fn alarms_metrics_controls_and_forces_are_read_back_as_written(parts in operations()) {
        let account = Account::new(parts).unwrap();
        let text = write(&account);
        let read = loaded(&text).account;
        prop_assert_eq!(&read, &account, "{}", text);
        prop_assert_eq!(write(&read), text);
    }
}
