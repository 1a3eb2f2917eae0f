//! Clients that change things one after the other, and know what must be there after whatever happens to the server.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::Sender;

use crate::client::{Over, ask};
use crate::http::{Client, Response, request};
use crate::message::{A, Query};
use crate::server::Server;

/// A client with a zone and a health check of its own. All its changes have numbers, and what they make says the number
/// in several places: half a change would be seen.
pub struct Writer {
    name: String,
    zone: String,
    check: String,
    /// What was acknowledged.
    pub acknowledged: State,
    /// The number of the change that is on its way, or that nobody knows the fate of.
    on_its_way: Option<u32>,
}

/// What a client has made: the number of the last change of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The number of the last change of any kind.
    pub number: u32,
    records: u32,
    tags: u32,
    check: u32,
    /// Zones by the number that made them, with their ids.
    zones: BTreeMap<u32, String>,
    /// GetChange knows it.
    change: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Records,
    Tags,
    Check,
    CreateZone,
    /// Of the oldest zone.
    DeleteZone,
}

impl Kind {
    fn of(number: u32) -> Kind {
        match number % 8 {
            1 => Kind::Tags,
            3 => Kind::Check,
            5 => Kind::CreateZone,
            7 => Kind::DeleteZone,
            _ => Kind::Records,
        }
    }
}

impl Writer {
    pub fn new(client: &mut Client, name: &str) -> Writer {
        let members = format!("<Name>{name}.example</Name><CallerReference>{name}</CallerReference>");
        let zone = client.done("hostedzone", "CreateHostedZone", &members).made().to_owned();
        let members = format!(
            "<CallerReference>{name}</CallerReference><HealthCheckConfig><IPAddress>127.0.0.1</IPAddress><Port>1</Port>\
             <Type>HTTP</Type><ResourcePath>/1</ResourcePath><Disabled>true</Disabled></HealthCheckConfig>"
        );
        let check = client.done("healthcheck", "CreateHealthCheck", &members).made().to_owned();
        let mut writer =
            Writer { name: name.to_owned(), zone, check, acknowledged: State::default(), on_its_way: None };
        for number in [1, 2, 3] {
            assert_eq!(writer.change(client, number).unwrap().status, 200);
        }
        writer
    }

    /// Makes change after change, and tells of each, until the server goes; fails at anything but a success.
    pub fn write_until_it_ends(&mut self, api: SocketAddr, tell: &Sender<()>) {
        let Ok(mut client) = Client::try_open(api) else { return };
        while let Ok(response) = self.change(&mut client, self.acknowledged.number + 1) {
            assert!(matches!(response.status, 200 | 201), "{response:?}");
            // Only the first is waited for.
            let _ = tell.send(());
        }
    }

    /// Makes one change. Its number is the next, or that of one that was refused or lost.
    pub fn change(&mut self, client: &mut Client, number: u32) -> io::Result<Response> {
        let zone = &self.zone;
        let (method, target, body) = match Kind::of(number) {
            Kind::Records => ("POST", format!("hostedzone/{zone}/rrset"), self.batch(number)),
            Kind::Tags => {
                let tags = ["one", "two"].map(|key| format!("<Tag><Key>{key}</Key><Value>{number}</Value></Tag>"));
                let body = request("ChangeTagsForResource", &format!("<AddTags>{}</AddTags>", tags.concat()));
                ("POST", format!("tags/hostedzone/{zone}"), body)
            }
            Kind::Check => {
                let members = format!("<Port>{}</Port><ResourcePath>/{number}</ResourcePath>", port(number));
                ("POST", format!("healthcheck/{}", self.check), request("UpdateHealthCheck", &members))
            }
            Kind::CreateZone => {
                let name = self.zone_name(number);
                let members = format!("<Name>{name}</Name><CallerReference>{name} {number}</CallerReference>");
                ("POST", "hostedzone".to_owned(), request("CreateHostedZone", &members))
            }
            Kind::DeleteZone => {
                let id = self.acknowledged.zones.values().next().map_or("Z0NONE", |id| id.as_str());
                ("DELETE", format!("hostedzone/{id}"), String::new())
            }
        };
        self.on_its_way = Some(number);
        let response = client.try_ask(method, &format!("/2013-04-01/{target}"), &body)?;
        if matches!(response.status, 200 | 201) {
            self.acknowledged = self.after(number);
            if let Some(id) = self.acknowledged.zones.get_mut(&number) {
                *id = response.made().to_owned();
            }
            if let Some(change) = response.text("ChangeInfo") {
                let id = change.split("<Id>/change/").nth(1).unwrap().split('<').next().unwrap();
                self.acknowledged.change = Some(id.to_owned());
            }
            self.on_its_way = None;
        }
        Ok(response)
    }

