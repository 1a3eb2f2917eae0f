//! One call of an operation, before it is sent.

use crate::api::canonical_request::encoded;
use crate::api::operation::Operation;
use crate::api::request::VERSION;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Call {
    pub operation: Operation,
    pub path: String,
    pub query: String,
    /// XML; empty where there is none.
    pub body: String,
}

impl Call {
    /// `parameters` stand in the path, in the order of the operation's URI.
    pub fn new(operation: Operation, parameters: &[&str]) -> Call {
        let mut path = VERSION.trim_end_matches('/').to_owned();
        let mut parameters = parameters.iter();
        for segment in operation.row().uri.split('/').skip(1) {
            path.push('/');
            match segment.starts_with('{') {
                true => path += &encoded(parameters.next().copied().unwrap_or_default().as_bytes()),
                false => path += segment,
            }
        }
        Call { operation, path, query: String::new(), body: String::new() }
    }

    pub fn with_query(mut self, key: &str, value: &str) -> Call {
        let separator = if self.query.is_empty() { "" } else { "&" };
        self.query += &format!("{separator}{}={}", encoded(key.as_bytes()), encoded(value.as_bytes()));
        self
    }

    pub fn with_body(self, body: String) -> Call {
        Call { body, ..self }
    }

    pub fn method(&self) -> &'static str {
        self.operation.row().method.name()
    }

    /// Path and query, as they are sent.
    pub fn target(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_the_uri_of_its_operation() {
        let call = Call::new(Operation::ChangeResourceRecordSets, &["Z1"]);
        assert_eq!((call.method(), call.target().as_str()), ("POST", "/2013-04-01/hostedzone/Z1/rrset/"));
        let call = Call::new(Operation::ListResourceRecordSets, &["Z/1"]);
        let call = call.with_query("name", "\\052.a").with_query("maxitems", "300");
        assert_eq!(call.target(), "/2013-04-01/hostedzone/Z%2F1/rrset?name=%5C052.a&maxitems=300");
        let call = Call::new(Operation::ChangeTagsForResource, &["hostedzone", "Z1"]);
        assert_eq!(call.target(), "/2013-04-01/tags/hostedzone/Z1");
    }
}
