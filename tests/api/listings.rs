//! Random changes of zones, health checks, delegation sets, CIDR collections and tags against a small model: every list,
//! in pages of every size and from every place, is the model's.

use std::collections::BTreeMap;

use fastrand::Rng;

use crate::http::{Client, Response};

#[derive(Default)]
struct Model {
    /// The names of zones by their ids, and the other way round in the order that Route 53 documents (N-9).
    zones: BTreeMap<String, String>,
    checks: BTreeMap<String, u32>,
    sets: BTreeMap<String, String>,
    /// The names of collections, and their networks with their locations.
    collections: BTreeMap<String, (String, BTreeMap<String, Vec<String>>)>,
    tags: BTreeMap<String, BTreeMap<String, String>>,
    /// The number of what is made next.
    next: u32,
}

/// Labels from the right, each with its dot.
fn listing_key(name: &str) -> String {
    let labels: Vec<&str> = name.trim_end_matches('.').rsplit('.').collect();
    labels.join(".") + "."
}

fn any<'m, V>(rng: &mut Rng, map: &'m BTreeMap<String, V>) -> Option<&'m String> {
    let keys: Vec<&String> = map.keys().collect();
    rng.choice(&keys).copied()
}

impl Model {
    fn change(&mut self, client: &mut Client, rng: &mut Rng) {
        self.next += 1;
        let number = self.next;
        match rng.u32(..11) {
            0..=2 => {
                let name = format!("n{}{}.{}.test.", rng.choice(["", "-", "x."]).unwrap(), number, rng.u32(..3));
                let reference = format!("<Name>{name}</Name><CallerReference>{number}</CallerReference>");
                let made = client.done("hostedzone", "CreateHostedZone", &reference);
                self.zones.insert(made.made().to_owned(), name);
            }
            3 => {
                if let Some(id) = any(rng, &self.zones).cloned() {
                    assert_eq!(client.ask("DELETE", &format!("/2013-04-01/hostedzone/{id}"), "").status, 200);
                    self.zones.remove(&id);
                    self.tags.remove(&id);
                }
            }
            4 | 5 => {
                let port = number % 65_535 + 1;
                let members = format!(
                    "<CallerReference>{number}</CallerReference><HealthCheckConfig><IPAddress>127.0.0.1</IPAddress>\
                     <Port>{port}</Port><Type>TCP</Type><Disabled>true</Disabled></HealthCheckConfig>"
                );
                self.checks.insert(client.done("healthcheck", "CreateHealthCheck", &members).made().to_owned(), port);
            }
            6 => {
                if let Some(id) = any(rng, &self.checks).cloned() {
                    assert_eq!(client.ask("DELETE", &format!("/2013-04-01/healthcheck/{id}"), "").status, 200);
                    self.checks.remove(&id);
                }
            }
            7 => {
                let members = format!("<CallerReference>{number}</CallerReference>");
                let made = client.done("delegationset", "CreateReusableDelegationSet", &members);
                self.sets.insert(made.made().to_owned(), number.to_string());
            }
            8 => {
                let members = format!("<Name>c{number}</Name><CallerReference>{number}</CallerReference>");
                let made = client.done("cidrcollection", "CreateCidrCollection", &members);
                self.collections.insert(made.made().to_owned(), (format!("c{number}"), BTreeMap::new()));
            }
            9 => {
                let Some(id) = any(rng, &self.collections).cloned() else { return };
                let location = format!("l{}", rng.u32(..4));
                let network = format!("10.{}.{}.0/24", number / 256, number % 256);
                let members = format!(
                    "<Changes><member><LocationName>{location}</LocationName><Action>PUT</Action><CidrList><Cidr>{network}\
                     </Cidr></CidrList></member></Changes>"
                );
                client.done(&format!("cidrcollection/{id}"), "ChangeCidrCollection", &members);
                self.collections.get_mut(&id).unwrap().1.entry(location).or_default().push(network);
            }
            _ => {
                let Some(id) = any(rng, &self.zones).cloned() else { return };
                let (key, gone) = (format!("k{}", rng.u32(..5)), format!("k{}", rng.u32(5..9)));
                let members = format!(
                    "<AddTags><Tag><Key>{key}</Key><Value>{number}</Value></Tag><Tag><Key>{gone}</Key><Value/></Tag></AddTags>"
                );
                client.done(&format!("tags/hostedzone/{id}"), "ChangeTagsForResource", &members);
                let members = format!("<RemoveTagKeys><Key>{gone}</Key></RemoveTagKeys>");
                client.done(&format!("tags/hostedzone/{id}"), "ChangeTagsForResource", &members);
                self.tags.entry(id).or_default().insert(key, number.to_string());
            }
        }
    }

    /// Zones as `ListHostedZonesByName` has them.
    fn by_name(&self) -> Vec<(String, String)> {
        let mut zones: Vec<_> = self.zones.iter().map(|(id, name)| (name.clone(), id.clone())).collect();
        zones.sort_by_key(|(name, id)| (listing_key(name), id.clone()));
        zones
    }
}

/// What a list says, in pages of this size; `next` gives the query of the next page.
fn pages(
    client: &mut Client,
    target: &str,
    size: &str,
    items: &dyn Fn(&Response) -> Vec<String>,
    next: &dyn Fn(&Response) -> Option<String>,
) -> Vec<String> {
    let mut all = Vec::new();
    let mut start = String::new();
    loop {
        let between = if target.contains('?') { '&' } else { '?' };
        let page = client.get(&format!("{target}{between}{size}{start}"));
        let found = items(&page);
        assert!(found.len() <= size.split('=').nth(1).unwrap().parse().unwrap(), "{target}: {page:?}");
        all.extend(found);
        match next(&page) {
            Some(query) => start = query,
            None => return all,
        }
    }
}

