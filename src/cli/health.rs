//! `route53d health`: what a running server knows of its health checks.

use std::io::{IsTerminal, stdout};
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;
use comfy_table::{Table, presets};
use jiff::Timestamp;
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

    /// Look again every second, until Ctrl-C
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
            return print(&look(&client, arguments).await?);
        }
        let mut before = String::new();
        loop {
            // A server that restarts is waited for.
            let text = look(&client, arguments).await.unwrap_or_else(|error| format!("{error}\n"));
            if stdout().is_terminal() {
                // Home, the text, and nothing of the last below it.
                print(&format!("\x1b[H\x1b[J{text}"))?;
            } else if text != before {
                print(&text)?;
            }
            before = text;
            tokio::time::sleep(PAUSE).await;
        }
    })
}

async fn look(client: &AdminClient, arguments: &HealthArguments) -> Result<String, String> {
    let value = match &arguments.id {
        Some(id) => client.get(&["health-checks", id]).await?,
        None => client.get(&["health-checks"]).await?,
    };
    if arguments.json {
        return Ok(format!("{value:#}\n"));
    }
    let now = Timestamp::now();
    Ok(match &arguments.id {
        Some(_) => details(&value, now),
        None => list(&value, now),
    })
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
        format!("healthy: {}", tally(check)),
    ];
    let used_by = check["used_by"].as_array().cloned().unwrap_or_default();
    lines.push(format!("used by: {}", if used_by.is_empty() { "nothing".to_owned() } else { String::new() }));
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
                text(&checker["status"]),
            ]
        });
        out += "\n";
        out += &table(&["REGION", "CHECKER", "VERDICT", "CHECKED", "STATUS"], rows);
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
