//! VPCs belong to EC2: what an EC2 says of them, asked time and again, goes through the one door into the account.

mod describe_vpcs;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use hyper::{Method, Request};
use tokio::task::spawn_blocking;

use crate::api::VpcLooks;
use crate::api::signature::{SIGNED_AT, SentRequest, SigningKey, sign, signing_time};
use crate::change::{Change, plan};
use crate::client::{Connection, Credentials, Endpoint, Failure};
use crate::model::{AwsRegion, Vpc};
use crate::store::Store;
use crate::time::Clock;

/// Pages of one look: more VPCs than any account has.
const PAGES: usize = 100;
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// An EC2, of one region.
pub struct Ec2 {
    connection: Connection,
    region: AwsRegion,
    credentials: Credentials,
    clock: Clock,
}

impl Ec2 {
    /// # Errors
    ///
    /// There are no root certificates for an endpoint over HTTPS.
    pub fn new(
        endpoint: Endpoint,
        roots: Option<&Path>,
        region: AwsRegion,
        credentials: Credentials,
        clock: Clock,
    ) -> Result<Ec2, String> {
        Ok(Ec2 { connection: Connection::new(endpoint, roots)?, region, credentials, clock })
    }

    /// Keeps the VPCs of an account as EC2 has them: asks after every interval, and when a request wants it. An EC2 that
    /// cannot be asked is told once, and what it said last stays. Never returns.
    pub async fn follow(mut self, store: Arc<Store>, interval: Duration, looks: VpcLooks) {
        let endpoint = self.connection.endpoint().to_string();
        // What the log said last.
        let mut told = None;
        loop {
            looks.begin();
            let outcome = match self.vpcs().await {
                Ok(vpcs) => synchronize(&store, vpcs).await,
                Err(reason) => Err(reason),
            };
            looks.end();
            if told.as_ref() != Some(&outcome) {
                match &outcome {
                    Ok(count) => {
                        let noun = if *count == 1 { "VPC" } else { "VPCs" };
                        tracing::info!("EC2 at {endpoint} has {count} {noun} in {}", self.region.name());
                    }
                    Err(reason) => {
                        tracing::warn!(
                            "EC2 at {endpoint}: {reason}; what it last said of VPCs stays, and it is asked again"
                        );
                    }
                }
            }
            told = Some(outcome);
            looks.wanted(interval).await;
        }
    }

    async fn vpcs(&mut self) -> Result<Vec<Vpc>, String> {
        let mut vpcs = Vec::new();
        let mut token = None;
        for _ in 0..PAGES {
            let request = self.request(describe_vpcs::form(token.as_deref()))?;
            let answer = self.connection.send(request).await.map_err(|failure| match failure {
                Failure::NotSent(reason) | Failure::NoAnswer(reason) => reason,
            })?;
            let page = describe_vpcs::read(&answer.body, self.region)?;
            vpcs.extend(page.vpcs);
            token = page.next_token;
            if token.is_none() {
                return Ok(vpcs);
            }
        }
        Err(format!("it has more than {PAGES} pages of VPCs"))
    }

    fn request(&self, form: String) -> Result<Request<Full<Bytes>>, String> {
        let header = |text: &str| HeaderValue::from_str(text).map_err(|_| format!("{text:?} cannot be in a header"));
        let mut request = Request::new(Full::from(form.clone()));
        *request.method_mut() = Method::POST;
        let headers = request.headers_mut();
        headers.insert(HOST, header(&self.connection.endpoint().host_header())?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8"));
        headers.insert(SIGNED_AT, header(&signing_time(self.clock.timestamp()))?);
        let Credentials { access_key_id, secret_access_key, session_token } = &self.credentials;
        if let Some(token) = session_token {
            headers.insert(TOKEN, header(token)?);
        }
        let key =
            SigningKey { id: access_key_id, secret: secret_access_key, region: self.region.name(), service: "ec2" };
        let sent = SentRequest { method: "POST", path: "/", query: "", headers, body: form.as_bytes() };
        let authorization = sign(&sent, &key).map_err(|error| format!("{error:?}"))?;
        headers.insert(AUTHORIZATION, header(&authorization)?);
        Ok(request)
    }
}

/// How many there are. Nothing is written where nothing differs.
async fn synchronize(store: &Arc<Store>, vpcs: Vec<Vpc>) -> Result<usize, String> {
    let count = vpcs.len();
    let change = Change::SynchronizeVpcs(vpcs);
    let snapshot = store.snapshots().load_full();
    let account = snapshot.account();
    let planned = plan(account, change.clone()).map_err(|error| error.to_string())?;
    if planned.registry().vpc_descriptions == account.registry().vpc_descriptions {
        return Ok(count);
    }
    let store = Arc::clone(store);
    let applied = spawn_blocking(move || store.apply(change)).await.map_err(|error| error.to_string())?;
    applied.map(|_| count).map_err(|error| error.to_string())
}
