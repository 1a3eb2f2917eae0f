//! Bodies that take their time. The time is the test's own.

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep};

use crate::connections::{Ending, Holder};
use crate::http::{Version, serve};

use super::*;

/// One connection to what reads bodies as the listener does.
async fn connect() -> DuplexStream {
    let (client, server) = duplex(1 << 16);
    let bounds = Bounds { connections: 1, per_address: 1 };
    let place = Places::new(bounds).take([127, 0, 0, 1].into(), Holder::Client).await;
    let service = service_fn(|request: HttpRequest<RequestBody>| async {
        let budget = BodyBudget::new(BODY_BUDGET);
        let (status, text) = match read_body(&budget, request.into_body()).await {
            Ok((body, _)) => (200, format!("{} bytes", body.len())),
            Err(error) => (error.code.status(), error.document("id")),
        };
        let mut response = Response::new(Full::new(Bytes::from(text)));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        Ok::<_, Infallible>(response)
    });
    let (stay, ending) = Ending::new();
    tokio::spawn(async move {
        serve(server, Version::Http1, place, service, LIMITS, ending).await;
        drop(stay);
    });
    client
}

async fn begin(length: usize) -> DuplexStream {
    let mut client = connect().await;
    let head = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
    client.write_all(head.as_bytes()).await.unwrap();
    client
}

/// All that is said until the server closes.
async fn rest(mut client: DuplexStream) -> String {
    let mut text = String::new();
    client.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_waited_for_for_twenty_seconds_and_the_connection_ends() {
    let begun = Instant::now();
    let told = rest(begin(10).await).await;
    assert_eq!(begun.elapsed().as_secs(), BODY_TIME.as_secs());
    assert!(told.starts_with("HTTP/1.1 408 "), "{told}");
    assert!(told.contains("<Code>RequestTimeout</Code><Message>The body did not come within 20 seconds.<"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_body_byte_by_byte_has_no_more_time_than_any() {
    let begun = Instant::now();
    let (reading, mut writing) = tokio::io::split(begin(1_000).await);
    let drip = tokio::spawn(async move {
        while writing.write_all(b"x").await.is_ok() {
            sleep(Duration::from_millis(900)).await;
        }
    });
    let mut told = String::new();
    tokio::io::BufReader::new(reading).read_to_string(&mut told).await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), BODY_TIME.as_secs());
    assert!(told.starts_with("HTTP/1.1 408 "), "{told}");
    drip.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_that_comes_in_time_is_taken() {
    let mut client = begin(18).await;
    for _ in 0..18 {
        sleep(Duration::from_secs(1)).await;
        client.write_all(b"x").await.unwrap();
    }
    let begun = Instant::now();
    let told = rest(client).await;
    assert!(told.starts_with("HTTP/1.1 200 ") && told.ends_with("18 bytes"), "{told}");
    // Then it is silent, and for a client that is, there is a limit too.
    assert_eq!(begun.elapsed(), LIMITS.head);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_cut_off_is_told_as_such() {
    let mut client = begin(10).await;
    client.write_all(b"xxx").await.unwrap();
    client.shutdown().await.unwrap();
    let told = rest(client).await;
    assert!(told.is_empty() || told.starts_with("HTTP/1.1 400 "), "{told}");
}
