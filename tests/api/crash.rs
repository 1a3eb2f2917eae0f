//! A server that is killed while clients write: what it had acknowledged is there, and nothing is half there.

use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use fastrand::Rng;

use crate::http::Client;
use crate::load::Writer;
use crate::server::{Directory, Server, route53d};

/// How often it is killed.
const KILLS: u32 = 200;
const WRITERS: usize = 4;

fn serve(data: &Path) -> (Server, Client) {
    let (server, api) = crate::serve_with(&[], &["--data-dir", data.to_str().unwrap()]);
    (server, Client::open(api))
}

#[test]
fn a_server_that_is_killed_keeps_what_it_acknowledged() {
    let directory = Directory::new();
    let data = directory.path("data");
    let mut rng = Rng::with_seed(53);
    let (mut server, mut client) = serve(&data);
    let mut writers: Vec<Writer> = (0..WRITERS).map(|number| Writer::new(&mut client, &format!("w{number}"))).collect();
    let mut changes = 0;
    for kill in 0..KILLS {
        let api = crate::api_of(&server);
        let numbers = |writers: &[Writer]| writers.iter().map(|writer| writer.acknowledged.number).sum::<u32>();
        let before = numbers(&writers);
        thread::scope(|scope| {
            let (tell, told) = mpsc::channel();
            for writer in &mut writers {
                let tell = tell.clone();
                scope.spawn(move || writer.write_until_it_ends(api, &tell));
            }
            drop(tell);
            told.recv().unwrap();
            // What is random here is the moment, within a change or between two.
            thread::sleep(Duration::from_micros(rng.u64(..20_000)));
            // SIGKILL.
            drop(server);
        });
        changes += numbers(&writers) - before;
        if kill % 10 == 0 {
            // Again, while it makes good what the kill has left.
            start_and_kill(&data, Duration::from_micros(rng.u64(..20_000)));
        }
        (server, client) = serve(&data);
        for writer in &mut writers {
            writer.check(&mut client, &server, &format!("kill {kill}"));
        }
    }
    println!("{changes} changes were acknowledged between {KILLS} kills");
    assert!(changes > 2 * KILLS, "{changes} changes are no load");
}

fn start_and_kill(data: &Path, after: Duration) {
    let directory = Directory::with_zones(&[]);
    let mut command = route53d();
    command.args(["serve", "--dns", "127.0.0.1:0", "--data-dir"]).arg(data).arg("--zones").arg(directory.path("zones"));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
}
