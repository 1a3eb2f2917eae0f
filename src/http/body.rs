//! Bodies read whole, within a bound.

use std::fmt::Display;
use std::pin::pin;

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes};

/// Why a body could not be read.
#[derive(Debug)]
pub enum BodyError<E> {
    /// It has more bytes than are read.
    TooLong,
    /// The connection or the encoding failed.
    Broken(E),
}

/// All of a body that has `limit` bytes at the most.
///
/// The bytes are copied as they come: each part keeps the whole buffer that it was read into, 8 KiB and more, and a
/// client may send one byte at a time.
pub async fn read_body<B>(body: B, limit: usize) -> Result<Vec<u8>, BodyError<B::Error>>
where
    B: Body<Data = Bytes, Error: Display>,
{
    let mut body = pin!(body);
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        // Trailers say nothing that is asked for.
        let Ok(part) = frame.map_err(BodyError::Broken)?.into_data() else { continue };
        if part.len() > limit - bytes.len() {
            return Err(BodyError::TooLong);
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

/// Reads a body that nobody wants, so that its client hears the answer: a connection that is closed upon what is still
/// coming is reset. Keeps nothing, and gives up where [`read_body`] would.
pub async fn pass_over<B>(body: B, limit: usize)
where
    B: Body<Data = Bytes>,
{
    let mut body = pin!(body);
    let mut length = 0;
    while let Some(Ok(frame)) = body.frame().await {
        length += frame.data_ref().map_or(0, Bytes::len);
        if length > limit {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Poll};

    use hyper::body::Frame;

    use super::*;

    /// One byte at a time, each within a buffer of its own.
    struct Dripping {
        parts: usize,
        /// Held by each buffer.
        buffer: Arc<[u8]>,
        most_held: Arc<AtomicUsize>,
    }

    struct Buffer(Arc<[u8]>);

    impl AsRef<[u8]> for Buffer {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }

    impl Body for Dripping {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            let held = Arc::strong_count(&self.buffer) - 1;
            self.most_held.fetch_max(held, Ordering::Relaxed);
            if self.parts == 0 {
                return Poll::Ready(None);
            }
            self.parts -= 1;
            let part = Bytes::from_owner(Buffer(Arc::clone(&self.buffer))).slice(..1);
            Poll::Ready(Some(Ok(Frame::data(part))))
        }
    }

    async fn read(parts: usize, limit: usize) -> (Option<usize>, usize) {
        let most_held = Arc::new(AtomicUsize::new(0));
        let body = Dripping { parts, buffer: Arc::from([b'x'; 8_192]), most_held: Arc::clone(&most_held) };
        let length = read_body(body, limit).await.ok().map(|bytes| bytes.len());
        (length, most_held.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn buffers_of_parts_are_given_back_as_the_parts_come() {
        assert_eq!(read(1_000, 1_000).await, (Some(1_000), 0));
    }

    #[tokio::test]
    async fn no_more_than_the_limit_is_read() {
        assert_eq!(read(1_001, 1_000).await, (None, 0));
        assert_eq!(read(0, 0).await, (Some(0), 0));
        assert_eq!(read(1, 0).await, (None, 0));
    }
}
