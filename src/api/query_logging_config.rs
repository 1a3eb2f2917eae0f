//! Query logging configurations: kept and told. Nothing is logged by them yet, and CloudWatch Logs is not asked whether
//! there is such a log group.

use crate::change::Change;
use crate::model::{Account, HostedZoneId, LogGroupArn, QueryLoggingConfig, QueryLoggingConfigId};

use super::Situation;
use super::error::{ApiError, ErrorCode};
use super::id::Prefix;
use super::page::{PageSize, read_token, token};
use super::query_parameter::check_length;
use super::refusal::no_such_query_logging_config;
use super::reply::{Outcome, Reply};
use super::request::Request;
use super::xml::{Members, XmlWriter};

/// Items of a page, unless fewer are asked for.
const PAGE: usize = 100;

pub fn create(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let root = request.root()?;
    let members = Members::of(&root, &["HostedZoneId", "CloudWatchLogsLogGroupArn"])?;
    let zone_given = members.required("HostedZoneId")?.text()?;
    let log_group = members.required("CloudWatchLogsLogGroupArn")?.text()?;
    let hosted_zone = known_zone(zone_given, situation.account())?;
    let log_group = LogGroupArn::parse(log_group).map_err(|error| {
        ApiError::invalid_input(format!("The ARN for the CloudWatch Logs log group is invalid: {error}."))
    })?;
    let id = situation.drawn.uuid();
    let config = QueryLoggingConfig { hosted_zone, log_group };
    let reply = Reply::new(request.operation, |xml| write(xml, &id, &config));
    let reply = reply.at(format!("queryloggingconfig/{id}"));
    Ok(Outcome::Write(Box::new(Change::CreateQueryLoggingConfig { id, config }), reply))
}

pub fn get(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let id = named(request)?;
    let config = situation.account().registry().query_logging_configs.get(&id);
    let config = config.ok_or_else(no_such_query_logging_config)?;
    Ok(Reply::new(request.operation, |xml| write(xml, &id, config)).into())
}

pub fn delete(request: &Request<'_>, _: &Situation<'_>) -> Result<Outcome, ApiError> {
    let change = Change::DeleteQueryLoggingConfig(named(request)?);
    Ok(Outcome::Write(Box::new(change), Reply::new(request.operation, |_| {})))
}

/// In the order of their ids.
pub fn list(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let size = PageSize::read(request, "maxresults", PAGE, PAGE)?;
    let invalid_token = || {
        let message = "Route 53 can't get the next page of query logging configurations because the specified value for \
                       NextToken is invalid.";
        ApiError::new(ErrorCode::InvalidPaginationToken, message)
    };
    let first = read_token(request).map_err(|error| match error.code {
        ErrorCode::InvalidPaginationToken => invalid_token(),
        // It is too long for one.
        _ => error,
    })?;
    let first = first.map(|id| QueryLoggingConfigId::new(&id).map_err(|_| invalid_token())).transpose()?;
    let account = situation.account();
    let of_zone = request.query("hostedzoneid")?.map(|id| known_zone(id, account)).transpose()?;
    let configs = account.registry().query_logging_configs.iter();
    let listed = configs.filter(|(id, config)| {
        first.as_ref().is_none_or(|first| *id >= first)
            && of_zone.as_ref().is_none_or(|zone| config.hosted_zone == *zone)
    });
    let page = size.cut(listed);
    let reply = Reply::new(request.operation, |xml| {
        xml.list("QueryLoggingConfigs", "QueryLoggingConfig", &page.items, |xml, (id, config)| {
            write_members(xml, id, config);
        });
        xml.optional_text("NextToken", page.next.map(|(id, _)| token(id.as_str())).as_deref());
    });
    Ok(reply.into())
}

fn known_zone(given: &str, account: &Account) -> Result<HostedZoneId, ApiError> {
    let missing = || ApiError::no_such_hosted_zone(Prefix::HostedZone.stripped(given));
    let id: HostedZoneId = Prefix::HostedZone.read(given)?.ok_or_else(missing)?;
    if account.hosted_zone(&id).is_some() { Ok(id) } else { Err(missing()) }
}

/// The id in the path.
fn named(request: &Request<'_>) -> Result<QueryLoggingConfigId, ApiError> {
    let id = check_length("id", request.parameter(), 1..=36)?;
    QueryLoggingConfigId::new(id).map_err(|_| no_such_query_logging_config())
}

fn write(xml: &mut XmlWriter, id: &QueryLoggingConfigId, config: &QueryLoggingConfig) {
    xml.element("QueryLoggingConfig", |xml| write_members(xml, id, config));
}

fn write_members(xml: &mut XmlWriter, id: &QueryLoggingConfigId, config: &QueryLoggingConfig) {
    xml.text("Id", id.as_str());
    xml.text("HostedZoneId", config.hosted_zone.as_str());
    xml.text("CloudWatchLogsLogGroupArn", config.log_group.as_str());
}
