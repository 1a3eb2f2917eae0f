//! Client subnet (RFC 7871): whose question a resolver asks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::super::message::Malformed;

/// The client subnet option (RFC 7871 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientSubnet {
    pub family: u16,
    pub source_prefix_length: u8,
    /// The address, filled up with zeros.
    pub address: IpAddr,
}

impl ClientSubnet {
    /// RFC 7871 §6, §7.1.2: as many address bytes as the prefix needs, zeros after it, scope 0. A family that is
    /// not IPv4 or IPv6 is passed over.
    pub(super) fn read(value: &[u8]) -> Result<Option<ClientSubnet>, Malformed> {
        let (head, address) = value.split_first_chunk::<4>().ok_or(Malformed)?;
        let [family_high, family_low, source_prefix_length, scope_prefix_length] = *head;
        let family = u16::from_be_bytes([family_high, family_low]);
        let bits: u8 = match family {
            1 => 32,
            2 => 128,
            _ => return Ok(None),
        };
        let needed = usize::from(source_prefix_length).div_ceil(8);
        if source_prefix_length > bits || scope_prefix_length != 0 || address.len() != needed {
            return Err(Malformed);
        }
        let mut bytes = [0; 16];
        bytes[..needed].copy_from_slice(address);
        let spare = (needed * 8 - usize::from(source_prefix_length)) as u32;
        if spare > 0 && bytes[needed - 1].trailing_zeros() < spare {
            return Err(Malformed);
        }
        let address = match family {
            1 => IpAddr::V4(Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3])),
            _ => IpAddr::V6(Ipv6Addr::from(bytes)),
        };
        Ok(Some(ClientSubnet { family, source_prefix_length, address }))
    }

    /// The network, unless the client wishes not to be located (P-16).
    pub fn network(&self) -> Option<IpNet> {
        if self.source_prefix_length == 0 {
            return None;
        }
        IpNet::new(self.address, self.source_prefix_length).ok().map(canonical)
    }

    /// The bits that stand before those of `network` in the address as it was sent: a scope counts them too.
    pub fn bits_before(&self, network: IpNet) -> u8 {
        match (self.address, network) {
            (IpAddr::V6(_), IpNet::V4(_)) => 96,
            _ => 0,
        }
    }

    pub(super) fn address_length(&self) -> usize {
        usize::from(self.source_prefix_length).div_ceil(8)
    }
}

/// An IPv4 network written as an IPv4-mapped IPv6 network, as the IPv4 network.
fn canonical(network: IpNet) -> IpNet {
    match (network.addr().to_canonical(), network) {
        (IpAddr::V4(address), IpNet::V6(mapped)) if mapped.prefix_len() >= 96 => {
            IpNet::new(IpAddr::V4(address), mapped.prefix_len() - 96).unwrap_or(network)
        }
        _ => network,
    }
}
