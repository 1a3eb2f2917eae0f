//! The worker: a thread that owns the [`Monitor`], makes the probes it orders, and publishes what it finds.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::runtime;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::{AbortHandle, LocalSet};

use crate::model::{AwsRegion, HealthCheckId};
use crate::published::{Published, Replacements};
use crate::snapshot::{HealthTable, Snapshot};
use crate::time::Clock;

use super::fault_log::FaultLog;
use super::fleet::{ProbeOrder, ProberNumber};
use super::handle::{Command, HandleError, HealthHandle, PAGE};
use super::keeper::OverrideKeeper;
use super::monitor::Monitor;
use super::probe::{ProbeEngine, ProbeFault, ProbeOutcome};
use super::settings::WorkerSettings;

/// Outcomes that may wait for the worker, and that it takes at a time.
const OUTCOMES: usize = 256;
/// Commands that may wait for the worker.
const COMMANDS: usize = 64;

/// Probes the endpoints of the current snapshot's health checks and publishes what becomes of them. Ends, with all
/// its probes, when it is dropped.
///
/// It has a thread of its own, so that no query waits for a TLS handshake of a probe, and no verdict for a query.
#[derive(Debug)]
pub struct HealthWorker {
    handle: HealthHandle,
    /// Dropped, it ends the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Outcome {
    prober: ProberNumber,
    check: Arc<HealthCheckId>,
    region: AwsRegion,
    result: Result<ProbeOutcome, ProbeFault>,
}

impl HealthWorker {
    /// Publishes what is known before the first probe, then begins to probe.
    pub fn start(settings: WorkerSettings) -> io::Result<HealthWorker> {
        let WorkerSettings { snapshots, table, clock, engine, fleet, overrides, state_file } = settings;
        let keeper = OverrideKeeper::new(overrides.clone(), state_file, Arc::clone(&snapshots), clock.clone());
        let (commands, command_receiver) = mpsc::channel(COMMANDS);
        let (outcomes, outcome_receiver) = mpsc::channel(OUTCOMES);
        let (stop, stopped) = oneshot::channel();
        // Taken before the snapshot is first read, so that no replacement is missed.
        let replacements = snapshots.replacements();
        let mut worker = Worker {
            snapshots,
            table,
            clock,
            monitor: Monitor::new(fleet, overrides),
            engine: Arc::new(engine),
            outcomes,
            in_flight: HashMap::new(),
            faults: FaultLog::default(),
        };
        worker.take_snapshot();
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = thread::Builder::new().name("health".to_owned()).spawn(move || {
            let tasks = LocalSet::new();
            tasks.block_on(&runtime, async {
                tokio::select! {
                    _ = stopped => {}
                    () = worker.run(replacements, command_receiver, outcome_receiver) => {}
                }
            });
            drop(tasks);
            // A name that the system is still looking up holds nobody up.
            runtime.shutdown_background();
        })?;
        let handle = HealthHandle { commands, keeper: Arc::new(Mutex::new(keeper)) };
        Ok(HealthWorker { handle, stop: Some(stop), thread: Some(thread) })
    }

    pub fn handle(&self) -> HealthHandle {
        self.handle.clone()
    }

