//! Where a listener is that there need not be.

use std::net::SocketAddr;
use std::str::FromStr;

/// `ADDR:PORT`, or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionalAddress {
    Off,
    At(SocketAddr),
}

impl OptionalAddress {
    pub fn address(self) -> Option<SocketAddr> {
        match self {
            OptionalAddress::Off => None,
            OptionalAddress::At(address) => Some(address),
        }
    }
}

impl FromStr for OptionalAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<OptionalAddress, String> {
        if text == "off" {
            return Ok(OptionalAddress::Off);
        }
        text.parse()
            .map(OptionalAddress::At)
            .map_err(|_| "expected ADDR:PORT such as 127.0.0.1:8080, or off".to_owned())
    }
}
