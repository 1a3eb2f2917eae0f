//! The worker: one task that owns every watch and publishes what they amount to.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::model::{Account, ForcedStatus, HealthCheck, HealthCheckId, HealthCheckTarget, HealthStatus};
use crate::published::{Published, Replacements};
use crate::snapshot::{HealthTable, Snapshot};
use crate::time::Clock;

use super::probe::{HttpProbe, tls};
use super::unprobed_warning;
use super::verdict::final_status;
use super::watch::{NewWatch, Observed, Probing, Run, Watch};

/// Outcomes that may wait for the worker, and that it takes at a time.
const OUTCOMES: usize = 256;

/// Probes the endpoints of the current snapshot's health checks and publishes what becomes of them. Ends, with all
/// its probes, when it is dropped.
#[derive(Debug)]
pub struct HealthWorker {
    task: JoinHandle<()>,
}

impl HealthWorker {
    /// Starts to probe. The worker is the one writer of `table`. `clock` measures the time between probes; the limits
    /// within a probe are real time. Must be called within a tokio runtime.
    pub fn spawn(
        snapshots: Arc<Published<Snapshot>>,
        table: Arc<Published<HealthTable>>,
        clock: Clock,
    ) -> HealthWorker {
        let (sender, outcomes) = mpsc::channel(OUTCOMES);
        // Taken before the snapshot is first read, so that no replacement is missed.
        let replacements = snapshots.replacements();
        let worker = Worker {
            // Has no checks: all of the first snapshot's are news.
            snapshot: Arc::new(Snapshot::new(Arc::default(), Arc::default())),
            snapshots,
            table,
            watches: HashMap::new(),
            parents: HashMap::new(),
            warned: HashSet::new(),
            runs: Run::default(),
            probing: Probing { clock, tls: Arc::new(tls::client_config()), outcomes: sender },
        };
        HealthWorker { task: tokio::spawn(worker.run(replacements, outcomes)) }
    }

    /// Ends the worker and waits until it no longer publishes.
    pub async fn shutdown(mut self) {
        self.task.abort();
        // The error says that it was aborted, or that it had panicked, which the panic itself has reported.
        let _ = (&mut self.task).await;
    }
}

impl Drop for HealthWorker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The worker's own state. Only its task touches it: verdicts need no lock.
struct Worker {
    snapshots: Arc<Published<Snapshot>>,
    table: Arc<Published<HealthTable>>,
    /// The one that `watches` and the table were made for.
    snapshot: Arc<Snapshot>,
    watches: HashMap<HealthCheckId, Watch>,
    /// HC-40: which calculated checks a check is a child of.
    parents: HashMap<HealthCheckId, Vec<HealthCheckId>>,
    /// Checks of which the log has said that they are not probed.
    warned: HashSet<HealthCheckId>,
    /// The latest.
    runs: Run,
    probing: Probing,
}

impl Worker {
    async fn run(mut self, mut replacements: Replacements, mut outcomes: mpsc::Receiver<Observed>) {
        self.take_snapshot();
        let mut observed = Vec::with_capacity(OUTCOMES);
        loop {
            tokio::select! {
                biased;
                () = replacements.next() => self.take_snapshot(),
                // Never none: `probing` holds a sender.
                _ = outcomes.recv_many(&mut observed, OUTCOMES) => self.observe(observed.drain(..)),
            }
        }
    }

    /// Goes over to the current snapshot. Between its publication and the table's, readers see its checks with the
    /// table of the one before; every replacement ends up here after it has become visible, so the last table is
    /// always made for the last snapshot.
    fn take_snapshot(&mut self) {
        let before = std::mem::replace(&mut self.snapshot, self.snapshots.load_full());
        let account = Arc::clone(self.snapshot.account());
        if has_same_checks(&before, &self.snapshot) {
            return;
        }
        self.watch_endpoints(&account);
        self.parents = parents(&account);
        self.warn_of_unprobed(&account);

        let old_table = self.table.load_full();
        let mut table = HealthTable::default();
        for (id, check) in account.health_checks() {
            let Some(slot) = self.snapshot.health_slot(id) else { continue };
            table.set(slot, self.final_status(check));
            let status = self.snapshot.health_status(slot, &table);
            if before.health_slot(id) == Some(slot) && before.health_status(slot, &old_table) != status {
                log_flip(id, status, reason_to_flip(check));
            }
        }
        self.publish(&old_table, table);
    }

