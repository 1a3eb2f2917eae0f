//! The listener: heads and bodies within bounds, and whatever happens, a document of AWS's.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use hyper::service::service_fn;
use hyper::{Request as HttpRequest, Response, StatusCode};
use ring::rand::{SecureRandom, SystemRandom};
use rustls::ServerConfig;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::connections::{Bounds, Places};
use crate::health::report::CheckReport;
use crate::http::{self, BodyBudget, BodyError, BudgetError, HttpServer, Limits, RequestBody, Reservation};
use crate::model::HealthCheckId;

use super::access::{self, Audience};
use super::error::{ApiError, ErrorCode};
use super::operation::Operation;
use super::operation_errors::checked_against_model;
use super::reply::Reply;
use super::request::{Target, VERSION};
use super::signature::SentRequest;
use super::throttle::PROCESSING;
use super::{Api, drawn};

/// The largest body: a change batch of 1,000 record sets with every member they may have takes less.
const BODY_BYTES: usize = 2 << 20;
/// How long a body may take to come.
const BODY_TIME: Duration = Duration::from_secs(20);
/// What the bodies of all requests may take together, in bytes, until it is known that somebody with a key sent them;
/// without keys, until they are answered. Small bodies take nothing of it.
const BODY_BUDGET: usize = 16 << 20;
const LIMITS: Limits = Limits {
    // Those of the AWS SDKs stay below 8 KiB.
    head_bytes: 64 << 10,
    head: Duration::from_secs(20),
    unanswered: Duration::from_secs(60),
    farewell: Duration::from_secs(10),
};
/// In Location headers, as AWS writes it.
const ENDPOINT: &str = "https://route53.amazonaws.com";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// Serves until it is dropped.
#[derive(Debug)]
pub struct ApiListener(HttpServer);

impl ApiListener {
    /// Over TLS if that is given. Holds so many connections at the most, of one client or many: behind one address
    /// there may be all of them. Must be called within a tokio runtime.
    pub fn start(
        listener: TcpListener,
        api: Api,
        audience: Audience,
        tls: Option<Arc<ServerConfig>>,
        connections: usize,
    ) -> ApiListener {
        let budget = BodyBudget::new(BODY_BUDGET);
        let service = service_fn(move |request| {
            let (api, audience, budget) = (api.clone(), audience.clone(), budget.clone());
            async move { Ok::<_, Infallible>(respond(&api, &audience, &budget, request).await) }
        });
        let places = Places::new(Bounds { connections, per_address: connections });
        ApiListener(HttpServer::start(listener, tls, service, places, LIMITS))
    }

    /// Lets the requests at hand have their answers, for a moment.
    pub async fn shutdown(self) {
        self.0.shutdown().await;
    }
}

async fn respond(
    api: &Api,
    audience: &Audience,
    budget: &BodyBudget,
    request: HttpRequest<RequestBody>,
) -> Response<Full<Bytes>> {
    if matches!(request.uri().path(), "/health" | "/_localstack/health") {
        return health();
    }
    let request_id = request_id();
    let result = answer(api, audience, budget, request).await;
    let (status, location, body) = match result {
        Ok(Reply { status, location, body }) => (status, location, body),
        Err(error) => {
            tracing::debug!(%error, "an API request was refused");
            (error.code.status(), None, error.document(&request_id))
        }
    };
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    if let Ok(request_id) = HeaderValue::from_str(&request_id) {
        headers.insert(REQUEST_ID, request_id);
    }
    let location = location.and_then(|it| HeaderValue::from_str(&format!("{ENDPOINT}{VERSION}{it}")).ok());
    if let Some(location) = location {
        headers.insert(LOCATION, location);
    }
    response
}

