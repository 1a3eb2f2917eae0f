//! One parameter of a SVCB or HTTPS: `alpn="h2,h3"` (RFC 9460 §7, appendix A).

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use data_encoding::BASE64;

use super::character_string::{decode, encode};
use super::error::{ValueError, ValueProblem};
use super::value_text::{ValueText, parse_number};

pub(super) const MANDATORY: u16 = 0;
pub(super) const ALPN: u16 = 1;
pub(super) const NO_DEFAULT_ALPN: u16 = 2;
const PORT: u16 = 3;
const IPV4_HINT: u16 = 4;
const ECH: u16 = 5;
const IPV6_HINT: u16 = 6;
const DOHPATH: u16 = 7;
const OHTTP: u16 = 8;
const TLS_SUPPORTED_GROUPS: u16 = 9;
const DOCPATH: u16 = 10;
/// Reserved: never a key (RFC 9460 §14.3.2).
const INVALID: u16 = 65535;

/// The keys with a name (T-5). IANA has a few more, of drafts: those have their numbers here.
const NAMES: [(u16, &str); 11] = [
    (MANDATORY, "mandatory"),
    (ALPN, "alpn"),
    (NO_DEFAULT_ALPN, "no-default-alpn"),
    (PORT, "port"),
    (IPV4_HINT, "ipv4hint"),
    // RFC 9848.
    (ECH, "ech"),
    (IPV6_HINT, "ipv6hint"),
    // RFC 9461.
    (DOHPATH, "dohpath"),
    // RFC 9540.
    (OHTTP, "ohttp"),
    // draft-ietf-tls-key-share-prediction, registered.
    (TLS_SUPPORTED_GROUPS, "tls-supported-groups"),
    // RFC 9953.
    (DOCPATH, "docpath"),
];

/// How a key is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// Its value is written as its own document says.
    Name,
    /// `key667`: its value is the bytes of the wire, also of a key with a name (RFC 9460 §2.1).
    Number,
}

/// Reads `key`, `key=value` or `key="value"` into the key and the wire form of its value.
pub(super) fn parse(text: &mut ValueText) -> Result<(u16, Vec<u8>), ValueError> {
    let name = text.take_until(|character| matches!(character, '=' | ' ' | '\t'));
    let (key, spelling) = key_of(name).ok_or_else(|| text.error("parameter", name, ValueProblem::UnknownParameter))?;
    let field = NAMES.iter().find(|named| named.0 == key).map_or("parameter", |named| named.1);
    let raw = match text.skip('=') {
        Some(()) => raw_value(text, field)?,
        None => "",
    };
    let decoded = decode(raw).map_err(|problem| text.error(field, raw, problem))?;
    let value = match spelling {
        Spelling::Name => wire_value(key, decoded),
        Spelling::Number if render(key, &decoded).is_some() => Ok(decoded),
        Spelling::Number => Err("write its name instead of its number, or the bytes that it has on the wire"),
    };
    let value = value.map_err(|remedy| text.error(field, raw, ValueProblem::ParameterValue(remedy)))?;
    Ok((key, value))
}

/// What stands behind the `=`. A string in quotation marks must be followed by a blank.
fn raw_value<'a>(text: &mut ValueText<'a>, field: &'static str) -> Result<&'a str, ValueError> {
    let is_blank = |character| matches!(character, ' ' | '\t');
    if !text.starts_with('"') {
        return Ok(text.take_until(is_blank));
    }
    let raw = text.quoted_raw(field)?;
    match text.take_until(is_blank) {
        "" => Ok(raw),
        behind => Err(text.error(field, behind, ValueProblem::Trailing)),
    }
}

/// The number of a key in text.
fn key_of(name: &str) -> Option<(u16, Spelling)> {
    if let Some((key, _)) = NAMES.iter().find(|named| named.1 == name) {
        return Some((*key, Spelling::Name));
    }
    let digits = name.strip_prefix("key")?;
    let key = parse_number(digits, u32::from(INVALID) - 1)? as u16;
    // RFC 9460 §2.1: without leading zeros.
    (key.to_string() == digits).then_some((key, Spelling::Number))
}

