//! What one thread says to each datagram: who asks, whether to answer at all, and how much of it.

use std::net::{IpAddr, SocketAddr};

use fastrand::Rng;

use crate::dns::counters::{Count, DropReason, Event, OwnCounts, Protocol};
use crate::dns::defence::Defence;
use crate::dns::edns::CookieState;
use crate::dns::proxy_protocol::{self, Header};
use crate::dns::rate_limit::{Kind, RateLimiter, Standing, Tick, Verdict};
use crate::dns::respond::Transport;
use crate::dns::responder::{Current, Origin, Reply, Responder};
use crate::dns::slip;

use super::{Batch, Envelope, QUERY_BYTES};

/// Answers for one socket.
pub(super) struct Answerer {
    responder: Responder,
    defence: Defence,
    /// The address that the socket is bound to, unless it is all.
    bound: Option<IpAddr>,
    pub counts: OwnCounts,
    rng: Rng,
}

/// What holds for the length of a batch.
struct Round<'a> {
    current: Current<'a>,
    defence: &'a Defence,
    bound: Option<IpAddr>,
    limiter: Option<(&'a RateLimiter, Tick)>,
}

impl Answerer {
    pub fn new(responder: Responder, defence: Defence, address: SocketAddr) -> Answerer {
        let bound = Some(address.ip()).filter(|address| !address.is_unspecified());
        let counts = defence.counters.own(Protocol::Udp);
        Answerer { responder, defence, bound, counts, rng: Rng::new() }
    }

    /// Answers the queries of a batch, all from one snapshot and one health table.
    pub fn answer_batch(&mut self, batch: &mut impl Batch, count: usize) {
        let Answerer { responder, defence, bound, counts, rng } = self;
        let limiter = defence.rate_limiter.as_deref();
        let limiter = limiter.map(|limiter| (limiter, limiter.tick(defence.clock.now().moment)));
        let round = Round { current: responder.current(), defence, bound: *bound, limiter };
        counts.add(Event::Batch, 1);
        counts.add(Event::Query, count as u64);
        for place in 0..count {
            batch.answer(place, |datagram, envelope, out| {
                counts.add(Event::ReceivedByte, datagram.len() as u64);
                match round.answer(datagram, envelope, counts, rng, out) {
                    Ok(length) => {
                        counts.response(&out[..length]);
                        Some(length)
                    }
                    Err(reason) => {
                        counts.add(Event::Dropped(reason), 1);
                        None
                    }
                }
            });
        }
    }
}

/// A message without its PROXY header, and who asked whom.
struct Asked<'d> {
    message: &'d [u8],
    client: IpAddr,
    destination: Option<IpAddr>,
}

