//! `route53d export`: writes what an API has.

use clap::{Args, ValueEnum};

use crate::client::{
    Export, ListedZone, MasterFile, RouteCaller, ZoneHead, exported, list_account, list_hosted_zones,
    list_record_set_elements, master_file, record_sets_json,
};
use crate::model::DomainName;

use super::admin_client::converse;
use super::api_client::ApiClientSettings;
use super::{note, print};

/// Write what a Route 53 API has.
///
/// yaml: a zone file that `serve --zones` and `apply` read: hosted zones with their VPCs, tags and record sets, health checks, CIDR
/// collections. Ids of hosted zones and CIDR collections are not written; a health check has its caller reference as id. Of one ZONE alone:
/// with the health checks and CIDR collections that it needs. Left out, and told, is what zone files have no words for:
/// reusable delegation sets, traffic policies, DNSSEC signing and its keys. Not asked for are query logging configurations,
/// record set protections and features.
///
/// json: the record sets of one zone, as `aws route53 list-resource-record-sets` prints them, with the ids of the API.
///
/// zone: master files (RFC 1035), one after the other, with aliases and routing policies in the words of cli53.
#[derive(Args, Debug)]
pub struct ExportArguments {
    /// The name or the id of a hosted zone; without it all are written
    #[arg(value_name = "ZONE", env = "ROUTE53D_EXPORT_ZONE")]
    zone: Option<String>,

    /// What is written
    #[arg(long, value_enum, default_value = "yaml", env = "ROUTE53D_EXPORT_FORMAT")]
    format: Format,

    #[command(flatten)]
    api: ApiClientSettings,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Yaml,
    Json,
    Zone,
}

/// # Errors
///
/// There is no such zone, or more than one; the API does not answer, or has what the format cannot say.
pub fn run(arguments: &ExportArguments) -> Result<(), String> {
    let mut caller = arguments.api.caller()?;
    let text = converse(async {
        let heads = list_hosted_zones(&mut caller).await.map_err(|error| error.to_string())?;
        let wanted = match &arguments.zone {
            Some(zone) => Some(named(zone, &heads)?),
            None => None,
        };
        match arguments.format {
            Format::Yaml => yaml(&mut caller, wanted).await,
            Format::Json => {
                let zone = match (wanted, &heads[..]) {
                    (Some(zone), _) | (None, [zone]) => zone,
                    (None, _) => return Err(format!("--format json is of one zone; name one of\n{}", listed(&heads))),
                };
                let sets = list_record_set_elements(&mut caller, &zone.id).await.map_err(|error| error.to_string())?;
                Ok(record_sets_json(&sets))
            }
            Format::Zone => master_files(&mut caller, wanted).await,
        }
    })?;
    print(&text)
}

async fn yaml(caller: &mut RouteCaller, wanted: Option<&ZoneHead>) -> Result<String, String> {
    let account = list_account(caller, |head| wanted.is_none_or(|wanted| wanted.id == head.id)).await;
    let account = account.map_err(|error| error.to_string())?;
    let export = exported(&account, wanted.is_none());
    let Export { text, notes } = export.map_err(|problems| {
        format!("zone files do not allow what the API has\n{}\na zone can be exported by itself", problems.join("\n"))
    })?;
    notes.iter().for_each(|it| note(it));
    Ok(text)
}

async fn master_files(caller: &mut RouteCaller, wanted: Option<&ZoneHead>) -> Result<String, String> {
    let account = list_account(caller, |head| wanted.is_none_or(|wanted| wanted.id == head.id)).await;
    let account = account.map_err(|error| error.to_string())?;
    let mut text = String::new();
    for zone in &account.hosted_zones {
        let MasterFile { text: file, notes } = master_file(zone);
        notes.iter().for_each(|it| note(it));
        if wanted.is_none() {
            text += &format!("{}; {}\n", if text.is_empty() { "" } else { "\n" }, described(zone));
        }
        text += &file;
    }
    Ok(text)
}

fn described(zone: &ListedZone) -> String {
    let vpcs: Vec<&str> = zone.vpcs.keys().map(|vpc| vpc.as_str()).collect();
    let vpcs = if vpcs.is_empty() { String::new() } else { format!(": {}", vpcs.join(", ")) };
    format!("hosted zone {} ({}{vpcs})", zone.head.id, zone.head.kind())
}

/// The zone of this id, or else the only one of this name.
fn named<'h>(text: &str, heads: &'h [ZoneHead]) -> Result<&'h ZoneHead, String> {
    let id = text.strip_prefix("/hostedzone/").unwrap_or(text);
    if let Some(head) = heads.iter().find(|head| head.id.as_str() == id) {
        return Ok(head);
    }
    let name = DomainName::parse(text).map_err(|error| format!("{text:?} is no name of a zone: {error}"))?;
    let of_name: Vec<ZoneHead> = heads.iter().filter(|head| head.name == name).cloned().collect();
    match &of_name[..] {
        [] => Err(format!("there is no hosted zone {text}; there are\n{}", listed(heads))),
        [one] => heads.iter().find(|head| head.id == one.id).ok_or_else(|| format!("there is no hosted zone {text}")),
        several => Err(format!("there are several hosted zones {text}; name one by its id\n{}", listed(several))),
    }
}

fn listed(heads: &[ZoneHead]) -> String {
    let lines: Vec<String> = heads.iter().map(|head| format!("{} {} ({})", head.id, head.name, head.kind())).collect();
    if lines.is_empty() { "none".to_owned() } else { lines.join("\n") }
}
