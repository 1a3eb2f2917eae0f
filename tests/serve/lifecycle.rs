//! How a server begins and ends.

use std::fs;
use std::net::{TcpStream, UdpSocket};
use std::process::{Command, Stdio};

use crate::client::{Connection, Over, ask};
use crate::message::{A, Query};
use crate::server::{Directory, Server, eventually, route53d};

const ZONES: &str = r#"
hosted_zones:
  - name: shop.example
    records:
      - { name: www, type: A, ttl: 60, values: ["192.0.2.1"] }
"#;

#[test]
fn a_signal_to_end_ends_it_well_and_removes_the_ready_file() {
    for signal in ["TERM", "INT"] {
        let mut server = Server::start(ZONES);
        // An open connection holds nothing up.
        let _connection = Connection::open(server.address());
        assert!(server.ready_file().exists());
        server.signal(signal);
        let status = server.wait_for_end();
        assert_eq!(status.code(), Some(0), "{signal}: {}", server.log());
        assert!(!server.ready_file().exists());
        server.logs("stopped");
        assert!(!server.log().contains("panicked"));
        assert!(TcpStream::connect(server.address()).is_err());
        assert!(UdpSocket::bind(server.address()).is_ok(), "the port is free again");
    }
}

#[test]
fn the_ready_file_is_written_once_queries_are_answered() {
    let server = Server::start(ZONES);
    for over in [Over::Udp, Over::Tcp] {
        assert_eq!(ask(over, server.address(), &Query::new("www.shop.example", A)).addresses().len(), 1);
    }
    let output = server.output();
    assert!(output.contains("zones: 1 hosted zone, 3 record sets, 0 health checks, 0 VPCs\n"), "{output}");
    assert!(output.ends_with("Ready.\n"), "{output}");
}

/// `--ready-file /dev/stdout` must not replace the device, nor remove it.
#[test]
fn a_ready_file_that_is_no_file_is_written_through_and_kept() {
    let directory = Directory::with_zones(&[("zones.yaml", ZONES)]);
    let target = directory.path("target");
    fs::write(&target, "").unwrap();
    std::os::unix::fs::symlink(&target, directory.path("link")).unwrap();
    let mut command = route53d();
    command.args(["serve", "--dns", "127.0.0.1:0", "--zones"]).arg(directory.path("zones"));
    command.arg("--ready-file").arg(directory.path("link"));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut server = command.spawn().unwrap();
    eventually("the ready file", || fs::read_to_string(&target).unwrap().contains("127.0.0.1:").then_some(()));
    let ended = Command::new("kill").arg(server.id().to_string()).status().unwrap();
    assert!(ended.success());
    assert_eq!(server.wait().unwrap().code(), Some(0));
    assert!(fs::symlink_metadata(directory.path("link")).unwrap().is_symlink());
    assert!(target.exists());
}

#[test]
fn a_ready_file_left_behind_by_a_killed_server_is_written_anew() {
    let directory = Directory::with_zones(&[("zones.yaml", ZONES)]);
    let mut command = route53d();
    command.args(["serve", "--dns", "127.0.0.1:0", "--zones"]).arg(directory.path("zones"));
    command.arg("--ready-file").arg(directory.path("ready.json"));
    fs::create_dir(directory.path("ready.json.new")).unwrap();
    fs::write(directory.path("ready.json"), "{\"dns\":[\"192.0.2.1:53\"]}").unwrap();
    // The new one cannot be written: what must not stay is the old one.
    let output = command.output().unwrap();
    assert!(!output.status.success());
    assert!(!directory.path("ready.json").exists());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("route53d: could not write --ready-file "), "{error}");

    fs::remove_dir(directory.path("ready.json.new")).unwrap();
    let server = Server::run(command, directory);
    assert_eq!(ask(Over::Udp, server.address(), &Query::new("www.shop.example", A)).addresses().len(), 1);
}

#[test]
fn a_connection_open_at_the_end_is_closed() {
    let mut server = Server::start(ZONES);
    let mut connection = Connection::open(server.address());
    connection.send(&Query::new("www.shop.example", A).bytes(1));
    connection.receive();
    server.signal("TERM");
    server.wait_for_end();
    assert!(connection.is_at_end());
}

/// Whoever read the log has gone, or its disk is full.
#[test]
fn a_log_that_cannot_be_written_stops_nothing() {
    let directory = Directory::with_zones(&[("zones.yaml", ZONES)]);
    let mut command = route53d();
    command.args(["serve", "--dns", "127.0.0.1:0", "--zones"]).arg(directory.path("zones"));
    command.arg("--ready-file").arg(directory.path("ready.json"));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut server = command.stdout(Stdio::null()).stderr(writer).spawn().unwrap();
    let ready: serde_json::Value = eventually("the ready file", || {
        assert!(server.try_wait().unwrap().is_none(), "the server has ended");
        serde_json::from_str(&fs::read_to_string(directory.path("ready.json")).ok()?).ok()
    });
    let dns = ready["dns"][0].as_str().unwrap().parse().unwrap();
    // It tells of the reload, or would.
    directory.save("zones.yaml", &ZONES.replace("192.0.2.1", "192.0.2.2"));
    let www = Query::new("www.shop.example", A);
    eventually("the new address", || {
        (ask(Over::Udp, dns, &www).addresses()[0].to_string() == "192.0.2.2").then_some(())
    });
    assert!(Command::new("kill").arg(server.id().to_string()).status().unwrap().success());
    assert_eq!(server.wait().unwrap().code(), Some(0));
}
