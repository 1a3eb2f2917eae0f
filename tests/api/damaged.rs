//! Requests near those of the conversations under `golden/`: as they are, and damaged. What comes back must be a document,
//! whatever was asked. The fuzzer uses this too.

use route53d::api::answer_without_listener;
use route53d::model::Account;
use route53d::snapshot::CountryData;
use route53d::store::Store;
use route53d::zonefile::{ZoneFile, load};

const CONVERSATIONS: [&str; 18] = [
    include_str!("golden/associations.txt"),
    include_str!("golden/cidr_collections.txt"),
    include_str!("golden/delegation_sets.txt"),
    include_str!("golden/dnssec.txt"),
    include_str!("golden/errors.txt"),
    include_str!("golden/features.txt"),
    include_str!("golden/health_checks.txt"),
    include_str!("golden/hosted_zones.txt"),
    include_str!("golden/places_and_limits.txt"),
    include_str!("golden/private_zones.txt"),
    include_str!("golden/protections.txt"),
    include_str!("golden/query_logging_configs.txt"),
    include_str!("golden/record_sets.txt"),
    include_str!("golden/tags.txt"),
    include_str!("golden/the_rest.txt"),
    include_str!("golden/traffic_policies.txt"),
    include_str!("golden/traffic_policy_lists.txt"),
    include_str!("golden/zones.yaml"),
];

/// Texts that somebody may not expect where they stand.
const TEXTS: [&str; 48] = [
    "",
    " ",
    "0",
    "-1",
    "1",
    "255",
    "256",
    "65536",
    "2147483648",
    "18446744073709551616",
    "1e9",
    "0x10",
    "true",
    "x",
    "*",
    "*.",
    "\\052",
    "\\400",
    "\\",
    ".",
    "..",
    "a..b",
    "@",
    "xn--a",
    "\u{e9}",
    "\u{1f600}",
    "\u{202e}",
    "&#0;",
    "&lt;",
    "&b;",
    "\"",
    "\"\\\"",
    "\"a\" \"b",
    "192.0.2.1",
    "::ffff:192.0.2.1",
    "10.0.0.0/33",
    "NS",
    "SOA",
    "CNAME",
    "TXT",
    "/hostedzone/",
    "ZFILE",
    "file-check",
    "{}",
    "[[[[[[[[",
    "<a>",
    "</a>",
    "<![CDATA[",
];

/// What is asked. `choose` gives a number below the one it is given.
pub struct Asker<'c> {
    pub choose: &'c mut dyn FnMut(usize) -> usize,
}

/// A request without its headers.
#[derive(Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: Option<String>,
    pub body: Vec<u8>,
}

