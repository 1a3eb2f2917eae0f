//! `route53d serve`: the wiring. Zone files feed the store, the store feeds the listeners, the health worker feeds
//! the health table.

mod api;
pub mod health_resolver;
mod listen_addresses;
mod log_limit;
mod propagation;
mod ready_file;
mod reload;
mod streams;
mod system_lookup;
mod watch;

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

use crate::admin::{Admin, AdminListener, Stage, is_local};
use crate::advice::{Subject, advise};
use crate::api::{Api, Throttle, VpcPolicy, vpc_lookup};
use crate::cli::check::{advice_text, counted, summary};
use crate::cli::load::load;
use crate::config::ServeSettings;
use crate::data_directory::DataDirectory;
use crate::descriptors;
use crate::dns::{ListenError, Listener, QuicListener, Responder, TlsListener, UdpServer};
use crate::health::HealthWorker;
use crate::health::overrides::Overrides;
use crate::health::probe::ProbeEngine;
use crate::health::settings::WorkerSettings;
use crate::health::state_file::StateFile;
use crate::model::{Account, AccountRule, PartOfApi, VpcId};
use crate::process_memory;
use crate::published::Published;
use crate::snapshot::{CountryData, HealthTable};
use crate::store::{Embedded, OpenError, Store};
use crate::time::{Clock, check_calendar};
use crate::zonefile::Sources;

use api::ApiSocket;
use health_resolver::EndpointNames;
use listen_addresses::{check_distinct, check_vpcs};
use log_limit::LogLimit;
use ready_file::{Addresses, ReadyFile};
use reload::Reloader;
use streams::{SecureSetup, Streams};
use watch::Watch;

/// Serves until SIGTERM or SIGINT.
pub fn run(settings: &ServeSettings) -> Result<(), String> {
    let log_limit = start_log(&settings.log)?;
    check_calendar(Clock::real().timestamp())?;
    process_memory::keep_together();
    // Before there are listeners, whose connections are a share of it.
    descriptors::raise_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("could not start the runtime: {error}"))?;
    // Ends with the runtime.
    runtime.spawn(log_limit.report());
    runtime.block_on(serve(settings))
}

