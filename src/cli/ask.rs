//! `route53d ask`: one question to the evaluator, without a server.

use std::net::IpAddr;
use std::sync::Arc;

use clap::Args;
use clap::builder::BoolishValueParser;
use fastrand::Rng;
use ipnet::IpNet;

use crate::answer::{Client, Query, QueryType, Step, answer};
use crate::config::{AccountSettings, TrustSettings, parse_network};
use crate::health::overrides::Overrides;
use crate::health::standing_table;
use crate::model::{Account, AddressPolicy, DomainName, Force, ForcedStatus, HealthCheckPattern, RecordType, VpcId};
use crate::snapshot::{Asker, Snapshot, SubnetTrust};
use crate::time::Clock;

use super::ask_output::{Distribution, Reply};
use super::load::load;
use super::print;

#[derive(Args, Debug)]
pub struct AskArguments {
    /// The name to ask for, fully qualified with or without the final dot
    name: String,

    /// The type to ask for: a mnemonic, ANY, or TYPE and a number
    #[arg(value_name = "TYPE", default_value = "A")]
    query_type: String,

    /// The address the query comes from
    #[arg(long, value_name = "IP", default_value = "127.0.0.1", env = "ROUTE53D_ASK_FROM")]
    from: IpAddr,

    /// The EDNS client subnet the query carries
    #[arg(long, value_name = "CIDR", value_parser = parse_network, env = "ROUTE53D_ASK_SUBNET")]
    subnet: Option<IpNet>,

    /// Ask as if through a listener bound to this VPC
    #[arg(long, value_name = "ID", env = "ROUTE53D_ASK_VPC")]
    vpc: Option<String>,

    /// Take a health check to be up or down; repeatable
    #[arg(long, value_name = "ID=up|down", value_delimiter = ',', value_parser = parse_health, env = "ROUTE53D_ASK_HEALTH")]
    health: Vec<(String, ForcedStatus)>,

    /// Makes the draws repeatable
    #[arg(long, value_name = "N", env = "ROUTE53D_ASK_SEED")]
    seed: Option<u64>,

    /// Ask this often and print how the answers are distributed
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "why", env = "ROUTE53D_ASK_TIMES")]
    times: Option<u32>,

    /// Print why the answer is what it is
    #[arg(long, value_parser = BoolishValueParser::new(), env = "ROUTE53D_ASK_WHY")]
    why: bool,

    /// Print JSON
    #[arg(long, value_parser = BoolishValueParser::new(), env = "ROUTE53D_ASK_JSON")]
    json: bool,

    #[command(flatten)]
    account: AccountSettings,

    #[command(flatten)]
    trust: TrustSettings,
}

fn parse_health(text: &str) -> Result<(String, ForcedStatus), String> {
    match text.rsplit_once('=') {
        Some((id, "up")) => Ok((id.to_owned(), ForcedStatus::Up)),
        Some((id, "down")) => Ok((id.to_owned(), ForcedStatus::Down)),
        _ => Err("expected ID=up or ID=down".to_owned()),
    }
}

/// Asks and prints.
pub fn run(arguments: &AskArguments) -> Result<(), String> {
    let name = DomainName::parse(&arguments.name).map_err(|error| format!("{:?}: {error}", arguments.name))?;
    let query_type = parse_type(&arguments.query_type)?;
    let account = load(&arguments.account.zones, AddressPolicy::Any)?.loaded.account;
    let vpc = arguments.vpc.as_deref().map(|id| known_vpc(id, &account)).transpose()?;
    let stated = stated_health(&account, &arguments.health)?;
    let snapshot = Arc::new(Snapshot::new(Arc::new(account), Arc::new(arguments.account.country_data()?)));
    // No worker has probed anything: every check has its initial status, or what forces and alarms decide.
    let health = standing_table(&snapshot, stated, Clock::real().now());

    let trusted = arguments.trust.subnet_trusted_senders.iter().any(|network| network.contains(&arguments.from));
    let asker = Asker {
        destination: None,
        source: arguments.from,
        listener_vpc: vpc.as_ref(),
        subnet: arguments.subnet.map(|subnet| subnet.trunc()).filter(|subnet| subnet.prefix_len() > 0),
        subnet_trust: if trusted { SubnetTrust::Trusted } else { SubnetTrust::Untrusted },
    };
    let client = Client::identify(&asker, &snapshot);
    let query = Query { name: name.wire(), query_type, client: &client };
    let mut rng = arguments.seed.map_or_else(Rng::new, Rng::with_seed);

    let output = match arguments.times {
        None => {
            let mut why: Vec<Step> = Vec::new();
            let answer = answer(&query, &snapshot, &health, &mut rng, &mut why);
            let reply = Reply::new(&name, &arguments.query_type, &client, &answer);
            let steps = if arguments.why { Some(&*why) } else { None };
            if arguments.json { reply.to_json(steps) } else { reply.to_text(steps) }
        }
        Some(times) => {
            let mut distribution = Distribution::default();
            for _ in 0..times {
                let answer = answer(&query, &snapshot, &health, &mut rng, &mut ());
                distribution.count(&Reply::new(&name, &arguments.query_type, &client, &answer));
            }
            if arguments.json { distribution.to_json() } else { distribution.to_text() }
        }
    };
    print(&output)
}

fn parse_type(text: &str) -> Result<QueryType, String> {
    if text.eq_ignore_ascii_case("ANY") {
        return Ok(QueryType::Any);
    }
    if let Ok(record_type) = text.parse::<RecordType>() {
        return Ok(QueryType::Record(record_type));
    }
    let upper = text.to_ascii_uppercase();
    let digits = upper.strip_prefix("TYPE").filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
    let code = digits.and_then(|code| code.parse().ok());
    code.map(QueryType::from_code).ok_or_else(|| {
        let known: Vec<_> = RecordType::ALL.iter().map(|record_type| record_type.name()).collect();
        format!("{text:?} is not a record type; use {}, ANY or TYPE and a number", known.join(" "))
    })
}

fn known_vpc(id: &str, account: &Account) -> Result<VpcId, String> {
    account.vpcs().get(id).map(|vpc| vpc.id.clone()).ok_or_else(|| {
        let known: Vec<_> = account.vpcs().keys().map(|id| id.as_str()).collect();
        format!("--vpc: there is no VPC {id:?}; {}", use_one_of(&known))
    })
}

fn use_one_of(known: &[&str]) -> String {
    if known.is_empty() { "the account has none".to_owned() } else { format!("use {}", known.join(" or ")) }
}

/// The stated checks forced, so that calculated checks follow their children.
fn stated_health(account: &Account, stated: &[(String, ForcedStatus)]) -> Result<Overrides, String> {
    let mut overrides = Overrides::default();
    for (id, status) in stated {
        if !account.health_checks().contains_key(id.as_str()) {
            let known: Vec<_> = account.health_checks().keys().map(|id| id.as_str()).collect();
            return Err(format!("--health: there is no health check {id:?}; {}", use_one_of(&known)));
        }
        let checks = HealthCheckPattern::new(id);
        overrides.forces.push(Force { checks, status: *status, reason: None, owner: None, until: None });
    }
    Ok(overrides)
}
