//! The bytes of a file as a tree of [`Node`]s: the only place that knows the YAML parser.
//!
//! Refused: anchors and aliases (a bomb is made of them), tags, a second document, deep nesting, and more values than
//! a file of its size has.

use std::borrow::Cow;

use granit_parser::{ErrorKind, Event, Marker, Options, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};
use smallvec::SmallVec;

use super::diagnostic::{Position, Problems, saturate};
use super::node::{Content, Entry, Node, Records, Text};
use super::plain_record;
use crate::model::{DomainName, limits};

/// The file's tree; `Ok(None)` if the file holds nothing.
pub(super) fn read<'t>(text: &'t [u8], problems: &mut Problems<'_>) -> Result<Option<Node<'t>>, Unreadable> {
    let text = check_bytes(text, problems)?;
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.disallow_directives = true;
    options.emit_unresolved_aliases = true;
    options.flow_nesting_limit = limits::ZONE_FILE_NESTING;
    options.block_nesting_limit = limits::ZONE_FILE_NESTING;
    let mut reader = DocumentReader {
        text,
        parser: Parser::new_from_str_with_options(text, options),
        nodes_left: limits::ZONE_FILE_NODES + text.len() / limits::ZONE_FILE_BYTES_PER_NODE,
        problems,
    };
    reader.document()
}

/// The file cannot be read any further; the problem is told.
pub(super) struct Unreadable;

/// UTF-8 without control characters, which YAML does not allow and editors do not show.
fn check_bytes<'t>(bytes: &'t [u8], problems: &mut Problems<'_>) -> Result<&'t str, Unreadable> {
    if bytes.len() as u64 > limits::ZONE_FILE_BYTES {
        let message = format!("the file has {} bytes, more than {}", bytes.len(), limits::ZONE_FILE_BYTES);
        problems.add(Position::START, message, "spread its hosted zones over several files");
        return Err(Unreadable);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Some(offset) = bytes.iter().position(|byte| matches!(byte, 0..=8 | 11 | 12 | 14..=31 | 127)) {
        let message = format!("the file holds a control character, byte {:#04x}", bytes[offset]);
        problems.add(Position::of_byte(bytes, offset), message, "remove it; save the file as UTF-8 text");
        return Err(Unreadable);
    }
    str::from_utf8(bytes).map_err(|error| {
        let offset = error.valid_up_to();
        let message = format!("the byte {:#04x} is not UTF-8", bytes[offset]);
        problems.add(Position::of_byte(bytes, offset), message, "save the file as UTF-8 text");
        Unreadable
    })
}

/// Which part of a zone file a node is, as far as it matters while the tree is made.
#[derive(Clone)]
enum Place {
    Root,
    HostedZones,
    HostedZone,
    /// The records of a zone whose name stands before them.
    Records {
        zone: DomainName,
    },
    Elsewhere,
}

impl Place {
    /// The place of the value of `key` in a mapping of which `before` is read.
    fn of_value(&self, key: &Node<'_>, before: &[Entry<'_>]) -> Place {
        let (Content::Plain(text) | Content::Quoted(text)) = &key.content else { return Place::Elsewhere };
        match (self, text.as_str()) {
            (Place::Root, "hosted_zones") => Place::HostedZones,
            (Place::HostedZone, "records") => match plain_record::zone_name(before) {
                Some(zone) => Place::Records { zone },
                None => Place::Elsewhere,
            },
            _ => Place::Elsewhere,
        }
    }
}

/// A list that is put together; those of a record are short.
type Short<T> = SmallVec<[T; 8]>;

/// In a block of just its size. One cut off from a larger block leaves a gap, a million records a million of them between
/// what is kept.
fn exactly<T>(list: Short<T>) -> Box<[T]> {
    let mut items = Vec::with_capacity(list.len());
    items.extend(list);
    items.into()
}

struct DocumentReader<'t, 'p, 'f> {
    text: &'t str,
    parser: Parser<'t, StrInput<'t>>,
    nodes_left: usize,
    problems: &'p mut Problems<'f>,
}

