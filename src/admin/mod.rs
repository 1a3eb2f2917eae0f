//! The admin listener: what operators and programs see of health checks, and their hands on the lever. JSON over HTTP.
//!
//! It is for the machine it runs on: anywhere but on the loopback interface it demands a bearer token.
//!
//! Every answer other than of the class 2xx holds `{"error": …}`, but for what is no HTTP: that is hyper's to refuse.

mod failure;
mod guard;
mod input;
mod listener;
mod metric_data;
mod metrics;
mod stage;
mod usage;
mod view;
mod vpc;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router, middleware};
use serde_json::{Value, json};

use crate::connections::Places;
use crate::dns::counters::Counters;
use crate::health::{HandleError, HealthHandle};
use crate::model::{AwsRegion, HealthCheckId, HealthCheckPattern, limits};
use crate::published::Published;
use crate::store::Store;
use crate::time::Clock;

use failure::Failure;
use guard::Guard;
use input::{Input, Named};
use usage::{Usage, UsedBy};

pub use listener::AdminListener;
pub use stage::Stage;

/// The largest request body.
const MAX_BODY_BYTES: usize = 1 << 20;
/// For a request, from the end of its head to the answer.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);

/// What the listener serves.
#[derive(Clone)]
pub struct Admin {
    health: HealthHandle,
    counters: Arc<Counters>,
    places: Arc<Places>,
    store: Arc<Store>,
    stage: Arc<Published<Stage>>,
    clock: Clock,
    usage: Arc<Usage>,
    guard: Arc<Guard>,
}

type Answer = Result<Json<Value>, Failure>;

impl Admin {
    /// `places` are those of the connections of DNS. `token` is what clients must show; none only on a loopback address.
    pub fn new(
        health: HealthHandle,
        counters: Arc<Counters>,
        places: Arc<Places>,
        store: Arc<Store>,
        stage: Arc<Published<Stage>>,
        clock: Clock,
        token: Option<String>,
    ) -> Admin {
        Admin { health, counters, places, store, stage, clock, usage: Arc::default(), guard: Arc::new(Guard { token }) }
    }

    fn router(self) -> Router {
        let guard = Arc::clone(&self.guard);
        Router::new()
            .route("/health-checks", get(list))
            .route("/health-checks/{id}", get(report))
            .route("/health-checks/{id}/force", put(force).delete(release))
            .route("/forces", get(forces))
            .route("/metric-data", post(put_metric_data))
            .route("/routing-controls", get(routing_controls))
            .route("/routing-controls/{*arn}", put(set_routing_control).delete(release_routing_control))
            .route("/checker-regions", get(regions))
            .route("/checker-regions/{region}", put(set_path).delete(reset_path))
            .route("/vpcs", get(vpc::list))
            .route("/vpcs/{id}", get(vpc::get).put(vpc::describe).delete(vpc::forget))
            .route("/metrics", get(metrics::metrics))
            .method_not_allowed_fallback(failure::method_not_allowed)
            .layer(middleware::from_fn_with_state(guard, guard::check))
            .route("/livez", get(stage::livez))
            .route("/readyz", get(stage::readyz))
            .method_not_allowed_fallback(failure::method_not_allowed)
            .fallback(failure::unknown_path)
            .layer(middleware::from_fn(within_limit))
            .with_state(self)
    }

    /// Away from the threads that answer queries: an account may be large.
    async fn used_by(&self) -> Result<Arc<UsedBy>, Failure> {
        let (usage, snapshot) = (Arc::clone(&self.usage), self.store.snapshots().load_full());
        aside(move || usage.of(&snapshot)).await
    }
}

/// Does work that takes long on a thread made for it.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let failed = |error| Failure::new(StatusCode::INTERNAL_SERVER_ERROR, format!("a defect of route53d: {error}"));
    tokio::task::spawn_blocking(work).await.map_err(failed)
}

async fn within_limit(request: axum::extract::Request, next: middleware::Next) -> Response {
    tokio::time::timeout(REQUEST_LIMIT, next.run(request))
        .await
        .unwrap_or_else(|_| Failure::new(StatusCode::REQUEST_TIMEOUT, "the request took too long").into_response())
}

