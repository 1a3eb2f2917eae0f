//! The members of a structure in a body.

use super::Element;
use crate::api::error::ApiError;

/// The elements of a structure, each of which is known and stands there once. Their order does not matter: the AWS CLI
/// and boto3 send them in the order in which their user wrote them down.
pub struct Members<'e> {
    element: &'e Element,
    names: &'static [&'static str],
}

impl<'e> Members<'e> {
    /// `names` are the members that the structure may have, as the API model orders them.
    pub fn of(element: &'e Element, names: &'static [&'static str]) -> Result<Members<'e>, ApiError> {
        element.no_text()?;
        let members = Members { element, names };
        for (place, child) in element.children().iter().enumerate() {
            let before = &element.children()[..place];
            let is_known = !child.is_foreign() && names.contains(&child.name());
            if !is_known || before.iter().any(|it| it.name() == child.name()) {
                return Err(child.unexpected(&members.not_among(before)));
            }
        }
        Ok(members)
    }

    pub fn optional(&self, name: &'static str) -> Option<&'e Element> {
        debug_assert!(self.names.contains(&name), "{name} is a member");
        self.element.children().iter().find(|child| child.name() == name)
    }

    pub fn required(&self, name: &'static str) -> Result<&'e Element, ApiError> {
        let missing = || self.element.incomplete(&self.not_among(self.element.children()));
        self.optional(name).ok_or_else(missing)
    }

    /// What could still come.
    fn not_among(&self, seen: &[Element]) -> Vec<&'static str> {
        self.names.iter().copied().filter(|name| !seen.iter().any(|it| it.name() == *name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{NAMESPACE, read};
    use super::*;

    const NAMES: &[&str] = &["Name", "Type", "TTL"];

    fn message(content: &str) -> String {
        let root = read(format!("<Set xmlns=\"{NAMESPACE}\">{content}</Set>").as_bytes()).unwrap();
        let read = || -> Result<(), ApiError> {
            let members = Members::of(&root, NAMES)?;
            members.required("Name")?.text()?;
            members.required("Type")?.word(&[("A", 1), ("NS", 2)])?;
            let Some(ttl) = members.optional("TTL") else { return Ok(()) };
            ttl.number("TTL", 0..=i32::MAX).map(drop)
        };
        read().err().map(|error| error.message).unwrap_or_default()
    }

    #[test]
    fn the_sentences_are_those_of_xerces() {
        assert_eq!(message("<TTL> 1 </TTL>\n<Type>A</Type><Name>a</Name>"), "");
        for (content, expected) in [
            (
                "<Name>a</Name><Typ>A</Typ>",
                "Invalid XML ; cvc-complex-type.2.4.a: Invalid content was found starting with element 'Typ'. One of \
                 '{\"https://route53.amazonaws.com/doc/2013-04-01/\":Type, \
                 \"https://route53.amazonaws.com/doc/2013-04-01/\":TTL}' is expected.",
            ),
            (
                "<Name>a</Name><TTL>1</TTL>",
                "Invalid XML ; cvc-complex-type.2.4.b: The content of element 'Set' is not complete. One of \
                 '{\"https://route53.amazonaws.com/doc/2013-04-01/\":Type}' is expected.",
            ),
            (
                "<Name>a</Name><Type>a</Type>",
                "Invalid XML ; cvc-enumeration-valid: Value 'a' is not facet-valid with respect to enumeration '[A, \
                 NS]'. It must be a value from the enumeration.",
            ),
            (
                "<Name>a</Name><Type>A</Type><TTL>2147483648</TTL>",
                "Invalid XML ; cvc-maxInclusive-valid: Value '2147483648' is not facet-valid with respect to \
                 maxInclusive '2147483647' for type 'TTL'.",
            ),
            (
                "<Name>a</Name><Type>A</Type><TTL>-1</TTL>",
                "Invalid XML ; cvc-minInclusive-valid: Value '-1' is not facet-valid with respect to minInclusive '0' \
                 for type 'TTL'.",
            ),
            (
                "<Name>a</Name><Type>A</Type><TTL>1.5</TTL>",
                "Invalid XML ; cvc-datatype-valid.1.2.1: '1.5' is not a valid value for 'integer'.",
            ),
            (
                "text<Name>a</Name>",
                "Invalid XML ; cvc-complex-type.2.3: Element 'Set' cannot have character [children], because the type's \
                 content type is element-only.",
            ),
            (
                "<Name><Name/></Name><Type>A</Type>",
                "Invalid XML ; cvc-type.3.1.2: Element 'Name' is a simple type, so it must have no element information \
                 item [children].",
            ),
        ] {
            assert_eq!(message(content), expected);
        }
        assert!(message("<Name>a</Name><Name>a</Name>").contains("2.4.a"));
        assert!(message("<Name xmlns=\"other\">a</Name><Type>A</Type>").contains("2.4.a"));
    }
}