async fn serve(settings: &ServeSettings) -> Result<(), String> {
    check_distinct(settings)?;
    // At once: whoever has renewed a certificate does not ask whether the server is starting just now.
    let hang_up = reload::hang_up()?;
    // Before the files are read, or what is saved meanwhile would go unseen.
    let watch = Watch::start(&settings.account.zones);
    // Before the files are read too, which may take a while: whoever waits for the server sees that it is starting.
    let admin = start_admin(settings)?;
    // A start needs a good account: there is no last good one yet.
    let read = load(&settings.account.zones, settings.addresses.policy())?;
    let unread = read.unread("");
    let loaded = read.loaded;
    let country_data = settings.account.country_data()?;
    let data_directory = settings.data_dir.as_deref().map(DataDirectory::open).transpose()?.map(Arc::new);
    // With a data directory, the account may have VPCs that are in no file.
    if data_directory.is_none() {
        check_vpcs(settings, &loaded.account)?;
    }
    let policy = Arc::new(settings.wire.policy()?);
    let ec2 = settings.ec2.ec2()?;
    let mut listeners = Vec::new();
    for listen in &settings.dns {
        listeners.push(Listener::bind(listen, settings.udp_threads()).map_err(|error| error.to_string())?);
    }
    let api = ApiSocket::bind(&settings.api)?;
    let over_tls = api.as_ref().map(|api| api.address).filter(|_| settings.api.is_over_tls());
    let secure = SecureSetup::bind(&settings.streams, over_tls)?;
    // Not before: a start that fails may have failed because another server runs, and the file is that one's.
    settings.ready_file.as_deref().inspect(|path| ReadyFile::remove_stale(path));
    let mut advice = advise(&loaded.account);
    if data_directory.is_some() && loaded.account.hosted_zones().is_empty() {
        // The zones may be those of the data directory.
        advice.retain(|advice| advice.subject != Subject::Account);
    }
    let warnings = advice.len() + unread.len();
    say(&format!("{}: {}", settings.account.zones.display(), summary(&loaded.account, warnings)));
    for unread in &unread {
        tracing::warn!("{unread}");
    }
    for advice in &advice {
        tracing::warn!("{}", advice_text(advice, &loaded, ""));
    }
    // Of a million records, nobody asks again where they stand.
    let (account, sources) = (loaded.account, loaded.sources);
    drop(advice);
    let store = Arc::new(open_store(account, &sources, country_data, data_directory.as_ref())?);
    reload::tell_undelegated(store.snapshots().load().account(), None);
    drop(sources);
    check_vpcs(settings, store.snapshots().load().account())?;
    let health = Arc::new(Published::new(HealthTable::default()));
    let worker = start_health(settings, data_directory.as_ref(), &store, &health)?;
    let over_quic = secure.iter().flat_map(|secure| &secure.doq).map(|listener| listener.address);
    let defence = settings.defence.defence(listeners.iter().map(|listener| listener.address).chain(over_quic));
    let without_effect = [
        settings.defence.without_effect(),
        settings.streams.without_effect(settings.api.is_over_tls()),
        settings.api.without_effect(),
    ];
    for warning in without_effect.into_iter().flatten() {
        tracing::warn!("{warning}");
    }
    let stage = Arc::new(Published::new(Stage::Starting));
    let mut streams = Streams::new(&settings.streams, defence.clone());
    if let Some(AdminSocket { listener, token, .. }) = &admin {
        let store = Arc::clone(&store);
        let (stage, token) = (Arc::clone(&stage), token.clone());
        let (counters, places) = (Arc::clone(&defence.counters), Arc::clone(streams.places()));
        listener.open(Admin::new(worker.handle(), counters, places, store, stage, Clock::real(), token));
    }
    let served = propagation::served(store.snapshots(), settings.api.change_delay);
    let responder = |vpc: Option<VpcId>| Responder {
        snapshots: Arc::clone(&served),
        health: Arc::clone(&health),
        subnet_trusted_senders: settings.trust.subnet_trusted_senders.clone().into(),
        vpc,
        policy: Arc::clone(&policy),
        clock: Clock::real(),
    };
    let mut udp_servers = Vec::new();
    let mut addresses = Addresses { admin: admin.as_ref().map(|admin| admin.address), ..Addresses::default() };
    for Listener { address, vpc, udp, tcp } in listeners {
        say(&format!("Listening on {address} (UDP and TCP){}", inside(vpc.as_ref())));
        addresses.dns.push(address);
        let responder = responder(vpc);
        let udp = UdpServer::start(udp, &responder, &defence);
        udp_servers.push(udp.map_err(|error| format!("could not start a thread for UDP: {error}"))?);
        streams.start(tcp, responder, None);
    }
    let mut api_tls = None;
    if let Some(SecureSetup { dot, dot_config, doh, doh_config, doq, doq_config, api_config, identity }) = secure {
        api_tls = api_config;
        for TlsListener { address, vpc, tcp } in dot {
            say(&format!("Listening on {address} (TLS){}", inside(vpc.as_ref())));
            addresses.dot.push(address);
            streams.start(tcp, responder(vpc), Some(Arc::clone(&dot_config)));
        }
        for TlsListener { address, vpc, tcp } in doh {
            say(&format!("Listening on {address} (HTTPS){}", inside(vpc.as_ref())));
            addresses.doh.push(address);
            streams.start_https(tcp, responder(vpc), Arc::clone(&doh_config));
        }
        for QuicListener { address, vpc, udp } in doq {
            say(&format!("Listening on {address} (QUIC){}", inside(vpc.as_ref())));
            addresses.doq.push(address);
            streams.start_quic(udp, responder(vpc), Arc::clone(&doq_config))?;
        }
        // Ends with the runtime.
        tokio::spawn(identity.follow_files(Clock::real()));
    }
    let (vpc_lookup, vpc_looks) = vpc_lookup();
    let api = api.map(|socket| {
        addresses.api = Some(socket.url(api_tls.is_some()));
        let api = Api {
            store: Arc::clone(&store),
            health: worker.handle(),
            health_table: Arc::clone(&health),
            clock: Clock::real(),
            addresses: settings.addresses.policy(),
            served: Arc::clone(&served),
            vpcs: if settings.api.strict_vpcs { VpcPolicy::Described } else { VpcPolicy::Any },
            vpc_lookup: ec2.is_some().then_some(vpc_lookup),
            throttle: settings.api.throttle.then(|| Throttle::new(std::time::Instant::now())),
        };
        socket.start(api, api_tls)
    });
    if let Some(ec2) = ec2 {
        // Ends with the runtime.
        tokio::spawn(ec2.follow(Arc::clone(&store), settings.ec2.ec2_interval, vpc_looks));
    }
    let mut reloader = Reloader::new(settings, watch, hang_up, Arc::clone(&store))?;
    // Before anybody is told that the server is ready, and may want it to end.
    let mut signals = reload::Signals::new()?;
    // Whoever waits for the server does not wait for this.
    tokio::task::spawn_blocking(process_memory::settle);
    stage.replace(Arc::new(Stage::Ready));
    let ready_file = settings.ready_file.as_deref().map(|path| ReadyFile::write(path, &addresses)).transpose()?;
    say("Ready.");

    let ended = tokio::select! {
        () = signals.end() => Ok(()),
        () = reloader.run() => Err("the reloader ended".to_owned()),
    };
    stage.replace(Arc::new(Stage::Ending));
    drop(ready_file);
    serve_pending_events().await;
    drop(udp_servers);
    streams.shutdown().await;
    if let Some(api) = api {
        api.shutdown().await;
    }
    // While the worker still does what its clients are promised.
    if let Some(admin) = admin {
        admin.listener.shutdown().await;
    }
    worker.shutdown().await;
    if ended.is_ok() {
        tracing::info!("stopped");
    }
    ended
}

