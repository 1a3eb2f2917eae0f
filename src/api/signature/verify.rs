//! Whether a request was signed with a secret that is known here.

use std::borrow::Cow;

use data_encoding::HEXLOWER_PERMISSIVE;
use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, DATE, HeaderName};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ring::hmac;

use crate::api::canonical_request::{decoded, pairs};

use super::{ALGORITHM, SERVICE, SIGNED_AT, Scope, SentRequest, Signature, TERMINATOR, TIME_FORMAT, signing_time};

/// Why a request is not taken for what it says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureError {
    /// There is none.
    Missing,
    /// Something that belongs to it is missing or cannot be read.
    Incomplete(String),
    /// It is of another secret or another request; says what is known of the reason.
    Mismatch(Cow<'static, str>),
}

/// How far the clocks of client and server may be apart.
const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// A presigned URL may hold for a week.
const LONGEST_VALIDITY_SECONDS: i64 = 7 * 24 * 60 * 60;
pub(super) const OTHER_SECRET: &str = "The request signature we calculated does not match the signature you provided. Check your \
                            AWS Secret Access Key and signing method. Consult the service documentation for details.";

impl<'r> Signature<'r> {
    /// # Errors
    ///
    /// There is none, or not all of one.
    pub fn of(request: &SentRequest<'r>) -> Result<Signature<'r>, SignatureError> {
        match request.headers.get(AUTHORIZATION) {
            Some(value) => {
                let value = value.to_str().map_err(|_| SignatureError::Incomplete("it is no text".to_owned()))?;
                Signature::in_header(value, request.headers)
            }
            None => Signature::in_query(request.query),
        }
    }

    /// The key that it says it was made with.
    pub fn key_id(&self) -> &str {
        &self.scope.key_id
    }

    /// Whether this secret has made it of this request. Any region will do: with an endpoint of their own, SDKs sign with
    /// the region of their user.
    ///
    /// # Errors
    ///
    /// Why the request cannot be trusted.
    pub fn verify(&self, request: &SentRequest<'_>, secret: &str, now: Timestamp) -> Result<(), SignatureError> {
        self.check_scope()?;
        self.check_time(now)?;
        let signed_bytes = HEXLOWER_PERMISSIVE.decode(self.value.as_bytes()).unwrap_or_default();
        let text = self.string_to_sign(request)?;
        let verified = hmac::verify(&self.scope.key(secret), text.as_bytes(), &signed_bytes);
        verified.map_err(|_| SignatureError::Mismatch(OTHER_SECRET.into()))
    }

    fn in_header(value: &'r str, headers: &'r HeaderMap) -> Result<Signature<'r>, SignatureError> {
        let parts = value
            .strip_prefix(ALGORITHM)
            .ok_or_else(|| SignatureError::Incomplete(format!("Authorization header must begin with '{ALGORITHM}'")))?;
        let part = |name: &str| {
            let parts = parts.split(',').filter_map(|part| part.trim().split_once('='));
            let found = parts.filter(|(its_name, _)| *its_name == name).map(|(_, value)| value.trim()).next();
            found
                .ok_or_else(|| SignatureError::Incomplete(format!("Authorization header requires '{name}' parameter.")))
        };
        let header = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let signed_at = header(SIGNED_AT).or_else(|| header(DATE)).ok_or_else(|| {
            SignatureError::Incomplete(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.".to_owned(),
            )
        })?;
        Ok(Signature {
            scope: Scope::read(part("Credential")?)?,
            signed_headers: part("SignedHeaders")?.into(),
            value: part("Signature")?.into(),
            signed_at: signed_at.into(),
            valid_for: None,
        })
    }

