//! The stages of a server, as those who wait for it see them.

use std::net::Ipv4Addr;

use axum::extract::State;
use serde_json::Value;

use super::*;
use crate::connections::Bounds;
use crate::health::HealthWorker;
use crate::health::overrides::Overrides;
use crate::health::probe::{AddressPolicy, EndpointResolver, ProbeEngine, ProbeFault};
use crate::health::settings::{FleetSettings, WorkerSettings};
use crate::model::Account;
use crate::published::Published;
use crate::snapshot::HealthTable;

struct NoNames;

#[async_trait::async_trait]
impl EndpointResolver for NoNames {
    async fn resolve(&self, _name: &str) -> Result<Vec<Ipv4Addr>, ProbeFault> {
        Ok(Vec::new())
    }
}

fn admin() -> (Admin, HealthWorker) {
    let store = Arc::new(Store::new(Account::default(), Default::default()));
    let worker = HealthWorker::start(WorkerSettings {
        snapshots: Arc::clone(store.snapshots()),
        table: Arc::new(Published::new(HealthTable::default())),
        clock: Clock::real(),
        engine: ProbeEngine::new(Arc::new(NoNames), AddressPolicy::Any),
        fleet: FleetSettings { checkers_per_region: 2, probes_per_region: 1, paths: Default::default() },
        overrides: Overrides::default(),
        state_file: None,
    })
    .unwrap();
    let stage = Arc::new(Published::new(Stage::Starting));
    (
        Admin::new(
            worker.handle(),
            Arc::default(),
            Places::new(Bounds { connections: 1, per_address: 1 }),
            store,
            stage,
            Clock::real(),
            None,
        ),
        worker,
    )
}

async fn seen(response: impl IntoResponse) -> (StatusCode, String) {
    let response = response.into_response();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), MAX_BODY_BYTES).await.unwrap();
    let text = String::from_utf8(body.to_vec()).unwrap();
    let error = serde_json::from_str::<Value>(&text).ok().and_then(|body| Some(body["error"].as_str()?.to_owned()));
    (status, error.unwrap_or(text))
}

#[tokio::test]
async fn the_server_is_ready_from_its_start_to_its_end() {
    let (admin, worker) = admin();
    for (stage, expected) in [
        (Stage::Starting, (StatusCode::SERVICE_UNAVAILABLE, "the server is starting")),
        (Stage::Ready, (StatusCode::OK, "ok\n")),
        (Stage::Ending, (StatusCode::SERVICE_UNAVAILABLE, "the server is ending")),
    ] {
        admin.stage.replace(Arc::new(stage));
        let (status, text) = seen(stage::readyz(State(admin.clone())).await).await;
        assert_eq!((status, text.as_str()), expected);
    }
    worker.shutdown().await;
}

#[tokio::test]
async fn the_server_lives_as_long_as_its_health_worker() {
    let (admin, worker) = admin();
    assert_eq!(seen(stage::livez(State(admin.clone())).await).await, (StatusCode::OK, "ok\n".to_owned()));
    worker.shutdown().await;
    let (status, error) = seen(stage::livez(State(admin.clone())).await).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(error.starts_with("the health worker is gone: "), "{error}");
    assert_eq!(seen(list(State(admin)).await).await.0, StatusCode::SERVICE_UNAVAILABLE);
}
