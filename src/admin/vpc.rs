//! VPCs, which operators describe while the server runs: whose queries come from inside.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use ipnet::IpNet;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::change::{Change, ChangeError};
use crate::model::{Account, Vpc, VpcId, VpcSource, limits};
use crate::store::StoreError;

use super::input::{Input, Named};
use super::{Admin, Answer, Failure, aside};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VpcInput {
    region: String,
    cidrs: Vec<String>,
}

pub async fn list(State(admin): State<Admin>) -> Answer {
    let snapshot = admin.store.snapshots().load_full();
    let account = snapshot.account();
    Ok(Json(json!({ "vpcs": account.vpcs().values().map(|vpc| view(vpc, account)).collect::<Vec<_>>() })))
}

pub async fn get(State(admin): State<Admin>, Named(id): Named) -> Answer {
    let id = vpc_id(&id)?;
    let snapshot = admin.store.snapshots().load_full();
    let account = snapshot.account();
    let vpc = account.vpcs().get(&id);
    let vpc = vpc.ok_or_else(|| Failure::new(StatusCode::NOT_FOUND, format!("there is no VPC {id}")))?;
    Ok(Json(view(vpc, account)))
}

pub async fn describe(State(admin): State<Admin>, Named(id): Named, Input(input): Input<VpcInput>) -> Answer {
    let vpc = input.vpc(vpc_id(&id)?).map_err(Failure::bad)?;
    let id = vpc.id.clone();
    apply(&admin, Change::DescribeVpc(vpc)).await?;
    get(State(admin), Named(id.as_str().to_owned())).await
}

pub async fn forget(State(admin): State<Admin>, Named(id): Named) -> Answer {
    let id = vpc_id(&id)?;
    apply(&admin, Change::ForgetVpc(id.clone())).await?;
    Ok(Json(json!({ "id": id.as_str() })))
}

async fn apply(admin: &Admin, change: Change) -> Result<(), Failure> {
    let store = Arc::clone(&admin.store);
    aside(move || store.apply(change)).await?.map(drop).map_err(|error| {
        let status = match &error {
            StoreError::Change(ChangeError::VpcNotDescribed(_)) => StatusCode::NOT_FOUND,
            StoreError::Change(_) => StatusCode::CONFLICT,
            StoreError::Journal(_) => StatusCode::INSUFFICIENT_STORAGE,
            StoreError::Interrupted => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Failure::new(status, error.to_string())
    })
}

fn vpc_id(text: &str) -> Result<VpcId, Failure> {
    VpcId::new(text).map_err(|error| Failure::bad(format!("{text:?}: {error}")))
}

impl VpcInput {
    fn vpc(self, id: VpcId) -> Result<Vpc, String> {
        let region = self.region.parse().map_err(|_| format!("region: there is no region {:?}", self.region))?;
        if self.cidrs.len() > limits::VPC_NETWORKS {
            return Err(format!("cidrs: {} are more than {}", self.cidrs.len(), limits::VPC_NETWORKS));
        }
        let cidrs = self.cidrs.iter().map(|text| network(text).map_err(|error| format!("cidrs: {text:?} {error}")));
        Ok(Vpc { id, region, cidrs: cidrs.collect::<Result<_, _>>()? })
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    let network: IpNet = text.parse().map_err(|_| "is not a network such as 10.0.0.0/16")?;
    if network.trunc() == network {
        Ok(network)
    } else {
        Err(format!("has bits set after its prefix; write {}", network.trunc()))
    }
}

fn view(vpc: &Vpc, account: &Account) -> Value {
    let source = match account.registry().vpc_descriptions.get(&vpc.id).map(|description| description.source) {
        _ if account.source_files().vpcs.contains_key(&vpc.id) => "zone files",
        Some(VpcSource::Operator) => "operator",
        Some(VpcSource::Ec2) => "EC2",
        None => "its name in the API",
    };
    json!({
        "id": vpc.id.as_str(),
        "region": vpc.region.name(),
        "cidrs": vpc.cidrs.iter().map(IpNet::to_string).collect::<Vec<_>>(),
        "source": source,
    })
}