/// The text of a key: its name, or `key667`.
pub(super) fn key_name(key: u16) -> String {
    match NAMES.iter().find(|named| named.0 == key) {
        Some((_, name)) => (*name).to_owned(),
        None => format!("key{key}"),
    }
}

/// The wire form of a value; else what should have been written.
fn wire_value(key: u16, decoded: Vec<u8>) -> Result<Vec<u8>, &'static str> {
    // What is not ASCII fits none of the forms read from `text`, and a replacement character does not either.
    let text = String::from_utf8_lossy(&decoded);
    match key {
        MANDATORY => mandatory_value(&text).ok_or("write other parameters, each once, such as alpn,port"),
        ALPN => list_value(&decoded).ok_or("write protocols such as \"h2,h3\""),
        NO_DEFAULT_ALPN | OHTTP if decoded.is_empty() => Ok(decoded),
        NO_DEFAULT_ALPN | OHTTP => Err("write it without a value"),
        PORT => match parse_number(&text, u16::MAX.into()) {
            Some(port) => Ok((port as u16).to_be_bytes().into()),
            None => Err("write a number from 0 to 65535"),
        },
        IPV4_HINT => list(&text, |address| address.parse().ok().map(|address: Ipv4Addr| address.octets()))
            .ok_or("write addresses such as 192.0.2.1,192.0.2.2"),
        IPV6_HINT => list(&text, |address| address.parse().ok().map(|address: Ipv6Addr| address.octets()))
            .ok_or("write addresses such as 2001:db8::1,2001:db8::2"),
        ECH => BASE64
            .decode(&decoded)
            .ok()
            .filter(|configurations| !configurations.is_empty())
            .ok_or("write an ECHConfigList in base64"),
        DOHPATH if is_doh_template(&decoded) => Ok(decoded),
        DOHPATH => Err("write a URI template with the variable dns such as \"/dns-query{?dns}\""),
        TLS_SUPPORTED_GROUPS => groups_value(&text).ok_or("write the numbers of TLS groups, each once, such as 29,23"),
        DOCPATH if decoded.is_empty() => Ok(decoded),
        DOCPATH => list_value(&decoded).ok_or("write the segments of a path such as \"dns,query\""),
        _ => Ok(decoded),
    }
}

/// A list between commas, each of its members in wire form.
fn list<const N: usize>(text: &str, wire: impl Fn(&str) -> Option<[u8; N]>) -> Option<Vec<u8>> {
    Some(text.split(',').map(wire).collect::<Option<Vec<_>>>()?.concat())
}

/// RFC 9460 §8: sorted, each key once, and not `mandatory` itself.
fn mandatory_value(text: &str) -> Option<Vec<u8>> {
    let mut keys = BTreeSet::new();
    for name in text.split(',') {
        let (key, _) = key_of(name).filter(|(key, _)| *key != MANDATORY)?;
        if !keys.insert(key) {
            return None;
        }
    }
    Some(keys.into_iter().flat_map(u16::to_be_bytes).collect())
}

/// Strings between commas; inside one, `\,` is a comma and `\\` a backslash (RFC 9460 appendix A.1).
fn list_value(decoded: &[u8]) -> Option<Vec<u8>> {
    let mut strings = vec![Vec::new()];
    let mut bytes = decoded.iter();
    while let Some(&byte) = bytes.next() {
        let string = strings.last_mut()?;
        match byte {
            b',' => strings.push(Vec::new()),
            b'\\' => string.push(*bytes.next().filter(|escaped| matches!(escaped, b',' | b'\\'))?),
            other => string.push(other),
        }
    }
    let mut wire = Vec::with_capacity(decoded.len() + 1);
    for string in strings {
        wire.push(u8::try_from(string.len()).ok().filter(|length| *length > 0)?);
        wire.extend(string);
    }
    Some(wire)
}

