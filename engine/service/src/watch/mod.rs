//! What a service tells of itself and of its runs: metrics, a log, records for a collector, notices for people.
//!
//! All of it is made of what the service says to [`Changes`]. Nothing here is waited for by a run: who can't be reached is tried
//! again for a while, queues have an end, and what is lost is counted.

mod channels;
pub mod logs;
mod mail;
pub mod metrics;
pub mod notices;
#[cfg(feature = "otel")]
mod otel;
mod process;
pub mod registry;
mod reports;
mod sending;
pub mod settings;
pub mod stream;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use flowrun_core::report::Report;
use flowrun_kit::clock::Clock;
use flowrun_kit::effect::Pending;
use flowrun_kit::http::Transport;
use flowrun_kit::stop::Stop;
use flowrun_project::Problem;
use flowrun_store::RunId;
use futures_util::future::join_all;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::oneshot;

use self::channels::Channel;
use self::logs::{Level, Log};
use self::metrics::{LOST, Metrics};
use self::notices::{Notice, Tally};
#[cfg(feature = "otel")]
use self::otel::Otel;
use self::sending::Outside;
use self::settings::{Env, OtelSettings, Settings};
use self::stream::Stream;
use crate::changes::{Change, Changes, What};
use crate::endpoints::Endpoints;

pub use self::channels::SIGNATURE;

/// When the service ends, what is on its way has so long to arrive.
const FAREWELL: Duration = Duration::from_secs(5);

/// Nobody can make one: this program was built without.
#[cfg(not(feature = "otel"))]
enum Otel {}

#[cfg(not(feature = "otel"))]
impl Otel {
    fn hear(&self, _: &Change) {
        match *self {}
    }
}

/// The way to a collector of OpenTelemetry.
#[cfg(feature = "otel")]
fn traced(
    settings: &OtelSettings,
    outside: &Outside,
    reports: Option<Arc<dyn RunReports>>,
    env: &Env,
) -> Result<(Otel, Work), Problem> {
    let reports = reports.ok_or_else(|| Problem::new("`otel`: nobody knows the reports of runs"))?;
    Otel::new(settings, outside, reports, env)
}

#[cfg(not(feature = "otel"))]
fn traced(
    _: &OtelSettings,
    _: &Outside,
    _: Option<Arc<dyn RunReports>>,
    _: &Env,
) -> Result<(Otel, Work), Problem> {
    let help = "build it with `--features otel`, or leave `otel` out";
    Err(Problem::new("`otel`: this flowrun was built without OpenTelemetry").help(help))
}

/// What goes on for as long as the service does.
type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Knows what happened in runs: the service does, by its stores.
pub trait RunReports: Send + Sync {
    /// The report of a run of a project.
    fn of(&self, project: &str, run: &RunId) -> Pending<'_, Option<Report>>;

    /// Whether a card reaches outside, by its key.
    fn reaches(&self, card: &str) -> bool;
}

/// What a watchtower is made of.
pub struct Setup<'s> {
    /// Where it hears what happens.
    pub changes: &'s Changes,
    /// The service's clock.
    pub clock: Clock,
    /// Who is told what.
    pub settings: &'s Settings,
    /// The log of the process.
    pub log: Log,
    /// What is counted.
    pub metrics: Metrics,
    /// Sends requests.
    pub transport: Arc<dyn Transport>,
    /// Where the values are that the settings name.
    pub env: &'s Env,
    /// For traces.
    pub reports: Option<Arc<dyn RunReports>>,
    /// For the links by which pauses are answered.
    pub links: Option<Arc<Endpoints>>,
}

impl fmt::Debug for Setup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Hears what happens and tells it to all who want to know.
pub struct Watchtower {
    changes: Changes,
    heard: Receiver<Change>,
    newest: u64,
    clock: Clock,
    log: Log,
    metrics: Metrics,
    streams: Vec<Stream>,
    channels: Vec<Channel>,
    otel: Option<Otel>,
    links: Option<Arc<Endpoints>>,
    tally: Tally,
    work: Vec<Work>,
}

impl fmt::Debug for Watchtower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watchtower").finish_non_exhaustive()
    }
}

