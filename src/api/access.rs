//! Who may speak with the API, and about what.
//!
//! Without a credentials file any credentials will do, as with other emulators: then it is for the machine it runs on.

use std::collections::HashMap;
use std::sync::Arc;

use hyper::{HeaderMap, Uri};
use jiff::Timestamp;

use crate::http::origin::{self, Clients, OriginError};
use crate::model::{Access, Account, Credential};

use super::error::{ApiError, ErrorCode};
use super::request::Request;
use super::signature::{SentRequest, Signature, SignatureError};

/// Whom the listener is for.
#[derive(Clone, Debug)]
pub enum Audience {
    /// This machine alone: its programs, but not the web pages that it shows.
    ThisMachine,
    /// Whoever reaches it (`--insecure-api`).
    Anybody,
    /// Whoever signs with one of these keys (`--credentials`).
    Holders(Arc<Keys>),
}

/// The keys that requests may be signed with.
#[derive(Debug)]
pub struct Keys(HashMap<Box<str>, Credential>);

/// Who makes a request.
#[derive(Debug)]
pub struct Caller<'k> {
    key_id: &'k str,
    access: &'k Access,
}

impl Keys {
    pub fn new(credentials: Vec<Credential>) -> Keys {
        Keys(credentials.into_iter().map(|it| (it.access_key_id.as_str().into(), it)).collect())
    }

    /// Whose key a request says it was signed with. For that its body need not be there.
    pub fn claimed<'r>(&self, request: &SentRequest<'r>) -> Result<(&Credential, Signature<'r>), ApiError> {
        let signature = Signature::of(request).map_err(refusal)?;
        let unknown = "The security token included in the request is invalid.";
        let credential = self.0.get(signature.key_id());
        let credential = credential.ok_or_else(|| ApiError::new(ErrorCode::InvalidClientTokenId, unknown))?;
        Ok((credential, signature))
    }

    /// Who has signed a request.
    pub fn caller(&self, request: &SentRequest<'_>, now: Timestamp) -> Result<Caller<'_>, ApiError> {
        let (credential, signature) = self.claimed(request)?;
        signature.verify(request, credential.secret.as_str(), now).map_err(refusal)?;
        Ok(Caller { key_id: credential.access_key_id.as_str(), access: &credential.access })
    }
}

fn refusal(error: SignatureError) -> ApiError {
    match error {
        SignatureError::Missing => ApiError::new(ErrorCode::MissingAuthenticationToken, "Missing Authentication Token"),
        SignatureError::Incomplete(what) => ApiError::new(ErrorCode::IncompleteSignature, what),
        SignatureError::Mismatch(why) => ApiError::new(ErrorCode::SignatureDoesNotMatch, why),
    }
}

impl Caller<'_> {
    /// Whether the caller may do this: read everything, and change what it is for.
    pub fn check(&self, request: &Request<'_>, account: &Account) -> Result<(), ApiError> {
        let operation = request.operation;
        let is_reading = !operation.is_write();
        let zone = request.concerned_zone(account);
        let is_for_it = || match &zone {
            Some(zone) => self.access.is_for(zone.id(), zone.name()),
            None => self.access.is_for_everything(),
        };
        let is_allowed = is_reading || !self.access.is_read_only && is_for_it();
        if is_allowed {
            return Ok(());
        }
        let resource =
            zone.map_or_else(|| "*".to_owned(), |zone| format!("arn:aws:route53:::hostedzone/{}", zone.id()));
        let message = format!(
            "User: arn:aws:iam::000000000000:user/{} is not authorized to perform: route53:{operation} on resource: \
             {resource} because no identity-based policy allows the route53:{operation} action",
            self.key_id
        );
        Err(ApiError::new(ErrorCode::AccessDenied, message))
    }
}

/// Refuse pages of other sites, even where everybody may write. They cannot sign.
pub fn check(uri: &Uri, headers: &HeaderMap, audience: &Audience) -> Result<(), ApiError> {
    let clients = match audience {
        Audience::ThisMachine => Clients::ThisMachine,
        Audience::Anybody => Clients::Anybody,
        Audience::Holders(_) => Clients::Authenticated,
    };
    origin::check(uri, headers, clients).map_err(|refused| {
        let hint = match refused {
            OriginError::OtherHost => ", or start the server with --insecure-api or --credentials",
            OriginError::MalformedHost | OriginError::MalformedOrigin | OriginError::OtherSite => "",
        };
        ApiError::new(ErrorCode::AccessDenied, format!("Access denied: {refused}{hint}."))
    })
}

#[cfg(test)]
mod tests {
    use hyper::header::AUTHORIZATION;

    use crate::model::{AccessKeyId, SecretAccessKey};

    use super::*;

    #[test]
    fn a_key_that_is_not_in_the_file_is_unknown_whatever_its_signature() {
        let keys = Keys::new(vec![Credential {
            access_key_id: AccessKeyId::new("AKIDEXAMPLE").unwrap(),
            secret: SecretAccessKey::new("0123456789abcdef").unwrap(),
            access: Access::default(),
        }]);
        for (key, code) in
            [("AKIDOTHER", ErrorCode::InvalidClientTokenId), ("AKIDEXAMPLE", ErrorCode::SignatureDoesNotMatch)]
        {
            let authorization = format!(
                "AWS4-HMAC-SHA256 Credential={key}/20260102/r/route53/aws4_request,SignedHeaders=host,Signature=zz"
            );
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, authorization.parse().unwrap());
            headers.insert("x-amz-date", "20260102T030405Z".parse().unwrap());
            let sent = SentRequest { method: "GET", path: "/", query: "", headers: &headers, body: b"" };
            let refused = keys.caller(&sent, "2026-01-02T03:04:35Z".parse().unwrap()).unwrap_err();
            assert_eq!(refused.code, code, "{key}");
        }
    }
}
