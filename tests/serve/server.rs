//! A running `route53d serve`, with a directory of its own.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything here takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(5);

/// Waits until `find` finds something; panics, saying what it waited for, when patience is at its end.
pub fn eventually<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} for this: {what}");
        thread::sleep(POLL);
    }
}

/// What a command says that should end by itself; it is made to when patience is at its end.
pub fn run_to_the_end(command: &mut Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
        }
        thread::sleep(POLL);
    }
    child.wait_with_output().unwrap()
}

/// Bytes in the receive queues of a local port, over `tcp` or `udp`; for UDP in the kernel's memory, which is more.
#[cfg(target_os = "linux")]
pub fn unread_bytes(protocol: &str, port: u16) -> u64 {
    let sockets = fs::read_to_string(format!("/proc/net/{protocol}")).unwrap();
    let unread = |line: &str| {
        let mut columns = line.split_whitespace().skip(1);
        let (address, queues) = (columns.next()?, columns.nth(2)?);
        let is_local = u16::from_str_radix(address.split_once(':')?.1, 16).ok()? == port;
        is_local.then(|| u64::from_str_radix(queues.split_once(':')?.1, 16).ok())?
    };
    sockets.lines().skip(1).filter_map(unread).sum()
}

/// A directory that goes when the test does.
pub struct Directory(PathBuf);

impl Directory {
    pub fn new() -> Directory {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("serve-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Directory(path)
    }

    /// A directory `zones` in a new directory, with these files.
    pub fn with_zones(files: &[(&str, &str)]) -> Directory {
        let directory = Directory::new();
        fs::create_dir(directory.path("zones")).unwrap();
        for (name, text) in files {
            directory.save(name, text);
        }
        directory
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Saves a zone file in place.
    pub fn save(&self, name: &str, text: &str) {
        fs::write(self.path("zones").join(name), text).unwrap();
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// `route53d`, with no settings from the environment of the tests.
pub fn route53d() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_route53d"));
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("ROUTE53D_") || name.starts_with("RUST_")) {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    // Tests run beside each other, and beside servers.
    command.env("ROUTE53D_ADMIN", "127.0.0.1:0").env("ROUTE53D_API", "127.0.0.1:0");
    command
}

/// A server that answers. It is killed when this is dropped.
pub struct Server {
    child: Child,
    pub directory: Directory,
    /// Where it listens, in the order of the `--dns` flags.
    pub dns: Vec<SocketAddr>,
    /// The same of the `--dot` flags.
    pub dot: Vec<SocketAddr>,
    output: Arc<Mutex<String>>,
    log: Arc<Mutex<String>>,
}

impl Server {
    /// Serves this one zone file on a port of the system's choice.
    pub fn start(zones: &str) -> Server {
        Server::with(&[("zones.yaml", zones)], &["127.0.0.1:0"], &[])
    }

    pub fn with(files: &[(&str, &str)], dns: &[&str], flags: &[&str]) -> Server {
        let directory = Directory::with_zones(files);
        let mut command = route53d();
        command.arg("serve").arg("--zones").arg(directory.path("zones")).args(flags);
        command.args(dns.iter().flat_map(|address| ["--dns", address]));
        command.arg("--ready-file").arg(directory.path("ready.json"));
        Server::run(command, directory)
    }

    /// Runs a command that serves and writes `ready.json` in this directory.
    pub fn run(mut command: Command, directory: Directory) -> Server {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let output = collect(child.stdout.take().unwrap());
        let log = collect(child.stderr.take().unwrap());
        let mut server = Server { child, directory, dns: Vec::new(), dot: Vec::new(), output, log };
        let ready = eventually("the ready file", || {
            if let Some(status) = server.child.try_wait().unwrap() {
                panic!("the server ended with {status}:\n{}", server.log());
            }
            fs::read_to_string(server.ready_file()).ok()
        });
        let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
        assert_eq!(ready["pid"], server.child.id());
        // Its last word at the start, which comes through a pipe and a thread: what it said before is there then.
        eventually("the word that it is ready", || server.output().ends_with("Ready.\n").then_some(()));
        let addresses = |of: &str| -> Vec<SocketAddr> {
            ready[of].as_array().unwrap().iter().map(|text| text.as_str().unwrap().parse().unwrap()).collect()
        };
        (server.dns, server.dot) = (addresses("dns"), addresses("dot"));
        server
    }

    pub fn ready_file(&self) -> PathBuf {
        self.directory.path("ready.json")
    }

    /// Where its operators speak with it, as a URL.
    pub fn admin(&self) -> String {
        let ready = fs::read_to_string(self.ready_file()).unwrap();
        let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
        ready["admin"].as_str().unwrap().to_owned()
    }

    /// The only listener, or the first.
    pub fn address(&self) -> SocketAddr {
        self.dns[0]
    }

    /// What it has written to standard output.
    pub fn output(&self) -> String {
        self.output.lock().unwrap().clone()
    }

    /// What it has written to standard error.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits until the log holds this text.
    pub fn logs(&self, text: &str) {
        eventually(&format!("{text:?} in the log"), || self.log().contains(text).then_some(()));
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name without `SIG`. The shell does it: that needs no unsafe code.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success(), "{kill}");
    }

    /// Stops the process until SIGCONT, so that messages queue up in its sockets.
    pub fn pause(&self) {
        self.signal("STOP");
        #[cfg(target_os = "linux")]
        eventually("the process to stop", || {
            let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
            status.contains("State:\tT").then_some(())
        });
    }

    pub fn wait_for_end(&mut self) -> ExitStatus {
        eventually("the end of the server", || self.child.try_wait().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("standard error of the server:\n{}", self.log());
        }
    }
}

fn collect(stream: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let text = Arc::new(Mutex::new(String::new()));
    let shared = Arc::clone(&text);
    thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { break };
            *shared.lock().unwrap() += &(line + "\n");
        }
    });
    text
}