impl Asker<'_> {
    /// A request that names some of these ids.
    pub fn request(&mut self, ids: &[String]) -> Asked {
        let parts: Vec<&str> = self.one(&CONVERSATIONS[..17]).split("\n# ").collect();
        let part = self.one(&parts);
        let sent = part.split("\n---\n").next().unwrap_or_default();
        let mut lines = sent.lines().skip(1);
        let (method, target) = lines.next().and_then(|line| line.split_once(' ')).unwrap_or(("GET", "/"));
        let mut target = self.filled(target, ids);
        let mut body = self.filled(&lines.map(str::trim).collect::<String>(), ids);
        let mut method = method.to_owned();
        for _ in 0..(self.choose)(4) {
            match (self.choose)(8) {
                0 => method = self.one(&["GET", "POST", "DELETE", "PUT", ""]).to_owned(),
                1 => target = self.damaged_target(&target, ids),
                _ => body = self.damaged_body(&body),
            }
        }
        let mut body = body.into_bytes();
        if (self.choose)(6) == 0 && !body.is_empty() {
            let place = (self.choose)(body.len());
            body[place] = (self.choose)(256) as u8;
        }
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path.to_owned(), Some(query.to_owned())),
            None => (target, None),
        };
        Asked { method, path, query, body }
    }

    fn one<'t>(&mut self, among: &[&'t str]) -> &'t str {
        among[(self.choose)(among.len())]
    }

    /// With an id wherever the conversation has one of its own.
    fn filled(&mut self, text: &str, ids: &[String]) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled += before;
            match after.split_once('}') {
                Some((name, after)) if !ids.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase()) => {
                    filled += &ids[(self.choose)(ids.len())];
                    rest = after;
                }
                _ => {
                    filled.push('{');
                    rest = after;
                }
            }
        }
        filled + rest
    }

    fn text(&mut self) -> String {
        let text = self.one(&TEXTS);
        match (self.choose)(8) {
            0 => text.repeat((self.choose)(300)),
            1 => [text, self.one(&TEXTS)].concat(),
            _ => text.to_owned(),
        }
    }

    fn damaged_target(&mut self, target: &str, ids: &[String]) -> String {
        let text = match (self.choose)(3) {
            0 if !ids.is_empty() => ids[(self.choose)(ids.len())].clone(),
            _ => self.text(),
        };
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        const KEYS: [&str; 25] = [
            "maxitems",
            "maxresults",
            "marker",
            "name",
            "type",
            "identifier",
            "dnsname",
            "hostedzoneid",
            "nexttoken",
            "vpcid",
            "vpcregion",
            "id",
            "version",
            "delegationsetid",
            "hostedzonetype",
            "location",
            "trafficpolicyid",
            "trafficpolicyversion",
            "trafficpolicyinstancename",
            "trafficpolicyinstancetype",
            "startcountrycode",
            "recordname",
            "resolverip",
            "edns0clientsubnetip",
            "edns0clientsubnetmask",
        ];
        match (self.choose)(3) {
            0 => {
                let between = if target.contains('?') { '&' } else { '?' };
                format!("{target}{between}{}={encoded}", self.one(&KEYS))
            }
            1 => {
                let mut segments: Vec<&str> = target.split('/').collect();
                let place = (self.choose)(segments.len());
                segments[place] = &encoded;
                segments.join("/")
            }
            _ => format!("{target}/{encoded}"),
        }
    }

    /// Something of a document is gone, there twice, or another.
    fn damaged_body(&mut self, body: &str) -> String {
        let starts: Vec<usize> =
            body.match_indices('<').map(|(at, _)| at).filter(|at| !body[*at..].starts_with("</")).collect();
        if starts.is_empty() {
            return self.text();
        }
        let start = starts[(self.choose)(starts.len())];
        let name: String = body[start + 1..].chars().take_while(|character| character.is_alphanumeric()).collect();
        let close = format!("</{name}>");
        let open_end = body[start..].find('>').map_or(body.len(), |at| start + at + 1);
        let end = body[open_end..].find(&close).map_or(open_end, |at| open_end + at + close.len());
        let (before, element, after) = (&body[..start], &body[start..end], &body[end..]);
        match (self.choose)(6) {
            0 => [before, after].concat(),
            1 => [before, element, element, after].concat(),
            2 => before.to_owned(),
            3 => {
                let other = starts[(self.choose)(starts.len())];
                let other: String =
                    body[other + 1..].chars().take_while(|character| character.is_alphanumeric()).collect();
                [before, &element.replace(&name, &other), after].concat()
            }
            _ => format!("{before}<{name}>{}{close}{after}", self.text()),
        }
    }
}

/// A store that is asked, and the ids of what is in it.
pub struct World {
    store: Store,
    pub ids: Vec<String>,
}

impl World {
    pub fn new() -> World {
        let file = ZoneFile { path: "zones.yaml".to_owned(), text: CONVERSATIONS[17].as_bytes().into() };
        let account: Account = load(&[file]).unwrap_or_else(|_| panic!("the account of the conversations")).account;
        let store = Store::new(account, CountryData::default());
        World { store, ids: vec!["ZFILE".to_owned(), "file-check".to_owned()] }
    }

