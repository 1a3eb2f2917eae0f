//! The credentials file: the keys that the API takes. No zone file, but read like one.

use super::diagnostic::{Diagnostic, Position, Problems};
use super::document;
use super::fields::Fields;
use super::node::Node;
use crate::model::{Access, AccessKeyId, Credential, HostedZonePattern, SecretAccessKey};

/// Reads a credentials file.
///
/// # Errors
///
/// Everything that is wrong with it. One without a credential is refused too: nobody could use the API.
pub fn read_credentials(path: &str, text: &[u8]) -> Result<Vec<Credential>, Vec<Diagnostic>> {
    let mut problems = Problems::new(vec![path]);
    let credentials = match document::read(text, &mut problems) {
        Ok(root) => root.map_or_else(Vec::new, |root| read_root(&root, &mut problems)),
        Err(document::Unreadable) => Vec::new(),
    };
    if credentials.is_empty() && problems.count() == 0 {
        let hint = "write credentials: with a list of access_key_id and secret_access_key";
        problems.add(Position::START, "there is no credential in the file", hint);
    }
    if problems.count() == 0 { Ok(credentials) } else { Err(problems.into_diagnostics()) }
}

fn read_root(root: &Node<'_>, problems: &mut Problems<'_>) -> Vec<Credential> {
    let Some(fields) = Fields::read(root, "a credentials file", &["credentials"], problems) else { return Vec::new() };
    let items = fields.require("credentials", problems).and_then(|node| node.list("credentials", problems));
    let mut credentials: Vec<Credential> = Vec::new();
    for node in items.unwrap_or_default() {
        let Some(credential) = read(node, problems) else { continue };
        if credentials.iter().any(|known| known.access_key_id == credential.access_key_id) {
            let message = format!("the access_key_id {} stands twice", credential.access_key_id);
            problems.add(node.at, message, "give each key once");
        }
        credentials.push(credential);
    }
    credentials
}

fn read(node: &Node<'_>, problems: &mut Problems<'_>) -> Option<Credential> {
    let known = &["access_key_id", "secret_access_key", "read_only", "hosted_zones"];
    let fields = Fields::read(node, "a credential", known, problems)?;
    let access_key_id = fields
        .require("access_key_id", problems)
        .and_then(|node| node.parsed("access_key_id", problems, AccessKeyId::new));
    let secret = fields
        .require("secret_access_key", problems)
        .and_then(|node| node.parsed("secret_access_key", problems, SecretAccessKey::new));
    let is_read_only = fields.get("read_only").map_or(Some(false), |node| node.truth("read_only", problems));
    let hosted_zones = match fields.get("hosted_zones") {
        Some(node) => Some(patterns(node, problems)?),
        None => None,
    };
    let access = Access { is_read_only: is_read_only?, hosted_zones };
    Some(Credential { access_key_id: access_key_id?, secret: secret?, access })
}

fn patterns(node: &Node<'_>, problems: &mut Problems<'_>) -> Option<Box<[HostedZonePattern]>> {
    let items = node.list("hosted_zones", problems)?;
    items.iter().map(|item| item.short_text("hosted_zones", 1024, problems).map(HostedZonePattern::new)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let problems = read_credentials("keys.yaml", text.as_bytes()).expect_err("it is accepted");
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn keys_are_read_with_what_they_are_good_for() {
        let text = "\
credentials:
- access_key_id: ADMIN
  secret_access_key: wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY
- access_key_id: CI
  secret_access_key: '0123456789012345'
  read_only: true
  hosted_zones: ['*.dev.example.com', Z1]
";
        let credentials = read_credentials("keys.yaml", text.as_bytes()).unwrap();
        let ids: Vec<_> = credentials.iter().map(|it| it.access_key_id.as_str()).collect();
        assert_eq!(ids, ["ADMIN", "CI"]);
        assert_eq!(credentials[0].access, Access::default());
        assert_eq!(credentials[0].secret.as_str(), "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        assert!(credentials[1].access.is_read_only);
        assert_eq!(credentials[1].access.hosted_zones.as_ref().map(|patterns| patterns.len()), Some(2));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_never_with_a_secret() {
        let key = "  secret_access_key: '0123456789012345'\n";
        for (text, expected) in [
            (String::new(), "keys.yaml:1:1: there is no credential in the file; write credentials: with a list"),
            ("credentials: []".to_owned(), "keys.yaml:1:1: there is no credential in the file"),
            ("credential: []".to_owned(), "keys.yaml:1:1: a credentials file has no key \"credential\"; did you mean"),
            (format!("credentials:\n- access_key_id: a b\n{key}"), "keys.yaml:2:18: access_key_id: expected 1 to 128"),
            (
                "credentials:\n- access_key_id: A\n  secret_access_key: tooshort".to_owned(),
                "keys.yaml:3:22: secret_access_key: expected 16 to 128 printable characters",
            ),
            (
                "credentials:\n- access_key_id: A".to_owned(),
                "keys.yaml:2:3: a credential needs the key \"secret_access_key\"",
            ),
            (
                format!("credentials:\n- access_key_id: A\n{key}- access_key_id: A\n{key}"),
                "keys.yaml:4:3: the access_key_id A stands twice",
            ),
            (
                format!("credentials:\n- access_key_id: A\n{key}  read_only: perhaps"),
                "keys.yaml:4:14: read_only: expected true or false",
            ),
        ] {
            let told = told(&text);
            assert!(told[0].starts_with(expected), "{told:?}");
            assert!(
                !told.iter().any(|line| line.contains("tooshort") || line.contains("0123456789012345")),
                "{told:?}"
            );
        }
    }
}
