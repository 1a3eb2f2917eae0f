//! What the DNS listeners have counted.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::connections::Places;
use crate::dns::counters::{DropReason, Event, Protocol, ResponseKind, Totals};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByTransport {
    transport: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByCode {
    transport: &'static str,
    rcode: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByReason {
    transport: &'static str,
    reason: &'static str,
}

/// There are values of every transport that is served, zeros too: a rate is then known from the first event on.
pub(super) fn register(registry: &mut Registry, counted: &BTreeMap<Protocol, Totals>, places: &Places) {
    for (name, help, event) in [
        ("dns_queries", "DNSQueries: messages that came; each ended as a response or dropped", Event::Query),
        ("dns_received_bytes", "Bytes of the messages that came", Event::ReceivedByte),
        ("dns_sent_bytes", "Bytes of the responses", Event::SentByte),
        ("dns_truncated_responses", "Responses with TC", Event::Truncated),
        ("dns_receive_errors", "Failures to receive", Event::ReceiveError),
        ("dns_send_errors", "Responses that could not be sent", Event::SendError),
        (
            "dns_proxy_header_errors",
            "Messages and connections of proxies without a PROXY header",
            Event::ProxyHeaderError,
        ),
    ] {
        let family = Family::<ByTransport, Counter>::default();
        for (protocol, totals) in counted {
            family.get_or_create(&ByTransport { transport: protocol.name() }).inc_by(totals.of(event));
        }
        registry.register(name, help, family);
    }

    let responses = Family::<ByCode, Counter>::default();
    let dropped = Family::<ByReason, Counter>::default();
    for (protocol, totals) in counted {
        let transport = protocol.name();
        for kind in ResponseKind::ALL {
            let labels = ByCode { transport, rcode: kind.name() };
            responses.get_or_create(&labels).inc_by(totals.of(Event::Response(kind)));
        }
        for reason in DropReason::ALL {
            let labels = ByReason { transport, reason: reason.name() };
            dropped.get_or_create(&labels).inc_by(totals.of(Event::Dropped(reason)));
        }
    }
    registry.register("dns_responses", "Responses, by their code", responses);
    registry.register("dns_dropped_queries", "Messages that met with silence, by the reason", dropped);

    let open = Gauge::<u64, AtomicU64>::default();
    open.set(places.held() as u64);
    registry.register("dns_connections", "Connections over TCP, TLS, HTTPS and QUIC that are open", open);
    let dismissed = Counter::<u64>::default();
    dismissed.inc_by(places.dismissals());
    registry.register("dns_dismissed_connections", "Connections that were ended to make room for others", dismissed);

    if let Some(udp) = counted.get(&Protocol::Udp) {
        for (name, help, event) in [
            ("dns_rate_limit_slips", "Responses that the rate limit has cut down to TC", Event::Slipped),
            ("dns_udp_batches", "Reads from the sockets; queries per batch tell how busy a thread is", Event::Batch),
            ("dns_udp_joined_responses", "Responses that were handed to the system as one with others", Event::Joined),
        ] {
            let counter = Counter::<u64>::default();
            counter.inc_by(udp.of(event));
            registry.register(name, help, counter);
        }
    }
}
