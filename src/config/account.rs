//! Where the account comes from.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::snapshot::CountryData;

/// The largest database that is read: several times what the largest of MaxMind takes.
const MMDB_BYTES: u64 = 1 << 30;

/// Where the account comes from; shared by every command.
#[derive(Args, Clone, Debug)]
pub struct AccountSettings {
    /// The directory of the zone files (*.yaml); all of them together are one account
    #[arg(long, value_name = "DIR", default_value = "zones", env = "ROUTE53D_ZONES")]
    pub zones: PathBuf,

    /// A MaxMind database (MMDB) of countries or cities, in place of the built-in registry data
    #[arg(long, value_name = "FILE", env = "ROUTE53D_GEOIP_DB")]
    pub geoip_db: Option<PathBuf>,
}

impl AccountSettings {
    /// Reads the `--geoip-db` file if there is one.
    pub fn country_data(&self) -> Result<CountryData, String> {
        let Some(path) = &self.geoip_db else { return Ok(CountryData::BuiltIn) };
        let name = Path::display(path);
        let bytes =
            read_up_to(path, MMDB_BYTES).map_err(|error| format!("could not read --geoip-db {name}: {error}"))?;
        CountryData::from_mmdb(bytes).map_err(|error| format!("--geoip-db {name} is not an MMDB file: {error}"))
    }
}

/// Reads what may be a pipe too: a database that is unpacked on the way.
fn read_up_to(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let message = format!("it has more than {limit} bytes, and no database has so many");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    Ok(bytes)
}
