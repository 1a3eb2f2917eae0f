//! What a server's certificate says: the domain names that it contains (HC-15), and when it is valid.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rustls::pki_types::{CertificateDer, DnsName, ServerName};
use webpki::EndEntityCert;

/// The tag of a version, which certificates of version 1 leave out (RFC 5280 §4.1).
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// The object identifier 2.5.4.3 (RFC 5280 appendix A.1).
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// Whether a certificate contains a name, itself or by a wildcard, as an alternative name or as its common name:
/// Route 53 looks at both. A certificate that cannot be read contains none.
pub fn contains(certificate: &CertificateDer<'_>, name: &DnsName<'_>) -> bool {
    has_alternative_name(certificate, name) || has_common_name(certificate, name.as_ref())
}

fn has_alternative_name(certificate: &CertificateDer<'_>, name: &DnsName<'_>) -> bool {
    let name = ServerName::DnsName(name.borrow());
    EndEntityCert::try_from(certificate)
        .is_ok_and(|certificate| certificate.verify_is_valid_for_subject_name(&name).is_ok())
}

fn has_common_name(certificate: &[u8], name: &str) -> bool {
    let Some(subject) = field(certificate, Field::Subject) else { return false };
    let sets = Elements(subject);
    let mut attributes = sets.flat_map(|set| Elements(set.contents));
    attributes.any(|attribute| {
        let mut parts = Elements(attribute.contents);
        parts.next().is_some_and(|kind| kind.contents == COMMON_NAME)
            && parts.next().is_some_and(|value| covers(value.contents, name.as_bytes()))
    })
}

/// An asterisk is a whole first label, and stands for one.
fn covers(common_name: &[u8], name: &[u8]) -> bool {
    match common_name.strip_prefix(b"*") {
        Some(parent) if parent.starts_with(b".") => {
            let dot = name.iter().position(|byte| *byte == b'.');
            dot.is_some_and(|dot| name[dot..].eq_ignore_ascii_case(parent))
        }
        _ => common_name.eq_ignore_ascii_case(name),
    }
}

/// From when to when a certificate is valid, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    pub not_before: Timestamp,
    pub not_after: Timestamp,
}

/// `None` of what cannot be read.
pub fn validity(certificate: &CertificateDer<'_>) -> Option<Validity> {
    let mut times = Elements(field(certificate, Field::Validity)?).map(|time| timestamp(&time));
    Some(Validity { not_before: times.next()??, not_after: times.next()?? })
}

/// RFC 5280 §4.1.2.5: two digits of the year or four, and the rest of the time to the second, all in UTC.
fn timestamp(time: &Element<'_>) -> Option<Timestamp> {
    let (years, rest) = match time.tag {
        UTC_TIME => time.contents.split_at_checked(2)?,
        GENERALIZED_TIME => time.contents.split_at_checked(4)?,
        _ => return None,
    };
    let number = |digits: &[u8]| {
        let is_whole = digits.iter().all(u8::is_ascii_digit);
        str::from_utf8(digits).ok().filter(|_| is_whole)?.parse::<i16>().ok()
    };
    let year = match number(years)? {
        year if time.tag == GENERALIZED_TIME => year,
        year @ 0..50 => 2000 + year,
        year => 1900 + year,
    };
    let (digits, b"Z") = rest.split_at_checked(10)? else { return None };
    let mut parts = digits.chunks(2).map(|pair| number(pair)?.try_into().ok());
    let mut part = || parts.next().flatten();
    let time = DateTime::new(year, part()?, part()?, part()?, part()?, part()?, 0).ok()?;
    // Of a certificate without an end the year is 9999, whose last day is later than any timestamp.
    Some(TimeZone::UTC.to_timestamp(time).unwrap_or(Timestamp::MAX))
}

/// A field behind the version. RFC 5280 §4.1: serial number, signature, issuer, validity, subject.
#[derive(Clone, Copy, Debug)]
enum Field {
    Validity = 3,
    Subject = 4,
}

/// The contents of a field.
fn field(certificate: &[u8], field: Field) -> Option<&[u8]> {
    let certificate = Elements(certificate).next()?;
    let to_be_signed = Elements(certificate.contents).next()?;
    let mut fields = Elements(to_be_signed.contents).skip_while(|field| field.tag == VERSION);
    fields.nth(field as usize).map(|field| field.contents)
}

/// One element of DER.
struct Element<'a> {
    tag: u8,
    contents: &'a [u8],
}