impl Round<'_> {
    /// Writes the reply; returns its length, or why there is none.
    fn answer(
        &self,
        datagram: &[u8],
        envelope: &Envelope,
        counts: &OwnCounts,
        rng: &mut Rng,
        out: &mut [u8],
    ) -> Result<usize, DropReason> {
        let destination = envelope.destination.or(self.bound);
        self.check_sender(&envelope.source, destination)?;
        let direct = Asked { message: datagram, client: envelope.source.ip(), destination };
        let Asked { message, client, destination } =
            if self.defence.proxies.is_empty() { direct } else { self.read_proxied(direct, counts)? };
        let message = &message[..message.len().min(QUERY_BYTES)];
        let origin = Origin { source: client, destination, transport: Transport::Udp };
        let Reply { length, cookie } = self.current.respond(message, &origin, rng, out).ok_or(DropReason::NotAQuery)?;
        let Some((limiter, now)) = self.limiter else { return Ok(length) };
        // RFC 7873 §1: whoever shows a cookie of ours gets replies at its address, so the address is not forged.
        let standing = match cookie {
            CookieState::Valid => Standing::Verified,
            CookieState::None | CookieState::ClientOnly | CookieState::Bad => Standing::Unproven,
        };
        match limiter.judge(client, standing, Kind::of(&out[..length]), now, rng) {
            Verdict::Send => Ok(length),
            Verdict::Slip => {
                let length = slip::cut_down(out, length).ok_or(DropReason::RateLimited)?;
                counts.add(Event::Slipped, 1);
                Ok(length)
            }
            Verdict::Drop => Err(DropReason::RateLimited),
        }
    }

    /// What a trusted proxy asks, in the name of whom it says.
    // Kept out of the way of those without a proxy.
    #[inline(never)]
    fn read_proxied<'d>(&self, direct: Asked<'d>, counts: &OwnCounts) -> Result<Asked<'d>, DropReason> {
        if !self.defence.is_proxy(direct.client) {
            return Ok(direct);
        }
        let (header, message) = proxy_protocol::split(direct.message).map_err(|_| {
            counts.add(Event::ProxyHeaderError, 1);
            DropReason::ProxyHeader
        })?;
        match header {
            Header::Sender => Ok(Asked { message, ..direct }),
            Header::Client { source, destination } => {
                let destination = Some(destination.ip());
                // The proxy will pass the reply on to it.
                self.check_sender(&source, destination)?;
                Ok(Asked { message, client: source.ip(), destination })
            }
        }
    }

    fn check_sender(&self, sender: &SocketAddr, destination: Option<IpAddr>) -> Result<(), DropReason> {
        if sender.port() == 0 {
            return Err(DropReason::PortZero);
        }
        if self.defence.is_ourselves(*sender, destination) {
            return Err(DropReason::Ourselves);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::UdpSocket;
    use std::sync::Arc;

    use crate::dns::counters::{ResponseKind, Totals};
    use crate::dns::rate_limit::{RateLimit, RateLimiter};
    use crate::dns::udp::tests::{query, responder};
    use crate::dns::udp::{REPLY_BYTES, Sent};
    use crate::time::Clock;

    use super::*;

    /// A batch that nothing sends.
    #[derive(Default)]
    struct Received {
        datagrams: Vec<(Vec<u8>, Envelope)>,
        replies: Vec<Option<Vec<u8>>>,
    }

    impl Batch for Received {
        fn new(_: UdpSocket) -> io::Result<Received> {
            Ok(Received::default())
        }

        fn receive(&mut self) -> io::Result<usize> {
            Ok(self.datagrams.len())
        }

        fn wake(_: &UdpSocket) {}

        fn stop_accepting(&mut self) -> io::Result<()> {
            Ok(())
        }

        fn answer(&mut self, place: usize, respond: impl FnOnce(&[u8], &Envelope, &mut [u8]) -> Option<usize>) {
            let (datagram, envelope) = &self.datagrams[place];
            let mut reply = vec![0; REPLY_BYTES];
            let length = respond(datagram, envelope, &mut reply);
            self.replies.push(length.map(|length| reply[..length].to_vec()));
        }

        fn send(&mut self) -> Sent {
            Sent::default()
        }
    }

    /// What the replies to these datagrams are, each with its sender and destination, and what was counted.
    fn replies(
        defence: Defence,
        bound: &str,
        datagrams: &[(&str, Option<&str>, Vec<u8>)],
    ) -> (Vec<Option<Vec<u8>>>, Totals) {
        let mut answerer = Answerer::new(responder(), defence.clone(), bound.parse().unwrap());
        let read = |(source, destination, datagram): &(&str, Option<&str>, Vec<u8>)| {
            let destination = destination.map(|address| address.parse().unwrap());
            (datagram.clone(), Envelope { source: source.parse().unwrap(), destination })
        };
        let mut batch = Received { datagrams: datagrams.iter().map(read).collect(), replies: Vec::new() };
        answerer.answer_batch(&mut batch, datagrams.len());
        (batch.replies, defence.counters.totals()[&Protocol::Udp])
    }

    fn proxied(source: &str, message: &[u8]) -> Vec<u8> {
        let Ok(SocketAddr::V4(source)) = source.parse() else { panic!("{source}") };
        let after = [&source.ip().octets()[..], &[192, 0, 2, 53], &source.port().to_be_bytes(), &[0, 53]].concat();
        [&proxy_protocol::tests::header(0x21, 0x12, &after)[..], message].concat()
    }

    #[test]
    fn what_must_not_be_answered_meets_with_silence_and_is_counted() {
        let own = ["192.0.2.53:53", "0.0.0.0:1053"].map(|own| own.parse().unwrap());
        let defence = Defence { own_addresses: Arc::from(own), ..Defence::default() };
        let mut response = query(7);
        response[2] |= 0x80;
        let datagrams = [
            ("198.51.100.1:5000", None, query(1)),
            ("198.51.100.1:5000", None, response),
            ("198.51.100.1:5000", None, query(1)[..11].to_vec()),
            ("198.51.100.1:0", None, query(1)),
            ("192.0.2.53:53", None, query(1)),
            ("127.0.0.1:1053", None, query(1)),
            ("192.0.2.7:1053", Some("192.0.2.7"), query(1)),
        ];
        let (replies, totals) = replies(defence, "0.0.0.0:1053", &datagrams);
        assert_eq!(
            replies.iter().map(Option::is_some).collect::<Vec<_>>(),
            [true, false, false, false, false, false, false]
        );
        let dropped = DropReason::ALL.map(|reason| totals.of(Event::Dropped(reason)));
        assert_eq!(dropped, [2, 1, 3, 0, 0]);
        assert_eq!((totals.of(Event::Query), totals.of(Event::Batch)), (7, 1));
        assert_eq!(totals.of(Event::Response(ResponseKind::Refused)), 1);
        let received: usize = datagrams.iter().map(|(.., datagram)| datagram.len()).sum();
        assert_eq!(totals.of(Event::ReceivedByte), received as u64);
    }

    #[test]
    fn a_proxy_must_say_for_whom_it_asks_and_nobody_else_may() {
        let own = Arc::from(["192.0.2.53:53".parse().unwrap()]);
        let proxies = Arc::from(["192.0.2.1/32".parse().unwrap()]);
        let defence = Defence { own_addresses: own, proxies, ..Defence::default() };
        let datagrams = [
            ("192.0.2.1:9", None, proxied("198.51.100.1:5000", &query(1))),
            ("192.0.2.1:9", None, query(1)),
            ("192.0.2.1:9", None, proxied("198.51.100.1:0", &query(1))),
            ("192.0.2.1:9", None, proxied("192.0.2.53:53", &query(1))),
            ("192.0.2.1:9", None, proxied("198.51.100.1:5000", &[])),
            // As a message, it is a query of another opcode.
            ("192.0.2.2:9", None, proxied("198.51.100.1:5000", &query(1))),
        ];
        let (replies, totals) = replies(defence, "192.0.2.53:53", &datagrams);
        assert_eq!(replies.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, false, false, false, true]);
        assert_eq!(replies[0].as_ref().unwrap()[..2], [0, 1]);
        assert_eq!(replies[5].as_ref().unwrap()[..2], *b"\r\n");
        assert_eq!(DropReason::ALL.map(|reason| totals.of(Event::Dropped(reason))), [1, 1, 1, 0, 1]);
        assert_eq!(totals.of(Event::ProxyHeaderError), 1);
    }

    #[test]
    fn the_limit_is_the_clients_and_not_the_proxys() {
        let limit = RateLimit { per_second: 2, slip: 0, exempt: Vec::new() };
        let defence = Defence {
            proxies: Arc::from(["192.0.2.1/32".parse().unwrap()]),
            rate_limiter: Some(Arc::new(RateLimiter::new(limit))),
            clock: Clock::manual().0,
            ..Defence::default()
        };
        let clients = ["198.51.100.1:1", "198.51.100.2:1", "203.0.113.1:1", "198.51.100.3:1"];
        let datagrams = clients.map(|client| ("192.0.2.1:9", None, proxied(client, &query(1))));
        let (replies, totals) = replies(defence, "192.0.2.53:53", &datagrams);
        assert_eq!(replies.iter().map(Option::is_some).collect::<Vec<_>>(), [true, true, true, false]);
        assert_eq!(totals.of(Event::Dropped(DropReason::RateLimited)), 1);
    }
}