/// RFC 9461 §5: a relative URI template in UTF-8 that has the variable `dns`.
fn is_doh_template(value: &[u8]) -> bool {
    let Some(template) = std::str::from_utf8(value).ok().filter(|template| template.starts_with('/')) else {
        return false;
    };
    let expressions = template.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    // RFC 6570 §2.2: an operator, then variables, each with a modifier behind it.
    let mut variables = expressions.flat_map(|(inside, _)| {
        let list = inside.trim_start_matches(['+', '#', '.', '/', ';', '?', '&']);
        list.split(',').map(|variable| variable.split([':', '*']).next().unwrap_or_default())
    });
    variables.any(|variable| variable == "dns")
}

/// TLS groups, the best first, each once.
fn groups_value(text: &str) -> Option<Vec<u8>> {
    let wire = list(text, |group| Some((parse_number(group, u16::MAX.into())? as u16).to_be_bytes()))?;
    has_each_once(&members::<2>(&wire)?).then_some(wire)
}

fn has_each_once(groups: &[[u8; 2]]) -> bool {
    groups.iter().collect::<BTreeSet<_>>().len() == groups.len()
}

/// The text of one parameter; `None` if its value is malformed for its key.
pub(super) fn render(key: u16, value: &[u8]) -> Option<String> {
    let name = key_name(key);
    match key {
        MANDATORY => {
            let keys: Vec<u16> = members(value)?.into_iter().map(u16::from_be_bytes).collect();
            if keys.contains(&INVALID) || !keys.is_sorted_by(|left, right| left < right) {
                return None;
            }
            Some(format!("{name}={}", joined(keys.into_iter().map(key_name))))
        }
        DOCPATH if value.is_empty() => Some(name),
        ALPN | DOCPATH => Some(format!("{name}={}", encode(&list_text(value)?))),
        NO_DEFAULT_ALPN | OHTTP => value.is_empty().then_some(name),
        PORT => Some(format!("{name}={}", u16::from_be_bytes(value.try_into().ok()?))),
        IPV4_HINT => {
            let addresses = members::<4>(value)?.into_iter().map(|octets| Ipv4Addr::from(octets).to_string());
            Some(format!("{name}={}", joined(addresses)))
        }
        IPV6_HINT => {
            let addresses = members::<16>(value)?.into_iter().map(|octets| Ipv6Addr::from(octets).to_string());
            Some(format!("{name}={}", joined(addresses)))
        }
        ECH if value.is_empty() => None,
        ECH => Some(format!("{name}={}", BASE64.encode(value))),
        DOHPATH => is_doh_template(value).then(|| format!("{name}={}", encode(value))),
        TLS_SUPPORTED_GROUPS => {
            let groups = members::<2>(value)?;
            let numbers = groups.iter().map(|group| u16::from_be_bytes(*group).to_string());
            has_each_once(&groups).then(|| format!("{name}={}", joined(numbers)))
        }
        INVALID => None,
        _ if value.is_empty() => Some(name),
        _ => Some(format!("{name}={}", encode(value))),
    }
}

/// The value as members of `N` bytes, at least one.
fn members<const N: usize>(value: &[u8]) -> Option<Vec<[u8; N]>> {
    if value.is_empty() {
        return None;
    }
    value.chunks(N).map(|member| member.try_into().ok()).collect()
}

fn joined(members: impl Iterator<Item = String>) -> String {
    members.collect::<Vec<_>>().join(",")
}

/// A list of strings as text between commas, before the escapes of a character string.
fn list_text(value: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&length, behind)) = rest.split_first() {
        let (string, behind) = behind.split_at_checked(length.into())?;
        if string.is_empty() {
            return None;
        }
        for &byte in string {
            if matches!(byte, b',' | b'\\') {
                text.push(b'\\');
            }
            text.push(byte);
        }
        text.push(b',');
        rest = behind;
    }
    // The last comma; there is none only if there is no string, which is malformed.
    text.pop()?;
    Some(text)
}
