//! How the rest of the program speaks with the worker.

use std::fmt;
use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot};

use crate::model::{
    AwsRegion, Force, HealthCheckId, HealthCheckPattern, MetricData, RoutingControlArn, RoutingControlState, limits,
};

use super::alarm::DataTaken;
use super::keeper::OverrideKeeper;
use super::overrides::Overrides;
use super::probe::NetworkPath;
use super::report::{CheckReport, CheckSummary, RegionReport, WorkerTotals};

/// Asks the worker and tells it what operators want. Cheap to clone.
#[derive(Clone, Debug)]
pub struct HealthHandle {
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) keeper: Arc<Mutex<OverrideKeeper>>,
}

/// Why the worker did not do what it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandleError {
    /// No health check matches the pattern.
    NoSuchHealthCheck(HealthCheckPattern),
    /// There is no force of this pattern.
    NoSuchForce(HealthCheckPattern),
    /// There are [`limits::FORCES`] already.
    TooManyForces,
    /// No health check and no zone file names this routing control.
    NoSuchRoutingControl(RoutingControlArn),
    RoutingControlNotSet(RoutingControlArn),
    /// It has no checkers.
    NotACheckerRegion(AwsRegion),
    /// The change could not be made to last, so it was not made.
    NotSaved(String),
    /// The server is stopping.
    Stopped,
}

impl fmt::Display for HandleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HandleError::NoSuchHealthCheck(pattern) => write!(f, "there is no health check {pattern}"),
            HandleError::NoSuchForce(pattern) => write!(f, "nothing is forced by hand as {pattern}"),
            HandleError::TooManyForces => write!(
                f,
                "there are {} forces already; take one back with DELETE /health-checks/ID/force, or force several \
                 health checks at once with a pattern such as web-*",
                limits::FORCES
            ),
            HandleError::NoSuchRoutingControl(arn) => write!(f, "no health check names routing control {arn}"),
            HandleError::RoutingControlNotSet(arn) => write!(f, "routing control {arn} was not set by hand"),
            HandleError::NotACheckerRegion(region) => write!(f, "there are no health checkers in {region}"),
            HandleError::NotSaved(error) => write!(f, "nothing was changed, for it could not be saved: {error}"),
            HandleError::Stopped => f.write_str("the server is stopping"),
        }
    }
}

impl std::error::Error for HandleError {}

pub(super) type Reply<T> = oneshot::Sender<T>;

pub(super) enum Command {
    /// At most [`PAGE`] checks after this one, in the order of their ids.
    Summaries {
        after: Option<HealthCheckId>,
        reply: Reply<Vec<CheckSummary>>,
    },
    Report {
        id: HealthCheckId,
        reply: Reply<Option<CheckReport>>,
    },
    SetOverrides {
        overrides: Overrides,
        reply: Reply<()>,
    },
    PutMetricData {
        data: Vec<MetricData>,
        reply: Reply<DataTaken>,
    },
    Regions {
        reply: Reply<Vec<RegionReport>>,
    },
    SetPath {
        region: AwsRegion,
        path: NetworkPath,
        reply: Reply<Result<(), HandleError>>,
    },
    Totals {
        reply: Reply<WorkerTotals>,
    },
}

/// Summaries the worker gives at a time, so that nobody's list delays a flip.
pub(super) const PAGE: usize = 500;

impl HealthHandle {
    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, HandleError> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| HandleError::Stopped)?;
        answer.await.map_err(|_| HandleError::Stopped)
    }

    /// All health checks, by id.
    pub async fn summaries(&self) -> Result<Vec<CheckSummary>, HandleError> {
        let mut summaries: Vec<CheckSummary> = Vec::new();
        loop {
            let after = summaries.last().map(|summary| summary.id.clone());
            let page = self.ask(|reply| Command::Summaries { after, reply }).await?;
            let is_last = page.len() < PAGE;
            summaries.extend(page);
            if is_last {
                return Ok(summaries);
            }
        }
    }

    /// `None` if there is no such check.
    pub async fn report(&self, id: HealthCheckId) -> Result<Option<CheckReport>, HandleError> {
        self.ask(|reply| Command::Report { id, reply }).await
    }

    /// What operators have set by hand, and still holds.
    pub async fn overrides(&self) -> Overrides {
        self.keeper.lock().await.current()
    }

    /// Forces the checks that match, present and to come, and tells how many there are now. At least one must be.
    pub async fn force(&self, force: Force) -> Result<usize, HandleError> {
        let handle = self.clone();
        to_the_end(async move {
            let mut keeper = handle.keeper.lock().await;
            let matching = keeper.force(force).await?;
            handle.announce(&keeper).await?;
            Ok(matching)
        })
        .await
    }

    /// Takes back the force of exactly this pattern.
    pub async fn release(&self, checks: &HealthCheckPattern) -> Result<(), HandleError> {
        let (handle, checks) = (self.clone(), checks.clone());
        to_the_end(async move {
            let mut keeper = handle.keeper.lock().await;
            keeper.release(&checks).await?;
            handle.announce(&keeper).await
        })
        .await
    }

    /// HC-44. `None` gives the control back to the zone files.
    pub async fn set_routing_control(
        &self,
        arn: RoutingControlArn,
        state: Option<RoutingControlState>,
    ) -> Result<(), HandleError> {
        let handle = self.clone();
        to_the_end(async move {
            let mut keeper = handle.keeper.lock().await;
            keeper.set_routing_control(arn, state).await?;
            handle.announce(&keeper).await
        })
        .await
    }

    /// Returns once answers follow what is kept.
    async fn announce(&self, keeper: &OverrideKeeper) -> Result<(), HandleError> {
        let overrides = keeper.current();
        self.ask(|reply| Command::SetOverrides { overrides, reply }).await
    }

    /// HC-42: takes datapoints, which are kept in memory only.
    pub async fn put_metric_data(&self, data: Vec<MetricData>) -> Result<DataTaken, HandleError> {
        self.ask(|reply| Command::PutMetricData { data, reply }).await
    }

    /// The regions that have checkers.
    pub async fn regions(&self) -> Result<Vec<RegionReport>, HandleError> {
        self.ask(|reply| Command::Regions { reply }).await
    }

    /// For drills: how a region's checkers reach endpoints from now on. Not kept over a restart.
    pub async fn set_path(&self, region: AwsRegion, path: NetworkPath) -> Result<(), HandleError> {
        self.ask(|reply| Command::SetPath { region, path, reply }).await?
    }

    pub async fn totals(&self) -> Result<WorkerTotals, HandleError> {
        self.ask(|reply| Command::Totals { reply }).await
    }
}

/// Makes a change in a task of its own, which goes on when whoever asked for it has gone: what is on disk must also be
/// told, and nobody may write to the file meanwhile.
async fn to_the_end<T: Send + 'static>(
    change: impl Future<Output = Result<T, HandleError>> + Send + 'static,
) -> Result<T, HandleError> {
    tokio::spawn(change).await.unwrap_or(Err(HandleError::Stopped))
}
