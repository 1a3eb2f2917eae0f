//! One connection, from its first message to its end.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::{Pin, pin};
use std::task::ready;
use std::time::Duration;

use fastrand::Rng;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, sleep_until, timeout};

use crate::connections::{Activity, Ending};
use crate::dns::counted;
use crate::dns::counters::SharedCounts;
use crate::dns::responder::{Origin, Responder};

use super::Patience;
use super::messages::Messages;

/// What is read at a time, in bytes: a few hundred queries.
const READ_BYTES: usize = 16 << 10;
/// Answers wait for each other up to this many bytes, to be written together. One answer more may follow, so that
/// this and 64 KiB is the most that a client can leave unread here.
const WRITE_BYTES: usize = 16 << 10;

/// What a connection talks with and from.
pub(super) struct Conversation<'c> {
    pub(super) responder: &'c Responder,
    pub(super) origin: Origin,
    pub(super) counts: &'c SharedCounts,
    pub(super) patience: Patience,
    pub(super) activity: Activity,
    pub(super) ending: Ending,
}

impl Conversation<'_> {
    /// Answers message after message, in their order, until the client goes or keeps the server waiting, or the server
    /// ends. What the client does not read stops the server from reading what it sends.
    pub(super) async fn hold<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: &mut S) -> io::Result<()> {
        let Patience { idle, message, write, .. } = self.patience;
        let mut rng = Rng::new();
        let mut messages = Messages::default();
        let mut is_over = pin!(self.ending.clone().begins());
        let mut too_late = pin!(sleep_until(Instant::now() + idle));
        // Whether a message has begun since the last answer.
        let mut has_begun = false;
        loop {
            tokio::select! {
                biased;
                // First: what has come before the end of the server is answered.
                count = read(stream, &mut messages) => if count? == 0 { break },
                () = is_over.as_mut() => break,
                () = too_late.as_mut() => break,
            }
            let mut has_answered = false;
            loop {
                let mut answers = Vec::new();
                self.answer(&mut messages, &mut rng, &mut answers);
                if !answers.is_empty() {
                    has_answered = true;
                    // Before the client can know it: what it does next is later for everybody.
                    self.activity.happens();
                    send(stream, &answers, write).await?;
                }
                if answers.len() < WRITE_BYTES {
                    break;
                }
            }
            messages.give_back();
            let is_within = !messages.is_between_messages();
            if has_answered {
                too_late.as_mut().reset(Instant::now() + if is_within { message } else { idle });
                has_begun = is_within;
            } else if is_within && !has_begun {
                // The time of one message: further bytes do not prolong it, nor do messages that deserve no answer.
                too_late.as_mut().reset(Instant::now() + message);
                has_begun = true;
            }
        }
        timeout(write, stream.shutdown()).await?
    }

    /// Adds the answers to messages, while there are any and these are not enough to be sent.
    fn answer(&self, messages: &mut Messages, rng: &mut Rng, answers: &mut Vec<u8>) {
        let current = self.responder.current();
        while answers.len() < WRITE_BYTES
            && let Some(message) = messages.next()
        {
            counted::answer(message, &self.origin, &current, rng, self.counts, |answer| {
                // `MAX_MESSAGE_LENGTH` is the most that the field can say.
                answers.extend_from_slice(&(answer.len() as u16).to_be_bytes());
                answers.extend_from_slice(answer);
            });
        }
    }
}

/// Waits for bytes, which are nowhere of ours until they are there; 0 is the end.
async fn read<S: AsyncRead + Unpin>(stream: &mut S, messages: &mut Messages) -> io::Result<usize> {
    poll_fn(|cx| {
        let mut room = [const { MaybeUninit::uninit() }; READ_BYTES];
        let mut room = ReadBuf::uninit(&mut room);
        ready!(Pin::new(&mut *stream).poll_read(cx, &mut room))?;
        messages.extend(room.filled());
        Ok(room.filled().len()).into()
    })
    .await
}

async fn send<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8], patience: Duration) -> io::Result<()> {
    timeout(patience, async {
        stream.write_all(bytes).await?;
        stream.flush().await
    })
    .await?
}