    fn in_query(query: &'r str) -> Result<Signature<'r>, SignatureError> {
        let find = |name: &str| pairs(query).find(|(its_name, _)| *its_name == name).map(|(_, value)| decoded(value));
        if find("X-Amz-Signature").is_none() && find("X-Amz-Credential").is_none() {
            return Err(SignatureError::Missing);
        }
        let part =
            |name: &str| find(name).ok_or_else(|| SignatureError::Incomplete(format!("the query requires '{name}'")));
        if part("X-Amz-Algorithm")? != ALGORITHM {
            return Err(SignatureError::Incomplete(format!("X-Amz-Algorithm must be '{ALGORITHM}'")));
        }
        let seconds =
            part("X-Amz-Expires")?.parse().ok().filter(|seconds| (1..=LONGEST_VALIDITY_SECONDS).contains(seconds));
        let valid_for = seconds.ok_or_else(|| {
            SignatureError::Incomplete(format!("X-Amz-Expires must be from 1 to {LONGEST_VALIDITY_SECONDS} seconds"))
        })?;
        Ok(Signature {
            scope: Scope::read(&part("X-Amz-Credential")?)?,
            signed_headers: part("X-Amz-SignedHeaders")?,
            value: part("X-Amz-Signature")?,
            signed_at: part("X-Amz-Date")?,
            valid_for: Some(valid_for),
        })
    }

    fn check_scope(&self) -> Result<(), SignatureError> {
        let Scope { date, service, terminator, .. } = &self.scope;
        let fault = if service != SERVICE {
            format!("Credential should be scoped to correct service: '{SERVICE}'.")
        } else if terminator != TERMINATOR {
            format!("Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator}'.")
        } else if !self.signed_at.starts_with(date.as_str()) {
            format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{date}' != \
                 '{0}', from '{0}'.",
                self.signed_at
            )
        } else if !self.signed_headers.split(';').any(|name| name == "host") {
            "'Host' must be a 'SignedHeader' in the AWS Authorization.".to_owned()
        } else {
            return Ok(());
        };
        Err(SignatureError::Mismatch(fault.into()))
    }

    fn check_time(&self, now: Timestamp) -> Result<(), SignatureError> {
        let text = &*self.signed_at;
        let unreadable =
            || SignatureError::Incomplete(format!("Date must be in ISO-8601 'basic format'. Got '{text}'."));
        let civil = DateTime::strptime(TIME_FORMAT, text).map_err(|_| unreadable())?;
        let signed_at = civil.to_zoned(TimeZone::UTC).map_err(|_| unreadable())?.timestamp();
        let longest = self.valid_for.map_or(SKEW, SignedDuration::from_secs);
        let age = now.duration_since(signed_at);
        let stamp = signing_time;
        let fault = if age > longest {
            let earliest = stamp(now.saturating_sub(longest).unwrap_or(now));
            format!(
                "Signature expired: {text} is now earlier than {earliest} ({} - {} sec.)",
                stamp(now),
                longest.as_secs()
            )
        } else if age < -SKEW {
            let latest = stamp(now.saturating_add(SKEW).unwrap_or(now));
            format!(
                "Signature not yet current: {text} is still later than {latest} ({} + {} min.)",
                stamp(now),
                SKEW.as_mins()
            )
        } else {
            return Ok(());
        };
        Err(SignatureError::Mismatch(fault.into()))
    }
}

impl Scope {
    /// `KEY/20260102/eu-west-1/route53/aws4_request`; a key may have slashes in it.
    fn read(text: &str) -> Result<Scope, SignatureError> {
        let mut parts: Vec<&str> = text.rsplitn(5, '/').collect();
        parts.reverse();
        let [key_id, date, region, service, terminator] = parts[..] else {
            return Err(SignatureError::Incomplete(format!(
                "Credential must have at least 5 slash-delimited elements, e.g. \
                 keyid/date/region/service/term, got '{text}'"
            )));
        };
        let [key_id, date, region, service, terminator] =
            [key_id, date, region, service, terminator].map(str::to_owned);
        Ok(Scope { key_id, date, region, service, terminator })
    }
}