/// The elements in these bytes, as far as they are any.
struct Elements<'a>(&'a [u8]);

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let (&tag, rest) = self.0.split_first()?;
        let (&length, rest) = rest.split_first()?;
        // The long form says in how many bytes the length follows.
        let (length, rest) = match length {
            0..=0x7f => (usize::from(length), rest),
            0x81 => rest.split_first().map(|(length, rest)| (usize::from(*length), rest))?,
            0x82 => rest.split_first_chunk().map(|(length, rest)| (usize::from(u16::from_be_bytes(*length)), rest))?,
            // A TLS handshake carries none as long as that.
            0x80 | 0x83.. => return None,
        };
        let (contents, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(Element { tag, contents })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rustls::pki_types::pem::PemObject;

    use super::*;

    fn contains_www(pem: &str) -> bool {
        let name = DnsName::try_from("www.example.com").unwrap();
        contains(&CertificateDer::from_pem_slice(pem.as_bytes()).unwrap(), &name)
    }

    const COMMON_NAME_ONLY: &str = include_str!("../tests/health/certificates/common_name.pem");

    #[test]
    fn an_alternative_name_a_wildcard_and_a_common_name_are_all_names() {
        assert!(contains_www(include_str!("../tests/health/certificates/fqdn.pem")));
        assert!(contains_www(include_str!("../tests/health/certificates/wildcard.pem")));
        assert!(contains_www(include_str!("../tests/health/certificates/version_1.pem")));
        assert!(contains_www(COMMON_NAME_ONLY));
        assert!(!contains_www(include_str!("../tests/health/certificates/other_name.pem")));
        assert!(!contains_www(include_str!("../tests/health/certificates/nameless.pem")));
    }

    #[test]
    fn a_wildcard_stands_for_one_label() {
        for (common_name, name, expected) in [
            ("www.example.com", "WWW.example.com", true),
            ("*.example.com", "www.Example.com", true),
            ("*.example.com", "a.www.example.com", false),
            ("*.example.com", "example.com", false),
            ("*example.com", "example.com", false),
            ("*", "example.com", false),
            ("*.", "com", false),
            ("", "com", false),
            ("w*.example.com", "www.example.com", false),
        ] {
            assert_eq!(covers(common_name.as_bytes(), name.as_bytes()), expected, "{common_name} {name}");
        }
    }

    #[test]
    fn a_certificate_says_when_it_is_valid() {
        let said = |pem: &str| validity(&CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
        let times = |pem| (said(pem).not_before.to_string(), said(pem).not_after.to_string());
        let expired = times(include_str!("../tests/health/certificates/expired.pem"));
        assert_eq!(expired, ("2020-01-01T00:00:00Z".to_owned(), "2020-01-02T00:00:00Z".to_owned()));
        // Later than times of two digits can say.
        let not_yet_valid = times(include_str!("../tests/health/certificates/not_yet_valid.pem"));
        assert_eq!(not_yet_valid, ("2120-01-01T00:00:00Z".to_owned(), "2120-01-02T00:00:00Z".to_owned()));
        let version_1 = times(include_str!("../tests/health/certificates/version_1.pem"));
        assert_eq!(version_1, ("2026-11-25T22:11:04Z".to_owned(), "2126-11-01T22:11:04Z".to_owned()));
    }

    #[test]
    fn times_are_those_of_the_two_forms() {
        let read = |tag, contents: &str| timestamp(&Element { tag, contents: contents.as_bytes() });
        for (tag, text, expected) in [
            (UTC_TIME, "491231235959Z", Some("2049-12-31T23:59:59Z")),
            (UTC_TIME, "500101000000Z", Some("1950-01-01T00:00:00Z")),
            (UTC_TIME, "000229120000Z", Some("2000-02-29T12:00:00Z")),
            (GENERALIZED_TIME, "20500101000000Z", Some("2050-01-01T00:00:00Z")),
            (UTC_TIME, "010229120000Z", None),
            (UTC_TIME, "20500101000000Z", None),
            (UTC_TIME, "5001010000Z", None),
            (UTC_TIME, "500101000000+0100", None),
            (UTC_TIME, "+50101000000Z", None),
            (UTC_TIME, "", None),
            (GENERALIZED_TIME, "2050", None),
            (0x0c, "500101000000Z", None),
        ] {
            assert_eq!(read(tag, text), expected.map(|time| time.parse().unwrap()), "{text}");
        }
        assert_eq!(read(GENERALIZED_TIME, "99991231235959Z"), Some(Timestamp::MAX));
    }

    #[test]
    fn a_cut_certificate_contains_no_name() {
        let whole = CertificateDer::from_pem_slice(COMMON_NAME_ONLY.as_bytes()).unwrap();
        for length in 0..whole.len() {
            assert!(!has_common_name(&whole[..length], "www.example.com"), "{length}");
        }
    }

    proptest! {
        #[test]
        fn anything_at_all_can_be_read(bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0_usize..400) {
            has_common_name(&bytes, "www.example.com");
            validity(&CertificateDer::from(&bytes[..]));
            let mut certificate = CertificateDer::from_pem_slice(COMMON_NAME_ONLY.as_bytes()).unwrap().to_vec();
            let at = at % certificate.len();
            let end = certificate.len().min(at + bytes.len());
            certificate[at..end].copy_from_slice(&bytes[..end - at]);
            has_common_name(&certificate, "www.example.com");
            validity(&CertificateDer::from(certificate));
        }
    }
}
