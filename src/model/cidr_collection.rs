//! A CIDR collection: named sets of client networks for IP-based routing (rules §3.8).

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use super::identifier::CidrCollectionId;
use super::limits;
use super::routing_policy::CidrLocationName;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CidrCollection {
    id: CidrCollectionId,
    name: Box<str>,
    locations: BTreeMap<CidrLocationName, Vec<IpNet>>,
}

/// A rule that a CIDR collection breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CidrCollectionError {
    /// L-5.
    Name(String),
    /// IP-2.
    BlockLength(IpNet),
    /// Bits are set right of the prefix; the network meant is given.
    HostBits(IpNet),
    /// IP-2: the block is also in this other location, or twice in one.
    BlockInUse(IpNet, CidrLocationName),
}

impl fmt::Display for CidrCollectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CidrCollectionError::Name(name) => write!(f, "{name:?} cannot be the name of a CIDR collection"),
            CidrCollectionError::BlockLength(block) => write!(f, "the block {block} has a prefix length out of range"),
            CidrCollectionError::HostBits(block) => write!(f, "the block {block} has bits set after its prefix"),
            CidrCollectionError::BlockInUse(block, location) => {
                write!(f, "the block {block} is already in location {:?}", location.as_str())
            }
        }
    }
}

impl CidrCollectionError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            CidrCollectionError::Name(_) => "use 1 to 64 of the characters 0-9 A-Z a-z _ -".to_owned(),
            CidrCollectionError::BlockLength(_) => {
                "use /1 to /24 for IPv4 and /1 to /48 for IPv6; location \"*\" stands for all addresses".to_owned()
            }
            CidrCollectionError::HostBits(block) => format!("write {}", block.trunc()),
            CidrCollectionError::BlockInUse(..) => "keep it in one location".to_owned(),
        }
    }
}

impl CidrCollection {
    /// Checks names and blocks and tells every rule that is broken.
    pub fn new(
        id: CidrCollectionId,
        name: &str,
        locations: BTreeMap<CidrLocationName, Vec<IpNet>>,
    ) -> Result<CidrCollection, Vec<CidrCollectionError>> {
        let mut errors: Vec<CidrCollectionError> = CidrCollection::check_name(name).err().into_iter().collect();
        let mut seen = BTreeMap::new();
        for (location, blocks) in &locations {
            for block in blocks {
                errors.extend(CidrCollection::check_block(*block).err());
                if let Some(other) = seen.insert(block.trunc(), location) {
                    errors.push(CidrCollectionError::BlockInUse(*block, other.clone()));
                }
            }
        }
        if errors.is_empty() { Ok(CidrCollection { id, name: name.into(), locations }) } else { Err(errors) }
    }

    /// L-5.
    pub fn check_name(name: &str) -> Result<(), CidrCollectionError> {
        let fits = (1..=limits::CIDR_COLLECTION_CHARACTERS).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        if fits { Ok(()) } else { Err(CidrCollectionError::Name(name.to_owned())) }
    }

    /// IP-2, as far as a block alone can break it: IPv4 /1../24, IPv6 /1../48.
    pub fn check_block(block: IpNet) -> Result<(), CidrCollectionError> {
        if block.prefix_len() == 0 || block.prefix_len() > CidrCollection::longest_prefix(block.addr()) {
            return Err(CidrCollectionError::BlockLength(block));
        }
        if block.trunc() == block { Ok(()) } else { Err(CidrCollectionError::HostBits(block)) }
    }

    /// IP-2: how long the prefix of a block in the address's family can be.
    pub fn longest_prefix(address: IpAddr) -> u8 {
        match address {
            IpAddr::V4(_) => limits::CIDR_BLOCK_IPV4_PREFIX,
            IpAddr::V6(_) => limits::CIDR_BLOCK_IPV6_PREFIX,
        }
    }

    pub fn id(&self) -> &CidrCollectionId {
        &self.id
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn locations(&self) -> &BTreeMap<CidrLocationName, Vec<IpNet>> {
        &self.locations
    }
}
