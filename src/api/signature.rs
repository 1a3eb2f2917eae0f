//! Request signatures: whether a request was signed with a secret that is known here (AWS Signature Version 4, in the
//! header or in the query of a presigned URL). Pure.

use std::borrow::Cow;
use std::fmt::Write;

use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, DATE, HOST, HeaderName};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ring::{digest, hmac};

use super::canonical_request::{canonical_path, canonical_query, decoded, hex, pairs};

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

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
pub const SERVICE: &str = "route53";
const TERMINATOR: &str = "aws4_request";
const TIME_FORMAT: &str = "%Y%m%dT%H%M%SZ";
const CONTENT_HASH: HeaderName = HeaderName::from_static("x-amz-content-sha256");
pub const SIGNED_AT: HeaderName = HeaderName::from_static("x-amz-date");
/// How far the clocks of client and server may be apart.
const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// A presigned URL may hold for a week.
const LONGEST_VALIDITY_SECONDS: i64 = 7 * 24 * 60 * 60;
const OTHER_SECRET: &str = "The request signature we calculated does not match the signature you provided. Check your \
                            AWS Secret Access Key and signing method. Consult the service documentation for details.";

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
        let signed_bytes = hex_bytes(&self.value).unwrap_or_default();
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

    /// What the signature is of.
    fn string_to_sign(&self, request: &SentRequest<'_>) -> Result<String, SignatureError> {
        let Scope { date, region, service, terminator, .. } = &self.scope;
        let canonical = hex(digest::digest(&digest::SHA256, self.canonical_request(request)?.as_bytes()).as_ref());
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
        let body = hex(digest::digest(&digest::SHA256, request.body).as_ref());
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

    /// The key that a secret gives for this scope.
    fn key(&self, secret: &str) -> hmac::Key {
        let key = |bytes: &[u8]| hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let parts = [&self.date, &self.region, &self.service, &self.terminator];
        parts.iter().fold(key(format!("AWS4{secret}").as_bytes()), |made, part| {
            key(hmac::sign(&made, part.as_bytes()).as_ref())
        })
    }
}

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
    let value = hex(hmac::sign(&signature.scope.key(key.secret), text.as_bytes()).as_ref());
    let Scope { key_id, date, region, service, terminator } = &signature.scope;
    Ok(format!(
        "{ALGORITHM} Credential={key_id}/{date}/{region}/{service}/{terminator}, SignedHeaders={signed_headers}, \
         Signature={value}"
    ))
}

fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (pairs, rest) = text.as_bytes().as_chunks();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some((digit(*high)? << 4 | digit(*low)?) as u8)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AKIDEXAMPLE";
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    const AT: &str = "20260102T030405Z";
    const OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// What botocore 1.44 signed, in the region eu-west-1 for 127.0.0.1:4566.
    struct Sample {
        method: &'static str,
        target: &'static str,
        body: &'static [u8],
        headers: Vec<(&'static str, String)>,
    }

    fn sample(
        method: &'static str,
        target: &'static str,
        body: &'static [u8],
        more: &[(&'static str, &str)],
        signature: &str,
    ) -> Sample {
        let mut names = vec!["host", "x-amz-date"];
        names.extend(more.iter().map(|(name, _)| *name));
        names.sort_unstable();
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={KEY}/20260102/eu-west-1/route53/aws4_request, SignedHeaders={}, \
             Signature={signature}",
            names.join(";")
        );
        let mut headers = vec![("host", "127.0.0.1:4566".to_owned()), ("x-amz-date", AT.to_owned())];
        headers.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        headers.push(("authorization", authorization));
        Sample { method, target, body, headers }
    }

    fn samples() -> Vec<Sample> {
        let more = [("x-amz-content-sha256", OF_NOTHING), ("x-two", "  a   b ")];
        vec![
            sample(
                "GET",
                "/2013-04-01/hostedzone",
                b"",
                &[],
                "413736f3b37cb95390ef5210bfe735acce3a69b19b33c8a59c43ff9f66a201fe",
            ),
            sample(
                "GET",
                "/2013-04-01/hostedzone/Z1/rrset?name=%5C052.a.example&type=A&maxitems=5&Zz=&a-b=1",
                b"",
                &[],
                "bad178aeb94e0282633c858037ca9fab6e447b210412fe8bf1b3947e6df1b8db",
            ),
            sample(
                "POST",
                "/2013-04-01/hostedzone/Z1/rrset/",
                b"<x/>",
                &[],
                "c89e6a7df7b4da08725972089079b70d2feb772761d6d1660ca55b63b4a7b0b5",
            ),
            sample(
                "GET",
                "/2013-04-01/tags/hostedzone/%2Fhostedzone%2FZ1",
                b"",
                &more,
                "a0f9265ca98d5ba581e79057b59ef3ced29d624a5b648af3e491cf674a600984",
            ),
            Sample {
                method: "GET",
                target: "/2013-04-01/hostedzone?maxitems=5&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20260102%2Fus-east-1%2Froute53%2Faws4_request&X-Amz-Date=20260102T030405Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=65863c2adc5aa8b8be311abc6047e10ed772e0f552a76590459f1b2c6e98e0cc",
                body: b"",
                headers: vec![("host", "127.0.0.1:4566".to_owned())],
            },
        ]
    }

    fn verified(sample: &Sample, now: &str) -> Result<String, SignatureError> {
        let (path, query) = sample.target.split_once('?').unwrap_or((sample.target, ""));
        let mut headers = HeaderMap::new();
        for (name, value) in &sample.headers {
            headers.append(*name, value.parse().unwrap());
        }
        let request = SentRequest { method: sample.method, path, query, headers: &headers, body: sample.body };
        let signature = Signature::of(&request)?;
        signature.verify(&request, SECRET, now.parse().unwrap())?;
        Ok(signature.key_id().to_owned())
    }

    const NOW: &str = "2026-01-02T03:04:35Z";

    #[test]
    fn what_botocore_signs_is_signed() {
        for sample in samples() {
            assert_eq!(verified(&sample, NOW).as_deref(), Ok(KEY), "{} {}", sample.method, sample.target);
        }
    }

    #[test]
    fn what_is_signed_here_is_what_botocore_signs() {
        let key = SigningKey { id: KEY, secret: SECRET, region: "eu-west-1", service: SERVICE };
        // The last is a presigned URL.
        for sample in &samples()[..4] {
            let (path, query) = sample.target.split_once('?').unwrap_or((sample.target, ""));
            let mut headers = HeaderMap::new();
            let (authorization, others) = sample.headers.split_last().unwrap();
            for (name, value) in others {
                headers.append(*name, value.parse().unwrap());
            }
            let request = SentRequest { method: sample.method, path, query, headers: &headers, body: sample.body };
            assert_eq!(sign(&request, &key).as_deref(), Ok(authorization.1.as_str()), "{}", sample.target);
        }
        let headers = HeaderMap::new();
        let request = SentRequest { method: "GET", path: "/", query: "", headers: &headers, body: b"" };
        assert!(matches!(sign(&request, &key), Err(SignatureError::Incomplete(_))));
        assert_eq!(signing_time("2026-01-02T03:04:05.9Z".parse().unwrap()), AT);
    }

    #[test]
    fn whatever_is_changed_on_the_way_is_noticed() {
        let mismatch = |changed: Sample| {
            assert_eq!(
                verified(&changed, NOW),
                Err(SignatureError::Mismatch(OTHER_SECRET.into())),
                "{}",
                changed.target
            );
        };
        for place in 0..samples().len() {
            let changed = |change: fn(&mut Sample)| {
                let mut sample = samples().swap_remove(place);
                change(&mut sample);
                sample
            };
            mismatch(changed(|sample| sample.method = "DELETE"));
            mismatch(changed(|sample| sample.headers[0].1.push('1')));
            mismatch(changed(
                |sample| sample.target = "/2013-04-01/hostedzone/Z2?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20260102%2Fus-east-1%2Froute53%2Faws4_request&X-Amz-Date=20260102T030405Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=65863c2adc5aa8b8be311abc6047e10ed772e0f552a76590459f1b2c6e98e0cc",
            ));
        }
        let mut batch = samples().swap_remove(2);
        batch.body = b"<y/>";
        mismatch(batch);
        let mut escaped = samples().swap_remove(3);
        escaped.body = b"more";
        assert!(matches!(verified(&escaped, NOW), Err(SignatureError::Mismatch(_))));
    }

    #[test]
    fn a_signature_holds_for_minutes_and_a_presigned_url_as_long_as_it_says() {
        let [list, .., presigned] = &samples()[..] else { panic!("five samples") };
        for (sample, now, expected) in [
            (list, "2026-01-02T03:09:05Z", None),
            (list, "2026-01-02T03:09:06Z", Some("Signature expired: 20260102T030405Z is now earlier than ")),
            (list, "2026-01-02T02:59:05Z", None),
            (list, "2026-01-02T02:59:04Z", Some("Signature not yet current: 20260102T030405Z is still later than ")),
            (presigned, "2026-01-02T03:05:05Z", None),
            (presigned, "2026-01-02T03:05:06Z", Some("Signature expired: ")),
            (presigned, "2026-01-02T02:00:00Z", Some("Signature not yet current: ")),
        ] {
            match (verified(sample, now), expected) {
                (Ok(_), None) => {}
                (Err(SignatureError::Mismatch(text)), Some(start)) if text.starts_with(start) => {}
                (other, _) => panic!("{now}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_is_missing_or_of_something_else_is_told() {
        let with = |authorization: Option<&str>| {
            let mut sample = samples().swap_remove(0);
            sample.headers.pop();
            sample.headers.extend(authorization.map(|it| ("authorization", it.to_owned())));
            verified(&sample, NOW)
        };
        assert_eq!(with(None), Err(SignatureError::Missing));
        for (authorization, said) in [
            ("Basic abc", "must begin with 'AWS4-HMAC-SHA256'"),
            ("AWS4-HMAC-SHA256 ", "requires 'Credential'"),
            ("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=1", "5 slash-delimited elements"),
            ("AWS4-HMAC-SHA256 Credential=a/1/2/3/4, Signature=1", "requires 'SignedHeaders'"),
            ("AWS4-HMAC-SHA256 Credential=a/1/2/3/4, SignedHeaders=host", "requires 'Signature'"),
        ] {
            match with(Some(authorization)) {
                Err(SignatureError::Incomplete(text)) => assert!(text.contains(said), "{text}"),
                other => panic!("{authorization}: {other:?}"),
            }
        }
        let of = |key: &str, scope: &str, headers: &str| {
            with(Some(&format!("AWS4-HMAC-SHA256 Credential={key}/{scope},SignedHeaders={headers},Signature=zz")))
        };
        for (scope, headers, said) in [
            ("20260102/r/s3/aws4_request", "host", "correct service: 'route53'"),
            ("20260102/r/route53/aws3_request", "host", "valid terminator"),
            ("20260103/r/route53/aws4_request", "host", "'20260103' != '20260102T030405Z'"),
            ("20260102/r/route53/aws4_request", "x-amz-date", "'Host' must be a 'SignedHeader'"),
            ("20260102/r/route53/aws4_request", "host;x-amz-date", "does not match the signature you provided"),
        ] {
            match of(KEY, scope, headers) {
                Err(SignatureError::Mismatch(text)) => assert!(text.contains(said), "{text}"),
                other => panic!("{scope}: {other:?}"),
            }
        }
    }
}
