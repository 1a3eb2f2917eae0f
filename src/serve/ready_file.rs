//! The ready file: tells whoever started the server where it listens, once it answers.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::json;

/// Exists while the server answers.
pub struct ReadyFile {
    path: PathBuf,
}

/// Where the server listens.
#[derive(Clone, Debug, Default)]
pub struct Addresses {
    pub dns: Vec<SocketAddr>,
    pub dot: Vec<SocketAddr>,
    pub doh: Vec<SocketAddr>,
    pub doq: Vec<SocketAddr>,
    pub admin: Option<SocketAddr>,
    /// A URL, as `AWS_ENDPOINT_URL_ROUTE_53` wants it.
    pub api: Option<String>,
}

impl ReadyFile {
    /// Removes what a server that was killed has left behind, so that nobody takes it for this one's.
    pub fn remove_stale(path: &Path) {
        if is_replaceable(path) {
            // A file that cannot be removed cannot be written either: `write` tells.
            let _ = fs::remove_file(path);
        }
    }

    /// Writes `{"dns": ["127.0.0.1:40123"], "dot": [], "doh": [], "doq": [], "admin": "http://127.0.0.1:40124",
    /// "api": "http://127.0.0.1:40125", "pid": 4711}`,
    /// whole or not at all; into a pipe or device, as it comes.
    pub fn write(path: &Path, addresses: &Addresses) -> Result<ReadyFile, String> {
        let text = |addresses: &[SocketAddr]| addresses.iter().map(SocketAddr::to_string).collect::<Vec<_>>();
        let text = format!(
            "{}\n",
            json!({
                "dns": text(&addresses.dns),
                "dot": text(&addresses.dot),
                "doh": text(&addresses.doh),
                "doq": text(&addresses.doq),
                "admin": addresses.admin.map(|at| format!("http://{at}")),
                "api": addresses.api,
                "pid": std::process::id(),
            })
        );
        let written = if is_replaceable(path) {
            let mut beside = path.as_os_str().to_owned();
            beside.push(".new");
            let beside = PathBuf::from(beside);
            fs::write(&beside, text).and_then(|()| fs::rename(&beside, path)).inspect_err(|_| {
                let _ = fs::remove_file(&beside);
            })
        } else {
            fs::write(path, text)
        };
        written.map_err(|error| format!("could not write --ready-file {}: {error}", path.display()))?;
        Ok(ReadyFile { path: path.to_owned() })
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        ReadyFile::remove_stale(&self.path);
    }
}

/// Whether nothing is there, or a file that may be ours. What else stands there, such as `/dev/stdout` or a named pipe,
/// is somebody's to keep.
fn is_replaceable(path: &Path) -> bool {
    fs::symlink_metadata(path).map_or(true, |metadata| metadata.is_file())
}
