//! The domain names that a server's certificate contains (HC-15).

use rustls::pki_types::{CertificateDer, DnsName, ServerName};
use webpki::EndEntityCert;

/// The tag of a version, which certificates of version 1 leave out (RFC 5280 §4.1).
const VERSION: u8 = 0xa0;
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
    let Some(subject) = subject(certificate) else { return false };
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

/// The contents of the subject. RFC 5280 §4.1: version, serial number, signature, issuer, validity, subject.
fn subject(certificate: &[u8]) -> Option<&[u8]> {
    let certificate = Elements(certificate).next()?;
    let to_be_signed = Elements(certificate.contents).next()?;
    let mut fields = Elements(to_be_signed.contents).skip_while(|field| field.tag == VERSION);
    fields.nth(4).map(|subject| subject.contents)
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
            let mut certificate = CertificateDer::from_pem_slice(COMMON_NAME_ONLY.as_bytes()).unwrap().to_vec();
            let at = at % certificate.len();
            let end = certificate.len().min(at + bytes.len());
            certificate[at..end].copy_from_slice(&bytes[..end - at]);
            has_common_name(&certificate, "www.example.com");
        }
    }
}
