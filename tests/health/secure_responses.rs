//! The endpoint zoo behind TLS, from the end of the handshake on.

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use crate::certificates::{FQDN, OTHER_NAME};
use crate::secure_server::{Configuration, End, Manners, Secured, by_sni, fine, says, serving, wait};
use crate::secure_zoo::{
    NAMED, NAMED_REQUEST, NO_TLS, RESPONSE, UNNAMED_REQUEST, V13, animal, named, searching, visit,
};
use crate::zoo::{BODY_LATE, BODY_SHORT, CLOSED, HEADERS, INVALID, NO_STATUS, NOT_FOUND, OK, gzip, with_body};

/// Takes the request and says this and no more, not even that this is all.
fn says_and_ends(bytes: &'static [u8], end: End) -> Manners {
    let config = Configuration::of(FQDN).build();
    Box::new(move |caller| {
        let Some(accepted) = caller.hello() else { return };
        let mut secured = caller.secure(accepted, &config);
        if caller.request(&mut secured).is_some() {
            let _ = secured.write_all(bytes).and_then(|()| secured.flush());
            caller.end(end);
        }
    })
}

/// Says this on the wire itself, past TLS.
fn forgets_tls(bytes: &'static [u8]) -> Manners {
    serving(Configuration::of(FQDN), |secured| {
        secured.sock.write_all(bytes)?;
        wait(&mut secured.sock);
        Ok(())
    })
}

/// Writes `first`, then `piece` again and again with a pause between, for as long as anybody listens.
fn drips(first: &'static str, piece: &'static str, pause: Duration) -> Manners {
    serving(Configuration::of(FQDN), move |secured| {
        secured.write_all(first.as_bytes())?;
        loop {
            secured.write_all(piece.as_bytes())?;
            secured.flush()?;
            thread::sleep(pause);
        }
    })
}

fn forever(step: impl Fn(&mut Secured) -> io::Result<()> + Send + Sync + 'static) -> Manners {
    serving(Configuration::of(FQDN), move |secured| {
        loop {
            step(secured)?;
        }
    })
}

/// Its response is there before the request.
fn answers_unasked(bytes: &'static [u8]) -> Manners {
    let config = Configuration::of(FQDN).with_versions(V13).build();
    Box::new(move |caller| {
        let Some(accepted) = caller.hello() else { return };
        let mut secured = caller.secure(accepted, &config);
        secured.conn.writer().write_all(bytes).unwrap();
        if caller.request(&mut secured).is_some() {
            wait(&mut secured);
        }
    })
}

