//! What 5,000 HTTP health checks with an interval of 10 s cost.
//!
//! A server of its own process probes endpoints in another, each check an address of its own in 127.0.0.0/8. Printed
//! are the server's CPU time, how late probes began, its memory, and what the endpoints saw of it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{env, io, process, thread};

use route53d::model::health_check::CHECKER_REGIONS;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};

use crate::server::Server;

/// CHECKS, INTERVAL, REGIONS and SECONDS, as far as they are given.
pub fn run(numbers: &[u32]) {
    let number = |place: usize, default| numbers.get(place).copied().unwrap_or(default);
    let load =
        Load { checks: number(0, 5_000), interval: number(1, 10), regions: number(2, 8), seconds: number(3, 60) };
    assert!((3..=8).contains(&load.regions), "Route 53 wants 3 regions at least and has 8");
    load.run();
}

struct Load {
    checks: u32,
    /// Seconds.
    interval: u32,
    regions: u32,
    /// How long it is measured.
    seconds: u32,
}

impl Load {
    fn run(&self) {
        let mut endpoints = Endpoints::start();
        let server = Server::start(&self.zone_file(endpoints.port));

        // Until every region has probed every endpoint twice, first probes and all that is made once may cost more.
        thread::sleep(Duration::from_secs(u64::from(2 * self.interval + 5)));
        let (before, cpu_before, seen_before) = (server.metrics(), server.cpu(), endpoints.seen());
        let start = Instant::now();
        thread::sleep(Duration::from_secs(u64::from(self.seconds)));
        let (after, cpu_after, seen_after) = (server.metrics(), server.cpu(), endpoints.seen());
        let took = start.elapsed().as_secs_f64();

        let grown = |name: &str| after[name] - before[name];
        let probes = grown("route53d_health_probes_started_total");
        let cpu = (cpu_after - cpu_before).as_secs_f64();
        println!("checks            {} HTTP, every {} s, from {} regions", self.checks, self.interval, self.regions);
        println!("probes            {:.0} a second", probes / took);
        println!("CPU               {:.1} % of one core, {:.1} us a probe", 100.0 * cpu / took, 1e6 * cpu / probes);
        println!(
            "lateness          mean {:.2} ms; largest since the start {:.1} ms; later than 5 % of the interval: {}",
            1e3 * grown("route53d_health_probe_lateness_sum_seconds") / probes,
            1e3 * after["route53d_health_probe_lateness_max_seconds"],
            after["route53d_health_probes_late_total"],
        );
        println!("memory            {}", server.memory());
        println!(
            "failed            {:.0} probes, {:.0} not made",
            after["route53d_health_probes_failed_total"], after["route53d_health_probe_faults_total"]
        );
        let counts: Vec<u32> = (0..self.checks)
            .map(|check| {
                let address = address(check);
                seen_after.get(&address).unwrap_or(&0) - seen_before.get(&address).unwrap_or(&0)
            })
            .collect();
        println!(
            "endpoints saw     {:.0} requests a second; {} to {} an endpoint, {:.1} if every interval were exact",
            f64::from(counts.iter().sum::<u32>()) / took,
            counts.iter().min().unwrap_or(&0),
            counts.iter().max().unwrap_or(&0),
            took * f64::from(self.regions) / f64::from(self.interval),
        );
        drop(server);
        let _ = endpoints.process.kill();
        let _ = endpoints.process.wait();
    }

    fn zone_file(&self, port: u16) -> String {
        let regions = CHECKER_REGIONS[..self.regions as usize].iter().map(|region| region.name()).collect::<Vec<_>>();
        let regions = regions.join(", ");
        let mut text = "health_checks:\n".to_owned();
        for check in 0..self.checks {
            let (address, interval) = (address(check), self.interval);
            let _ = writeln!(
                text,
                "  - {{id: check-{check}, type: HTTP, ip_address: {address}, port: {port}, resource_path: /health, \
                 request_interval: {interval}, regions: [{regions}]}}"
            );
        }
        text
    }
}

fn address(check: u32) -> Ipv4Addr {
    Ipv4Addr::from(0x7f01_0000 + check)
}

/// The process of the endpoints.
struct Endpoints {
    process: Child,
    port: u16,
    output: BufReader<process::ChildStdout>,
}

impl Endpoints {
    fn start() -> Endpoints {
        let mut process = Command::new(env::current_exe().unwrap())
            .arg("endpoints")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut port = String::new();
        output.read_line(&mut port).unwrap();
        Endpoints { process, port: port.trim().parse().unwrap(), output }
    }

    /// Requests so far, by address.
    fn seen(&mut self) -> HashMap<Ipv4Addr, u32> {
        let input = self.process.stdin.as_mut().unwrap();
        io::Write::write_all(input, b"seen\n").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

/// Answers every request at every address, and tells on standard output how many there were each time a line comes in.
pub fn serve_endpoints() {
    let seen = Arc::new(Mutex::new(HashMap::<Ipv4Addr, u32>::new()));
    let told = Arc::clone(&seen);
    thread::spawn(move || {
        for _ in io::stdin().lines() {
            println!("{}", serde_json::to_string(&*told.lock().unwrap()).unwrap());
        }
        process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::UNSPECIFIED, 0).into()).unwrap();
        let listener: TcpListener = socket.listen(4_096).unwrap();
        println!("{}", listener.local_addr().unwrap().port());
        loop {
            let Ok((mut stream, _)) = listener.accept().await else { continue };
            let seen = Arc::clone(&seen);
            tokio::task::spawn_local(async move {
                if let Ok(SocketAddr::V4(address)) = stream.local_addr() {
                    *seen.lock().unwrap().entry(*address.ip()).or_default() += 1;
                }
                let mut request = [0; 1_024];
                let mut filled = 0;
                while !request[..filled].ends_with(b"\r\n\r\n") {
                    match stream.read(&mut request[filled..]).await {
                        Ok(0) | Err(_) => return,
                        Ok(count) => filled += count,
                    }
                }
                let response = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nOK\n";
                let _ = stream.write_all(response).await;
                let _ = stream.read(&mut request).await;
            });
        }
    });
}