    /// Ends the worker and waits until it no longer publishes.
    pub async fn shutdown(mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // An error says that it had panicked, which the panic itself has reported.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

/// The thread's own state. Verdicts need no lock.
struct Worker {
    snapshots: Arc<Published<Snapshot>>,
    table: Arc<Published<HealthTable>>,
    clock: Clock,
    monitor: Monitor,
    engine: Arc<ProbeEngine>,
    outcomes: mpsc::Sender<Outcome>,
    in_flight: HashMap<ProberNumber, AbortHandle>,
    faults: FaultLog,
}

impl Worker {
    async fn run(
        &mut self,
        mut replacements: Replacements,
        mut commands: mpsc::Receiver<Command>,
        mut outcomes: mpsc::Receiver<Outcome>,
    ) {
        let mut finished = Vec::with_capacity(OUTCOMES);
        let mut orders = Vec::new();
        loop {
            self.monitor.pass_time(self.clock.now(), &mut orders);
            self.publish();
            for order in orders.drain(..) {
                self.probe(order);
            }
            let due = self.monitor.next_due();
            tokio::select! {
                () = replacements.next() => self.take_snapshot(),
                Some(command) = commands.recv() => self.obey(command),
                // Never none: the worker holds a sender.
                _ = outcomes.recv_many(&mut finished, OUTCOMES) => {
                    let now = self.clock.now();
                    for Outcome { prober, check, region, result } in finished.drain(..) {
                        self.in_flight.remove(&prober);
                        let fault = result.as_ref().err();
                        if let Some(line) = fault.and_then(|fault| self.faults.line(&check, region, fault, now.moment)) {
                            tracing::warn!("{line}");
                        }
                        self.monitor.finish(prober, result, now);
                    }
                }
                () = sleep_until(&self.clock, due) => {}
            }
        }
    }

    /// Goes over to the current snapshot. Between its publication and the table's, readers see its checks with the
    /// table of the one before; every replacement ends up here after it has become visible, so the last table is
    /// always made for the last snapshot.
    fn take_snapshot(&mut self) {
        self.monitor.take_snapshot(self.snapshots.load_full(), self.clock.now());
        self.publish();
    }

    /// First to those who answer, then to those who read the log.
    fn publish(&mut self) {
        if let Some(table) = self.monitor.take_changed_table() {
            self.table.replace(table);
        }
        for prober in self.monitor.take_dismissed() {
            if let Some(probe) = self.in_flight.remove(&prober) {
                probe.abort();
            }
        }
        for news in self.monitor.take_news() {
            tracing::info!("health check {} is now {}: {}", news.id, news.status, news.reason);
        }
    }

    fn probe(&mut self, ProbeOrder { prober, check, region, plan, path, pace }: ProbeOrder) {
        let (engine, outcomes) = (Arc::clone(&self.engine), self.outcomes.clone());
        let task = tokio::task::spawn_local(async move {
            let result = engine.probe_at(&plan, &path, pace).await;
            match &result {
                Ok(outcome) => tracing::debug!("health check {check} from {region}: {outcome}"),
                Err(fault) => tracing::debug!("health check {check} from {region} was not probed: {fault}"),
            }
            // The worker has gone: nobody wants to know.
            let _ = outcomes.send(Outcome { prober, check, region, result }).await;
        });
        self.in_flight.insert(prober, task.abort_handle());
    }

    /// Whoever asked and no longer listens needs no answer.
    fn obey(&mut self, command: Command) {
        let now = self.clock.now();
        match command {
            Command::Summaries { after, reply } => {
                let _ = reply.send(self.monitor.summaries(after.as_ref(), PAGE, now));
            }
            Command::Report { id, reply } => {
                let _ = reply.send(self.monitor.report(&id, now));
            }
            Command::SetOverrides { overrides, reply } => {
                self.monitor.set_overrides(overrides, now);
                self.publish();
                let _ = reply.send(());
            }
            Command::PutMetricData { data, reply } => {
                let taken = self.monitor.put_metric_data(&data, now);
                self.publish();
                let _ = reply.send(taken);
            }
            Command::Regions { reply } => {
                let _ = reply.send(self.monitor.regions());
            }
            Command::SetPath { region, path, reply } => {
                let known = self.monitor.set_path(region, path);
                let _ = reply.send(if known { Ok(()) } else { Err(HandleError::NotACheckerRegion(region)) });
            }
            Command::Totals { reply } => {
                let _ = reply.send(self.monitor.totals());
            }
        }
    }
}

async fn sleep_until(clock: &Clock, due: Option<crate::time::Moment>) {
    match due {
        Some(due) => clock.sleep_until(due).await,
        None => std::future::pending().await,
    }
}
