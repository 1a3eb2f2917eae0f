//! A request, once its operation is known.

use super::error::{ApiError, ErrorCode};
use super::id::Prefix;
use super::operation::{Method, Operation};
use super::query_parameter;
use super::route::{self, Parameters};
use super::xml::{self, Element, NAMESPACE};
use crate::model::{Account, HostedZone, HostedZoneId};

/// What is asked.
pub struct Request<'r> {
    pub operation: Operation,
    pub parameters: Parameters<'r>,
    query: &'r [(String, String)],
    body: &'r [u8],
}

/// The parts of a URI, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The segments of the path below the version of the API.
    path: Vec<String>,
    query: Vec<(String, String)>,
}

/// The version of the API, which every path begins with.
pub const VERSION: &str = "/2013-04-01/";

impl Target {
    /// # Errors
    ///
    /// The path is not one of the API, or something is not encoded as it is in a URI.
    pub fn parse(path: &str, query: Option<&str>) -> Result<Target, ApiError> {
        let below = path.strip_prefix(VERSION).ok_or_else(|| unknown_path(path))?;
        // botocore posts change batches to `rrset/`.
        let below = below.strip_suffix('/').unwrap_or(below);
        let segments = below.split('/').map(decoded).collect::<Option<_>>().ok_or_else(|| unknown_path(path))?;
        let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let part = |text: &str| {
                decoded(&text.replace('+', " ")).ok_or_else(|| {
                    ApiError::invalid_input(format!("'{text}' in the query is not UTF-8 with percent signs as %25"))
                })
            };
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((part(key)?, part(value)?))
        });
        Ok(Target { path: segments, query: pairs.collect::<Result<_, ApiError>>()? })
    }

    /// What is asked here, if anything is.
    pub fn request<'r>(&'r self, method: &str, body: &'r [u8]) -> Result<Request<'r>, ApiError> {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        match Method::parse(method).and_then(|method| route::route(method, &path)) {
            Some((operation, parameters)) => Ok(Request { operation, parameters, query: &self.query, body }),
            None if route::is_known(&path) => {
                let message = format!("The method {method} is not allowed for {VERSION}{}", path.join("/"));
                Err(ApiError::new(ErrorCode::MethodNotAllowed, message))
            }
            None => Err(unknown_path(&format!("{VERSION}{}", path.join("/")))),
        }
    }
}

fn unknown_path(path: &str) -> ApiError {
    ApiError::new(ErrorCode::UnknownOperationException, format!("There is no operation at {path}"))
}

/// What percent signs stand for; `None` if that is no text.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok().filter(|it| it.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

