//! One element of a body, and what its text may be.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::api::error::ApiError;

use super::NAMESPACE;

/// An element: its name, what stands in it, and whether it is of the API's namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    pub(super) name: Box<str>,
    pub(super) is_of_api: bool,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// One with nothing in it, of the API's namespace.
    pub fn empty(name: &str) -> Element {
        Element { name: name.into(), is_of_api: true, text: String::new(), children: Vec::new() }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether its namespace is the API's.
    pub fn is_of_api(&self) -> bool {
        self.is_of_api
    }

    pub fn children(&self) -> &[Element] {
        &self.children
    }

    /// The first element of this name in it, if there is one: answers may have members that are not known here.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| *child.name == *name)
    }

    /// The items of a list, each in an element of this name.
    pub fn items(&self, item_name: &'static str, at_least: usize) -> Result<&[Element], ApiError> {
        self.no_text()?;
        if let Some(other) = self.children.iter().find(|child| child.is_foreign() || *child.name != *item_name) {
            return Err(other.unexpected(&[item_name]));
        }
        if self.children.len() < at_least {
            return Err(self.incomplete(&[item_name]));
        }
        Ok(&self.children)
    }

    /// The text of an element that has no elements in it.
    pub fn text(&self) -> Result<&str, ApiError> {
        match self.children.first() {
            None => Ok(&self.text),
            Some(_) => Err(ApiError::invalid_xml(format_args!(
                "cvc-type.3.1.2: Element '{}' is a simple type, so it must have no element information item [children].",
                self.name
            ))),
        }
    }

    /// A text of so many characters. `type_name` is that of the API model.
    pub fn text_of(&self, type_name: &str, lengths: RangeInclusive<usize>) -> Result<&str, ApiError> {
        let text = self.text()?;
        check_length(text, type_name, lengths)?;
        Ok(text)
    }

    /// A whole number.
    pub fn number<T: FromStr + PartialOrd + fmt::Display>(
        &self,
        type_name: &str,
        range: RangeInclusive<T>,
    ) -> Result<T, ApiError> {
        let text = self.text()?.trim();
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(self.not_a("integer"));
        }
        let is_below = text.starts_with('-') && digits.bytes().any(|byte| byte != b'0');
        match text.parse::<T>() {
            Ok(number) if range.contains(&number) => Ok(number),
            Ok(number) if number < *range.start() => Err(out_of_range(text, "min", range.start(), type_name)),
            // What the type of the number cannot hold.
            Err(_) if is_below => Err(out_of_range(text, "min", range.start(), type_name)),
            Ok(_) | Err(_) => Err(out_of_range(text, "max", range.end(), type_name)),
        }
    }

    /// `true`, `false`, and the `1` and `0` that XML Schema also knows.
    pub fn boolean(&self) -> Result<bool, ApiError> {
        match self.text()?.trim() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(self.not_a("boolean")),
        }
    }

    /// One of these words, and what it means.
    pub fn word<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, ApiError> {
        let text = self.text()?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        found.ok_or_else(|| {
            let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            ApiError::invalid_xml(format_args!(
                "cvc-enumeration-valid: Value '{text}' is not facet-valid with respect to enumeration '[{}]'. It must \
                 be a value from the enumeration.",
                known.join(", ")
            ))
        })
    }

    fn not_a(&self, type_name: &str) -> ApiError {
        ApiError::invalid_xml(format_args!(
            "cvc-datatype-valid.1.2.1: '{}' is not a valid value for '{type_name}'.",
            self.text
        ))
    }

    pub(super) fn is_foreign(&self) -> bool {
        !self.is_of_api
    }

    /// An element that has elements in it has nothing but blanks between them.
    pub(super) fn no_text(&self) -> Result<(), ApiError> {
        if self.text.trim().is_empty() {
            return Ok(());
        }
        Err(ApiError::invalid_xml(format_args!(
            "cvc-complex-type.2.3: Element '{}' cannot have character [children], because the type's content type is \
             element-only.",
            self.name
        )))
    }

    /// It stands where one of `expected` would have to stand, or nothing.
    pub(super) fn unexpected(&self, expected: &[&str]) -> ApiError {
        let start = format!("Invalid content was found starting with element '{}'.", self.name);
        if expected.is_empty() {
            let end = "No child element is expected at this point.";
            return ApiError::invalid_xml(format_args!("cvc-complex-type.2.4.d: {start} {end}"));
        }
        let expected = listed(expected);
        ApiError::invalid_xml(format_args!("cvc-complex-type.2.4.a: {start} One of '{expected}' is expected."))
    }

    /// One of `expected` is missing.
    pub(super) fn incomplete(&self, expected: &[&str]) -> ApiError {
        ApiError::invalid_xml(format_args!(
            "cvc-complex-type.2.4.b: The content of element '{}' is not complete. One of '{}' is expected.",
            self.name,
            listed(expected)
        ))
    }
}

/// Checks that a text has so many characters. `type_name` is that of the API model.
pub fn check_length(text: &str, type_name: &str, lengths: RangeInclusive<usize>) -> Result<(), ApiError> {
    let length = text.chars().count();
    let sentence = |constraint: &str, limit: usize| {
        ApiError::invalid_xml(format_args!(
            "cvc-{constraint}-valid: Value '{text}' with length = '{length}' is not facet-valid with respect to \
             {constraint} '{limit}' for type '{type_name}'."
        ))
    };
    if lengths.start() == lengths.end() && length != *lengths.start() {
        return Err(sentence("length", *lengths.start()));
    }
    if length < *lengths.start() {
        return Err(sentence("minLength", *lengths.start()));
    }
    if length > *lengths.end() {
        return Err(sentence("maxLength", *lengths.end()));
    }
    Ok(())
}

fn out_of_range(text: &str, end: &str, limit: impl fmt::Display, type_name: &str) -> ApiError {
    ApiError::invalid_xml(format_args!(
        "cvc-{end}Inclusive-valid: Value '{text}' is not facet-valid with respect to {end}Inclusive '{limit}' for type \
         '{type_name}'."
    ))
}

/// `{"namespace":One, "namespace":Other}`.
fn listed(names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("\"{NAMESPACE}\":{name}")).collect();
    format!("{{{}}}", names.join(", "))
}
