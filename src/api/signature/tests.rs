//! Against what botocore signs.

use super::verify::OTHER_SECRET;
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
        assert_eq!(verified(&changed, NOW), Err(SignatureError::Mismatch(OTHER_SECRET.into())), "{}", changed.target);
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