    /// Three record sets with the number as their TTL, so large that checkpoints are made every now and then.
    fn batch(&self, number: u32) -> String {
        let filling = "x".repeat(250);
        let set = |label: &str, record_type: &str, value: &str| {
            format!(
                "<Change><Action>UPSERT</Action><ResourceRecordSet><Name>{label}.{}.example</Name><Type>{record_type}</Type>\
                 <TTL>{number}</TTL><ResourceRecords><ResourceRecord><Value>{value}</Value></ResourceRecord>\
                 </ResourceRecords></ResourceRecordSet></Change>",
                self.name
            )
        };
        let sets = [
            set("a", "A", "192.0.2.1"),
            set("b", "TXT", &format!("\"{filling}\"")),
            set("c.d", "TXT", &format!("\"{filling}\" \"{filling}\"")),
        ];
        request("ChangeResourceRecordSets", &format!("<ChangeBatch><Changes>{}</Changes></ChangeBatch>", sets.concat()))
    }

    fn zone_name(&self, number: u32) -> String {
        // Of few names, so that they come again.
        format!("z{}.{}.test", number / 8 % 4, self.name)
    }

    /// What is there after a change that is done.
    fn after(&self, number: u32) -> State {
        let mut state = State { number, ..self.acknowledged.clone() };
        match Kind::of(number) {
            Kind::Records => state.records = number,
            Kind::Tags => state.tags = number,
            Kind::Check => state.check = number,
            Kind::CreateZone => drop(state.zones.insert(number, String::new())),
            Kind::DeleteZone => drop(state.zones.pop_first()),
        }
        state
    }

    /// Holds a server against what was acknowledged. The one change that was on its way may be there; if it is, it counts
    /// as acknowledged from then on. `what` says where we are.
    pub fn check(&mut self, client: &mut Client, server: &Server, what: &str) {
        let mut found = self.found(client, server, what);
        let is_same = |one: &State, other: &State| {
            (one.records, one.tags, one.check) == (other.records, other.tags, other.check)
                && one.zones.keys().eq(other.zones.keys())
        };
        let possible = self.on_its_way.take().map(|number| self.after(number));
        let state = match possible {
            Some(possible) if is_same(&possible, &found) => possible,
            _ => self.acknowledged.clone(),
        };
        assert!(
            is_same(&state, &found),
            "{what}, {}: acknowledged {:?}, found {found:?}",
            self.name,
            self.acknowledged
        );
        if let Some(change) = &self.acknowledged.change {
            assert_eq!(client.get(&format!("change/{change}")).text("Status"), Some("INSYNC"), "{what}");
        }
        self.acknowledged = State { zones: std::mem::take(&mut found.zones), ..state };
    }

    /// Holds a server that goes on against what was acknowledged: what was refused is not there.
    pub fn check_refused(&mut self, client: &mut Client, server: &Server, what: &str) {
        let on_its_way = self.on_its_way.take();
        self.check(client, server, what);
        // Only a start tells whether the disk has it.
        self.on_its_way = on_its_way;
    }

    /// What is there, by all that say it.
    fn found(&self, client: &mut Client, server: &Server, what: &str) -> State {
        let whole = |numbers: Vec<u32>, count: usize| {
            let is_whole = numbers.len() == count && numbers.iter().all(|number| *number == numbers[0]);
            assert!(is_whole, "{what}, {}: half a change: {numbers:?}", self.name);
            numbers[0]
        };
        let sets = client.get(&format!("hostedzone/{}/rrset?name=a.{}.example", self.zone, self.name));
        let mut numbers = parsed(&sets.texts("TTL"));
        let asked = ask(Over::Udp, server.address(), &Query::new(&format!("a.{}.example", self.name), A));
        numbers.extend(asked.records().iter().filter(|record| record.section == 0).map(|record| record.ttl));
        let records = whole(numbers, 4);
        let tags = client.get(&format!("tags/hostedzone/{}", self.zone));
        let tags = whole(parsed(&tags.texts("Value")), 2);
        let config = client.get(&format!("healthcheck/{}", self.check));
        let check = config.text("ResourcePath").unwrap()[1..].parse().unwrap();
        assert_eq!(config.text("Port").unwrap(), port(check).to_string(), "{what}: half an update");
        let mut zones = BTreeMap::new();
        for zone in client.get("hostedzonesbyname").texts("HostedZone") {
            let part = |name: &str| zone.split(&format!("<{name}>")).nth(1).unwrap().split('<').next().unwrap();
            if !part("Name").ends_with(&format!(".{}.test.", self.name)) {
                continue;
            }
            let number = part("CallerReference").rsplit(' ').next().unwrap().parse().unwrap();
            assert_eq!(part("ResourceRecordSetCount"), "2", "{what}: half a zone: {zone}");
            let soa = ask(Over::Udp, server.address(), &Query::new(part("Name"), 6));
            assert_eq!(soa.records().iter().filter(|record| record.section == 0).count(), 1, "{what}: {zone}");
            zones.insert(number, part("Id").trim_start_matches("/hostedzone/").to_owned());
        }
        State { number: 0, records, tags, check, zones, change: None }
    }
}

/// It has one, too.
fn port(number: u32) -> u32 {
    number % 65_535 + 1
}

fn parsed(texts: &[&str]) -> Vec<u32> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}
