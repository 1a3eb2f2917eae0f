//! Runs the two subcommands against a server.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::server::{Directory, Server, route53d};

/// A server with an API, and where that is.
pub struct ApiServer {
    pub server: Server,
    pub endpoint: String,
}

impl ApiServer {
    /// With these zone files of its own.
    pub fn start(files: &[(&str, &str)], flags: &[&str]) -> ApiServer {
        let flags = [&["--api", "127.0.0.1:0"], flags].concat();
        let server = Server::with(files, &["127.0.0.1:0"], &flags);
        let ready: serde_json::Value = serde_json::from_str(&fs::read_to_string(server.ready_file()).unwrap()).unwrap();
        let endpoint = ready["api"].as_str().unwrap().to_owned();
        ApiServer { server, endpoint }
    }

    pub fn empty() -> ApiServer {
        ApiServer::start(&[], &[])
    }

    /// Applies one zone file.
    pub fn apply(&self, text: &str, flags: &[&str]) -> Ended {
        let directory = Directory::with_zones(&[("zones.yaml", text)]);
        apply(&self.endpoint, &directory.path("zones"), flags)
    }

    /// As [`ApiServer::apply`], and all goes well.
    pub fn applied(&self, text: &str, flags: &[&str]) -> String {
        let ended = self.apply(text, flags);
        assert!(ended.is_success, "{}\n{}\n{text}", ended.output, ended.errors);
        ended.output
    }

    pub fn export(&self, arguments: &[&str]) -> Ended {
        run(tool(&self.endpoint, "export").args(arguments))
    }

    /// As [`ApiServer::export`], and all goes well.
    pub fn exported(&self, arguments: &[&str]) -> String {
        let ended = self.export(arguments);
        assert!(ended.is_success, "{}", ended.errors);
        ended.output
    }
}

pub fn apply(endpoint: &str, zones: &Path, flags: &[&str]) -> Ended {
    run(tool(endpoint, "apply").arg(zones).args(flags))
}

/// What a command has left behind.
pub struct Ended {
    pub is_success: bool,
    pub output: String,
    pub errors: String,
}

pub fn tool(endpoint: &str, subcommand: &str) -> Command {
    let mut command = route53d();
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(|name| name.starts_with("AWS_")))
    {
        command.env_remove(name);
    }
    command.args([subcommand, "--endpoint", endpoint]);
    command
}

pub fn run(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { is_success: output.status.success(), output: text(output.stdout), errors: text(output.stderr) }
}
