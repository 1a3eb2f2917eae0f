//! The search string in a response body (HC-11): in its first 5,120 bytes, decoded, byte by byte.

use std::io::{self, BufRead, Read};

use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use hyper::body::Bytes;

/// HC-11: the string must lie wholly within as many bytes from the start of the decoded body.
const SEARCHED_BYTES: usize = 5_120;
/// Compressed bytes that are looked at for those: a stream may go on for ever without a byte of content.
const MAX_ENCODED_BYTES: usize = 131_072;

/// How a search stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Search {
    Found,
    /// And more of the body will not change that.
    NotFound,
    Undecided,
}

/// Looks for a string in a body that comes in pieces.
pub(super) struct BodySearch<'p> {
    wanted: &'p [u8],
    /// The start of the decoded body.
    window: Vec<u8>,
    /// No occurrence starts before this.
    searched: usize,
    encoded_bytes: usize,
    decoder: Decoder,
}

enum Decoder {
    /// No encoding, or one that Route 53 does not know.
    Raw,
    Gzip(MultiGzDecoder<Arrived>),
    /// `deflate` means zlib (RFC 9110 §8.4.1.2), but some send the bare stream inside; the first two bytes tell.
    ZlibOrDeflate(Vec<u8>),
    Zlib(ZlibDecoder<Arrived>),
    Deflate(DeflateDecoder<Arrived>),
}

impl<'p> BodySearch<'p> {
    /// `encoding` is the value of Content-Encoding.
    pub(super) fn new(wanted: &'p [u8], encoding: Option<&[u8]>) -> BodySearch<'p> {
        let encoding = encoding.unwrap_or_default().trim_ascii();
        let decoder = if encoding.eq_ignore_ascii_case(b"gzip") || encoding.eq_ignore_ascii_case(b"x-gzip") {
            Decoder::Gzip(MultiGzDecoder::new(Arrived::default()))
        } else if encoding.eq_ignore_ascii_case(b"deflate") {
            Decoder::ZlibOrDeflate(Vec::new())
        } else {
            Decoder::Raw
        };
        BodySearch { wanted, window: Vec::new(), searched: 0, encoded_bytes: 0, decoder }
    }

    /// Takes the next piece of the body.
    pub(super) fn add(&mut self, bytes: Bytes) -> Search {
        self.encoded_bytes += bytes.len();
        let decoded = self.decode(bytes);
        if self.is_in_window() {
            Search::Found
        } else if decoded == Decoded::End || self.room() == 0 || self.encoded_bytes > MAX_ENCODED_BYTES {
            Search::NotFound
        } else {
            Search::Undecided
        }
    }

    fn room(&self) -> usize {
        SEARCHED_BYTES - self.window.len()
    }

    fn decode(&mut self, bytes: Bytes) -> Decoded {
        let room = self.room();
        match &mut self.decoder {
            Decoder::Raw => {
                self.window.extend_from_slice(&bytes[..bytes.len().min(room)]);
                Decoded::AllThereIs
            }
            Decoder::Gzip(decoder) => {
                decoder.get_mut().0 = bytes;
                read(decoder, &mut self.window)
            }
            Decoder::Zlib(decoder) => {
                decoder.get_mut().0 = bytes;
                read(decoder, &mut self.window)
            }
            Decoder::Deflate(decoder) => {
                decoder.get_mut().0 = bytes;
                read(decoder, &mut self.window)
            }
            Decoder::ZlibOrDeflate(start) => {
                start.extend_from_slice(&bytes);
                let Some(first_two) = start.first_chunk() else { return Decoded::AllThereIs };
                let is_zlib = is_zlib(*first_two);
                let arrived = Bytes::from(std::mem::take(start));
                self.decoder = if is_zlib {
                    Decoder::Zlib(ZlibDecoder::new(Arrived::default()))
                } else {
                    Decoder::Deflate(DeflateDecoder::new(Arrived::default()))
                };
                self.decode(arrived)
            }
        }
    }

    fn is_in_window(&mut self) -> bool {
        let Some(last) = self.window.len().checked_sub(self.wanted.len()) else { return false };
        let Some(first_byte) = self.wanted.first() else { return true };
        let found = (self.searched..=last)
            .filter(|at| self.window[*at] == *first_byte)
            .any(|at| self.window[at..].starts_with(self.wanted));
        self.searched = self.searched.max(last + 1);
        found
    }
}

/// RFC 1950 §2.2: the method is deflate, and the two bytes are a multiple of 31. A bare stream (RFC 1951) never begins
/// so: its first block would be stored, with padding that is not zero.
fn is_zlib([method, flags]: [u8; 2]) -> bool {
    method & 0x0f == 8 && u16::from_be_bytes([method, flags]) % 31 == 0
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decoded {
    /// More may come.
    AllThereIs,
    /// The stream has ended, or is corrupt from here on.
    End,
}

/// Fills the window as far as the decoder has something for it, and no further: however much a bomb would make, no more
/// than the window is ever made of it.
fn read(decoder: &mut impl Read, window: &mut Vec<u8>) -> Decoded {
    let mut filled = window.len();
    window.resize(SEARCHED_BYTES, 0);
    let decoded = loop {
        if filled == SEARCHED_BYTES {
            break Decoded::AllThereIs;
        }
        match decoder.read(&mut window[filled..]) {
            Ok(0) => break Decoded::End,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break Decoded::AllThereIs,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break Decoded::End,
        }
    };
    window.truncate(filled);
    decoded
}

/// What has arrived and is not decoded yet. Out of bytes, it would block: decoders keep their state over that.
#[derive(Default)]
struct Arrived(Bytes);

impl BufRead for Arrived {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.0.is_empty() { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(&self.0) }
    }

    fn consume(&mut self, amount: usize) {
        let _ = self.0.split_to(amount);
    }
}

impl Read for Arrived {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.len().min(into.len());
        into[..count].copy_from_slice(&self.0[..count]);
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use proptest::prelude::*;

