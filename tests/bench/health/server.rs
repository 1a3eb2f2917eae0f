//! A server of its own process, and what it and the system tell of it.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs, process, thread};

pub struct Server {
    process: Child,
    directory: PathBuf,
    pub dns: SocketAddr,
    pub admin: SocketAddr,
    pub api: Option<SocketAddr>,
}

impl Server {
    /// Serves one zone file, on ports of the system's choice.
    pub fn start(zones: &str) -> Server {
        Server::with(zones, &["--api", "off"])
    }

    /// The same with more flags.
    pub fn with(zones: &str, flags: &[&str]) -> Server {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{}", process::id()));
        fs::create_dir_all(directory.join("zones")).unwrap();
        save(&directory, zones);
        let ready = directory.join("ready.json");
        let mut process = Command::new(env!("CARGO_BIN_EXE_route53d"))
            .args(["serve", "--dns", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log", "error"])
            .args(flags)
            .arg("--zones")
            .arg(directory.join("zones"))
            .arg("--ready-file")
            .arg(&ready)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let ready = loop {
            assert!(process.try_wait().unwrap().is_none(), "the server has ended");
            match fs::read_to_string(&ready) {
                Ok(text) => break text,
                Err(_) => thread::sleep(Duration::from_millis(20)),
            }
        };
        let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
        let dns = ready["dns"][0].as_str().unwrap().parse().unwrap();
        let admin = ready["admin"].as_str().unwrap().trim_start_matches("http://").parse().unwrap();
        let api = ready["api"].as_str().map(|url| url.trim_start_matches("http://").parse().unwrap());
        Server { process, directory, dns, admin, api }
    }

    /// What saves another zone file in the place of the one it serves.
    pub fn editor(&self) -> impl Fn(&str) + Send + use<> {
        let directory = self.directory.clone();
        move |zones| save(&directory, zones)
    }

    /// The metrics without labels.
    pub fn metrics(&self) -> HashMap<String, f64> {
        let text = get(self.admin, "/metrics");
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        lines.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect()
    }

    /// All threads', in user code and in the kernel.
    pub fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        // A hundred a second on every Linux.
        Duration::from_millis(ticks * 10)
    }

    pub fn memory(&self) -> String {
        format!("{:.1} MiB resident, {:.1} MiB at the most", self.resident(), self.mebibytes("VmHWM:"))
    }

    /// MiB.
    pub fn resident(&self) -> f64 {
        self.mebibytes("VmRSS:")
    }

    fn mebibytes(&self, name: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
    }
}

/// Whole or not at all, as editors save.
fn save(directory: &Path, zones: &str) {
    let beside = directory.join("new.yaml");
    fs::write(&beside, zones).unwrap();
    fs::rename(beside, directory.join("zones/zones.yaml")).unwrap();
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// The body of a response of the admin listener.
pub fn get(admin: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(admin).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text.split_once("\r\n\r\n").unwrap().1.to_owned()
}
