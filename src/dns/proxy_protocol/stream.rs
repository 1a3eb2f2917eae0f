//! The header at the beginning of a connection.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;

use tokio::io::{AsyncRead, ReadBuf};

use super::{FIXED_LENGTH, Header, MAX_HEADER_LENGTH, NoHeader, SIGNATURE, length_after};

/// Two IPv6 addresses and two ports: more is never asked for.
const ADDRESSES_LENGTH: usize = 36;

/// Reads the header that a trusted proxy must begin with, and not a byte more. Everything else is an error, told as
/// soon as the bytes show it: the connection is to be closed, as nobody can say who asks. How long it may take is the
/// caller's to limit.
pub async fn read_header(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Header> {
    let mut fixed = [0; FIXED_LENGTH];
    let mut read = 0;
    while read < FIXED_LENGTH {
        read += read_some(stream, &mut fixed[read..]).await?;
        let signed = read.min(SIGNATURE.len());
        if fixed[..signed] != SIGNATURE[..signed] {
            return Err(no_header(NoHeader));
        }
    }
    let length = length_after(&fixed).map_err(no_header)?;
    let mut addresses = [0; ADDRESSES_LENGTH];
    let addresses = &mut addresses[..length.min(ADDRESSES_LENGTH)];
    let mut read = 0;
    while read < addresses.len() {
        read += read_some(stream, &mut addresses[read..]).await?;
    }
    let mut unread = [0; 64];
    while read < length {
        let most = unread.len().min(length - read);
        read += read_some(stream, &mut unread[..most]).await?;
    }
    Header::read(&fixed, addresses).map_err(no_header)
}

/// Reads at least one byte.
async fn read_some(stream: &mut (impl AsyncRead + Unpin), bytes: &mut [u8]) -> io::Result<usize> {
    let mut buffer = ReadBuf::new(bytes);
    poll_fn(|context| Pin::new(&mut *stream).poll_read(context, &mut buffer)).await?;
    match buffer.filled().len() {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        length => Ok(length),
    }
}

fn no_header(_: NoHeader) -> io::Error {
    let text = format!("expected a PROXY header of version 2, of {MAX_HEADER_LENGTH} bytes at the most");
    io::Error::new(io::ErrorKind::InvalidData, text)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{IPV4, header};
    use super::*;

    /// All of it at once, or byte by byte.
    struct Bytes<'b> {
        rest: &'b [u8],
        at_once: usize,
    }

    impl AsyncRead for Bytes<'_> {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> std::task::Poll<io::Result<()>> {
            let (now, later) = self.rest.split_at(self.at_once.min(self.rest.len()).min(buffer.remaining()));
            buffer.put_slice(now);
            self.rest = later;
            std::task::Poll::Ready(Ok(()))
        }
    }

    async fn read(bytes: &[u8], at_once: usize) -> (io::Result<Header>, &[u8]) {
        let mut stream = Bytes { rest: bytes, at_once };
        let header = read_header(&mut stream).await;
        (header, stream.rest)
    }

    #[tokio::test]
    async fn the_query_behind_a_header_is_left_to_be_read() {
        for after in [&IPV4[..], &[&IPV4[..], &[4; MAX_HEADER_LENGTH - FIXED_LENGTH - 12]].concat()] {
            let bytes = [&header(0x21, 0x11, after)[..], b"\0\x05query"].concat();
            for at_once in [1, 7, 10_000] {
                let (header, rest) = read(&bytes, at_once).await;
                let expected = Header::Client {
                    source: "10.20.0.9:12345".parse().unwrap(),
                    destination: "192.0.2.53:53".parse().unwrap(),
                };
                assert_eq!((header.unwrap(), rest), (expected, &b"\0\x05query"[..]));
            }
        }
        let bytes = header(0x20, 0, &[]);
        assert_eq!(read(&bytes, 3).await.0.unwrap(), Header::Sender);
    }

    #[tokio::test]
    async fn a_connection_that_begins_otherwise_is_refused_at_once() {
        // There is no need to wait for the sixteenth byte: this query has but three.
        let (result, rest) = read(b"\0\x01q, and more would come", 3).await;
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(rest, b", and more would come");
        let too_long = header(0x21, 0x11, &[0; MAX_HEADER_LENGTH - FIXED_LENGTH + 1]);
        for bytes in [header(0x11, 0x11, &IPV4), header(0x21, 0x11, &IPV4[..11]), too_long] {
            assert_eq!(read(&bytes, 5).await.0.unwrap_err().kind(), io::ErrorKind::InvalidData);
        }
        let whole = header(0x21, 0x11, &IPV4);
        for length in 0..whole.len() {
            let (result, _) = read(&whole[..length], 5).await;
            assert_eq!(result.unwrap_err().kind(), io::ErrorKind::UnexpectedEof, "{length}");
        }
    }
}
