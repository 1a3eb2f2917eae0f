//! What operators must show.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::small_file;

/// More than any HTTP client sends in one header.
const ADMIN_TOKEN_BYTES: usize = 16 << 10;

/// What clients of the admin listener must show, shared by the server and its clients.
#[derive(Args, Clone, Debug, Default)]
pub struct AdminToken {
    /// The bearer token of the admin listener is in this file
    #[arg(long, value_name = "FILE", env = "ROUTE53D_ADMIN_TOKEN_FILE")]
    pub admin_token_file: Option<PathBuf>,
}

impl AdminToken {
    /// Reads the token if there is one, without the white space around it.
    pub fn read(&self) -> Result<Option<String>, String> {
        let Some(path) = &self.admin_token_file else { return Ok(None) };
        let name = Path::display(path);
        let token = small_file::read_text(path, ADMIN_TOKEN_BYTES)
            .map_err(|error| format!("could not read --admin-token-file {name}: {error}"))?;
        let token = token.trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!("--admin-token-file {name}: a token is one or more visible ASCII characters"));
        }
        Ok(Some(token.to_owned()))
    }
}
