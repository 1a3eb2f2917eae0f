//! Health checks: made, looked at, changed, deleted, and what their checkers say.

use crate::change::Change;
use crate::health::report::Observation;
use crate::model::{
    Account, AddressPolicy, ForcedStatus, HealthCheck, HealthCheckConfig, HealthCheckId, HealthCheckRegistration,
    HealthCheckTarget,
};

use super::Situation;
use super::change::time;
use super::error::{ApiError, ErrorCode};
use super::health_check_config;
use super::health_check_refusal::invalid;
use super::hosted_zone::{caller_reference_of, write_linked_service};
use super::page::PageSize;
use super::query_parameter::check_length;
use super::reply::{Outcome, Reply};
use super::request::Request;
use super::xml::{Members, XmlWriter};

/// Items of a page, unless another number is asked for.
const PAGE: usize = 100;
/// More than so many are cut to this.
const LARGEST_PAGE: usize = 1_000;

pub fn create(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let root = request.root()?;
    let members = Members::of(&root, &["CallerReference", "HealthCheckConfig"])?;
    let caller_reference = members.required("CallerReference")?.text_of("HealthCheckNonce", 1..=64)?;
    let config = health_check_config::read(members.required("HealthCheckConfig")?)?;
    let caller_reference = caller_reference_of(caller_reference)?;
    let account = situation.account();
    // Whoever says the same again gets the same again.
    let registry = account.registry();
    if let Some(id) = registry.health_check_references.get(&caller_reference)
        && let Some(before) = registry.health_checks.get(id).filter(|before| before.config == config)
        && let Some(check) = account.health_checks().get(id)
    {
        let reply = Reply::new(request.operation, |xml| write(xml, check, Some(before), account));
        return Ok(reply.at(format!("healthcheck/{id}")).into());
    }
    let check = checked(&config, situation.drawn.uuid(), situation.addresses)?;
    let registration = HealthCheckRegistration { caller_reference, version: 1, config };
    let reply = Reply::new(request.operation, |xml| write(xml, &check, Some(&registration), account));
    let reply = reply.at(format!("healthcheck/{}", check.id));
    Ok(Outcome::Write(Box::new(Change::CreateHealthCheck { check, registration }), reply))
}

pub fn update(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let root = request.optional_root()?;
    let update = health_check_config::Update::read(&root)?;
    let account = situation.account();
    let check = named(request, account)?;
    let Some(before) = account.registry().health_checks.get(&check.id) else {
        let file = account.source_files().health_checks.get(&check.id).map(|file| &**file);
        return Err(ApiError::described_by_file(format_args!("health check {}", check.id), file));
    };
    if update.version.is_some_and(|version| version != before.version) {
        let message = "The value of HealthCheckVersion in the request doesn't match the value of HealthCheckVersion in \
                       the health check.";
        return Err(ApiError::new(ErrorCode::HealthCheckVersionMismatch, message));
    }
    if !before.config.check_type.is_updatable() {
        return Err(ApiError::invalid_input("Invalid parameter : Update is not supported for this health check type."));
    }
    let config = update.applied_to(&before.config);
    let forbidden = before.config.forbidden_changes(&config);
    if !forbidden.is_empty() {
        return Err(invalid(config.check_type, &forbidden));
    }
    let check = checked(&config, check.id.clone(), situation.addresses)?;
    let registration = HealthCheckRegistration {
        caller_reference: before.caller_reference.clone(),
        version: before.version + 1,
        config,
    };
    let reply = Reply::new(request.operation, |xml| write(xml, &check, Some(&registration), account));
    Ok(Outcome::Write(Box::new(Change::UpdateHealthCheck { check, registration }), reply))
}

pub fn get(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let account = situation.account();
    let check = named(request, account)?;
    let registration = account.registry().health_checks.get(&check.id);
    Ok(Reply::new(request.operation, |xml| write(xml, check, registration, account)).into())
}

pub fn delete(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let id = named(request, situation.account())?.id.clone();
    Ok(Outcome::Write(Box::new(Change::DeleteHealthCheck(id)), Reply::new(request.operation, |_| {})))
}

