//! Signs requests.

use data_encoding::HEXLOWER;
use hyper::header::{HOST, HeaderName};
use jiff::Timestamp;
use ring::hmac;

use super::{ALGORITHM, SIGNED_AT, Scope, SentRequest, Signature, SignatureError, TERMINATOR, TIME_FORMAT};

/// A key to sign requests with.
#[derive(Clone, Copy)]
pub struct SigningKey<'k> {
    pub id: &'k str,
    pub secret: &'k str,
    pub region: &'k str,
    /// What is spoken with, such as `route53`.
    pub service: &'k str,
}

/// The header `x-amz-date` of a request that is signed at this time.
pub fn signing_time(now: Timestamp) -> String {
    now.strftime(TIME_FORMAT).to_string()
}

/// The header `authorization` of a request: all headers that it has are signed, among them `host` and `x-amz-date`.
///
/// # Errors
///
/// One of these is missing, or a header is no text.
pub fn sign(request: &SentRequest<'_>, key: &SigningKey<'_>) -> Result<String, SignatureError> {
    let missing = |name: &str| SignatureError::Incomplete(format!("it has no header '{name}'"));
    if !request.headers.contains_key(HOST) {
        return Err(missing("host"));
    }
    let signed_at = request.headers.get(&SIGNED_AT).and_then(|value| value.to_str().ok());
    let signed_at = signed_at.ok_or_else(|| missing(SIGNED_AT.as_str()))?;
    let mut names: Vec<&str> = request.headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    let scope = Scope {
        key_id: key.id.to_owned(),
        date: signed_at.split('T').next().unwrap_or_default().to_owned(),
        region: key.region.to_owned(),
        service: key.service.to_owned(),
        terminator: TERMINATOR.to_owned(),
    };
    let signed_headers = names.join(";");
    let signature = Signature {
        scope,
        signed_headers: signed_headers.as_str().into(),
        value: "".into(),
        signed_at: signed_at.into(),
        valid_for: None,
    };
    let text = signature.string_to_sign(request)?;
    let value = HEXLOWER.encode(hmac::sign(&signature.scope.key(key.secret), text.as_bytes()).as_ref());
    let Scope { key_id, date, region, service, terminator } = &signature.scope;
    Ok(format!(
        "{ALGORITHM} Credential={key_id}/{date}/{region}/{service}/{terminator}, SignedHeaders={signed_headers}, \
         Signature={value}"
    ))
}
