//! The adapter to hickory-server, which moves the bytes of TCP.
//!
//! hickory hands over decoded requests and takes decoded responses; ours are bytes on both sides. Its raw request
//! goes to the responder, and the response is decoded again for it to encode.

use std::net::SocketAddr;
use std::time::Duration;

use fastrand::Rng;
use hickory_proto::op::{Edns, Header, HeaderCounts, Message, Metadata, ResponseCode};
use hickory_server::net::runtime::Time;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo, Server};
use hickory_server::zone_handler::MessageResponseBuilder;
use tokio::net::TcpListener;

use super::respond::{MAX_MESSAGE_LENGTH, Transport};
use super::responder::Responder;

/// How long a connection may stay silent.
const TCP_IDLE: Duration = Duration::from_secs(10);
/// Responses that may wait on one connection.
const TCP_RESPONSES: usize = 32;

/// hickory logs every request at info.
pub const QUIET_LOG: &str = "hickory_server=warn,hickory_net=warn,hickory_proto=warn";

/// Serves TCP on one listener until it is dropped.
pub struct TcpServer {
    server: Server<HickoryAdapter>,
}

impl TcpServer {
    /// Must be called within a tokio runtime.
    pub fn start(listener: TcpListener, responder: Responder) -> TcpServer {
        let mut server = Server::new(HickoryAdapter { responder });
        server.register_listener(listener, TCP_IDLE, TCP_RESPONSES);
        TcpServer { server }
    }
}

impl Drop for TcpServer {
    fn drop(&mut self) {
        // Nothing is in flight that a client could not ask again.
        self.server.shutdown_token().cancel();
    }
}

/// One listener's responder as hickory's request handler.
struct HickoryAdapter {
    responder: Responder,
}

impl HickoryAdapter {
    fn respond(&self, message: &[u8], source: SocketAddr) -> Option<Message> {
        let mut out = vec![0; MAX_MESSAGE_LENGTH];
        let length = self.responder.respond(message, source, Transport::Stream, &mut Rng::new(), &mut out)?;
        Message::from_vec(&out[..length])
            .inspect_err(|error| tracing::error!(%error, "hickory cannot read a response of ours"))
            .ok()
    }
}

#[async_trait::async_trait]
impl RequestHandler for HickoryAdapter {
    async fn handle_request<R: ResponseHandler, T: Time>(&self, request: &Request, mut handle: R) -> ResponseInfo {
        let builder = MessageResponseBuilder::from_message_request(request);
        let sent = match self.respond(request.as_slice(), request.src()) {
            Some(message) => {
                let edns: Option<Edns> = message.edns.clone();
                let mut response =
                    builder.build(message.metadata, &message.answers, &message.authorities, [], &message.additionals);
                if let Some(edns) = &edns {
                    response.set_edns(edns);
                }
                handle.send_response(response).await
            }
            None => {
                let response = builder.error_msg(&request.metadata, ResponseCode::ServFail);
                handle.send_response(response).await
            }
        };
        sent.unwrap_or_else(|error| {
            tracing::debug!(%error, "could not send a response over TCP");
            let metadata = Metadata::response_from_request(&request.metadata);
            ResponseInfo::from(Header { metadata, counts: HeaderCounts::default() })
        })
    }
}