pub fn list(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let account = situation.account();
    let size = PageSize::read(request, "maxitems", PAGE, LARGEST_PAGE)?;
    let marker = request.query("marker")?;
    let first = marker.unwrap_or_default();
    let from_first = account.health_checks().values().filter(|check| check.id.as_str() >= first);
    let page = size.cut(from_first);
    let reply = Reply::new(request.operation, |xml| {
        xml.list("HealthChecks", "HealthCheck", &page.items, |xml, check| {
            write_members(xml, check, account.registry().health_checks.get(&check.id), account);
        });
        xml.optional_text("Marker", marker);
        xml.value("IsTruncated", page.next.is_some());
        xml.optional_text("NextMarker", page.next.map(|check| check.id.as_str()));
        xml.value("MaxItems", size.0);
    });
    Ok(reply.into())
}

pub fn count(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let count = situation.account().health_checks().len();
    Ok(Reply::new(request.operation, |xml| xml.value("HealthCheckCount", count)).into())
}

/// HC-50: what each checker found at last.
pub fn status(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    observations(request, situation, |checker| checker.latest.as_ref())
}

/// The latest failure that each checker found, if it ever found one.
pub fn last_failure(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    observations(request, situation, |checker| checker.last_failure.as_ref())
}

fn observations(
    request: &Request<'_>,
    situation: &Situation<'_>,
    of: impl Fn(&crate::health::report::CheckerReport) -> Option<&Observation>,
) -> Result<Outcome, ApiError> {
    let check = named(request, situation.account())?;
    // HC-41.
    if !matches!(check.target, HealthCheckTarget::Endpoint(_)) {
        let message = format!("Invalid parameter : Health checks of type {} have no checkers.", check.check_type());
        return Err(ApiError::invalid_input(message));
    }
    // A check that the worker has not heard of yet has not found anything.
    let checkers = situation.report.map(|report| &*report.checkers).unwrap_or_default();
    let found = checkers.iter().filter_map(|checker| Some((checker, of(checker)?)));
    let reply = Reply::new(request.operation, |xml| {
        xml.list("HealthCheckObservations", "HealthCheckObservation", found, |xml, (checker, observation)| {
            xml.text("Region", checker.region.name());
            xml.value("IPAddress", checker.ip_address);
            xml.element("StatusReport", |xml| {
                xml.text("Status", &observation.text);
                xml.text("CheckedTime", &time(observation.checked_time));
            });
        });
    });
    Ok(reply.into())
}

/// The check that the path names.
fn named<'a>(request: &Request<'_>, account: &'a Account) -> Result<&'a HealthCheck, ApiError> {
    let id = check_length("healthCheckId", request.parameter(), 0..=64)?;
    account.health_checks().get(id).ok_or_else(|| ApiError::no_such_health_check(id))
}

fn checked(config: &HealthCheckConfig, id: HealthCheckId, addresses: AddressPolicy) -> Result<HealthCheck, ApiError> {
    if let Some(seconds) = config.request_interval.filter(|seconds| ![10, 30].contains(seconds)) {
        let message = format!("Invalid parameter : RequestInterval must be 10 or 30, not {seconds}.");
        return Err(ApiError::invalid_input(message));
    }
    config.health_check(id, ForcedStatus::Obey, addresses).map_err(|errors| invalid(config.check_type, &errors))
}

fn write(xml: &mut XmlWriter, check: &HealthCheck, registration: Option<&HealthCheckRegistration>, account: &Account) {
    xml.element("HealthCheck", |xml| write_members(xml, check, registration, account));
}

fn write_members(
    xml: &mut XmlWriter,
    check: &HealthCheck,
    registration: Option<&HealthCheckRegistration>,
    account: &Account,
) {
    xml.text("Id", check.id.as_str());
    // Nobody has made a request for what zone files describe: the file stands for it.
    let file = || account.source_files().health_checks.get(&check.id).map_or("zone file", |file| &**file);
    xml.text("CallerReference", registration.map_or_else(file, |it| it.caller_reference.as_str()));
    if registration.is_none() {
        write_linked_service(xml, file());
    }
    let config = HealthCheckConfig::of(check);
    let config = match registration {
        // What is a default for us alone is told only if it was given.
        Some(HealthCheckRegistration { config: given, .. }) => HealthCheckConfig {
            regions: given.regions.clone(),
            resource_path: given.resource_path.as_ref().and(config.resource_path),
            child_health_checks: given.child_health_checks.clone(),
            ..config
        },
        None => config,
    };
    xml.element("HealthCheckConfig", |xml| health_check_config::write(xml, &config));
    xml.value("HealthCheckVersion", registration.map_or(1, |it| it.version));
    health_check_config::write_alarm(xml, &check.target, account);
}
