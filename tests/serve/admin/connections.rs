//! Clients that take what they can: nobody else starves of it.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use super::{Admin, Reply, ZONES};
use crate::server::{Server, eventually};

#[test]
fn hundreds_of_idle_connections_keep_nobody_out() {
    let server = Server::start(ZONES);
    let admin = Admin::of(&server);
    let idle: Vec<TcpStream> = (0..300).map(|_| admin.connect()).collect();
    assert_eq!(admin.get("/health-checks").status, 200);
    // The first has made room.
    let end = (&idle[0]).read(&mut [0; 1]);
    assert!(
        matches!(&end, Ok(0)) || end.as_ref().is_err_and(|error| error.kind() == ErrorKind::ConnectionReset),
        "{end:?}"
    );
}

#[test]
fn requests_that_never_end_keep_nobody_out() {
    let server = Server::start(ZONES);
    let admin = Admin::of(&server);
    let head = "GET /livez HTTP/1.1\r\n";
    let body = "PUT /health-checks/web-1/force HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n";
    let mut dripping: Vec<TcpStream> = (0..100).map(|_| admin.connect()).collect();
    for (stream, begun) in dripping.iter_mut().zip([head, body].into_iter().cycle()) {
        let _ = stream.write_all(begun.as_bytes());
    }
    for _ in 0..5 {
        for stream in &mut dripping {
            // Those that had to make room can say no more.
            let _ = stream.write_all(b"x");
        }
        assert_eq!(admin.get("/health-checks").status, 200);
    }
}

#[test]
fn one_connection_carries_request_after_request() {
    let server = Server::start(ZONES);
    let mut stream = Admin::of(&server).connect();
    for _ in 0..3 {
        // The second comes before the first is answered.
        stream.write_all(&b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(2)).unwrap();
        let mut read = String::new();
        while read.matches("ok\n").count() < 2 {
            let mut bytes = [0; 1024];
            let length = stream.read(&mut bytes).unwrap();
            assert!(length > 0, "{read}");
            read += std::str::from_utf8(&bytes[..length]).unwrap();
        }
        assert_eq!(Reply::parse(&read).status, 200);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_server_out_of_file_descriptors_takes_them_from_those_who_do_nothing() {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let server = Server::start(ZONES);
    let admin = Admin::of(&server);
    // Less than at the start, by which the listener has set its bound.
    let process = Pid::from_raw(i32::try_from(server.id()).unwrap());
    prlimit(process, Resource::Nofile, Rlimit { current: Some(48), maximum: Some(48) }).unwrap();
    let flood: Vec<TcpStream> = (0..60).map(|_| admin.connect()).collect();
    server.logs("could not accept a connection on 127.0.0.1:");
    assert_eq!(admin.get("/livez").status, 200);
    drop(flood);
}

#[test]
fn a_request_at_hand_is_answered_before_the_server_ends() {
    let mut server = Server::start(ZONES);
    let admin = Admin::of(&server);
    let mut stream = admin.connect();
    let body = "{\"status\": \"up\"}";
    let length = body.len();
    // The server asks for the body once it has understood the head.
    let head = format!(
        "PUT /health-checks/web-1/force HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    server.signal("TERM");
    eventually("the end of the ready file", || (!server.ready_file().exists()).then_some(()));
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let reply = Reply::parse(&answer);
    assert_eq!((reply.status, reply.json()["matching"].as_u64()), (200, Some(1)), "{answer}");
    assert_eq!(server.wait_for_end().code(), Some(0));
}
