//! What keeps us, and not the endpoint, from probing.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};

use rustix::io::Errno;

use super::descriptors;

const NO_DESCRIPTOR_IN_SYSTEM: &str =
    "no file descriptor is left in the whole system; raise its limit with sysctl fs.file-max";

/// What keeps us, and not the endpoint, from probing, such as a lack of file descriptors: no finding about anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeFault(pub Box<str>);

impl fmt::Display for ProbeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ProbeFault {
    /// Whether an error on the way to a connection is ours; the endpoint's are `None`.
    pub(super) fn of_connecting(error: &io::Error, to: SocketAddr, source: Option<IpAddr>) -> Option<ProbeFault> {
        let errno = Errno::from_io_error(error)?;
        let from = source.map(|source| format!(" from {source}")).unwrap_or_default();
        let text = match errno {
            Errno::MFILE => format!("no file descriptor is left for a probe: {}", descriptors::how_to_have_more()),
            Errno::NFILE => NO_DESCRIPTOR_IN_SYSTEM.to_owned(),
            Errno::ADDRNOTAVAIL => match source {
                Some(source) => format!(
                    "a probe could not be sent from {source}: it is not an address of this host, or all its ports to \
                     {to} are in use (sysctl net.ipv4.ip_local_port_range)"
                ),
                None => format!(
                    "a probe could not be sent: all local ports to {to} are in use (sysctl \
                     net.ipv4.ip_local_port_range)"
                ),
            },
            Errno::NOBUFS | Errno::NOMEM => "the system has no memory left for the socket of a probe".to_owned(),
            Errno::PERM | Errno::ACCESS => {
                format!("this host does not let a probe{from} go to {to}; look at its own firewall ({error})")
            }
            Errno::AFNOSUPPORT => format!("this host has no network that reaches addresses such as {}", to.ip()),
            _ => return None,
        };
        Some(ProbeFault(text.into()))
    }

    /// Whether an error of a look-up by the system is for lack of descriptors; all others say that there is no answer.
    pub fn of_looking_up(error: &io::Error) -> Option<ProbeFault> {
        let text = match Errno::from_io_error(error)? {
            Errno::MFILE => {
                format!("no file descriptor is left to look up a name: {}", descriptors::how_to_have_more())
            }
            Errno::NFILE => NO_DESCRIPTOR_IN_SYSTEM.to_owned(),
            _ => return None,
        };
        Some(ProbeFault(text.into()))
    }

    /// An IPv4 address sends nothing to an IPv6 address, nor the other way about.
    pub(super) fn of_families(to: IpAddr, source: IpAddr) -> ProbeFault {
        let family = |address: IpAddr| if address.is_ipv4() { "IPv4" } else { "IPv6" };
        ProbeFault(
            format!(
                "probes are sent from {source}, an {} address, which does not reach {to}, an {} address; \
                 give that region another source address or none",
                family(source),
                family(to)
            )
            .into(),
        )
    }
}