impl<'t> DocumentReader<'t, '_, '_> {
    fn document(&mut self) -> Result<Option<Node<'t>>, Unreadable> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(root),
                Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(..) if root.is_some() => {
                    let hint = "put its keys into the first one, or into a file of its own";
                    self.problems.add(
                        position(span.start),
                        "a zone file is one YAML document; here a second starts",
                        hint,
                    );
                    return Err(Unreadable);
                }
                Event::DocumentStart(..) => {}
                event => root = Some(self.node(event, span, 0, Place::Root)?),
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Unreadable> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(self.tell(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize, place: Place) -> Result<Node<'t>, Unreadable> {
        let at = position(span.start);
        if self.nodes_left == 0 {
            let message = "the file has more YAML values than a zone file of its size can have";
            self.problems.add(at, message, "");
            return Err(Unreadable);
        }
        if depth > limits::ZONE_FILE_NESTING {
            self.problems.add(at, too_deep(), "");
            return Err(Unreadable);
        }
        self.nodes_left -= 1;
        let content = match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_properties(at, anchor, tag.as_deref());
                // A value that is left out comes as the `~` it stands for.
                let is_left_out = matches!(style, ScalarStyle::Plain) && span.start.index() == span.end.index();
                let text = match text {
                    _ if is_left_out => Text::Borrowed(""),
                    Cow::Borrowed(text) => Text::Borrowed(text),
                    Cow::Owned(text) => Text::Owned(text.into()),
                };
                match style {
                    ScalarStyle::Plain => Content::Plain(text),
                    _ => Content::Quoted(text),
                }
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_properties(at, anchor, tag.as_deref());
                match place {
                    Place::Records { zone } => Content::Records(Box::new(self.records(depth, &zone)?)),
                    Place::HostedZones => Content::List(self.items(depth, &Place::HostedZone)?),
                    Place::Root | Place::HostedZone | Place::Elsewhere => {
                        Content::List(self.items(depth, &Place::Elsewhere)?)
                    }
                }
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_properties(at, anchor, tag.as_deref());
                Content::Mapping(self.entries(depth, &place)?)
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                // `name: *.example.com` is how this happens.
                let text = span.slice(self.text).unwrap_or("*");
                let message = format!("{text} without quotation marks is a YAML alias, which zone files do not have");
                self.problems.add(at, message, format!("write \"{text}\" in quotation marks if that text is meant"));
                Content::Refused
            }
            _ => Content::Refused,
        };
        Ok(Node { at, content })
    }

    fn items(&mut self, depth: usize, place: &Place) -> Result<Box<[Node<'t>]>, Unreadable> {
        let mut items = Short::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(exactly(items)),
                (event, span) => items.push(self.node(event, span, depth + 1, place.clone())?),
            }
        }
    }

    /// The items of a zone's records: those that are plain are read at once, so that they never are many nodes.
    fn records(&mut self, depth: usize, zone: &DomainName) -> Result<Records<'t>, Unreadable> {
        let mut records = Records::default();
        loop {
            let item = match self.next()? {
                (Event::SequenceEnd, _) => return Ok(records),
                (event, span) => self.node(event, span, depth + 1, Place::Elsewhere)?,
            };
            match plain_record::read(&item, zone) {
                Some(read) => records.read.push((read, item.at)),
                None => records.unread.push((records.read.len(), item)),
            }
        }
    }

    fn entries(&mut self, depth: usize, place: &Place) -> Result<Box<[Entry<'t>]>, Unreadable> {
        let mut entries = Short::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, _) => return Ok(exactly(entries)),
                (event, span) => self.node(event, span, depth + 1, Place::Elsewhere)?,
            };
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1, place.of_value(&key, &entries))?;
            match key.content {
                Content::Plain(text) | Content::Quoted(text) => entries.push(Entry { key: text, at: key.at, value }),
                Content::Refused => {}
                Content::List(_) | Content::Records(_) | Content::Mapping(_) => {
                    key.refuse("a key", "a text", "put keys with [ ] or { } in quotation marks", self.problems);
                }
            }
        }
    }

    fn refuse_properties(&mut self, at: Position, anchor: usize, tag: Option<&Tag>) {
        if anchor != 0 {
            let hint = "write the value out where it is used; put a text that starts with & in quotation marks";
            self.problems.add(at, "YAML anchors (&) are not supported in zone files", hint);
        }
        if let Some(tag) = tag {
            let hint = "remove it; put a text that starts with ! in quotation marks";
            let message = format!("YAML tags such as {} are not supported in zone files", tag.original());
            self.problems.add(at, message, hint);
        }
    }

    /// Says in our words what the YAML parser stumbled over.
    fn tell(&mut self, error: &ScanError) -> Unreadable {
        let at = position(*error.marker());
        let quote = "put the text in quotation marks";
        let (message, hint) = match error.kind() {
            ErrorKind::RecursionLimitExceeded => (too_deep(), ""),
            ErrorKind::UnexpectedCharacter { character } => {
                (format!("a text cannot start with {character:?} without quotation marks"), quote)
            }
            ErrorKind::MissingAnchorOrAliasName => {
                ("a text cannot start with * or & without quotation marks".to_owned(), quote)
            }
            ErrorKind::MappingValueNotAllowed => (
                "\": \" is not allowed here".to_owned(),
                "check the indentation; put a text that holds \": \" in quotation marks",
            ),
            ErrorKind::UnclosedQuotedScalar => ("a quotation mark is not closed".to_owned(), "close it"),
            ErrorKind::UnclosedFlowCollection { open } => (format!("the bracket '{open}' is not closed"), "close it"),
            ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
                (format!("the bracket '{open}' is closed by '{close}'"), "close it with its own kind")
            }
            ErrorKind::MisplacedFlowCollectionEnd => {
                ("a closing bracket without an opening one".to_owned(), "remove it")
            }
            ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar => ("a tab where YAML allows only blanks".to_owned(), "indent with blanks"),
            ErrorKind::InvalidIndentation
            | ErrorKind::ExpectedBlockMappingKey
            | ErrorKind::ExpectedBlockSequenceEntry => (
                "the indentation fits no line above".to_owned(),
                "give keys of one mapping and items of one list the same indentation",
            ),
            ErrorKind::ExpectedFlowMappingSeparator => (
                "expected , or } here".to_owned(),
                "separate keys by commas; put texts with special characters in quotation marks",
            ),
            ErrorKind::ExpectedFlowSequenceSeparator => (
                "expected , or ] here".to_owned(),
                "separate items by commas; put texts with special characters in quotation marks",
            ),
            ErrorKind::SimpleKeyExpected => ("a key without \": \"".to_owned(), "write `key: value`"),
            ErrorKind::UnknownQuotedScalarEscape => (
                "an escape that \"…\" does not know".to_owned(),
                "write \\\\ for a backslash, or use '…', where a backslash is just a backslash",
            ),
            ErrorKind::DirectiveDisallowed => {
                ("YAML directives (%) are not supported in zone files".to_owned(), "remove it")
            }
            _ => (format!("this is not YAML: {}", error.info().replace('\n', " ")), ""),
        };
        self.problems.add(at, message, hint);
        Unreadable
    }
}

fn too_deep() -> String {
    format!("lists and mappings are nested more than {} deep", limits::ZONE_FILE_NESTING)
}

fn position(marker: Marker) -> Position {
    Position { line: saturate(marker.line()), column: saturate(marker.col() + 1) }
}
