//! A body becomes a tree: no document types, no entities but the five, and a bound on everything.

use std::fmt;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use super::writer::is_allowed;
use super::{Element, NAMESPACE};

/// Elements inside each other. The deepest member of any operation is the eighth.
const DEPTH: usize = 16;
/// Elements of one body. A full change batch has 1,000 changes of up to 20 elements.
const ELEMENTS: usize = 50_000;

/// Why a body is no document of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadProblem {
    Empty,
    NotUtf8,
    /// It is not well-formed.
    Malformed(String),
    DocumentType,
    Entity(String),
    TooDeep,
    /// More than so many.
    TooManyElements(usize),
}

impl fmt::Display for ReadProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadProblem::Empty => f.write_str("there is no document"),
            ReadProblem::NotUtf8 => f.write_str("it is not UTF-8"),
            ReadProblem::Malformed(problem) => f.write_str(problem),
            ReadProblem::DocumentType => f.write_str("a document type declaration is not allowed"),
            ReadProblem::Entity(name) => write!(f, "the entity {name:?} is not known"),
            ReadProblem::TooDeep => write!(f, "elements are nested more than {DEPTH} deep"),
            ReadProblem::TooManyElements(limit) => write!(f, "there are more than {limit} elements"),
        }
    }
}

/// Reads a document. What the bytes claim about themselves counts for nothing: they are UTF-8.
pub fn read(bytes: &[u8]) -> Result<Element, ReadProblem> {
    read_within(bytes, ELEMENTS)
}

/// As [`read`], of a document that may have so many elements.
pub fn read_within(bytes: &[u8], elements: usize) -> Result<Element, ReadProblem> {
    let text = std::str::from_utf8(bytes).map_err(|_| ReadProblem::NotUtf8)?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(ReadProblem::Empty);
    }
    let malformed = |error: &dyn fmt::Display| ReadProblem::Malformed(error.to_string());
    let mut reader = NsReader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut count = 0;
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(|error| malformed(&error))?;
        let is_of_api = namespace == ResolveResult::Bound(Namespace(NAMESPACE.as_bytes()));
        let closed = match event {
            Event::Start(ref start) | Event::Empty(ref start) => {
                count += 1;
                if count > elements {
                    return Err(ReadProblem::TooManyElements(elements));
                }
                if open.len() == DEPTH {
                    return Err(ReadProblem::TooDeep);
                }
                if root.is_some() {
                    return Err(ReadProblem::Malformed("there is a second root element".to_owned()));
                }
                for attribute in start.attributes() {
                    attribute.map_err(|error| malformed(&error))?;
                }
                let name = String::from_utf8_lossy(start.local_name().into_inner()).into();
                open.push(Element { name, is_of_api, text: String::new(), children: Vec::new() });
                matches!(event, Event::Empty(_))
            }
            Event::End(_) => true,
            Event::Text(text) => {
                let text = text.xml_content(XmlVersion::Implicit1_0).map_err(|error| malformed(&error))?;
                add_text(&mut open, &text)?;
                false
            }
            Event::CData(text) => {
                let text = text.xml_content(XmlVersion::Implicit1_0).map_err(|error| malformed(&error))?;
                add_text(&mut open, &text)?;
                false
            }
            Event::GeneralRef(reference) => {
                add_text(&mut open, resolve(&reference)?.encode_utf8(&mut [0; 4]))?;
                false
            }
            Event::DocType(_) => return Err(ReadProblem::DocumentType),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => false,
            Event::Eof => break,
        };
        if closed && let Some(element) = open.pop() {
            match open.last_mut() {
                Some(parent) => parent.children.push(element),
                None => root = Some(element),
            }
        }
    }
    match root {
        Some(root) if open.is_empty() => Ok(root),
        _ => Err(ReadProblem::Malformed("the document ends too early".to_owned())),
    }
}

fn add_text(open: &mut [Element], text: &str) -> Result<(), ReadProblem> {
    if let Some(character) = text.chars().find(|character| !is_allowed(*character)) {
        return Err(ReadProblem::Malformed(format!("the character {character:?} is not allowed")));
    }
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(ReadProblem::Malformed("there is text outside the root element".to_owned())),
    }
    Ok(())
}

fn resolve(reference: &BytesRef<'_>) -> Result<char, ReadProblem> {
    if let Some(character) = reference.resolve_char_ref().map_err(|error| ReadProblem::Malformed(error.to_string()))? {
        return Ok(character);
    }
    match &**reference {
        b"amp" => Ok('&'),
        b"lt" => Ok('<'),
        b"gt" => Ok('>'),
        b"quot" => Ok('"'),
        b"apos" => Ok('\''),
        other => Err(ReadProblem::Entity(String::from_utf8_lossy(other).into_owned())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn prefixes_and_default_namespaces_are_one() {
        for text in [
            "<A xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><B> x&amp;&#x41;<![CDATA[<y>]]></B></A>",
            "<p:A xmlns:p=\"https://route53.amazonaws.com/doc/2013-04-01/\"><p:B> x&#38;A&lt;y></p:B><!-- --></p:A>\n",
        ] {
            let root = read(text.as_bytes()).unwrap();
            assert!(root.is_of_api() && root.children()[0].is_of_api());
            assert_eq!((root.name(), root.children()[0].text().unwrap()), ("A", " x&A<y>"));
        }
        assert!(!read(b"<A/>").unwrap().is_of_api());
        assert!(!read(b"<A xmlns=\"https://route53.amazonaws.com/doc/2012-02-29/\"/>").unwrap().is_of_api());
    }

    #[test]
    fn what_is_no_document_is_refused() {
        let deep = "<A>".repeat(DEPTH + 1);
        let many = format!("<A>{}</A>", "<B/>".repeat(ELEMENTS));
        for (text, expected) in [
            ("", ReadProblem::Empty),
            (" \n", ReadProblem::Empty),
            ("<!DOCTYPE a [<!ENTITY b \"c\">]><A>&b;</A>", ReadProblem::DocumentType),
            ("<A>&b;</A>", ReadProblem::Entity("b".to_owned())),
            (&deep, ReadProblem::TooDeep),
            (&many, ReadProblem::TooManyElements(ELEMENTS)),
        ] {
            assert_eq!(read(text.as_bytes()), Err(expected));
        }
        assert_eq!(read(b"<A>\xff</A>"), Err(ReadProblem::NotUtf8));
        for text in [
            "<A",
            "<A>",
            "</A>",
            "<A></B>",
            "<A/><B/>",
            "x<A/>",
            "<A/>x",
            "<A>&#1;</A>",
            "<A>\u{1}</A>",
            "{}",
            "<A b=1/>",
            "<A>&#xD800;</A>",
        ] {
            assert!(matches!(read(text.as_bytes()), Err(ReadProblem::Malformed(_))), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }

        #[test]
        fn nothing_that_looks_like_xml_makes_it_panic(text in "[<>/&;!?a-c \"'=#x\\[\\]-]{0,60}") {
            let _ = read(text.as_bytes());
        }
    }
}