/// HC-10, HC-11, HC-16.
#[tokio::test]
async fn behind_a_handshake_all_is_as_without() {
    let unending = "HTTP/1.0 200 OK\r\n\r\nit is alive";
    let slow = Duration::from_millis(100);
    let page: &[u8] = &[&[b'.'; 5_115][..], b"alive"].concat();
    let late: &[u8] = &[&[b'.'; 5_116][..], b"alive"].concat();
    let in_gzip = |body| with_body("Content-Encoding: gzip\r\n", &gzip(body));
    const ASKED: &[&str] = &[NAMED_REQUEST];
    visit(vec![
        animal("redirects", fine("HTTP/1.1 302 Found\r\n\r\n"), named, "Success: HTTP Status Code 302, Found", ASKED),
        animal("fails", fine("HTTP/1.1 500 Oh\r\n\r\n"), named, "Failure: HTTP Status Code 500, Oh", ASKED),
        animal("hangs after the request", says_and_ends(b"", End::Hang), named, NO_STATUS, ASKED),
        animal("closes after the request", says_and_ends(b"", End::Close), named, CLOSED, ASKED),
        animal("resets after the request", says_and_ends(b"", End::Reset), named, CLOSED, ASKED),
        animal("takes its leave after the request", fine(""), named, CLOSED, ASKED),
        animal("hangs in its headers", says_and_ends(b"HTTP/1.1 200 OK\r\nA", End::Hang), named, NO_STATUS, ASKED),
        animal("closes in its headers", says_and_ends(b"HTTP/1.1 200 OK\r\nA", End::Close), named, CLOSED, ASKED),
        animal("sends garbage", fine("garbage and more of it\r\n\r\n"), named, INVALID, ASKED),
        animal("sends garbage past TLS", forgets_tls(b"garbage and more of it\r\n\r\n"), named, NO_TLS, ASKED),
        animal(
            "sends what no key fits",
            forgets_tls(&[0x17, 3, 3, 0, 4, 1, 2, 3, 4]),
            named,
            "Failure: TLS failed: cannot decrypt peer's message.",
            ASKED,
        ),
        animal(
            "sends a record too large to decrypt",
            forgets_tls(&[0x17, 3, 3, 0xff, 0xff]),
            named,
            "Failure: TLS failed: received corrupt message of type MessageTooLarge.",
            ASKED,
        ),
        animal(
            "sends a plain alert",
            forgets_tls(&[0x15, 3, 3, 0, 2, 2, 40]),
            named,
            "Failure: TLS failed: cannot decrypt peer's message.",
            ASKED,
        ),
        animal("answers unasked", answers_unasked(RESPONSE.as_bytes()), named, OK, ASKED),
        animal("drips its headers", drips("HTTP/1.1 200 OK\r\n", "A: b\r\n", slow), named, NO_STATUS, ASKED),
        animal(
            "never ends its headers",
            drips("HTTP/1.1 200 OK\r\n", "A-Header: and its value\r\n", Duration::ZERO),
            named,
            HEADERS,
            ASKED,
        ),
        animal(
            "changes its keys for ever",
            forever(|secured| {
                secured.conn.refresh_traffic_keys().map_err(io::Error::other)?;
                secured.flush()
            }),
            named,
            "Failure: TLS failed: peer misbehaved: TooManyKeyUpdateRequests.",
            ASKED,
        ),
        animal(
            "spells its response",
            serving(Configuration::of(FQDN), |secured| {
                for byte in with_body("", b"it is alive") {
                    secured.write_all(&[byte])?;
                    secured.flush()?;
                }
                wait(secured);
                Ok(())
            }),
            searching,
            OK,
            ASKED,
        ),
        animal("closes without a word", says_and_ends(RESPONSE.as_bytes(), End::Close), named, OK, ASKED),
        animal("says it", fine(with_body("", page)), searching, OK, ASKED),
        animal("says it too late", fine(with_body("", late)), searching, NOT_FOUND, ASKED),
        animal("says it in gzip", fine(in_gzip(page)), searching, OK, ASKED),
        animal("says it too late in gzip", fine(in_gzip(late)), searching, NOT_FOUND, ASKED),
        animal(
            "says it to those without a name",
            by_sni(says(Configuration::of(OTHER_NAME), with_body("", b"dead")), fine(with_body("", b"alive"))),
            searching,
            OK,
            &[NAMED, UNNAMED_REQUEST],
        ),
        animal("says it until it closes", fine(unending), searching, OK, ASKED),
        animal("says it, closes without a word", says_and_ends(unending.as_bytes(), End::Close), searching, OK, ASKED),
        animal("does not say it until it closes", fine("HTTP/1.0 200 OK\r\n\r\ndead"), searching, NOT_FOUND, ASKED),
        // Only close_notify would tell that this was all (RFC 9112 §9.8).
        animal(
            "does not say it, closes without a word",
            says_and_ends(b"HTTP/1.0 200 OK\r\n\r\ndead", End::Close),
            searching,
            BODY_SHORT,
            ASKED,
        ),
        animal(
            "says how much it says, and closes without a word",
            says_and_ends(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndead", End::Close),
            searching,
            NOT_FOUND,
            ASKED,
        ),
        animal(
            "says less than it said",
            fine("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ndead"),
            searching,
            BODY_SHORT,
            ASKED,
        ),
        animal(
            "hangs in its body",
            says_and_ends(b"HTTP/1.0 200 OK\r\n\r\nali", End::Hang),
            searching,
            BODY_LATE,
            ASKED,
        ),
        animal("drips its body", drips("HTTP/1.1 200 OK\r\n\r\n", ".", slow), searching, BODY_LATE, ASKED),
        animal(
            "never ends its body",
            drips("HTTP/1.1 200 OK\r\n\r\n", "......", Duration::ZERO),
            searching,
            NOT_FOUND,
            ASKED,
        ),
    ])
    .await;
}