    use super::*;

    const ENCODINGS: [Option<&str>; 5] = [None, Some("br"), Some("gzip"), Some("zlib"), Some("raw deflate")];

    fn encode(encoding: Option<&str>, body: &[u8]) -> Vec<u8> {
        let level = Compression::default();
        match encoding {
            Some("gzip") => {
                let mut encoder = GzEncoder::new(Vec::new(), level);
                encoder.write_all(body).unwrap();
                encoder.finish().unwrap()
            }
            Some("zlib") => {
                let mut encoder = ZlibEncoder::new(Vec::new(), level);
                encoder.write_all(body).unwrap();
                encoder.finish().unwrap()
            }
            Some("raw deflate") => {
                let mut encoder = DeflateEncoder::new(Vec::new(), level);
                encoder.write_all(body).unwrap();
                encoder.finish().unwrap()
            }
            _ => body.to_owned(),
        }
    }

    fn header(encoding: Option<&str>) -> Option<&[u8]> {
        encoding.map(|encoding| match encoding {
            "zlib" | "raw deflate" => b"Deflate",
            other => other.as_bytes(),
        })
    }

    /// Whether the string is found, in pieces of this many bytes.
    fn finds(wanted: &[u8], encoding: Option<&[u8]>, body: &[u8], piece: usize) -> bool {
        let mut search = BodySearch::new(wanted, encoding);
        for piece in body.chunks(piece) {
            match search.add(Bytes::copy_from_slice(piece)) {
                Search::Found => return true,
                Search::NotFound => return false,
                Search::Undecided => {}
            }
            assert!(search.window.capacity() <= 2 * SEARCHED_BYTES);
        }
        false
    }

    #[test]
    fn a_string_must_end_within_the_first_5120_bytes() {
        for encoding in ENCODINGS {
            for (before, expected) in [(5_116, true), (5_117, false)] {
                let body = [&vec![b'.'; before][..], b"live", &[b'.'; 100]].concat();
                for piece in [1, 7, 1_000, 100_000] {
                    let found = finds(b"live", header(encoding), &encode(encoding, &body), piece);
                    assert_eq!(found, expected, "{encoding:?}, {before}, {piece}");
                }
            }
        }
    }

    #[test]
    fn case_and_bytes_matter() {
        assert!(!finds(b"live", None, b"LIVE", 10));
        assert!(finds(b"live", None, b"\xff\xfelive\xff", 10));
        assert!(finds("zwölf".as_bytes(), None, "zwölf".as_bytes(), 1));
        assert!(!finds("zwölf".as_bytes(), None, b"zw\xf6lf", 1));
    }

    #[test]
    fn a_cut_or_corrupt_stream_is_searched_as_far_as_it_goes() {
        let noise: Vec<u8> = (0..2_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let body = [b"live", &noise[..], b"the end"].concat();
        let gzip = encode(Some("gzip"), &body);
        assert!(finds(b"live", Some(b"gzip"), &gzip[..gzip.len() / 2], 10));
        assert!(!finds(b"the end", Some(b"gzip"), &gzip[..gzip.len() / 2], 10));
        assert!(!finds(b"live", Some(b"gzip"), b"live, and no gzip", 10));
        assert!(!finds(b"live", Some(b"gzip"), &gzip[..5], 1));
        assert!(!finds(b"live", Some(b"deflate"), b"l", 1));
    }

    #[test]
    fn members_of_a_gzip_body_follow_each_other() {
        let body = [encode(Some("gzip"), b"al"), encode(Some("gzip"), b"ive")].concat();
        for piece in [1, 5, 1_000] {
            assert!(finds(b"live", Some(b"x-gzip"), &body, piece));
        }
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let bomb = encode(Some("gzip"), &vec![0; 50_000_000]);
        let mut search = BodySearch::new(b"live", Some(b"gzip"));
        assert_eq!(search.add(Bytes::from(bomb)), Search::NotFound);
        assert_eq!(search.window.len(), SEARCHED_BYTES);
    }

    #[test]
    fn a_stream_without_content_is_not_read_for_ever() {
        // Empty stored blocks.
        let mut search = BodySearch::new(b"live", Some(b"deflate"));
        let empty_blocks = Bytes::from([0, 0, 0, 0xff, 0xff].repeat(1_000));
        let pieces = (1..1_000).find(|_| search.add(empty_blocks.clone()) == Search::NotFound);
        assert_eq!(pieces, Some(MAX_ENCODED_BYTES / 5_000 + 1));
    }

    proptest! {
        #[test]
        fn a_search_in_pieces_finds_what_one_in_the_whole_does(
            body in prop::collection::vec(prop::sample::select(b"ab".as_slice()), 0..6_000),
            wanted in prop::collection::vec(prop::sample::select(b"ab".as_slice()), 1..16),
            encoding in prop::sample::select(ENCODINGS.as_slice()),
            piece in 1_usize..3_000,
        ) {
            let window = &body[..body.len().min(SEARCHED_BYTES)];
            let expected = window.windows(wanted.len()).any(|there| there == wanted);
            prop_assert_eq!(finds(&wanted, header(encoding), &encode(encoding, &body), piece), expected);
        }
    }
}
