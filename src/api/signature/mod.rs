//! Request signatures (AWS Signature Version 4): what of a request is signed, and with which key. Pure.
//!
//! [`Signature::verify`] says whether a request was signed with a secret that is known here, in the header or in the
//! query of a presigned URL; [`sign`] signs one.

mod sign;
#[cfg(test)]
mod tests;
mod verify;

use std::borrow::Cow;
use std::fmt::Write;

use data_encoding::HEXLOWER;
use hyper::HeaderMap;
use hyper::header::HeaderName;
use ring::{digest, hmac};

use super::canonical_request::{canonical_path, canonical_query};

pub use sign::{SigningKey, sign, signing_time};
pub use verify::SignatureError;

/// A request as it was sent.
#[derive(Clone, Copy, Debug)]
pub struct SentRequest<'r> {
    pub method: &'r str,
    /// Of the path and the query, nothing is decoded.
    pub path: &'r str,
    pub query: &'r str,
    pub headers: &'r HeaderMap,
    pub body: &'r [u8],
}

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
pub const SERVICE: &str = "route53";
const TERMINATOR: &str = "aws4_request";
const TIME_FORMAT: &str = "%Y%m%dT%H%M%SZ";
const CONTENT_HASH: HeaderName = HeaderName::from_static("x-amz-content-sha256");
pub const SIGNED_AT: HeaderName = HeaderName::from_static("x-amz-date");

/// What a request says of its signature.
pub struct Signature<'r> {
    scope: Scope,
    /// Names in lower case, with semicolons between them.
    signed_headers: Cow<'r, str>,
    /// In hexadecimal.
    value: Cow<'r, str>,
    /// As it was sent, such as `20260102T030405Z`.
    signed_at: Cow<'r, str>,
    /// Seconds that a presigned URL holds; `None` of a signature in the header.
    valid_for: Option<i64>,
}

/// The credential: a key, and what the signature is good for.
struct Scope {
    key_id: String,
    date: String,
    region: String,
    service: String,
    terminator: String,
}

impl Signature<'_> {
    /// What the signature is of.
    fn string_to_sign(&self, request: &SentRequest<'_>) -> Result<String, SignatureError> {
        let Scope { date, region, service, terminator, .. } = &self.scope;
        let canonical =
            HEXLOWER.encode(digest::digest(&digest::SHA256, self.canonical_request(request)?.as_bytes()).as_ref());
        let signed_at = &self.signed_at;
        Ok(format!("{ALGORITHM}\n{signed_at}\n{date}/{region}/{service}/{terminator}\n{canonical}"))
    }

    fn canonical_request(&self, request: &SentRequest<'_>) -> Result<String, SignatureError> {
        let mut text =
            format!("{}\n{}\n{}\n", request.method, canonical_path(request.path), canonical_query(request.query));
        for name in self.signed_headers.split(';') {
            let values = request.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
            let values: Vec<String> =
                values.map(|value| value.split_ascii_whitespace().collect::<Vec<_>>().join(" ")).collect();
            let _ = writeln!(text, "{name}:{}", values.join(","));
        }
        let body = HEXLOWER.encode(digest::digest(&digest::SHA256, request.body).as_ref());
        if let Some(stated) = request.headers.get(CONTENT_HASH)
            && !stated.as_bytes().eq_ignore_ascii_case(body.as_bytes())
        {
            return Err(SignatureError::Mismatch(
                "The provided 'x-amz-content-sha256' header does not match what was computed.".into(),
            ));
        }
        let _ = write!(text, "\n{}\n{body}", self.signed_headers);
        Ok(text)
    }
}

impl Scope {
    /// The key that a secret gives for this scope.
    fn key(&self, secret: &str) -> hmac::Key {
        let key = |bytes: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let parts = [&self.date, &self.region, &self.service, &self.terminator];
        parts.iter().fold(key(format!("AWS4{secret}").as_bytes()), |made, part| {
            key(hmac::sign(&made, part.as_bytes()).as_ref())
        })
    }
}
