//! `route53d force`: a hand on the lever of a running server.

use clap::{Args, ValueEnum};
use serde_json::{Map, Value};

use super::admin_client::{AdminClient, AdminClientSettings, converse};
use super::print;

#[derive(Args, Debug)]
pub struct ForceArguments {
    /// The health check, or a pattern of ids such as 'web-*'
    #[arg(value_name = "ID")]
    checks: String,

    /// What answers are to take it for; obey lets its target decide, whatever zone files force
    #[arg(value_enum)]
    status: Status,

    /// How long, such as 10m or 1h30m; without it, until it is taken back
    #[arg(long = "for", value_name = "TIME", env = "ROUTE53D_FORCE_FOR")]
    duration: Option<String>,

    /// Why
    #[arg(long, value_name = "TEXT", env = "ROUTE53D_FORCE_REASON")]
    reason: Option<String>,

    /// Who; without it, the user of this shell
    #[arg(long, value_name = "NAME", env = "ROUTE53D_FORCE_OWNER")]
    owner: Option<String>,

    #[command(flatten)]
    admin: AdminClientSettings,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Status {
    Up,
    Down,
    Obey,
    /// Take back what was forced by hand as exactly this
    Release,
}

pub fn run(arguments: &ForceArguments) -> Result<(), String> {
    let client = AdminClient::new(&arguments.admin)?;
    let checks = &arguments.checks;
    let status = match arguments.status {
        Status::Up => "up",
        Status::Down => "down",
        Status::Obey => "obey",
        Status::Release => {
            converse(client.delete(&["health-checks", checks, "force"]))?;
            return print(&format!("{checks}: no longer forced by hand\n"));
        }
    };
    let owner = arguments.owner.clone().or_else(|| std::env::var("USER").ok().filter(|user| !user.is_empty()));
    let mut body = Map::new();
    body.insert("status".into(), status.into());
    for (member, value) in [("reason", &arguments.reason), ("owner", &owner), ("for", &arguments.duration)] {
        if let Some(value) = value {
            body.insert(member.into(), value.as_str().into());
        }
    }
    let done = converse(client.put(&["health-checks", checks, "force"], &Value::Object(body)))?;
    let matching = done["matching"].as_u64().unwrap_or(0);
    let until = done["until"].as_str().map(|until| format!(" until {until}")).unwrap_or_default();
    let what = match arguments.status {
        Status::Obey => "left to its target".to_owned(),
        Status::Up | Status::Down | Status::Release => format!("forced {status}{until}"),
    };
    let count = if matching == 1 { "1 health check".to_owned() } else { format!("{matching} health checks") };
    print(&format!("{checks} ({count}): {what}\n"))
}