    /// Asks, and holds what comes back against all that must be true of an answer. Gives its status.
    pub fn ask(&mut self, asked: &Asked) -> u16 {
        let Asked { method, path, query, body } = asked;
        let before = self.store.snapshots().load().generation();
        let (status, document) = answer_without_listener(&self.store, method, path, query.as_deref(), body);
        assert!((200..500).contains(&status), "{asked:?}: {status} {document}");
        let root =
            document.strip_prefix("<?xml version=\"1.0\"?>\n<").unwrap_or_else(|| panic!("{asked:?}: {document}"));
        let root = root.split([' ', '>']).next().unwrap_or_default();
        assert_eq!(root == "ErrorResponse", status >= 400, "{asked:?}: {status} {document}");
        assert!(root.ends_with("Response") && is_balanced(&document), "{asked:?}: {document}");
        if status >= 400 {
            assert!(self.store.snapshots().load().generation() == before, "{asked:?} is refused and changes something");
            assert_speaks_of_members(&document, asked);
        }
        for element in ["Id", "HostedZoneId", "NextToken", "Name"] {
            let start = format!("<{element}>");
            let found = document.split(&start).skip(1).filter_map(|rest| rest.split('<').next());
            self.ids.extend(found.map(str::to_owned).take(2));
        }
        // The newest are the best known.
        let superfluous = self.ids.len().saturating_sub(60);
        self.ids.drain(2..2 + superfluous);
        status
    }
}

/// Keys of zone files, which mean nothing to a client of the API. One that is asked with comes back.
const KEYS_OF_ZONE_FILES: [&str; 24] = [
    "alias_target",
    "child_health_checks",
    "cidr_collections",
    "cidr_routing_config",
    "continent_code",
    "country_code",
    "dns_name",
    "enable_sni",
    "evaluate_target_health",
    "failure_threshold",
    "fully_qualified_domain_name",
    "geo_location",
    "geo_proximity_location",
    "health_check",
    "health_threshold",
    "hosted_zone_id",
    "insufficient_data_health_status",
    "ip_address",
    "location_name",
    "multi_value_answer",
    "resource_path",
    "routing_control_arn",
    "search_string",
    "set_identifier",
];

/// A message has no key of a zone file, and no sentence that ends where its hint would begin.
fn assert_speaks_of_members(document: &str, asked: &Asked) {
    let Asked { path, query, body, .. } = asked;
    let given = format!("{path} {query:?} {}", String::from_utf8_lossy(body));
    let message =
        document.split("<Message>").nth(1).and_then(|rest| rest.split("</Message>").next()).unwrap_or_default();
    for key in KEYS_OF_ZONE_FILES.into_iter().filter(|key| !given.contains(key)) {
        assert!(!message.contains(key), "{asked:?}: {message}");
    }
    assert!(!message.contains("; .") || given.contains("; ."), "{asked:?}: {message}");
}

/// Whether each element is closed, and nothing stands where it would not be read back.
fn is_balanced(document: &str) -> bool {
    let mut open = Vec::new();
    for part in document.split('<').skip(2) {
        let Some((tag, text)) = part.split_once('>') else { return false };
        let is_text_right = text.chars().all(|it| it >= ' ' || it == '\n' || it == '\t' || it == '\r')
            && text
                .split('&')
                .skip(1)
                .all(|it| ["lt;", "gt;", "amp;", "quot;", "apos;", "#"].iter().any(|name| it.starts_with(name)));
        match (tag.strip_prefix('/'), tag.ends_with('/')) {
            (Some(closed), _) if open.pop() != Some(closed) => return false,
            (None, false) => open.push(tag.split(' ').next().unwrap_or_default()),
            _ => {}
        }
        if !is_text_right {
            return false;
        }
    }
    open.is_empty()
}
