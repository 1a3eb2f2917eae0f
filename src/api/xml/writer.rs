//! Writes documents. Elements close by themselves and text is escaped, so that nothing malformed can come out.

use std::fmt::{self, Write};

use super::NAMESPACE;

/// A document that is being written: on one line, as AWS does.
pub struct XmlWriter {
    text: String,
}

impl XmlWriter {
    /// A whole document. The name of its root is one that an element can have.
    pub fn document(root: &str, content: impl FnOnce(&mut XmlWriter)) -> String {
        let mut writer = XmlWriter { text: String::with_capacity(512) };
        writer.text.push_str("<?xml version=\"1.0\"?>\n");
        writer.open(root);
        writer.text.pop();
        write!(writer.text, " xmlns=\"{NAMESPACE}\">").expect("writing to a String cannot fail");
        let before = writer.text.len();
        content(&mut writer);
        writer.close(root, before);
        writer.text
    }

    pub fn element(&mut self, name: &'static str, content: impl FnOnce(&mut XmlWriter)) {
        self.open(name);
        let before = self.text.len();
        content(self);
        self.close(name, before);
    }

    /// A list: an element for each item, in one of their own.
    pub fn list<T>(
        &mut self,
        name: &'static str,
        item_name: &'static str,
        items: impl IntoIterator<Item = T>,
        mut content: impl FnMut(&mut XmlWriter, T),
    ) {
        self.element(name, |xml| {
            for item in items {
                xml.element(item_name, |xml| content(xml, item));
            }
        });
    }

    /// A list of texts.
    pub fn texts<T: AsRef<str>>(
        &mut self,
        name: &'static str,
        item_name: &'static str,
        items: impl IntoIterator<Item = T>,
    ) {
        self.list(name, item_name, items, |xml, item| xml.content(item.as_ref()));
    }

    pub fn text(&mut self, name: &'static str, text: &str) {
        self.element(name, |xml| xml.content(text));
    }

    pub fn optional_text(&mut self, name: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// A number, a truth value (`true`, `false`), or whatever else has a text of its own.
    pub fn value(&mut self, name: &'static str, value: impl fmt::Display) {
        self.text(name, &value.to_string());
    }

    pub fn optional_value(&mut self, name: &'static str, value: Option<impl fmt::Display>) {
        if let Some(value) = value {
            self.value(name, value);
        }
    }

    /// Text of the element that is open.
    pub fn content(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                // As it is, a reader would take it for a line feed (XML 1.0 §2.11).
                '\r' => self.text.push_str("&#13;"),
                other if is_allowed(other) => self.text.push(other),
                _ => self.text.push(char::REPLACEMENT_CHARACTER),
            }
        }
    }

    fn open(&mut self, name: &str) {
        self.text.push('<');
        self.text.push_str(name);
        self.text.push('>');
    }

    fn close(&mut self, name: &str, content_start: usize) {
        if self.text.len() == content_start {
            self.text.insert(content_start - 1, '/');
        } else {
            self.text.push_str("</");
            self.text.push_str(name);
            self.text.push('>');
        }
    }
}

/// Whether a document can hold a character (XML 1.0 §2.2).
pub fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::read;
    use super::*;

    #[test]
    fn empty_elements_keep_their_place() {
        let text = XmlWriter::document("Root", |xml| {
            xml.element("HealthChecks", |_| {});
            xml.texts("Regions", "Region", ["us-east-1"]);
            xml.value("IsTruncated", false);
            xml.optional_text("Marker", None);
        });
        let content = "<HealthChecks/><Regions><Region>us-east-1</Region></Regions><IsTruncated>false</IsTruncated>";
        assert_eq!(text, format!("<?xml version=\"1.0\"?>\n<Root xmlns=\"{NAMESPACE}\">{content}</Root>"));
        assert_eq!(
            XmlWriter::document("Root", |_| {}),
            format!("<?xml version=\"1.0\"?>\n<Root xmlns=\"{NAMESPACE}\"/>")
        );
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back(text in any::<String>()) {
            let document = XmlWriter::document("Root", |xml| xml.text("Text", &text));
            let root = read(document.as_bytes()).unwrap();
            let expected: String =
                text.chars().map(|it| if is_allowed(it) { it } else { char::REPLACEMENT_CHARACTER }).collect();
            prop_assert_eq!(root.children()[0].text().unwrap(), expected);
        }
    }
}