impl Watchtower {
    /// One that hears what happens from now on, to be [run](Watchtower::run). Fails if the settings name what is not there.
    pub fn new(setup: Setup<'_>) -> Result<Watchtower, Problem> {
        let Setup { changes, clock, settings, log, metrics, transport, env, reports, links } = setup;
        let (heard, newest) = (changes.watch(), changes.newest());
        let outside = Outside { transport, clock: clock.clone(), metrics: metrics.clone(), log: log.clone() };
        let (mut streams, mut channels, mut work) = (Vec::new(), Vec::new(), Vec::<Work>::new());
        for settings in &settings.log_streams {
            let (stream, goes_on) = Stream::new(settings, &outside, env)?;
            streams.push(stream);
            work.push(Box::pin(goes_on));
        }
        for settings in &settings.notices {
            let (channel, goes_on) = Channel::new(settings, &outside, env)?;
            channels.push(channel);
            work.push(Box::pin(goes_on));
        }
        let otel = settings.otel.as_ref().map(|otel| traced(otel, &outside, reports, env)).transpose()?;
        let (otel, goes_on) = otel.unzip();
        work.extend(goes_on);
        Ok(Watchtower {
            changes: changes.clone(),
            heard,
            newest,
            clock,
            log,
            metrics,
            streams,
            channels,
            otel,
            links,
            tally: Tally::default(),
            work,
        })
    }

    /// Tells what happens until it is told to stop; then what has happened is still told, for as long as five seconds.
    pub async fn run(mut self, stop: Stop) {
        let work = std::mem::take(&mut self.work);
        let clock = self.clock.clone();
        let (ends, ended) = oneshot::channel::<()>();
        let hearing = async move {
            self.listen(stop).await;
            // Whoever works for a stream or a channel ends when these are gone.
            drop(self);
            drop(ends);
        };
        let all = async { tokio::join!(hearing, join_all(work)) };
        let too_long = async {
            let _ = ended.await;
            clock.sleep(FAREWELL).await;
        };
        tokio::select! {
            biased;
            _ = all => {}
            () = too_long => {}
        }
    }

    async fn listen(&mut self, mut stop: Stop) {
        loop {
            let next_ms = self.tally.next_ms();
            let due = async {
                match next_ms {
                    Some(at_ms) => self.clock.sleep_until(at_ms).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                heard = self.heard.recv() => match heard {
                    Ok(change) => self.hear(&change),
                    Err(RecvError::Lagged(_)) => self.catch_up(),
                    Err(RecvError::Closed) => return,
                },
                () = due => {
                    let due = self.tally.due(self.clock.now_ms());
                    due.iter().for_each(|notice| self.notify(notice));
                }
                () = stop.given() => break,
            }
        }
        loop {
            match self.heard.try_recv() {
                Ok(change) => self.hear(&change),
                Err(TryRecvError::Lagged(_)) => self.catch_up(),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        let rest = self.tally.rest();
        rest.iter().for_each(|notice| self.notify(notice));
    }

    fn hear(&mut self, change: &Change) {
        // After catching up the channel still holds what was told already.
        if change.number <= self.newest {
            return;
        }
        self.newest = change.number;
        self.metrics.hear(change);
        self.log.hear(change);
        self.streams.iter().for_each(|stream| stream.hear(change));
        self.otel.iter().for_each(|otel| otel.hear(change));
        let Some(mut notice) = Notice::of(change) else { return };
        notice.link = self.link(change);
        if let Some(notice) = self.tally.hear(self.clock.now_ms(), notice) {
            self.notify(&notice);
        }
    }

    /// The link by which somebody can do what a change asks for.
    fn link(&self, change: &Change) -> Option<String> {
        let What::Moved(moved) = &change.what else { return None };
        let until_us = moved.state.due_us()?;
        self.links.as_ref()?.link_to(&change.project, &moved.run, moved.pause?, until_us)
    }

    /// More happened at once than the channel holds: the rest is in the memory of changes, or too much even for that.
    fn catch_up(&mut self) {
        let (missed, heard) = self.changes.since(self.newest);
        self.heard = heard;
        match missed {
            Some(missed) => missed.iter().for_each(|change| self.hear(change)),
            None => {
                let newest = self.changes.newest();
                let lost = newest - self.newest;
                self.newest = newest;
                self.metrics.add(&LOST, &["watch", "too much"], lost);
                let words =
                    format!("{lost} changes came too fast: they are neither counted nor told to anybody");
                self.log.say(self.clock.now_ms() * 1000, Level::Error, "watch.lost", &words);
            }
        }
    }

    fn notify(&self, notice: &Notice) {
        self.channels.iter().for_each(|channel| channel.hear(notice));
    }
}

#[cfg(test)]
pub(crate) mod tests;
