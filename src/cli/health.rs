//! `route53d health`: what a running server knows of its health checks.

use std::io::{IsTerminal, stdout};
use std::os::fd::AsFd;
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;
use comfy_table::{Table, presets};
use jiff::Timestamp;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::Value;

use super::admin_client::{AdminClient, AdminClientSettings, converse};
use super::print;

/// Between two looks of `--watch`.
const PAUSE: Duration = Duration::from_secs(1);
/// Names of a list that are shown.
const NAMES: usize = 3;

#[derive(Args, Debug)]
pub struct HealthArguments {
    /// One health check, with its checkers and its history; without it, all of them
    #[arg(value_name = "ID")]
    id: Option<String>,

    /// Look again every second, until Ctrl-C; into a file or a pipe, print what has changed
    #[arg(long, value_parser = BoolishValueParser::new(), env = "ROUTE53D_HEALTH_WATCH")]
    watch: bool,

    /// Print JSON
    #[arg(long, value_parser = BoolishValueParser::new(), env = "ROUTE53D_HEALTH_JSON")]
    json: bool,

    #[command(flatten)]
    admin: AdminClientSettings,
}

pub fn run(arguments: &HealthArguments) -> Result<(), String> {
    let client = AdminClient::new(&arguments.admin)?;
    converse(async {
        if !arguments.watch {
            let value = look(&client, arguments).await?;
            return print(&shown(&value, arguments));
        }
        watch(&client, arguments).await
    })
}

