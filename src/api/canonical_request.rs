//! A request as it is written to be signed: in one way, however it was sent (AWS Signature Version 4). Pure.

use std::borrow::Cow;
use std::fmt::Write;

/// Without empty and dot segments, and encoded once more than it was sent.
pub fn canonical_path(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty() && *segment != ".") {
        if segment == ".." {
            segments.pop();
        } else {
            segments.push(segment);
        }
    }
    let end = if path.ends_with('/') && !segments.is_empty() { "/" } else { "" };
    format!("/{}{end}", segments.iter().map(|segment| encoded(segment.as_bytes())).collect::<Vec<_>>().join("/"))
}

/// By name and value, without the signature itself.
pub fn canonical_query(query: &str) -> String {
    let again = |text: &str| encoded(decoded(text).as_bytes());
    let mut all: Vec<(String, String)> = pairs(query)
        .filter(|(name, _)| *name != "X-Amz-Signature")
        .map(|(name, value)| (again(name), again(value)))
        .collect();
    all.sort();
    all.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Names and values as they were sent.
pub fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Percent signs for all but letters, digits and `-_.~`.
pub fn encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => text.push(char::from(*byte)),
            // Writing to a string does not fail.
            _ => drop(write!(text, "%{byte:02X}")),
        }
    }
    text
}

/// What is not encoded as it should be stays as it is: then no signature will match.
pub fn decoded(text: &str) -> Cow<'_, str> {
    super::request::decoded(text).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_queries_are_written_in_one_way() {
        for (path, canonical) in
            [("", "/"), ("/", "/"), ("/a//b/./c/../d/", "/a/b/d/"), ("/%2Fa b", "/%252Fa%20b"), ("/..", "/")]
        {
            assert_eq!(canonical_path(path), canonical, "{path}");
        }
        for (query, canonical) in [
            ("", ""),
            ("b=2&a=1", "a=1&b=2"),
            ("a=%7e%2f&a&B=%c3%a4", "B=%C3%A4&a=&a=~%2F"),
            ("&&x=1=2", "x=1%3D2"),
            ("a=%zz", "a=%25zz"),
        ] {
            assert_eq!(canonical_query(query), canonical, "{query}");
        }
    }
}