async fn answer(
    api: &Api,
    audience: &Audience,
    budget: &BodyBudget,
    request: HttpRequest<RequestBody>,
) -> Result<Reply, ApiError> {
    access::check(request.uri(), request.headers(), audience)?;
    let uri = request.uri();
    let target = Target::parse(uri.path(), uri.query())?;
    let method = request.method().as_str().to_owned();
    let (head, body) = request.into_parts();
    if let Audience::Holders(keys) = audience {
        // Nothing is kept for a stranger.
        let (path, query) = (head.uri.path(), head.uri.query().unwrap_or_default());
        let sent = SentRequest { method: &method, path, query, headers: &head.headers, body: &[] };
        if let Err(refusal) = keys.claimed(&sent) {
            let _ = timeout(BODY_TIME, http::pass_over(body, BODY_BYTES)).await;
            return Err(refusal);
        }
    }
    let (body, mut reservation) = read_body(budget, body).await?;
    let caller = match audience {
        Audience::Holders(keys) => {
            let (path, query) = (head.uri.path(), head.uri.query().unwrap_or_default());
            let sent = SentRequest { method: &method, path, query, headers: &head.headers, body: &body };
            let caller = keys.caller(&sent, api.clock.timestamp())?;
            reservation = None;
            Some(caller)
        }
        Audience::ThisMachine | Audience::Anybody => None,
    };
    let request = target.request(&method, &body)?;
    if let Some(caller) = caller {
        caller.check(&request, api.store.snapshots().load_full().account())?;
    }
    let processing = match &api.throttle {
        Some(throttle) => {
            throttle.admit(std::time::Instant::now())?;
            let snapshot = api.store.snapshots().load_full();
            let is_exclusive =
                request.operation.is_write() && ErrorCode::PriorRequestNotComplete.is_of(request.operation);
            let zone = request.concerned_zone(snapshot.account()).filter(|_| is_exclusive);
            zone.map(|zone| throttle.begin(zone.id())).transpose()?
        }
        None => None,
    };
    let report = match (request.operation, HealthCheckId::new(request.parameter())) {
        (Operation::GetHealthCheckStatus | Operation::GetHealthCheckLastFailureReason, Ok(id)) => {
            let ended = |_| ApiError::new(ErrorCode::ServiceUnavailable, "The server is stopping.");
            api.health.report(id).await.map_err(ended)?
        }
        _ => None,
    };
    let asked = Arc::new(Asked { target, method, body, report, _reservation: reservation });
    let mut reply = work(api, &asked).await;
    if let (Err(ApiError { unknown_vpc: Some(_), .. }), Some(lookup)) = (&reply, &api.vpc_lookup) {
        lookup.look().await;
        reply = work(api, &asked).await;
    }
    if processing.is_some() {
        tokio::time::sleep(PROCESSING).await;
    }
    reply
}

/// A request that may be answered more than once.
struct Asked {
    target: Target,
    method: String,
    body: Vec<u8>,
    report: Option<CheckReport>,
    /// Of the body.
    _reservation: Option<Reservation>,
}

/// Answer a request on a thread that may take its time.
async fn work(api: &Api, asked: &Arc<Asked>) -> Result<Reply, ApiError> {
    let (api, asked) = (api.clone(), Arc::clone(asked));
    let work = move || {
        let request = asked.target.request(&asked.method, &asked.body)?;
        checked_against_model(request.operation, api.answer(&request, asked.report.as_ref()))
    };
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "an API request failed");
        Err(ApiError::new(ErrorCode::InternalFailure, "a defect of route53d: see its log"))
    })
}

async fn read_body(budget: &BodyBudget, body: RequestBody) -> Result<(Vec<u8>, Option<Reservation>), ApiError> {
    let turn = body.turn();
    match timeout(BODY_TIME, budget.read(body, BODY_BYTES, Some(&turn))).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(BudgetError::Exhausted)) => Err(ApiError::new(ErrorCode::Throttling, "Rate exceeded")),
        Ok(Err(BudgetError::Body(BodyError::TooLong))) => {
            let message = format!("The body has more than {BODY_BYTES} bytes.");
            Err(ApiError::new(ErrorCode::RequestEntityTooLarge, message))
        }
        Ok(Err(BudgetError::Body(BodyError::Broken(error)))) => {
            Err(ApiError::new(ErrorCode::MalformedInput, format!("The body could not be read: {error}")))
        }
        Err(_) => {
            let message = format!("The body did not come within {} seconds.", BODY_TIME.as_secs());
            Err(ApiError::new(ErrorCode::RequestTimeout, message))
        }
    }
}

fn request_id() -> String {
    let mut bytes = [0; 16];
    // Without randomness it is of no use to anybody, and no reason to refuse an answer.
    let _ = SystemRandom::new().fill(&mut bytes);
    drawn::uuid(&bytes)
}

/// For those who wait for the server, in the words of the emulators that they know.
fn health() -> Response<Full<Bytes>> {
    let text = json!({ "services": { "route53": "running" }, "version": env!("CARGO_PKG_VERSION") }).to_string();
    let mut response = Response::new(Full::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
#[path = "listener_tests.rs"]
mod tests;