impl Request<'_> {
    /// The value of a query parameter. An empty one is none: SDKs leave out what is not given, and people leave it
    /// empty.
    ///
    /// # Errors
    ///
    /// It is longer or shorter than the parameter may be.
    pub fn query(&self, key: &'static str) -> Result<Option<&str>, ApiError> {
        self.given(key).map(|value| query_parameter::check(key, value)).transpose()
    }

    fn given(&self, key: &str) -> Option<&str> {
        let found = self.query.iter().find(|(its_key, _)| its_key == key);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The one parameter in the path, or the first of two.
    pub fn parameter(&self) -> &str {
        match self.parameters {
            Parameters::None => "",
            Parameters::One(one) | Parameters::Two(one, _) => one,
        }
    }

    /// The second parameter in the path.
    pub fn second_parameter(&self) -> &str {
        match self.parameters {
            Parameters::None | Parameters::One(_) => "",
            Parameters::Two(_, two) => two,
        }
    }

    /// The root of the body, which is named after the operation.
    pub fn root(&self) -> Result<Element, ApiError> {
        let expected = format!("{}Request", self.operation);
        let malformed = |message| ApiError::new(ErrorCode::MalformedInput, message);
        let root = xml::read(self.body).map_err(|problem| malformed(format!("Could not parse XML: {problem}")))?;
        if root.name() != expected {
            return Err(malformed(format!("{} is not valid, expected {expected}", root.name())));
        }
        if !root.is_of_api() {
            tracing::debug!("a {expected} is not of the namespace {NAMESPACE}");
            return Err(ApiError::invalid_xml(format_args!(
                "cvc-elt.1: Cannot find the declaration of element '{expected}'."
            )));
        }
        Ok(root)
    }

    /// As [`root`](Request::root) of a request all of whose members are optional: botocore sends no body where none of
    /// them is given.
    pub fn optional_root(&self) -> Result<Element, ApiError> {
        if self.body.is_empty() { Ok(Element::empty(&format!("{}Request", self.operation))) } else { self.root() }
    }

    /// The zone that a request is about, if it is about one that there is.
    pub fn concerned_zone<'a>(&self, account: &'a Account) -> Option<&'a HostedZone> {
        let uri = self.operation.row().uri;
        let id = if uri.starts_with("/hostedzone/{")
            || uri.contains("/{HostedZoneId}")
            || uri.starts_with("/hostedzonelimit/")
        {
            self.parameter()
        } else if uri.starts_with("/tags/") && self.parameter() == "hostedzone" {
            self.second_parameter()
        } else {
            self.given("hostedzoneid").filter(|_| self.operation == Operation::TestDNSAnswer)?
        };
        account.hosted_zone(&Prefix::HostedZone.read(id).ok()??).map(|zone| &**zone)
    }

    /// The id of the zone that the path names.
    pub fn hosted_zone_id(&self) -> Result<HostedZoneId, ApiError> {
        let id = self.parameter();
        Prefix::HostedZone.read(id)?.ok_or_else(|| ApiError::no_such_hosted_zone(id))
    }

    /// The zone that the path names.
    pub fn hosted_zone<'a>(&self, account: &'a Account) -> Result<&'a HostedZone, ApiError> {
        let id = self.hosted_zone_id()?;
        match account.hosted_zone(&id) {
            Some(zone) => Ok(zone),
            None => Err(ApiError::no_such_hosted_zone(id.as_str())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_decoded_once() {
        let target = Target::parse("/2013-04-01/hostedzone/%2Fhostedzone%2FZ1/rrset/", Some("name=%5C052.a+b&type="));
        let target = target.unwrap();
        let request = target.request("GET", b"").unwrap();
        assert_eq!(request.operation, Operation::ListResourceRecordSets);
        assert_eq!(request.hosted_zone_id().unwrap().as_str(), "Z1");
        assert_eq!((request.query("name").unwrap(), request.query("type").unwrap()), (Some("\\052.a b"), None));
        for path in ["/hostedzone", "/2012-12-12/hostedzone", "/2013-04-01/a%2", "/2013-04-01/a%+1", "/2013-04-01/%ff"]
        {
            assert_eq!(Target::parse(path, None), Err(unknown_path(path)), "{path}");
        }
        for query in ["name=a%2", "a=1&%ff=", "a=%+1"] {
            let error = Target::parse("/2013-04-01/hostedzone", Some(query)).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidInput, "{query}");
        }
    }

    #[test]
    fn another_method_and_another_path_are_told_apart() {
        let target = Target::parse("/2013-04-01/hostedzone", None).unwrap();
        let code = |method| target.request(method, b"").err().map(|error| error.code);
        assert_eq!(code("GET"), None);
        assert_eq!(code("DELETE"), Some(ErrorCode::MethodNotAllowed));
        assert_eq!(code("PATCH"), Some(ErrorCode::MethodNotAllowed));
        let nowhere = Target::parse("/2013-04-01/nowhere", None).unwrap();
        assert_eq!(nowhere.request("GET", b"").err().unwrap().code, ErrorCode::UnknownOperationException);
    }

    #[test]
    fn the_root_is_checked_before_anything_else() {
        let target = Target::parse("/2013-04-01/hostedzone/Z1/rrset", None).unwrap();
        let message = |body: &str| target.request("POST", body.as_bytes()).unwrap().root().unwrap_err().to_string();
        assert_eq!(
            message("<ChangeBatch/>"),
            "MalformedInput: ChangeBatch is not valid, expected ChangeResourceRecordSetsRequest"
        );
        assert_eq!(
            message("<ChangeResourceRecordSetsRequest/>"),
            "InvalidInput: Invalid XML ; cvc-elt.1: Cannot find the declaration of element \
             'ChangeResourceRecordSetsRequest'."
        );
        assert!(message("{}").starts_with("MalformedInput: "));
    }
}
