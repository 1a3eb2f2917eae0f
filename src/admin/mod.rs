//! The admin listener: what operators and programs see of health checks, and their hands on the lever. JSON over HTTP.
//!
//! It is for the machine it runs on: anywhere but on the loopback interface it demands a bearer token.

mod guard;
mod input;
mod metrics;
mod usage;
mod view;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router, middleware};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::health::{HandleError, HealthHandle};
use crate::model::{AwsRegion, HealthCheckId, HealthCheckPattern};
use crate::published::Published;
use crate::snapshot::Snapshot;
use crate::time::Clock;

use guard::Guard;
use input::Input;
use usage::Usage;

/// The largest request body.
const MAX_BODY_BYTES: usize = 1 << 20;
/// For a request, from its first byte to the answer.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);

/// What the listener serves.
#[derive(Clone)]
pub struct Admin {
    health: HealthHandle,
    snapshots: Arc<Published<Snapshot>>,
    clock: Clock,
    usage: Arc<Usage>,
    guard: Arc<Guard>,
}

/// What went wrong with a request.
pub struct Failure {
    status: StatusCode,
    error: String,
}

type Answer = Result<Json<Value>, Failure>;

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.error }))).into_response()
    }
}

impl Failure {
    fn bad(error: impl Into<String>) -> Failure {
        Failure { status: StatusCode::BAD_REQUEST, error: error.into() }
    }
}

impl From<HandleError> for Failure {
    fn from(error: HandleError) -> Failure {
        let status = match error {
            HandleError::NoSuchHealthCheck(_)
            | HandleError::NoSuchForce(_)
            | HandleError::NoSuchRoutingControl(_)
            | HandleError::NotACheckerRegion(_) => StatusCode::NOT_FOUND,
            HandleError::NotSaved(_) => StatusCode::INSUFFICIENT_STORAGE,
            HandleError::Stopped => StatusCode::SERVICE_UNAVAILABLE,
        };
        Failure { status, error: error.to_string() }
    }
}

impl Admin {
    /// `token` is what clients must show; none only on a loopback address.
    pub fn new(
        health: HealthHandle,
        snapshots: Arc<Published<Snapshot>>,
        clock: Clock,
        token: Option<String>,
    ) -> Admin {
        Admin { health, snapshots, clock, usage: Arc::default(), guard: Arc::new(Guard { token }) }
    }

    /// Serves until it is dropped.
    pub async fn serve(self, listener: TcpListener) -> std::io::Result<()> {
        axum::serve(listener, self.router()).await
    }

    fn router(self) -> Router {
        let guard = Arc::clone(&self.guard);
        Router::new()
            .route("/health-checks", get(list))
            .route("/health-checks/{id}", get(report))
            .route("/health-checks/{id}/force", put(force).delete(release))
            .route("/forces", get(forces))
            .route("/metric-data", post(metric_data))
            .route("/routing-controls", get(routing_controls))
            .route("/routing-controls/{*arn}", put(set_routing_control).delete(release_routing_control))
            .route("/checker-regions", get(regions))
            .route("/checker-regions/{region}", put(set_path).delete(reset_path))
            .route("/metrics", get(metrics::metrics))
            .layer(middleware::from_fn_with_state(guard, guard::check))
            .route("/livez", get(|| async { "ok\n" }))
            .route("/readyz", get(|| async { "ok\n" }))
            .fallback(|| async { Failure { status: StatusCode::NOT_FOUND, error: "there is nothing here".to_owned() } })
            .layer(middleware::from_fn(within_limit))
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
            .with_state(self)
    }
}

async fn within_limit(request: axum::extract::Request, next: middleware::Next) -> Response {
    tokio::time::timeout(REQUEST_LIMIT, next.run(request)).await.unwrap_or_else(|_| {
        Failure { status: StatusCode::REQUEST_TIMEOUT, error: "the request took too long".to_owned() }.into_response()
    })
}

