//! Queries over UDP: receive, respond, send, one at a time.

use std::io;
use std::time::Duration;

use fastrand::Rng;
use tokio::net::UdpSocket;

use super::respond::{MAX_MESSAGE_LENGTH, Transport};
use super::responder::Responder;

const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(100);

/// Serves until the task is dropped.
pub async fn serve(socket: UdpSocket, responder: Responder) {
    let mut rng = Rng::new();
    let mut message = vec![0; MAX_MESSAGE_LENGTH];
    let mut out = vec![0; MAX_MESSAGE_LENGTH];
    loop {
        let (length, source) = match socket.recv_from(&mut message).await {
            Ok(received) => received,
            // An earlier reply met a closed port: not this socket's fault.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
            Err(error) => {
                tracing::warn!(%error, "could not receive a query over UDP");
                // Whatever it is, do not spin on it.
                tokio::time::sleep(PAUSE_AFTER_ERROR).await;
                continue;
            }
        };
        // Nobody can be answered at port 0.
        if source.port() == 0 {
            continue;
        }
        if let Some(length) = responder.respond(&message[..length], source, Transport::Udp, &mut rng, &mut out)
            && let Err(error) = socket.send_to(&out[..length], source).await
        {
            tracing::debug!(%error, %source, "could not send a response over UDP");
        }
    }
}
