//! Queries over QUIC (RFC 9250), through hickory-server, which moves the bytes.
//!
//! hickory hands over decoded requests and takes decoded responses; ours are bytes on both sides. Its raw request goes to
//! the responder. The response is taken apart again for it to encode, and no further than it must be: see `Parts`.
//! What hickory cannot decode it answers itself, with FORMERR and no question. It compresses the first 120 names of a
//! message.
//!
//! hickory shakes hands with one client after the other: one that falls silent in the middle keeps the next waiting for
//! some seconds.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use hickory_proto::op::{Header, HeaderCounts, Metadata, ResponseCode};
use hickory_proto::rr::rdata::NULL;
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use hickory_proto::serialize::binary::{BinDecodable, BinDecoder, DecodeError, Restrict};
use hickory_server::net::runtime::Time;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo, Server};
use hickory_server::zone_handler::{MessageResponseBuilder, Queries};
use rustls::ServerConfig;

use crate::model::domain_name::MAX_WIRE_LENGTH;

use super::counters::{Count, DropReason, Event, Protocol, SharedCounts};
use super::defence::Defence;
use super::respond::{MAX_MESSAGE_LENGTH, Transport};
use super::responder::{Origin, Reply, Responder};

/// How long a connection may stay silent.
const IDLE: Duration = Duration::from_secs(10);

/// hickory logs every request at info.
pub const QUIET_LOG: &str = "hickory_server=warn,hickory_net=warn,hickory_proto=warn,quinn=warn,quinn_proto=warn";

/// Serves one listener until it is dropped.
pub struct QuicServer {
    server: Server<HickoryAdapter>,
}

impl QuicServer {
    /// With a configuration whose protocol is `doq`. Must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// The socket or the configuration is not fit for QUIC.
    pub fn start(
        socket: UdpSocket,
        responder: Responder,
        config: Arc<ServerConfig>,
        defence: &Defence,
    ) -> Result<QuicServer, String> {
        let failed = |error: &dyn std::fmt::Display| format!("could not serve QUIC: {error}");
        let address = socket.local_addr().map_err(|error| failed(&error))?.ip();
        socket.set_nonblocking(true).map_err(|error| failed(&error))?;
        let socket = tokio::net::UdpSocket::from_std(socket).map_err(|error| failed(&error))?;
        let counts = defence.counters.shared(Protocol::Quic);
        let address = Some(address).filter(|address| !address.is_unspecified());
        let mut server = Server::new(HickoryAdapter { responder, counts, address });
        server.register_quic_listener_and_tls_config(socket, IDLE, config).map_err(|error| failed(&error))?;
        Ok(QuicServer { server })
    }
}

impl Drop for QuicServer {
    fn drop(&mut self) {
        // Nothing is in flight that a client could not ask again.
        self.server.shutdown_token().cancel();
    }
}

/// One listener's responder as hickory's request handler.
struct HickoryAdapter {
    responder: Responder,
    counts: SharedCounts,
    /// The listener's; none of a wildcard, where hickory does not tell.
    address: Option<IpAddr>,
}

impl HickoryAdapter {
    fn respond(&self, message: &[u8], source: SocketAddr) -> Option<Parts> {
        self.counts.add(Event::Query, 1);
        self.counts.add(Event::ReceivedByte, message.len() as u64);
        // Room for the owner name that hickory does not compress.
        let mut out = vec![0; MAX_MESSAGE_LENGTH - MAX_WIRE_LENGTH];
        let origin = Origin { source: source.ip(), destination: self.address, transport: Transport::Quic };
        let Some(Reply { length, .. }) = self.responder.current().respond(message, &origin, &mut Rng::new(), &mut out)
        else {
            self.counts.add(Event::Dropped(DropReason::NotAQuery), 1);
            return None;
        };
        self.counts.response(&out[..length]);
        Parts::read(&out[..length])
            .inspect_err(|error| tracing::error!(%error, "hickory cannot read a response of ours"))
            .ok()
    }
}

/// A response of ours, in the parts that hickory encodes it from.
///
/// Record data goes through as opaque bytes, and so does the OPT record: what Route 53 serves must not hang on what
/// hickory knows of a type. Names are decoded wherever ours may be compressed.
struct Parts {
    metadata: Metadata,
    queries: Queries,
    answers: Vec<Record>,
    authorities: Vec<Record>,
    additionals: Vec<Record>,
}

impl Parts {
    fn read(response: &[u8]) -> Result<Parts, DecodeError> {
        let mut decoder = BinDecoder::new(response);
        let Header { metadata, counts } = Header::read(&mut decoder)?;
        let queries = Queries::read(&mut decoder, counts.queries.into())?;
        let mut section = |count: u16| (0..count).map(|_| read_record(&mut decoder)).collect::<Result<Vec<_>, _>>();
        Ok(Parts {
            metadata,
            queries,
            answers: section(counts.answers)?,
            authorities: section(counts.authorities)?,
            additionals: section(counts.additionals)?,
        })
    }
}

fn read_record(decoder: &mut BinDecoder<'_>) -> Result<Record, DecodeError> {
    let name = Name::read(decoder)?;
    let record_type = RecordType::read(decoder)?;
    // In an OPT record this is the payload size.
    let dns_class = DNSClass::from(decoder.read_u16()?.unverified());
    let ttl = decoder.read_u32()?.unverified();
    let length = decoder.read_u16()?.unverified();
    let data = match record_type {
        RecordType::NS | RecordType::CNAME | RecordType::SOA | RecordType::PTR | RecordType::MX => {
            RData::read(decoder, record_type, Restrict::new(length))?
        }
        // NULL is never empty; this is hickory's word for data that is, such as an OPT record's.
        _ if length == 0 => RData::Update0(record_type),
        _ => {
            let bytes = decoder.read_vec(length.into())?.unverified();
            RData::Unknown { code: record_type, rdata: NULL::with(bytes) }
        }
    };
    let mut record = Record::from_rdata(name, ttl, data);
    record.dns_class = dns_class;
    Ok(record)
}

#[async_trait::async_trait]
impl RequestHandler for HickoryAdapter {
    async fn handle_request<R: ResponseHandler, T: Time>(&self, request: &Request, mut handle: R) -> ResponseInfo {
        let sent = match self.respond(request.as_slice(), request.src()) {
            Some(Parts { metadata, queries, answers, authorities, additionals }) => {
                let builder = MessageResponseBuilder::new(&queries, None);
                handle.send_response(builder.build(metadata, &answers, &authorities, [], &additionals)).await
            }
            None => {
                let builder = MessageResponseBuilder::from_message_request(request);
                handle.send_response(builder.error_msg(&request.metadata, ResponseCode::ServFail)).await
            }
        };
        sent.unwrap_or_else(|error| {
            tracing::debug!(%error, "could not send a response over QUIC");
            let metadata = Metadata::response_from_request(&request.metadata);
            ResponseInfo::from(Header { metadata, counts: HeaderCounts::default() })
        })
    }
}
