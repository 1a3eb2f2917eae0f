//! Why a change to traffic policies or their instances is refused.

use std::fmt;

use crate::model::traffic_policy::TreeError;
use crate::model::{HostedZoneId, RecordType, TrafficPolicyId, TrafficPolicyInstanceId, limits};

use super::error::{ChangeError, RecordSetFinding};

/// Why a [`TrafficPolicyChange`](super::TrafficPolicyChange) is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrafficPolicyRefusal {
    NoSuchPolicy(TrafficPolicyId),
    NoSuchVersion(TrafficPolicyId, u32),
    NameTaken(Box<str>),
    TooManyVersions(TrafficPolicyId),
    /// An instance was made of the version.
    InUse(TrafficPolicyInstanceId),
    NoSuchInstance(TrafficPolicyInstanceId),
    /// The name and type belong to this instance already.
    InstanceExists(TrafficPolicyInstanceId),
    /// The instance has this type and the document another.
    OtherType(RecordType, RecordType),
    Tree(TreeError),
    /// What the tree breaks in the zone where it would stand.
    RecordSets(HostedZoneId, Vec<RecordSetFinding>),
}

impl From<TrafficPolicyRefusal> for ChangeError {
    fn from(refusal: TrafficPolicyRefusal) -> ChangeError {
        ChangeError::TrafficPolicy(refusal)
    }
}

impl fmt::Display for TrafficPolicyRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use TrafficPolicyRefusal as R;
        match self {
            R::NoSuchPolicy(id) => write!(f, "there is no traffic policy {id}"),
            R::NoSuchVersion(id, version) => write!(f, "the traffic policy {id} has no version {version}"),
            R::NameTaken(name) => write!(f, "there is already a traffic policy named {name:?}; give each its own name"),
            R::TooManyVersions(id) => {
                write!(f, "the traffic policy {id} has had {} versions; make another", limits::TRAFFIC_POLICY_VERSIONS)
            }
            R::InUse(id) => write!(f, "the traffic policy instance {id} was made of it; delete that first"),
            R::NoSuchInstance(id) => write!(f, "there is no traffic policy instance {id}"),
            R::InstanceExists(id) => write!(f, "the traffic policy instance {id} has this name and type; update that"),
            R::OtherType(is, other) => {
                write!(f, "the instance has type {is} and cannot become one of type {other}; make another instance")
            }
            R::Tree(TreeError::Name(error)) => write!(f, "a name below that of the instance cannot be: {error}"),
            R::Tree(TreeError::RecordSets(errors)) => {
                let told: Vec<_> = errors.iter().map(|error| format!("{error}; {}", error.hint())).collect();
                f.write_str(&told.join(", "))
            }
            R::RecordSets(_, findings) => {
                let told: Vec<_> = findings.iter().map(ToString::to_string).collect();
                f.write_str(&told.join(", "))
            }
        }
    }
}
