//! `route53d serve`: the wiring. Zone files feed the store, the store feeds the listeners, the health worker feeds
//! the health table.

mod ready_file;
mod reload;
mod watch;

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use tokio::task::JoinSet;
use tracing_subscriber::EnvFilter;

use crate::advice::advise;
use crate::cli::check::{advice_text, summary};
use crate::cli::load::load;
use crate::config::ServeSettings;
use crate::dns::hickory::{QUIET_LOG, TcpServer};
use crate::dns::{Listener, Responder, udp};
use crate::health::HealthWorker;
use crate::model::Account;
use crate::published::Published;
use crate::snapshot::HealthTable;
use crate::store::Store;
use crate::time::Clock;

use ready_file::ReadyFile;
use reload::Reloader;
use watch::Watch;

/// Serves until SIGTERM or SIGINT.
pub fn run(settings: &ServeSettings) -> Result<(), String> {
    start_log(&settings.log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("could not start the runtime: {error}"))?;
    runtime.block_on(serve(settings))
}

async fn serve(settings: &ServeSettings) -> Result<(), String> {
    // Before the files are read, or what is saved meanwhile would go unseen.
    let watch = Watch::start(&settings.account.zones);
    // A start needs a good account: there is no last good one yet.
    let loaded = load(&settings.account.zones)?;
    let country_data = settings.account.country_data()?;
    check_listener_vpcs(settings, &loaded.account)?;
    let mut listeners = Vec::new();
    for listen in &settings.dns {
        listeners.push(Listener::bind(listen).map_err(|error| error.to_string())?);
    }
    // Not before: a start that fails may have failed because another server runs, and the file is that one's.
    settings.ready_file.as_deref().inspect(|path| ReadyFile::remove_stale(path));
    let advice = advise(&loaded.account);
    say(&format!("{}: {}", settings.account.zones.display(), summary(&loaded.account, advice.len())));
    for advice in &advice {
        tracing::warn!("{}", advice_text(advice, &loaded, ""));
    }

    let store = Arc::new(Store::new(loaded.account, country_data));
    let health = Arc::new(Published::new(HealthTable::default()));
    let worker = HealthWorker::spawn(Arc::clone(store.snapshots()), Arc::clone(&health), Clock::real());
    let mut udp_tasks = JoinSet::new();
    let mut tcp_servers = Vec::new();
    let mut addresses = Vec::new();
    for listener in listeners {
        let responder = Responder {
            snapshots: Arc::clone(store.snapshots()),
            health: Arc::clone(&health),
            subnet_trusted_senders: settings.trust.subnet_trusted_senders.clone().into(),
            vpc: listener.vpc.clone(),
        };
        let bound = listener.vpc.map(|vpc| format!(", inside {vpc}")).unwrap_or_default();
        say(&format!("Listening on {} (UDP and TCP){bound}", listener.address));
        addresses.push(listener.address);
        udp_tasks.spawn(udp::serve(listener.udp, responder.clone()));
        tcp_servers.push(TcpServer::start(listener.tcp, responder));
    }
    let mut reloader = Reloader::new(&settings.account.zones, watch, store)?;
    // Before anybody is told that the server is ready, and may want it to end.
    let mut signals = reload::Signals::new()?;
    let ready_file = settings.ready_file.as_deref().map(|path| ReadyFile::write(path, &addresses)).transpose()?;
    say("Ready.");

    let ended = tokio::select! {
        () = signals.end() => Ok(()),
        () = reloader.run() => Err("the reloader ended".to_owned()),
        ended = udp_tasks.join_next() => Err(format!("a UDP listener ended: {ended:?}")),
    };
    drop(ready_file);
    drop(tcp_servers);
    worker.shutdown().await;
    if ended.is_ok() {
        tracing::info!("stopped");
    }
    ended
}

fn check_listener_vpcs(settings: &ServeSettings, account: &Account) -> Result<(), String> {
    for listen in &settings.dns {
        if let Some(vpc) = listen.vpc.as_ref().filter(|vpc| !account.vpcs().contains_key(*vpc)) {
            let known: Vec<_> = account.vpcs().keys().map(|id| id.as_str()).collect();
            let known =
                if known.is_empty() { "it has none".to_owned() } else { format!("it has {}", known.join(", ")) };
            return Err(format!("--dns {listen}: {} has no VPC {vpc:?}; {known}", settings.account.zones.display()));
        }
    }
    Ok(())
}

fn start_log(filter: &str) -> Result<(), String> {
    let directives = format!("{QUIET_LOG},{filter}");
    let filter = EnvFilter::try_new(directives).map_err(|error| {
        format!("--log {filter}: {error}; use a level such as info, or a filter such as route53d=debug")
    })?;
    // A second server in one process, as tests may have, keeps the first one's log.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .with_target(false)
        .try_init();
    Ok(())
}

/// Says something on standard output; a closed pipe there is no reason to stop serving.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
