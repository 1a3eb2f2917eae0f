//! What there is of each operation, as the documentation tells it: `coverage.md` is made here.

use super::operation::{OPERATIONS, Operation as O, OperationRow};

/// What of the server beside the account follows an operation, or is asked by it; nothing for what only keeps or tells.
fn data_plane(operation: O) -> &'static str {
    match operation {
        O::CreateHostedZone
        | O::DeleteHostedZone
        | O::ChangeResourceRecordSets
        | O::AssociateVPCWithHostedZone
        | O::DisassociateVPCFromHostedZone
        | O::CreateCidrCollection
        | O::ChangeCidrCollection
        | O::DeleteCidrCollection
        | O::CreateTrafficPolicyInstance
        | O::UpdateTrafficPolicyInstance
        | O::DeleteTrafficPolicyInstance => "DNS answers by it",
        O::CreateHealthCheck | O::UpdateHealthCheck | O::DeleteHealthCheck => "probes and DNS answers follow it",
        O::GetHealthCheckStatus | O::GetHealthCheckLastFailureReason => "the checkers are asked",
        O::TestDNSAnswer => "the evaluator of DNS is asked",
        O::GetChange => "what DNS answers by is looked at",
        O::CreateKeySigningKey
        | O::ActivateKeySigningKey
        | O::DeactivateKeySigningKey
        | O::DeleteKeySigningKey
        | O::EnableHostedZoneDNSSEC
        | O::DisableHostedZoneDNSSEC
        | O::CreateQueryLoggingConfig
        | O::DeleteQueryLoggingConfig
        | O::UpdateHostedZoneFeatures => "**none yet**",
        _ => "",
    }
}

/// The table, in Markdown.
fn coverage() -> String {
    let mut text = "| operation | | supported | data plane | deviations |\n|---|---|---|---|---|\n".to_owned();
    for OperationRow { operation, method, uri, deviations, .. } in &OPERATIONS {
        let (method, data_plane) = (method.name(), data_plane(*operation));
        let supported = if data_plane == "**none yet**" { "state" } else { "yes" };
        text += &format!("| {operation} | `{method} {uri}` | {supported} | {data_plane} | {deviations} |\n");
    }
    text
}

/// With `ROUTE53D_WRITE_COVERAGE=1` it writes the table anew.
#[test]
fn the_table_of_the_documentation_is_this_one() {
    if std::env::var_os("ROUTE53D_WRITE_COVERAGE").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/api/coverage.md"), coverage()).unwrap();
        return;
    }
    assert!(include_str!("coverage.md") == coverage(), "run the tests with ROUTE53D_WRITE_COVERAGE=1");
}
