//! `/metrics`, in the form Prometheus reads. HC-52: named after CloudWatch's metrics in AWS/Route53 where there is one.

mod dns;

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::connections::Places;
use crate::dns::counters::{Protocol, Totals};
use crate::health::report::{CheckSummary, Tally, WorkerTotals};
use crate::model::HealthStatus;

use super::{Admin, Failure};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    health_check_id: Escaped,
}

/// A text that may hold anything: prometheus-client writes the values of labels as they are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Escaped(String);

impl EncodeLabelValue for Escaped {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '\\' => encoder.write_str("\\\\")?,
                '"' => encoder.write_str("\\\"")?,
                '\n' => encoder.write_str("\\n")?,
                other => encoder.write_char(other)?,
            }
        }
        Ok(())
    }
}

type Values = Family<Labels, Gauge<f64, AtomicU64>>;

pub(super) async fn metrics(State(admin): State<Admin>) -> Result<impl IntoResponse, Failure> {
    let (summaries, totals) = (admin.health.summaries().await?, admin.health.totals().await?);
    let text = text(&summaries, &totals, &admin.counters.totals(), &admin.places);
    Ok(([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text))
}

fn text(
    summaries: &[CheckSummary],
    totals: &WorkerTotals,
    counted: &BTreeMap<Protocol, Totals>,
    places: &Places,
) -> String {
    let mut registry = Registry::with_prefix("route53d");
    register_checks(&mut registry, summaries);
    register_worker(&mut registry, totals);
    dns::register(&mut registry, counted, places);
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = encode(&mut text, &registry);
    text
}

fn register_checks(registry: &mut Registry, summaries: &[CheckSummary]) {
    let mut family = |name: &str, help: &str, value: &dyn Fn(&CheckSummary) -> Option<f64>| {
        let values = Values::default();
        for summary in summaries {
            if let Some(value) = value(summary) {
                values.get_or_create(&Labels { health_check_id: Escaped(summary.id.to_string()) }).set(value);
            }
        }
        registry.register(name, help, values);
    };
    let milliseconds = |duration: Duration| duration.as_secs_f64() * 1_000.0;
    family("health_check_status", "HealthCheckStatus: 1 is healthy, 0 unhealthy", &|summary| {
        Some(if summary.status == HealthStatus::Healthy { 1.0 } else { 0.0 })
    });
    family(
        "health_check_percentage_healthy",
        "HealthCheckPercentageHealthy: checkers that say healthy, of a hundred",
        &|summary| match summary.tally {
            Tally::Checkers { healthy, of } if of > 0 => Some(f64::from(healthy) * 100.0 / f64::from(of)),
            _ => None,
        },
    );
    family(
        "child_health_check_healthy_count",
        "ChildHealthCheckHealthyCount: healthy children of a calculated health check",
        &|summary| match summary.tally {
            Tally::Children { healthy, .. } => Some(f64::from(healthy)),
            _ => None,
        },
    );
    family("connection_time_milliseconds", "ConnectionTime: the mean of the regions", &|summary| {
        // HC-52: HTTP and TCP only.
        summary.latency.connection.filter(|_| !summary.check_type.speaks_tls()).map(milliseconds)
    });
    family("ssl_handshake_time_milliseconds", "SSLHandshakeTime: the mean of the regions", &|summary| {
        summary.latency.tls_handshake.map(milliseconds)
    });
    family("time_to_first_byte_milliseconds", "TimeToFirstByte: the mean of the regions", &|summary| {
        summary.latency.time_to_first_byte.map(milliseconds)
    });
}

fn register_worker(registry: &mut Registry, totals: &WorkerTotals) {
    for (name, help, value) in [
        ("health_probes_started", "Probes that have begun", totals.probes_started),
        ("health_probes_succeeded", "Probes that found their endpoint healthy", totals.probes_succeeded),
        ("health_probes_failed", "Probes that found their endpoint unhealthy", totals.probes_failed),
        ("health_probe_faults", "Probes that could not be made for lack of means on our side", totals.probe_faults),
        (
            "health_probes_late",
            "Probes that began later than planned by over 5 % of their interval",
            totals.probes_late,
        ),
        ("health_check_flips", "Changes of a health check's status", totals.flips),
    ] {
        registry.register(name, help, ConstCounter::new(value));
    }
    let gauge = |value: f64| {
        let gauge = Gauge::<f64, AtomicU64>::default();
        gauge.set(value);
        gauge
    };
    registry.register("health_probes_in_flight", "Probes under way", gauge(totals.probes_in_flight as f64));
    registry.register(
        "health_probe_lateness_max_seconds",
        "The largest delay of a probe behind its plan",
        gauge(totals.lateness_max.as_secs_f64()),
    );
    registry.register(
        "health_probe_lateness_sum_seconds",
        "The delays of all probes behind their plan, added up",
        gauge(totals.lateness_total.as_secs_f64()),
    );
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::health::probe::Timings;
    use crate::model::HealthCheckId;

    fn summary(id: &str, tally: Tally, latency: Timings) -> CheckSummary {
        CheckSummary {
            id: HealthCheckId::new(id).unwrap(),
            check_type: crate::model::HealthCheckType::Http,
            status: HealthStatus::Healthy,
            since: Timestamp::UNIX_EPOCH,
            inverted: false,
            disabled: tally == Tally::None,
            measure_latency: latency != Timings::default(),
            forced: None,
            reason: String::new(),
            tally,
            fault: None,
            latency,
        }
    }

    fn no_places() -> std::sync::Arc<Places> {
        Places::new(crate::connections::Bounds { connections: 0, per_address: 0 })
    }

    #[test]
    fn values_are_there_where_route_53_has_them() {
        let measured = Timings { connection: Some(Duration::from_micros(1_500)), ..Timings::default() };
        let text = text(
            &[
                summary("on", Tally::Checkers { healthy: 4, of: 16 }, measured),
                CheckSummary {
                    check_type: crate::model::HealthCheckType::Https,
                    ..summary("secure", Tally::None, measured)
                },
                summary("off", Tally::None, Timings::default()),
                summary("parent", Tally::Children { healthy: 1, of: 2, needed: 1 }, Timings::default()),
            ],
            &WorkerTotals { flips: 3, ..WorkerTotals::default() },
            &BTreeMap::new(),
            &no_places(),
        );
        let lines = |name: &str| {
            let start = format!("route53d_{name}");
            text.lines().filter(|line| line.starts_with(&start)).map(|line| &line[start.len()..]).collect::<Vec<_>>()
        };
        assert_eq!(lines("health_check_status").len(), 4, "{text}");
        // HC-52: absent while disabled.
        assert_eq!(lines("health_check_percentage_healthy"), ["{health_check_id=\"on\"} 25.0"], "{text}");
        assert_eq!(lines("child_health_check_healthy_count"), ["{health_check_id=\"parent\"} 1.0"], "{text}");
        // HC-52: only of those that measure it, and not over TLS.
        assert_eq!(lines("connection_time_milliseconds"), ["{health_check_id=\"on\"} 1.5"], "{text}");
        assert_eq!(lines("health_check_flips_total"), [" 3"], "{text}");
        assert!(text.contains("# HELP route53d_health_check_status ") && text.ends_with("# EOF\n"), "{text}");
        assert!(text.contains("# TYPE route53d_health_check_status gauge\n"), "{text}");
        assert!(text.contains("# TYPE route53d_health_check_flips counter\n"), "{text}");
    }

    #[test]
    fn an_id_of_quotes_and_backslashes_stays_one_label() {
        let text = text(
            &[summary("a\"b\\c é", Tally::Single, Timings::default())],
            &WorkerTotals::default(),
            &BTreeMap::new(),
            &no_places(),
        );
        assert!(text.contains("route53d_health_check_status{health_check_id=\"a\\\"b\\\\c é\"} 1.0\n"), "{text}");
    }
}
