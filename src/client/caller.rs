//! Makes calls: signs them, sends them, and tries again what AWS says may be tried again.

use std::path::Path;
use std::time::Duration;

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use tokio::time::sleep;

use crate::api::operation::Method;
use crate::api::signature::{SERVICE, SIGNED_AT, SentRequest, SigningKey, sign, signing_time};
use crate::api::xml::{Element, read_within};
use crate::time::Clock;

use super::call::Call;
use super::connection::{Answer, Connection, Failure};
use super::endpoint::Endpoint;
use super::error::ClientError;

/// Elements of one answer: a full page of record sets has some ten thousand, one of very large ones more.
const ELEMENTS: usize = 2_000_000;
/// How often a call is made before its refusal counts.
const ATTEMPTS: u32 = 8;
/// How long the second attempt waits; each further one waits twice as long, so that all take some 13 seconds.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// What Route 53 signs with, wherever its user is.
const REGION: &str = "us-east-1";
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
/// What AWS says when a call may be made again as it is.
const PASSING: [&str; 5] =
    ["Throttling", "ThrottlingException", "RequestLimitExceeded", "PriorRequestNotComplete", "ServiceUnavailable"];

/// Keys to sign with.
#[derive(Clone)]
pub struct Credentials {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: Option<String>,
}

/// Makes calls of one API, one after the other.
pub struct RouteCaller {
    connection: Connection,
    credentials: Option<Credentials>,
    clock: Clock,
}

impl RouteCaller {
    /// Without credentials, calls are not signed. `roots` is a file of root certificates in PEM; without it, an endpoint over
    /// HTTPS is held against those that the system trusts.
    ///
    /// # Errors
    ///
    /// There are no root certificates for an endpoint over HTTPS.
    pub fn new(
        endpoint: Endpoint,
        roots: Option<&Path>,
        credentials: Option<Credentials>,
        clock: Clock,
    ) -> Result<RouteCaller, String> {
        Ok(RouteCaller { connection: Connection::new(endpoint, roots)?, credentials, clock })
    }

    /// A text that no other call has, for what must be told apart.
    pub fn nonce(&self, number: usize) -> String {
        format!("route53d-{}-{number}", self.clock.timestamp())
    }

    /// The root of the answer.
    pub async fn call(&mut self, call: &Call) -> Result<Element, ClientError> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..ATTEMPTS {
            match self.attempt(call).await {
                Err(ClientError::Refused { code, .. }) if PASSING.contains(&code.as_str()) => {}
                // What only looks can be asked again.
                Err(ClientError::Broken { .. }) if call.operation.row().method == Method::Get => {}
                result => return result,
            }
            sleep(pause).await;
            pause *= 2;
        }
        self.attempt(call).await
    }

    async fn attempt(&mut self, call: &Call) -> Result<Element, ClientError> {
        let operation = call.operation;
        let request = self.request(call).map_err(|problem| ClientError::Unreadable { operation, problem })?;
        let answer = self.connection.send(request).await.map_err(|failure| match failure {
            Failure::NotSent(reason) => {
                ClientError::Unreachable { endpoint: self.connection.endpoint().to_string(), reason }
            }
            Failure::NoAnswer(reason) => ClientError::Broken { operation, reason },
        })?;
        let root = read_within(&answer.body, ELEMENTS);
        if answer.status.is_success() {
            return root.map_err(|problem| ClientError::Unreadable { operation, problem: problem.to_string() });
        }
        let told = root.ok().and_then(|root| error_of(&root));
        let (code, message) = told.unwrap_or_else(|| untold_error(&answer));
        Err(ClientError::Refused { operation, code, message })
    }

    fn request(&self, call: &Call) -> Result<Request<Full<Bytes>>, String> {
        let header = |text: &str| HeaderValue::from_str(text).map_err(|_| format!("{text:?} cannot be in a header"));
        let mut request = Request::new(Full::from(call.body.clone()));
        *request.method_mut() = call.method().parse().map_err(|_| "its method is none".to_owned())?;
        *request.uri_mut() = call.target().parse().map_err(|_| format!("{} is no target", call.target()))?;
        let host = header(&self.connection.endpoint().host_header())?;
        request.headers_mut().insert(HOST, host);
        if let Some(credentials) = &self.credentials {
            let headers = request.headers_mut();
            headers.insert(SIGNED_AT, header(&signing_time(self.clock.timestamp()))?);
            if let Some(token) = &credentials.session_token {
                headers.insert(TOKEN, header(token)?);
            }
            let Credentials { access_key_id, secret_access_key, .. } = credentials;
            let key = SigningKey { id: access_key_id, secret: secret_access_key, region: REGION, service: SERVICE };
            let (path, query) = (call.path.as_str(), call.query.as_str());
            let sent = SentRequest { method: call.method(), path, query, headers, body: call.body.as_bytes() };
            let authorization = sign(&sent, &key).map_err(|error| format!("{error:?}"))?;
            headers.insert(AUTHORIZATION, header(&authorization)?);
        }
        if !call.body.is_empty() {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
        }
        Ok(request)
    }
}

/// Code and message of an error document.
fn error_of(root: &Element) -> Option<(String, String)> {
    let error = root.child("Error")?;
    let text = |name| error.child(name).and_then(|it| it.text().ok()).unwrap_or_default().to_owned();
    Some((text("Code"), text("Message"))).filter(|(code, _)| !code.is_empty())
}

/// What is known of a refusal that does not come from an API.
fn untold_error(answer: &Answer) -> (String, String) {
    let text = String::from_utf8_lossy(&answer.body);
    let start: String = text.trim().chars().take(200).collect();
    let code = if answer.status.as_u16() == 503 { "ServiceUnavailable".to_owned() } else { answer.status.to_string() };
    (code, if start.is_empty() { "it says no more".to_owned() } else { start })
}