/// Prints what has changed until nobody reads it any more. On a terminal also what only the time has changed.
async fn watch(client: &AdminClient, arguments: &HealthArguments) -> Result<(), String> {
    let mut before = None;
    while is_read() {
        // A server that restarts is waited for.
        let found = look(client, arguments).await;
        let text = match &found {
            Ok(value) => shown(value, arguments),
            Err(error) => format!("{error}\n"),
        };
        let found = Some(found);
        if stdout().is_terminal() {
            // Home, the text, and nothing of the last below it.
            print(&format!("\x1b[H\x1b[J{text}"))?;
        } else if found != before {
            print(&text)?;
        }
        before = found;
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Whether standard output still has a reader: a pipe whose reader has gone says so without being written to.
fn is_read() -> bool {
    let out = stdout();
    let mut polled = [PollFd::from_borrowed_fd(out.as_fd(), PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    match poll(&mut polled, Some(&at_once)) {
        Ok(_) => !polled[0].revents().intersects(PollFlags::ERR | PollFlags::NVAL),
        // The next write will tell.
        Err(_) => true,
    }
}

async fn look(client: &AdminClient, arguments: &HealthArguments) -> Result<Value, String> {
    match &arguments.id {
        Some(id) => client.get(&["health-checks", id]).await,
        None => client.get(&["health-checks"]).await,
    }
}

fn shown(value: &Value, arguments: &HealthArguments) -> String {
    let now = Timestamp::now();
    match &arguments.id {
        _ if arguments.json => format!("{value:#}\n"),
        Some(_) => details(value, now),
        None => list(value, now),
    }
}

fn list(value: &Value, now: Timestamp) -> String {
    let checks = value["health_checks"].as_array().cloned().unwrap_or_default();
    if checks.is_empty() {
        return "there are no health checks\n".to_owned();
    }
    let rows = checks.iter().map(|check| {
        vec![
            text(&check["id"]),
            text(&check["type"]),
            status(check),
            since(&check["since"], now),
            tally(check),
            names(&check["used_by"]),
            text(&check["reason"]),
        ]
    });
    table(&["ID", "TYPE", "STATUS", "SINCE", "HEALTHY", "USED BY", "REASON"], rows)
}

fn details(check: &Value, now: Timestamp) -> String {
    let mut lines = vec![
        format!(
            "{} ({}) is {} since {}",
            text(&check["id"]),
            text(&check["type"]),
            status(check),
            text(&check["since"])
        ),
        format!("reason: {}", text(&check["reason"])),
        format!("forced: {}", forced(&check["forced"])),
        format!("healthy: {}", tally(check)),
    ];
    let used_by = check["used_by"].as_array().cloned().unwrap_or_default();
    lines.push(if used_by.is_empty() { "used by: nothing".to_owned() } else { "used by:".to_owned() });
    lines.extend(used_by.iter().map(|name| format!("  {}", text(name))));
    let mut out = lines.join("\n") + "\n";
    let checkers = check["checker_reports"].as_array().cloned().unwrap_or_default();
    if !checkers.is_empty() {
        let rows = checkers.iter().map(|checker| {
            vec![
                text(&checker["region"]),
                text(&checker["ip_address"]),
                text(&checker["verdict"]),
                since(&checker["checked_time"], now),
                match checker["fault"]["text"].as_str() {
                    Some(_) => format!("cannot probe: {}", text(&checker["fault"]["text"])),
                    None => text(&checker["status"]),
                },
            ]
        });
        out += "\n";
        out += &table(&["REGION", "CHECKER", "VERDICT", "CHECKED", "STATUS"], rows);
    }
    let children = check["child_health_checks"].as_array().cloned().unwrap_or_default();
    if !children.is_empty() {
        let rows = children.iter().map(|child| vec![text(&child["id"]), text(&child["status"])]);
        out += "\n";
        out += &table(&["CHILD", "STATUS"], rows);
    }
    let history = check["history"].as_array().cloned().unwrap_or_default();
    if !history.is_empty() {
        let rows =
            history.iter().rev().map(|flip| vec![text(&flip["at"]), text(&flip["status"]), text(&flip["reason"])]);
        out += "\n";
        out += &table(&["AT", "BECAME", "REASON"], rows);
    }
    out
}

fn table(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(header.iter().copied()).add_rows(rows);
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}

fn text(value: &Value) -> String {
    match value {
        // What others wrote may hold what a terminal obeys.
        Value::String(text) => text.chars().map(|c| if c.is_control() { '?' } else { c }).collect(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

fn status(check: &Value) -> String {
    let status = text(&check["status"]);
    match check["forced"]["status"].as_str() {
        Some("obey") | None => status,
        Some(_) => format!("{status} (forced)"),
    }
}

fn forced(force: &Value) -> String {
    if force.is_null() {
        return "no".to_owned();
    }
    let origin = match force["origin"].as_str() {
        Some("operator") => "by an operator".to_owned(),
        Some("zone_files") => "by forced_health_checks of the zone files".to_owned(),
        Some("health_check") => "by its status in the zone files".to_owned(),
        _ => text(&force["origin"]),
    };
    let part = |before: &str, value: &Value| {
        if value.is_null() { String::new() } else { format!("{before}{}", text(value)) }
    };
    let (status, checks) = (text(&force["status"]), text(&force["checks"]));
    let (owner, until, reason) = (&force["owner"], &force["until"], &force["reason"]);
    format!("{status} {origin}{} as {checks}{}{}", part(", ", owner), part(", until ", until), part(": ", reason))
}

fn tally(check: &Value) -> String {
    let (healthy, of) =
        if check["children"].is_u64() { ("children_healthy", "children") } else { ("checkers_healthy", "checkers") };
    match (check[healthy].as_u64(), check[of].as_u64()) {
        (Some(healthy), Some(of)) => format!("{healthy}/{of}"),
        _ => "-".to_owned(),
    }
}

fn names(value: &Value) -> String {
    let names: Vec<String> = value.as_array().into_iter().flatten().map(text).collect();
    match names.len() {
        0 => "-".to_owned(),
        count if count > NAMES => format!("{} and {} more", names[..NAMES].join(", "), count - NAMES),
        _ => names.join(", "),
    }
}

/// How long ago, in one unit.
fn since(value: &Value, now: Timestamp) -> String {
    let Some(at) = value.as_str().and_then(|text| text.parse::<Timestamp>().ok()) else { return "-".to_owned() };
    let seconds = now.duration_since(at).as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds}s ago"),
        60..3_600 => format!("{}m ago", seconds / 60),
        3_600..172_800 => format!("{}h ago", seconds / 3_600),
        _ => format!("{}d ago", seconds / 86_400),
    }
}