    /// Unchanged endpoints keep their task and verdict, changed ones start anew, those that are gone or disabled
    /// (HC-34) stop at once. A check that is forced is probed all the same: its verdict is at hand when it obeys again.
    fn watch_endpoints(&mut self, account: &Account) {
        let mut old = std::mem::take(&mut self.watches);
        let mut starting = Vec::new();
        for (id, check) in account.health_checks() {
            let HealthCheckTarget::Endpoint(endpoint) = &check.target else { continue };
            let Some(probe) = HttpProbe::new(id, endpoint).filter(|_| !check.disabled) else { continue };
            match old.remove(id) {
                Some(watch) if watch.serves(endpoint) => {
                    self.watches.insert(id.clone(), watch);
                }
                earlier => {
                    let checker = earlier.map(|watch| watch.checker_for(endpoint)).unwrap_or_default();
                    starting.push(NewWatch { id, endpoint, probe, checker });
                }
            }
        }
        let starting_watches = starting.len();
        for watch in starting {
            self.runs.0 += 1;
            let delay = watch.longest_delay(starting_watches).mul_f64(fastrand::f64());
            let id = watch.id.clone();
            self.watches.insert(id, watch.start(self.runs, delay, self.probing.clone()));
        }
    }

    /// Once a check, so that reloading does not repeat itself.
    fn warn_of_unprobed(&mut self, account: &Account) {
        let warnings: HashMap<_, _> = account
            .health_checks()
            .values()
            .filter_map(|check| Some((check.id.clone(), unprobed_warning(check)?)))
            .collect();
        self.warned.retain(|id| warnings.contains_key(id));
        for (id, warning) in warnings {
            if self.warned.insert(id) {
                tracing::warn!("{warning}");
            }
        }
    }

    fn observe(&mut self, observed: impl Iterator<Item = Observed>) {
        let old_table = self.table.load_full();
        let mut table = HealthTable::clone(&old_table);
        for Observed { id, run, outcome } in observed {
            let Some(watch) = self.watches.get_mut(&id).filter(|watch| watch.run() == run) else { continue };
            tracing::debug!("health check {id}: {outcome}");
            let verdict = watch.verdict();
            watch.observe(&outcome);
            if watch.verdict() == verdict {
                continue;
            }
            let Some(status) = self.settle(&mut table, &id, &outcome) else { continue };
            for parent in self.parents.get(&id).into_iter().flatten() {
                self.settle(&mut table, parent, &format_args!("its child {id} is {status}"));
            }
        }
        self.publish(&old_table, table);
    }

    /// Sets in `table` what has become of a check, and logs it if answers see a difference.
    fn settle(
        &self,
        table: &mut HealthTable,
        id: &HealthCheckId,
        reason: &dyn std::fmt::Display,
    ) -> Option<HealthStatus> {
        let check = self.snapshot.account().health_checks().get(id)?;
        let slot = self.snapshot.health_slot(id)?;
        let before = self.snapshot.health_status(slot, table);
        table.set(slot, self.final_status(check));
        let status = self.snapshot.health_status(slot, table);
        if status != before {
            log_flip(id, status, format_args!("{reason}{}", if check.inverted { " (inverted)" } else { "" }));
        }
        Some(status)
    }

    fn final_status(&self, check: &HealthCheck) -> Option<HealthStatus> {
        final_status(check, self.snapshot.account(), &|id| self.watches.get(id)?.verdict())
    }

    fn publish(&self, old_table: &HealthTable, table: HealthTable) {
        if table != *old_table {
            self.table.replace(Arc::new(table));
        }
    }
}

/// Whether a replacement is none of the worker's business, as when only records changed. A check that was deleted and
/// is back has a new slot, whether or not the snapshot without it was seen.
fn has_same_checks(one: &Snapshot, other: &Snapshot) -> bool {
    let checks = one.account().health_checks();
    checks == other.account().health_checks() && checks.keys().all(|id| one.health_slot(id) == other.health_slot(id))
}

fn parents(account: &Account) -> HashMap<HealthCheckId, Vec<HealthCheckId>> {
    let mut parents: HashMap<_, Vec<_>> = HashMap::new();
    for check in account.health_checks().values() {
        let HealthCheckTarget::Calculated(calculated) = &check.target else { continue };
        for child in &calculated.children {
            parents.entry(child.clone()).or_default().push(check.id.clone());
        }
    }
    parents
}

/// Why a replaced snapshot can turn a status without a probe.
const fn reason_to_flip(check: &HealthCheck) -> &'static str {
    match check.status {
        ForcedStatus::Up => "it is forced up",
        ForcedStatus::Down => "it is forced down",
        ForcedStatus::Obey if check.disabled => "it is disabled",
        ForcedStatus::Obey => "its settings or its children's have changed",
    }
}

fn log_flip(id: &HealthCheckId, status: HealthStatus, reason: impl std::fmt::Display) {
    tracing::info!("health check {id} is now {status}: {reason}");
}
