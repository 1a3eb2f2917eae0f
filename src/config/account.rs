//! Where the account comes from.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::small_file;
use crate::snapshot::CountryData;

/// The largest database that is read: several times what the largest of MaxMind takes.
const MMDB_BYTES: usize = 1 << 30;

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
            small_file::read(path, MMDB_BYTES).map_err(|error| format!("could not read --geoip-db {name}: {error}"))?;
        CountryData::from_mmdb(bytes).map_err(|error| format!("--geoip-db {name} is not an MMDB file: {error}"))
    }
}