async fn list(State(admin): State<Admin>) -> Answer {
    let usage = admin.usage.of(&admin.snapshots.load_full());
    let summaries = admin.health.summaries().await?;
    Ok(Json(json!({ "health_checks": summaries.iter().map(|one| view::summary(one, &usage)).collect::<Vec<_>>() })))
}

async fn report(State(admin): State<Admin>, Path(id): Path<String>) -> Answer {
    let usage = admin.usage.of(&admin.snapshots.load_full());
    let known = HealthCheckId::new(&id).map_err(|error| Failure::bad(format!("{id:?}: {error}")))?;
    let missing = HandleError::NoSuchHealthCheck(HealthCheckPattern::new(&id));
    let report = admin.health.report(known).await?.ok_or(missing)?;
    Ok(Json(view::report(&report, &usage)))
}

async fn forces(State(admin): State<Admin>) -> Answer {
    let overrides = admin.health.overrides().await;
    Ok(Json(json!({ "forces": overrides.forces.iter().map(view::force).collect::<Vec<_>>() })))
}

async fn force(State(admin): State<Admin>, Path(id): Path<String>, Input(input): Input<input::ForceInput>) -> Answer {
    let force = input.force(&id, admin.clock.now().timestamp).map_err(Failure::bad)?;
    let until = force.until;
    let matching = admin.health.force(force).await?;
    Ok(Json(json!({ "checks": id, "matching": matching, "until": until.map(|until| until.to_string()) })))
}

async fn release(State(admin): State<Admin>, Path(id): Path<String>) -> Answer {
    admin.health.release(&HealthCheckPattern::new(&id)).await?;
    Ok(Json(json!({ "checks": id })))
}

async fn metric_data(State(admin): State<Admin>, Input(input): Input<input::MetricDataInput>) -> Answer {
    let data = input.metric_data(admin.clock.now().timestamp).map_err(Failure::bad)?;
    let taken = admin.health.put_metric_data(data).await?;
    Ok(Json(json!({ "taken": taken.taken, "ignored": taken.ignored })))
}

async fn routing_controls(State(admin): State<Admin>) -> Answer {
    let snapshot = admin.snapshots.load_full();
    let overrides = admin.health.overrides().await;
    Ok(Json(view::routing_controls(snapshot.account(), &overrides)))
}

async fn set_routing_control(
    State(admin): State<Admin>,
    Path(arn): Path<String>,
    Input(input): Input<input::RoutingControlInput>,
) -> Answer {
    let state = input.state();
    admin.health.set_routing_control(arn.as_str().into(), Some(state)).await?;
    Ok(Json(json!({ "arn": arn, "state": state.to_string() })))
}

async fn release_routing_control(State(admin): State<Admin>, Path(arn): Path<String>) -> Answer {
    admin.health.set_routing_control(arn.as_str().into(), None).await?;
    Ok(Json(json!({ "arn": arn })))
}

async fn regions(State(admin): State<Admin>) -> Answer {
    let regions = admin.health.regions().await?;
    Ok(Json(json!({ "checker_regions": regions.iter().map(view::region).collect::<Vec<_>>() })))
}

async fn set_path(
    State(admin): State<Admin>,
    Path(region): Path<String>,
    Input(input): Input<input::PathInput>,
) -> Answer {
    let path = input.path().map_err(Failure::bad)?;
    admin.health.set_path(known_region(&region)?, path).await?;
    Ok(Json(json!({ "region": region })))
}

async fn reset_path(State(admin): State<Admin>, Path(region): Path<String>) -> Answer {
    admin.health.set_path(known_region(&region)?, Default::default()).await?;
    Ok(Json(json!({ "region": region })))
}

fn known_region(text: &str) -> Result<AwsRegion, Failure> {
    text.parse().map_err(|_| Failure {
        status: StatusCode::NOT_FOUND,
        error: format!("there are no health checkers in {text:?}"),
    })
}

/// Whether nobody but this machine reaches an address.
pub fn is_local(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}