/// Keeps serving until the runtime has processed the socket events that were pending at the signal: connections to accept,
/// and requests on them. The runtime polls for events before a timer fires; several pauses are needed, because a request
/// is seen only after its connection is accepted.
async fn serve_pending_events() {
    const PAUSES: usize = 10;
    const PAUSE: Duration = Duration::from_millis(5);
    for _ in 0..PAUSES {
        tokio::time::sleep(PAUSE).await;
    }
}

/// The account of the zone files, and beside it what was changed while a server ran.
fn open_store(
    files: Account,
    sources: &Sources,
    country_data: CountryData,
    data_directory: Option<&Arc<DataDirectory>>,
) -> Result<Store, String> {
    let Some(directory) = data_directory else {
        tracing::info!(
            "no --data-dir: what is changed while the server runs, and set by hand, is forgotten at the end"
        );
        return Ok(Store::new(files, country_data));
    };
    let journal = Embedded::open(directory).map_err(|error| error.to_string())?;
    let store = Store::open(files, country_data, Box::new(journal)).map_err(|error| match error {
        OpenError::Journal(error) => error.to_string(),
        OpenError::BesideJournal(conflicts) => {
            let lines = conflicts.iter().map(|conflict| {
                let place = match (&conflict.part, &conflict.rule) {
                    (PartOfApi::HealthCheck(id), AccountRule::DuplicateId(_)) => sources.health_check(id),
                    _ => conflict.zone_of_files().and_then(|id| sources.hosted_zone(id)),
                };
                let place = place.map(|place| format!("; the other is at {place}")).unwrap_or_default();
                format!("{conflict}{place}")
            });
            let hint = "take it out of the zone files, or give back what it refers to; then it can be changed or deleted \
                        through the API";
            let lines: Vec<String> = lines.collect();
            format!("--data-dir {}: {}\n{}\n{hint}", directory.path().display(), counted(lines.len(), "conflict"), lines.join("\n"))
        }
    })?;
    let kept = store.snapshots().load().account().registry().hosted_zones.len();
    say(&format!("{}: {}", directory.path().display(), counted(kept, "hosted zone")));
    Ok(store)
}

/// The admin listener and where it is.
struct AdminSocket {
    listener: AdminListener,
    address: SocketAddr,
    /// What its clients must show.
    token: Option<String>,
}

fn start_admin(settings: &ServeSettings) -> Result<Option<AdminSocket>, String> {
    let Some(wanted) = settings.admin.address() else { return Ok(None) };
    let token = settings.admin_token.read()?;
    if token.is_none() && !is_local(wanted) {
        return Err(format!(
            "--admin {wanted}: others than this machine reach it; give --admin-token-file FILE, or bind 127.0.0.1"
        ));
    }
    let bind = || -> std::io::Result<_> {
        let listener = std::net::TcpListener::bind(wanted)?;
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    let (listener, address) = bind().map_err(|error| {
        let error = ListenError::new("--admin", wanted, "HTTP", error);
        format!("{error}; --admin off does without")
    })?;
    say(&format!("Admin listener on http://{address}"));
    Ok(Some(AdminSocket { listener: AdminListener::start(listener, descriptors::ADMIN.of_process()), address, token }))
}

/// Before anything is answered: what operators have set by hand decides from the first answer on.
fn start_health(
    settings: &ServeSettings,
    data_directory: Option<&Arc<DataDirectory>>,
    store: &Store,
    table: &Arc<Published<HealthTable>>,
) -> Result<HealthWorker, String> {
    let fleet = settings.health.fleet()?;
    let (state_file, overrides) = match data_directory {
        Some(directory) => {
            let (file, overrides) = StateFile::open(directory)?;
            (Some(file), overrides)
        }
        None => (None, Overrides::default()),
    };
    let names = EndpointNames::new(settings.health.health_resolver, Arc::clone(store.snapshots()), Arc::clone(table));
    let engine = ProbeEngine::new(Arc::new(names), settings.addresses.policy());
    HealthWorker::start(WorkerSettings {
        snapshots: Arc::clone(store.snapshots()),
        table: Arc::clone(table),
        clock: Clock::real(),
        engine,
        fleet,
        overrides,
        state_file,
    })
    .map_err(|error| format!("could not start the health worker: {error}"))
}

/// What the clients of a listener are.
fn inside(vpc: Option<&VpcId>) -> String {
    vpc.map(|vpc| format!(", inside {vpc}")).unwrap_or_default()
}

fn start_log(filter: &str) -> Result<LogLimit, String> {
    let directives = format!("quinn=warn,quinn_proto=warn,{filter}");
    let filter = EnvFilter::try_new(directives).map_err(|error| {
        format!("--log {filter}: {error}; use a level such as info, or a filter such as route53d=debug")
    })?;
    let limit = LogLimit::new();
    let lines = fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .with_target(false)
        // It would tell of a log that cannot be written in that log, and panic: a full disk is no reason to stop serving.
        .log_internal_errors(false);
    // A second server in one process, as tests may have, keeps the first one's log.
    let _ = tracing_subscriber::registry().with(filter).with(limit.clone()).with(lines).try_init();
    Ok(limit)
}

/// Says something on standard output; a closed pipe there is no reason to stop serving.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
