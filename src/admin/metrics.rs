//! `/metrics`, in the form Prometheus reads. HC-52: named after CloudWatch's metrics in AWS/Route53 where there is one.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use crate::health::report::{CheckSummary, Tally, WorkerTotals};
use crate::model::HealthStatus;

use super::{Admin, Failure};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    health_check_id: String,
}

type Values = Family<Labels, Gauge<f64, AtomicU64>>;

pub(super) async fn metrics(State(admin): State<Admin>) -> Result<impl IntoResponse, Failure> {
    let (summaries, totals) = (admin.health.summaries().await?, admin.health.totals().await?);
    let mut registry = Registry::with_prefix("route53d");
    register_checks(&mut registry, &summaries);
    register_worker(&mut registry, &totals);
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = encode(&mut text, &registry);
    Ok(([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text))
}

fn register_checks(registry: &mut Registry, summaries: &[CheckSummary]) {
    let mut family = |name: &str, help: &str, value: &dyn Fn(&CheckSummary) -> Option<f64>| {
        let values = Values::default();
        for summary in summaries {
            if let Some(value) = value(summary) {
                values.get_or_create(&Labels { health_check_id: summary.id.to_string() }).set(value);
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
        summary.latency.connection.map(milliseconds)
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
