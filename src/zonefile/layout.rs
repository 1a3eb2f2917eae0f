//! YAML text: when to quote, and when a line is too long to be one.

use std::fmt::Write;

/// What is written: words that are quoted already where they must be, and what is made of them.
pub(super) enum Value {
    Word(String),
    List(Vec<Value>),
    Mapping(Vec<(String, Value)>),
}

/// Longer lines are laid out over several.
const LINE_CHARACTERS: usize = 120;

impl Value {
    /// A text where people see at once that it is one: plain if every YAML reader takes it for a text.
    pub fn text(text: &str) -> Value {
        Value::Word(Value::key(text))
    }

    /// A text that is always quoted.
    pub fn quoted(text: &str) -> Value {
        Value::Word(quoted(text))
    }

    /// A text as the key of a mapping.
    pub fn key(text: &str) -> String {
        if is_plain(text) { text.to_owned() } else { quoted(text) }
    }

    pub fn number(number: impl std::fmt::Display) -> Value {
        Value::Word(number.to_string())
    }

    pub fn truth(truth: bool) -> Value {
        Value::Word(truth.to_string())
    }

    pub fn texts<Text: ToString>(texts: impl IntoIterator<Item = Text>) -> Value {
        Value::List(texts.into_iter().map(|text| Value::text(&text.to_string())).collect())
    }

    /// On one line, however long.
    pub fn line(&self) -> String {
        let mut line = String::new();
        self.write_flow(&mut line);
        line
    }

    /// On one line.
    fn write_flow(&self, out: &mut String) {
        match self {
            Value::Word(word) => out.push_str(word),
            Value::List(items) => {
                out.push('[');
                for (place, item) in items.iter().enumerate() {
                    out.push_str(if place == 0 { "" } else { ", " });
                    item.write_flow(out);
                }
                out.push(']');
            }
            Value::Mapping(entries) if entries.is_empty() => out.push_str("{}"),
            Value::Mapping(entries) => {
                out.push_str("{ ");
                for (place, (key, value)) in entries.iter().enumerate() {
                    out.push_str(if place == 0 { "" } else { ", " });
                    out.push_str(key);
                    out.push_str(": ");
                    value.write_flow(out);
                }
                out.push_str(" }");
            }
        }
    }

    /// On the line that is begun, if it fits.
    fn try_write_flow(&self, out: &mut String) -> bool {
        let (start, line_start) = (out.len(), out.rfind('\n').map_or(0, |newline| newline + 1));
        self.write_flow(out);
        let fits = out[line_start..].chars().count() <= LINE_CHARACTERS;
        if !fits && !matches!(self, Value::Word(_)) {
            out.truncate(start);
            return false;
        }
        out.push('\n');
        true
    }

    /// As an item of a list whose dashes stand behind `indent` blanks: on one line if it fits.
    pub fn write_item(&self, indent: usize, out: &mut String) {
        pad(indent, out);
        out.push_str("- ");
        if !self.try_write_flow(out) {
            self.write_tall(indent + 2, out);
        }
    }

    /// As an item of a list, over several lines whatever its length.
    pub fn write_tall_item(&self, indent: usize, out: &mut String) {
        pad(indent, out);
        out.push_str("- ");
        self.write_tall(indent + 2, out);
    }

    /// Over several lines; the first is begun and indented already.
    fn write_tall(&self, indent: usize, out: &mut String) {
        match self {
            Value::Word(word) => {
                out.push_str(word);
                out.push('\n');
            }
            Value::List(items) => {
                for (place, item) in items.iter().enumerate() {
                    pad(if place == 0 { 0 } else { indent }, out);
                    out.push_str("- ");
                    if !item.try_write_flow(out) {
                        item.write_tall(indent + 2, out);
                    }
                }
            }
            Value::Mapping(entries) => {
                for (place, (key, value)) in entries.iter().enumerate() {
                    pad(if place == 0 { 0 } else { indent }, out);
                    write!(out, "{key}: ").expect("writing to a String cannot fail");
                    if !value.try_write_flow(out) {
                        out.pop();
                        out.push('\n');
                        pad(indent + 2, out);
                        value.write_tall(indent + 2, out);
                    }
                }
            }
        }
    }
}

fn pad(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn is_plain(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/');
    if !text.bytes().all(is_word) {
        return false;
    }
    match text.bytes().next() {
        // An IPv4 address or network: no number has a slash or two dots.
        Some(b'0'..=b'9') => text.contains('/') || text.matches('.').count() >= 2,
        Some(b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'/') => {
            let reserved = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
            !reserved.iter().any(|word| word.eq_ignore_ascii_case(text))
        }
        _ => false,
    }
}

/// In '…' where that saves escapes, else in "…".
fn quoted(text: &str) -> String {
    let is_simple = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if is_simple && text.contains(['"', '\\']) && !text.contains('\'') {
        return format!("'{text}'");
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            // What YAML readers may take for a line break, a byte order mark or no text at all.
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => escape(character, &mut quoted),
            _ if character.is_control() => escape(character, &mut quoted),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

fn escape(character: char, out: &mut String) {
    write!(out, "\\u{:04x}", u32::from(character)).expect("writing to a String cannot fail");
}
