//! Texts of refusals that clients of the real service know, byte by byte.

use crate::http::Client;

const ZONE: &str = "texts.example.";

struct Zone {
    client: Client,
    id: String,
    _server: crate::server::Server,
}

impl Zone {
    fn new() -> Zone {
        let (server, api) = crate::serve(&[]);
        let mut client = Client::open(api);
        let members = format!("<Name>{ZONE}</Name><CallerReference>r</CallerReference>");
        let id = client.done("hostedzone", "CreateHostedZone", &members).made().to_owned();
        Zone { client, id, _server: server }
    }

    /// The code and the message for a batch of these changes, which must be refused.
    fn refused(&mut self, changes: &[String]) -> (String, String) {
        let members = format!("<ChangeBatch><Changes>{}</Changes></ChangeBatch>", changes.concat());
        let target = format!("hostedzone/{}/rrset", self.id);
        let response = self.client.post(&target, "ChangeResourceRecordSets", &members);
        assert_eq!(response.status, 400, "{response:?}");
        let text = |name| unescaped(response.text(name).unwrap());
        (text("Code"), text("Message"))
    }

    fn assert_refused(&mut self, changes: &[String], code: &str, message: &str) {
        let (found_code, found_message) = self.refused(changes);
        assert_eq!((found_code.as_str(), found_message.as_str()), (code, message));
    }

    fn done(&mut self, changes: &[String]) {
        let members = format!("<ChangeBatch><Changes>{}</Changes></ChangeBatch>", changes.concat());
        self.client.done(&format!("hostedzone/{}/rrset", self.id), "ChangeResourceRecordSets", &members);
    }
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    text.replace("&#9;", "\t").replace("&#10;", "\n").replace("&#13;", "\r").replace("&amp;", "&")
}

fn change(action: &str, name: &str, record_type: &str, routing: &str, values: &[String]) -> String {
    let values: String =
        values.iter().map(|value| format!("<ResourceRecord><Value>{value}</Value></ResourceRecord>")).collect();
    format!(
        "<Change><Action>{action}</Action><ResourceRecordSet><Name>{name}</Name><Type>{record_type}</Type>{routing}\
         <TTL>60</TTL><ResourceRecords>{values}</ResourceRecords></ResourceRecordSet></Change>"
    )
}

fn create(name: &str, record_type: &str, value: &str) -> String {
    change("CREATE", name, record_type, "", &[value.to_owned()])
}

/// TXT values of so many characters altogether, 200 to a value but for the last, which has up to 400.
fn texts(characters: usize) -> Vec<String> {
    let value = |number: usize, length: usize| format!("\"{number:03}{}\"", "x".repeat(length - 5));
    let full = characters / 200 - 1;
    let first = (0..full).map(|number| value(number, 200));
    let last = characters - full * 200;
    first.chain([format!("\"a{}\" \"b\"", "x".repeat(last - 7))]).collect()
}

#[test]
fn a_batch_is_told_when_it_has_too_many_characters() {
    let mut zone = Zone::new();
    let (code, message) = ("InvalidChangeBatch", "[RDATA character limit of 32000 exceeded.]");
    assert_eq!(texts(32_000).iter().map(String::len).sum::<usize>(), 32_000);
    zone.assert_refused(&[change("CREATE", "a.texts.example", "TXT", "", &texts(32_001))], code, message);
    zone.done(&[change("CREATE", "a.texts.example", "TXT", "", &texts(32_000))]);
    // An UPSERT counts twice (L-2).
    zone.assert_refused(&[change("UPSERT", "b.texts.example", "TXT", "", &texts(16_001))], code, message);
    zone.done(&[change("UPSERT", "b.texts.example", "TXT", "", &texts(16_000))]);
}

#[test]
fn a_record_set_has_no_more_than_400_values() {
    let mut zone = Zone::new();
    let values: Vec<String> = (0..401).map(|number| format!("10.0.{}.{}", number / 256, number % 256)).collect();
    zone.assert_refused(
        &[change("CREATE", "a.texts.example", "A", "", &values)],
        "InvalidChangeBatch",
        "[Cannot have more than 400 records in a RRSet.]",
    );
    zone.done(&[change("CREATE", "a.texts.example", "A", "", &values[..400])]);
}

#[test]
fn unsupported_characters_are_named_by_themselves() {
    let mut zone = Zone::new();
    let message = |character: &str| {
        format!(
            "FATAL problem: UnsupportedCharacter (Value contains unsupported characters) encountered with '{character}'"
        )
    };
    let in_name = [("a&#9;b.texts.example", "\t"), ("a b.texts.example", " "), ("é.texts.example", "é")];
    for (name, character) in in_name {
        let expected = format!("[{}]", message(character));
        zone.assert_refused(&[create(name, "A", "192.0.2.1")], "InvalidChangeBatch", &expected);
    }
    for (record_type, value, character) in [("TXT", "\"a&#9;b\"", "\t"), ("CNAME", "é.example.com", "é")] {
        let expected = format!("[Invalid Resource Record: '{}']", message(character));
        zone.assert_refused(&[create("a.texts.example", record_type, value)], "InvalidChangeBatch", &expected);
    }
}

#[test]
fn a_naptr_has_a_regexp_or_a_replacement() {
    let value = "1 1 \"U\" \"123\" \"regular\" myentry.example.com";
    Zone::new().assert_refused(
        &[create("a.texts.example", "NAPTR", value)],
        "InvalidChangeBatch",
        &format!(
            "[Invalid Resource Record: 'WARNING problem: NAPTRRRDATARegexpAndReplacementError (NAPTR record can have only \
             one field in regexp and replacement) encountered with '{value}'']"
        ),
    );
}

#[test]
fn a_continent_has_a_code_of_two_letters() {
    let mut zone = Zone::new();
    for code in ["Default", "E"] {
        let routing = format!(
            "<SetIdentifier>one</SetIdentifier><GeoLocation><ContinentCode>{code}</ContinentCode></GeoLocation>"
        );
        let length = code.len();
        zone.assert_refused(
            &[change("CREATE", "a.texts.example", "A", &routing, &["192.0.2.1".to_owned()])],
            "InvalidInput",
            &format!(
                "Invalid XML ; cvc-length-valid: Value '{code}' with length = '{length}' is not facet-valid with respect \
                 to length '2' for type 'ContinentCode'."
            ),
        );
    }
}

#[test]
fn a_multivalue_record_set_does_not_stand_beside_another() {
    let mut zone = Zone::new();
    zone.done(&[create("a.texts.example", "TXT", "\"x\"")]);
    let routing = "<SetIdentifier>one</SetIdentifier><MultiValueAnswer>true</MultiValueAnswer>";
    zone.assert_refused(
        &[change("CREATE", "a.texts.example", "TXT", routing, &["\"y\"".to_owned()])],
        "InvalidChangeBatch",
        "[RRSet with DNS name a.texts.example., type TXT, SetIdentifier one cannot be created because a non multivalue \
         answer rrset exists with the same name and type.]",
    );
}

#[test]
fn health_checks_are_told_about_by_their_members() {
    let mut zone = Zone::new();
    let members = "<CallerReference>c</CallerReference><HealthCheckConfig><Type>TCP</Type>\
                   <IPAddress>192.0.2.1</IPAddress><SearchString>x</SearchString></HealthCheckConfig>";
    let response = zone.client.post("healthcheck", "CreateHealthCheck", members);
    assert_eq!(
        response.text("Message").unwrap(),
        "Invalid parameter : TCP health checks must have a port specified. TCP health checks must not have a search \
         string specified."
    );
}