async fn list(State(admin): State<Admin>) -> Answer {
    let usage = admin.used_by().await?;
    let summaries = admin.health.summaries().await?;
    Ok(Json(json!({ "health_checks": summaries.iter().map(|one| view::summary(one, &usage)).collect::<Vec<_>>() })))
}

async fn report(State(admin): State<Admin>, Named(id): Named) -> Answer {
    let known = HealthCheckId::new(&id).map_err(|error| Failure::bad(format!("{id:?}: {error}")))?;
    let missing = HandleError::NoSuchHealthCheck(HealthCheckPattern::new(&id));
    let report = admin.health.report(known).await?.ok_or(missing)?;
    Ok(Json(view::report(&report, &*admin.used_by().await?)))
}

async fn forces(State(admin): State<Admin>) -> Answer {
    let (overrides, snapshot) = (admin.health.overrides().await, admin.store.snapshots().load_full());
    let now = admin.clock.now().timestamp;
    // Each check is held against each force.
    Ok(Json(aside(move || view::forces(&overrides, snapshot.account(), now)).await?))
}

async fn force(State(admin): State<Admin>, Named(id): Named, Input(input): Input<input::ForceInput>) -> Answer {
    let force = input.force(&id, admin.clock.now().timestamp).map_err(Failure::bad)?;
    let until = force.until;
    let matching = admin.health.force(force).await?;
    Ok(Json(json!({ "checks": id, "matching": matching, "until": until.map(view::end) })))
}

async fn release(State(admin): State<Admin>, Named(id): Named) -> Answer {
    admin.health.release(&HealthCheckPattern::new(&id)).await?;
    Ok(Json(json!({ "checks": id })))
}

async fn put_metric_data(State(admin): State<Admin>, Input(input): Input<metric_data::MetricDataInput>) -> Answer {
    let data = input.metric_data(admin.clock.now().timestamp).map_err(Failure::bad)?;
    let taken = admin.health.put_metric_data(data).await?;
    Ok(Json(json!({ "taken": taken.taken, "ignored": taken.ignored })))
}

async fn routing_controls(State(admin): State<Admin>) -> Answer {
    let snapshot = admin.store.snapshots().load_full();
    let overrides = admin.health.overrides().await;
    Ok(Json(view::routing_controls(snapshot.account(), &overrides)))
}

async fn set_routing_control(
    State(admin): State<Admin>,
    Named(arn): Named,
    Input(input): Input<input::RoutingControlInput>,
) -> Answer {
    input::check_text("the ARN", &arn, limits::ROUTING_CONTROL_ARN_CHARACTERS).map_err(Failure::bad)?;
    let state = input.state();
    admin.health.set_routing_control(arn.as_str().into(), Some(state)).await?;
    Ok(Json(json!({ "arn": arn, "state": state.to_string() })))
}

async fn release_routing_control(State(admin): State<Admin>, Named(arn): Named) -> Answer {
    admin.health.set_routing_control(arn.as_str().into(), None).await?;
    Ok(Json(json!({ "arn": arn })))
}

async fn regions(State(admin): State<Admin>) -> Answer {
    let regions = admin.health.regions().await?;
    Ok(Json(json!({ "checker_regions": regions.iter().map(view::region).collect::<Vec<_>>() })))
}

async fn set_path(State(admin): State<Admin>, Named(region): Named, Input(input): Input<input::PathInput>) -> Answer {
    let path = input.path().map_err(Failure::bad)?;
    admin.health.set_path(known_region(&region)?, path).await?;
    Ok(Json(json!({ "region": region })))
}

async fn reset_path(State(admin): State<Admin>, Named(region): Named) -> Answer {
    admin.health.set_path(known_region(&region)?, Default::default()).await?;
    Ok(Json(json!({ "region": region })))
}

fn known_region(text: &str) -> Result<AwsRegion, Failure> {
    let unknown = |_| Failure::new(StatusCode::NOT_FOUND, format!("there are no health checkers in {text:?}"));
    text.parse().map_err(unknown)
}

/// Whether nobody but this machine reaches an address.
pub fn is_local(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

#[cfg(test)]
mod tests;
