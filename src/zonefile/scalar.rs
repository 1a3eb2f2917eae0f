//! Single values: texts, numbers, degrees, points in time, true and false, and one of a closed set of words.

use std::ops::RangeInclusive;

use jiff::Timestamp;

use super::diagnostic::{Position, Problems};
use super::fields::nearest;
use super::node::{Content, Node, is_nothing};
use crate::model::MetricValue;

impl<'t> Node<'t> {
    /// A text as it stands in the file: `NO` and `1` are texts too where only a text can be meant.
    pub fn text<'n>(&'n self, label: &str, problems: &mut Problems<'_>) -> Option<&'n str> {
        match &self.content {
            Content::Quoted(text) => Some(text.as_str()),
            Content::Plain(text) if !is_nothing(text.as_str()) => Some(text.as_str()),
            Content::Plain(text) if !text.as_str().is_empty() => {
                let hint = format!("write \"{}\" in quotation marks if that text is meant", text.as_str());
                self.refuse(label, "a text", &hint, problems);
                None
            }
            Content::Mapping(_) => {
                self.refuse(label, "a text", "put a text that holds a colon in quotation marks", problems);
                None
            }
            _ => {
                self.refuse(label, "a text", "", problems);
                None
            }
        }
    }

    /// A text of one line with 1 to `most` characters.
    pub fn short_text<'n>(&'n self, label: &str, most: usize, problems: &mut Problems<'_>) -> Option<&'n str> {
        self.text(label, problems).filter(|text| is_short_text(text, self.at, label, most, problems))
    }

    /// A whole number in `range`, in decimal digits.
    pub fn whole_number<Number>(
        &self,
        label: &str,
        range: RangeInclusive<Number>,
        problems: &mut Problems<'_>,
    ) -> Option<Number>
    where
        Number: TryFrom<i64> + Into<i64> + Copy,
    {
        let (least, most): (i64, i64) = ((*range.start()).into(), (*range.end()).into());
        let digits = match &self.content {
            Content::Plain(text) => text.as_str(),
            Content::Quoted(text) if text.as_str().parse::<i64>().is_ok() => {
                self.refuse(label, "a number", "write it without quotation marks", problems);
                return None;
            }
            _ => "",
        };
        let unsigned = digits.strip_prefix('-').unwrap_or(digits);
        if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
            self.refuse(label, "a whole number", &format!("use {least} to {most}"), problems);
            return None;
        }
        if unsigned.len() > 1 && unsigned.starts_with('0') {
            // YAML 1.1 takes it for octal, YAML 1.2 for decimal.
            problems.add(self.at, format!("{label} {digits} starts with a zero"), "write decimal digits only");
            return None;
        }
        let number = digits.parse::<i64>().unwrap_or(if digits.starts_with('-') { i64::MIN } else { i64::MAX });
        let side = if number < least {
            format!("below {least}")
        } else if number > most {
            format!("above {most}")
        } else {
            return Number::try_from(number).ok();
        };
        problems.add(self.at, format!("{label} {digits} is {side}"), format!("use {least} to {most}"));
        None
    }

    /// A finite number such as `-0.25` or `1e6`.
    pub fn metric_value(&self, label: &str, problems: &mut Problems<'_>) -> Option<MetricValue> {
        let hint = "write one such as 5 or 0.25";
        let text = match &self.content {
            Content::Plain(text) if !is_nothing(text.as_str()) => text.as_str(),
            Content::Quoted(text) if text.as_str().parse::<f64>().is_ok() => {
                self.refuse(label, "a number", "write it without quotation marks", problems);
                return None;
            }
            _ => {
                self.refuse(label, "a number", hint, problems);
                return None;
            }
        };
        let is_decimal =
            text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E'));
        let Some(number) = text.parse::<f64>().ok().filter(|_| is_decimal) else {
            problems.add(self.at, format!("{label} {text:?} is not a number"), hint);
            return None;
        };
        let unsigned = text.trim_start_matches(['-', '+']);
        if unsigned.starts_with('0') && unsigned[1..].starts_with(|next: char| next.is_ascii_digit()) {
            // YAML 1.1 takes it for octal, YAML 1.2 for decimal.
            problems.add(self.at, format!("{label} {text} starts with a zero"), "write decimal digits only");
            return None;
        }
        let value = MetricValue::new(number);
        if value.is_none() {
            problems.add(self.at, format!("{label} {text} is larger than numbers can be"), hint);
        }
        value
    }

    /// A point in time as RFC 3339 writes it.
    pub fn timestamp(&self, label: &str, problems: &mut Problems<'_>) -> Option<Timestamp> {
        let text = self.text(label, problems)?;
        let timestamp = text.parse().ok();
        if timestamp.is_none() {
            problems.add(self.at, format!("{label} {text:?} is not a time"), "write one such as 2026-01-31T12:00:00Z");
        }
        timestamp
    }

    /// `true` or `false`, and none of YAML 1.1's other spellings.
    pub fn truth(&self, label: &str, problems: &mut Problems<'_>) -> Option<bool> {
        match &self.content {
            Content::Plain(text) if text.as_str() == "true" => Some(true),
            Content::Plain(text) if text.as_str() == "false" => Some(false),
            _ => {
                self.refuse(label, "true or false", "write true or false, without quotation marks", problems);
                None
            }
        }
    }

    /// Degrees such as `-33.87`.
    pub fn degrees(&self, label: &str, problems: &mut Problems<'_>) -> Option<f64> {
        let is_decimal =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.'));
        if let Content::Plain(text) = &self.content
            && is_decimal(text.as_str())
            && let Ok(number) = text.as_str().parse::<f64>()
        {
            return Some(number);
        }
        self.refuse(label, "a number", "write degrees in decimal, such as -33.87", problems);
        None
    }

    /// One of the words of a closed set.
    pub fn choice<Choice: Copy>(
        &self,
        label: &str,
        choices: &[(&'static str, Choice)],
        problems: &mut Problems<'_>,
    ) -> Option<Choice> {
        let text = self.text(label, problems)?;
        if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == text) {
            return Some(*choice);
        }
        let words: Vec<&'static str> = choices.iter().map(|(word, _)| *word).collect();
        let hint = match nearest(text, &words, problems) {
            Some(word) => format!("did you mean {word}?"),
            None => format!("use {}", words.join(", ")),
        };
        problems.add(self.at, format!("{label} cannot be {text:?}"), hint);
        None
    }

    /// What `parse` makes of the text, or its error.
    pub fn parsed<Value, ParseError: std::fmt::Display>(
        &self,
        label: &str,
        problems: &mut Problems<'_>,
        parse: impl FnOnce(&str) -> Result<Value, ParseError>,
    ) -> Option<Value> {
        let text = self.text(label, problems)?;
        match parse(text) {
            Ok(value) => Some(value),
            Err(error) => {
                problems.add(self.at, format!("{label}: {error}"), "");
                None
            }
        }
    }
}

/// Whether a text has one line and 1 to `most` characters. What is not is told.
pub(super) fn is_short_text(text: &str, at: Position, label: &str, most: usize, problems: &mut Problems<'_>) -> bool {
    let length = text.chars().count();
    let message = if length == 0 {
        format!("{label} is empty")
    } else if length > most {
        format!("{label} of {length} characters is longer than {most}")
    } else if text.chars().any(char::is_control) {
        problems.add(
            at,
            format!("{label} holds a line break or another control character"),
            "write plain text on one line",
        );
        return false;
    } else {
        return true;
    };
    problems.add(at, message, format!("use 1 to {most} characters"));
    false
}
