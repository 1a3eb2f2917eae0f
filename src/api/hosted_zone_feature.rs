//! Features of hosted zones (C-6): kept and told. None of them does anything here yet.

use crate::change::{Change, plan};
use crate::model::{Account, FeatureStatus, HostedZoneFeatures, HostedZoneId};

use super::error::ApiError;
use super::reply::{Outcome, Reply};
use super::request::Request;
use super::xml::{Element, Members, XmlWriter};
use super::{Situation, refusal};

const STATUSES: [(&str, FeatureStatus); 2] =
    [("ENABLED", FeatureStatus::Enabled), ("DISABLED", FeatureStatus::Disabled)];

/// Checks of change batches that AWS has and we have not.
const GUARDRAILS: [(&str, ()); 6] = [
    ("NS_FORMAT_CHECK", ()),
    ("NS_DELEGATION_AUTHORITY_CHECK", ()),
    ("NS_OCCLUSION_CHECK", ()),
    ("ALIAS_TARGET_CHECK", ()),
    ("ACTIVE_RECORD_CHECK", ()),
    ("ACTIVE_DELEGATION_CHECK", ()),
];

pub fn update(request: &Request<'_>, situation: &Situation<'_>) -> Result<Outcome, ApiError> {
    let root = request.optional_root()?;
    let known = &["EnableAcceleratedRecovery", "EnablePublicDNSFallback", "ChangeGuardrails", "DryRun"];
    let members = Members::of(&root, known)?;
    let status = |name| members.optional(name).map(|element| Ok(status_of(element.boolean()?))).transpose();
    let features = HostedZoneFeatures {
        accelerated_recovery: status("EnableAcceleratedRecovery")?,
        public_dns_fallback: status("EnablePublicDNSFallback")?,
    };
    if let Some(guardrails) = members.optional("ChangeGuardrails") {
        guardrails.items("ChangeGuardrail", 1)?.iter().try_for_each(refuse_guardrail)?;
    }
    let is_dry_run = members.optional("DryRun").map(|element| element.boolean()).transpose()?.unwrap_or_default();
    let account = situation.account();
    let hosted_zone = request.hosted_zone(account)?.id().clone();
    let change = Change::ChangeFeatures { hosted_zone, features };
    let reply = Reply::new(request.operation, |_| {});
    if is_dry_run {
        plan(account, change).map_err(|error| refusal::of(error, request, account))?;
        return Ok(reply.into());
    }
    Ok(Outcome::Write(Box::new(change), reply))
}

const fn status_of(is_enabled: bool) -> FeatureStatus {
    if is_enabled { FeatureStatus::Enabled } else { FeatureStatus::Disabled }
}

/// They are off, and stay off.
fn refuse_guardrail(element: &Element) -> Result<(), ApiError> {
    let members = Members::of(element, &["Name", "Status"])?;
    let name = members.required("Name")?;
    name.word(&GUARDRAILS)?;
    match members.required("Status")?.word(&STATUSES)? {
        FeatureStatus::Disabled => Ok(()),
        FeatureStatus::Enabled => {
            let message = format!("The change guardrail {} can't be turned on: route53d has none.", name.text()?);
            Err(ApiError::invalid_input(message))
        }
    }
}

/// The features of a zone of which somebody said something.
pub fn write(xml: &mut XmlWriter, account: &Account, zone: &HostedZoneId) {
    let Some(features) = account.registry().features.get(zone) else { return };
    let name = |status: Option<FeatureStatus>| status.map(FeatureStatus::name);
    xml.element("Features", |xml| {
        xml.optional_text("AcceleratedRecoveryStatus", name(features.accelerated_recovery));
        xml.optional_text("PublicDNSFallbackStatus", name(features.public_dns_fallback));
    });
}