fn next_marker(page: &Response) -> Option<String> {
    let next = page.text("NextMarker").map(|marker| format!("&marker={marker}"));
    assert_eq!(next.is_some(), page.text("IsTruncated") == Some("true"), "{page:?}");
    next
}

fn next_token(page: &Response) -> Option<String> {
    page.text("NextToken").map(|token| format!("&nexttoken={token}"))
}

/// Of the items of a list the text of one of their elements, without the prefix of an id.
fn of_items(page: &Response, item: &str, element: &str) -> Vec<String> {
    let text = |item: &&str| {
        let text = item.split(&format!("<{element}>")).nth(1).unwrap().split('<').next().unwrap();
        text.rsplit('/').next().unwrap().to_owned()
    };
    page.texts(item).iter().map(text).collect()
}

fn check_lists(client: &mut Client, model: &Model, size: usize, rng: &mut Rng) {
    let (items, results) = (format!("maxitems={size}"), format!("maxresults={size}"));
    let ids = |map: &mut dyn Iterator<Item = &String>| map.cloned().collect::<Vec<_>>();
    for (target, item, expected) in [
        ("hostedzone", "HostedZone", ids(&mut model.zones.keys())),
        ("healthcheck", "HealthCheck", ids(&mut model.checks.keys())),
        ("delegationset", "DelegationSet", ids(&mut model.sets.keys())),
    ] {
        let found = |page: &Response| of_items(page, item, "Id");
        assert_eq!(pages(client, target, &items, &found, &next_marker), expected, "{target}, pages of {size}");
        // A marker need not be an id: the list goes on behind it.
        let marker = match rng.choice(&expected) {
            Some(id) => id[..rng.usize(1..=id.len())].to_owned(),
            None => "N".to_owned(),
        };
        let rest: Vec<String> = expected.into_iter().filter(|id| *id >= marker).take(size.min(100)).collect();
        assert_eq!(found(&client.get(&format!("{target}?marker={marker}&{items}"))), rest, "{target} from {marker}");
    }

    let by_name = model.by_name();
    let found = |page: &Response| of_items(page, "HostedZone", "Id");
    let next = |page: &Response| {
        let (name, id) = (page.text("NextDNSName")?, page.text("NextHostedZoneId")?);
        Some(format!("&dnsname={}&hostedzoneid={id}", name.replace('\\', "%5C")))
    };
    let expected: Vec<String> = by_name.iter().map(|(_, id)| id.clone()).collect();
    assert_eq!(pages(client, "hostedzonesbyname", &items, &found, &next), expected, "by name, pages of {size}");
    let start = format!("n{}.{}.test", rng.u32(..9), rng.u32(..4));
    let rest = by_name.iter().filter(|(name, _)| listing_key(name) >= listing_key(&start));
    let rest: Vec<String> = rest.take(size.min(100)).map(|(_, id)| id.clone()).collect();
    assert_eq!(found(&client.get(&format!("hostedzonesbyname?dnsname={start}&{items}"))), rest, "from {start}");

    let found = |page: &Response| of_items(page, "member", "Id");
    let expected = ids(&mut model.collections.keys());
    assert_eq!(pages(client, "cidrcollection", &results, &found, &next_token), expected, "pages of {size}");
    for (id, (_, locations)) in &model.collections {
        let found = |page: &Response| of_items(page, "member", "LocationName");
        let expected = ids(&mut locations.keys());
        assert_eq!(pages(client, &format!("cidrcollection/{id}"), &results, &found, &next_token), expected);
        let found = |page: &Response| page.texts("CidrBlock").into_iter().map(str::to_owned).collect();
        let mut networks = pages(client, &format!("cidrcollection/{id}/cidrblocks"), &results, &found, &next_token);
        let mut expected: Vec<String> = locations.values().flatten().cloned().collect();
        networks.sort();
        expected.sort();
        assert_eq!(networks, expected, "{id}, pages of {size}");
    }
}

fn check_rest(client: &mut Client, model: &Model) {
    for (target, element, count) in [
        ("hostedzonecount", "HostedZoneCount", model.zones.len()),
        ("healthcheckcount", "HealthCheckCount", model.checks.len()),
    ] {
        assert_eq!(client.get(target).text(element), Some(count.to_string().as_str()));
    }
    for (id, name) in &model.zones {
        assert_eq!(client.get(&format!("hostedzone/{id}")).text("Name"), Some(name.as_str()));
        let told = client.get(&format!("tags/hostedzone/{id}"));
        let tags: BTreeMap<String, String> = told
            .texts("Key")
            .into_iter()
            .zip(told.texts("Value"))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        assert_eq!(tags, model.tags.get(id).cloned().unwrap_or_default(), "{id}");
    }
    for (id, port) in &model.checks {
        assert_eq!(client.get(&format!("healthcheck/{id}")).text("Port"), Some(port.to_string().as_str()));
    }
}

#[test]
fn every_list_is_what_the_model_says() {
    let mut rng = crate::record_sets::seeded();
    let (_server, api) = crate::serve(&[]);
    let mut client = Client::open(api);
    let mut model = Model::default();
    for round in 0..240 {
        model.change(&mut client, &mut rng);
        let longest = model.zones.len().max(model.checks.len());
        match round % 40 {
            0 => (1..=longest + 2).chain([1_000]).for_each(|size| check_lists(&mut client, &model, size, &mut rng)),
            _ => check_lists(&mut client, &model, rng.usize(1..=longest + 2), &mut rng),
        }
        if round % 20 == 0 {
            check_rest(&mut client, &model);
        }
    }
    check_rest(&mut client, &model);
    assert!(model.zones.len() > 10 && !model.collections.is_empty() && !model.tags.is_empty());
}
