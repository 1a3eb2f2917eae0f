//! The PROXY header: read off a datagram and off a connection it says the same, and leaves the same bytes behind.

#![no_main]

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use libfuzzer_sys::fuzz_target;
use route53d::dns::proxy_protocol::{Header, MAX_HEADER_LENGTH, read_header, split};
use tokio::io::{AsyncRead, ReadBuf};

const FIXED_LENGTH: usize = 16;
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

fuzz_target!(|input: &[u8]| {
    let Some((&[form, at_once], bytes)) = input.split_first_chunk::<2>() else { return };
    // Half of the inputs begin as they should, so that what follows is read.
    let bytes = &if form & 1 == 0 { bytes.to_vec() } else { [SIGNATURE, bytes].concat() }[..];
    let of_datagram = split(bytes);
    if let Ok((header, message)) = of_datagram {
        assert!(bytes.ends_with(message));
        assert!((FIXED_LENGTH..=MAX_HEADER_LENGTH).contains(&(bytes.len() - message.len())));
        if let Header::Client { source, destination } = header {
            assert_eq!(source.ip(), source.ip().to_canonical());
            assert_eq!(destination.ip(), destination.ip().to_canonical());
        }
    }

    let mut stream = Bytes { rest: bytes, at_once: 1 + usize::from(at_once) };
    let of_stream = run(read_header(&mut stream));
    match (of_datagram, of_stream) {
        (Ok((header, message)), Ok(read)) => assert_eq!((read, stream.rest), (header, message)),
        (Ok((header, _)), Err(error)) => panic!("{header:?} of a datagram and none of a connection: {error}"),
        (Err(_), Ok(header)) => panic!("{header:?} of a connection and none of a datagram"),
        (Err(_), Err(_)) => {}
    }
});

/// All of it, so many bytes at once, and then the end.
struct Bytes<'b> {
    rest: &'b [u8],
    at_once: usize,
}

impl AsyncRead for Bytes<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let (now, later) = self.rest.split_at(self.at_once.min(self.rest.len()).min(buffer.remaining()));
        buffer.put_slice(now);
        self.rest = later;
        Poll::Ready(Ok(()))
    }
}

/// Of a future that never waits.
fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("it waits, and all bytes are there"),
    }
}
