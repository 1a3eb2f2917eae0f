//! The listener over the life of a server: it answers from the first moment, and says more once there is more to say.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use hyper::Request;
use hyper::service::{Service, service_fn};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

use crate::connections::{Bounds, Places};
use crate::http::{HttpServer, Limits, RequestBody};

use super::{Admin, Failure};

const LIMITS: Limits = Limits {
    // Those of the AWS SDKs stay below 8 KiB.
    head_bytes: 64 << 10,
    head: Duration::from_secs(10),
    unanswered: Duration::from_secs(60),
    farewell: Duration::from_secs(10),
};

/// Serves until it is dropped.
#[derive(Debug)]
pub struct AdminListener {
    server: HttpServer,
    router: Arc<OnceLock<Router>>,
}

impl AdminListener {
    /// Of a server that is still starting: every request is told so. Holds so many connections at the most, of one client
    /// or many. Must be called within a tokio runtime.
    pub fn start(listener: TcpListener, connections: usize) -> AdminListener {
        let router = Arc::new(OnceLock::new());
        let opened = Arc::clone(&router);
        let starting = starting();
        let service = service_fn(move |request: Request<RequestBody>| {
            let router: &Router = opened.get().unwrap_or(&starting);
            TowerToHyperService::new(router.clone()).call(request)
        });
        let places = Places::new(Bounds { connections, per_address: connections });
        AdminListener { server: HttpServer::start(listener, None, service, places, LIMITS), router }
    }

    /// From now on requests are served. Only the first call counts.
    pub fn open(&self, admin: Admin) {
        let _ = self.router.set(admin.router());
    }

    /// Lets the requests at hand have their answers, for a moment.
    pub async fn shutdown(self) {
        self.server.shutdown().await;
    }
}

fn starting() -> Router {
    Router::new().fallback(|| async { Failure::new(StatusCode::SERVICE_UNAVAILABLE, "the server is starting") })
}
