//! The shipped import, served for a month by a simulated clock: people join and leave every day, and each morning Okta has whom a list
//! kept by hand says. One night the process dies while Okta is asked, and nobody can say what became of that before somebody looks; one
//! night Okta refuses for a while; one night nobody serves.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use flowrun_core::journal::Settlement;
use flowrun_host::session::Say;
use flowrun_okta::sim::UserStatus;
use flowrun_personio::sim::{Given, Status};
use flowrun_store::State;
use tokio::runtime::{Builder, Runtime};

use crate::hooks::Chance;
use crate::world::{Serving, World};

/// The flows of this repository.
fn shipped() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../flows");
    let mut found = Vec::new();
    for folder in ["", "utilities"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                let name = path.strip_prefix(&root).unwrap().display().to_string();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

/// The import as a company may have changed it: when all is imported it makes a note of that at Okta, by a request of which nobody can
/// say whether it was done when its answer is lost.
const NOTED: &str = "  - id: noted
    card: okta.custom_api_action
    with:
      method: POST
      relative_url: /api/v1/groups
      body: { profile: { name: \"Imported {{ run.execution_time }}\" } }

";

/// An employee as the list by hand has it: whether they are there, and what the import has come to.
struct Person {
    here: bool,
    /// Whether Okta has them, and whether as somebody active.
    in_okta: Option<bool>,
}

struct Month {
    world: World,
    people: Vec<Person>,
    given: Vec<Given>,
    chance: Chance,
}

impl Month {
    fn new() -> Month {
        let mut files = shipped();
        let import = files.iter_mut().find(|(name, _)| name == "import.yaml").unwrap();
        let (before, end) = import.1.split_at(import.1.find("  - card: flow_control.return").unwrap());
        import.1 = format!("{before}{NOTED}{end}");
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (&**name, &**text)).collect();
        // Berlin has summer time all month: two o'clock is midnight, UTC.
        let world = World::new("2026-06-01T12:00:00Z", &files);
        let mut month = Month { world, people: Vec::new(), given: Vec::new(), chance: Chance::new(7) };
        (0..40).for_each(|_| month.joins());
        month.world.simulators.personio.staffed(month.given.clone());
        month
    }

    fn joins(&mut self) {
        let number = self.people.len();
        self.people.push(Person { here: true, in_okta: None });
        self.given.push(Given {
            first_name: format!("First{number}"),
            last_name: format!("Last{number}"),
            email: format!("p{number}@example.com"),
            status: Status::Active,
        });
    }

    /// What happens on a day at Personio.
    fn day(&mut self) {
        (0..self.chance.below(3)).for_each(|_| self.joins());
        for _ in 0..self.chance.below(3) {
            let leaver = self.chance.below(self.people.len() as u64) as usize;
            self.people[leaver].here = false;
            self.given[leaver].status = Status::Inactive;
        }
        self.world.simulators.personio.staffed(self.given.clone());
    }

    /// What a night comes to.
    fn night(&mut self) {
        self.imported();
        self.deactivated();
    }

    /// Who is there is active.
    fn imported(&mut self) {
        self.people.iter_mut().filter(|person| person.here).for_each(|person| person.in_okta = Some(true));
    }

    /// Who has left is not, if they ever were.
    fn deactivated(&mut self) {
        let left = self.people.iter_mut().filter(|person| !person.here);
        left.for_each(|person| person.in_okta = person.in_okta.map(|_| false));
    }

    /// What differs between Okta and the list.
    fn differs(&self) -> Option<String> {
        let users = self.world.simulators.okta.users();
        let of = |status: &dyn Fn(UserStatus) -> bool| -> BTreeSet<String> {
            users
                .iter()
                .filter(|user| status(user.status))
                .map(|user| user.profile["email"].clone())
                .collect()
        };
        let must = |active: bool| -> BTreeSet<String> {
            let has = |(number, person): (usize, &Person)| {
                (person.in_okta == Some(active)).then(|| format!("p{number}@example.com"))
            };
            self.people.iter().enumerate().filter_map(has).collect()
        };
        let is_active = |status: UserStatus| status == UserStatus::Active;
        let (active, gone) = (of(&is_active), of(&|status| !is_active(status)));
        let differs = |what: &str, has: &BTreeSet<String>, must: &BTreeSet<String>| {
            let (more, fewer): (Vec<_>, Vec<_>) =
                (has.difference(must).collect(), must.difference(has).collect());
            (has != must).then(|| format!("{what}: Okta has {more:?} too many and lacks {fewer:?}"))
        };
        differs("active", &active, &must(true)).or_else(|| differs("deactivated", &gone, &must(false)))
    }
}

fn at(day: i64, time: &str) -> String {
    format!("2026-06-{day:02}T{time}Z")
}

fn process() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Serves the project without the flow that imports changes by the hour: those of both operations are enough.
async fn serve(world: &World) -> Serving {
    let serving = world.serve();
    let hosted = serving.hosted();
    hosted.switches.set("import_changes", false, hosted.runs.now_us()).await.unwrap();
    serving
}

/// The night in which the process dies, that in which Okta refuses, and that in which nobody serves.
const DIES: i64 = 10;
const SETTLED: i64 = 12;
const REFUSED: i64 = 17;
const AWAY: i64 = 22;

#[test]
fn a_month_of_nightly_imports_leaves_okta_as_the_list_says() {
    let mut month = Month::new();
    // Until the night in which the process dies.
    process().block_on(async {
        let serving = serve(&month.world).await;
        for day in 1..DIES {
            goes_well(&mut month, &serving, day).await;
        }
        month.day();
        // Okta takes what it is sent, and answers when nobody is there any more.
        let faults = &month.world.simulators.faults;
        faults.add("slow@okta POST /api/v1/groups".parse().unwrap());
        month.world.until(&at(DIES + 1, "00:00:00")).await;
        while faults.fired()[0].1 == 0 {
            month.world.drive(month.world.clock.sleep(Duration::from_secs(5))).await;
        }
        drop(serving);
        month.world.died();
    });
    process().block_on(async {
        month.world.simulators.faults.clear();
        let serving = serve(&month.world).await;
        let held = |serving: &Serving| {
            let runs = serving.runs().into_iter();
            runs.filter(|run| matches!(run.state, State::Held { .. })).collect::<Vec<_>>()
        };
        month.world.until(&at(DIES + 1, "12:00:00")).await;
        // All was imported; the other import waits, for nobody knows what this one has done.
        month.imported();
        assert_eq!(month.differs(), None, "the run is held\n{}", serving.told().join("\n"));
        month.day();
        month.world.until(&at(SETTLED, "08:00:00")).await;
        assert_eq!(month.differs(), None, "the run is still held\n{}", serving.told().join("\n"));
        let [run] = &*held(&serving) else { panic!("{}", serving.told().join("\n")) };
        // Somebody has looked, and says that it was done: the run ends, and it is the other's turn.
        let say =
            Say::Settle { card: "noted".to_owned(), what: Settlement::Happened, outputs: Default::default() };
        let runs = serving.hosted().runs.clone();
        month
            .world
            .drive(runs.resume(&run.about.id, say, None))
            .await
            .unwrap_or_else(|why| panic!("{why:?}"));
        month.world.until(&at(SETTLED, "12:00:00")).await;
        month.deactivated();
        assert_eq!(month.differs(), None, "the run was settled\n{}", serving.told().join("\n"));
        goes_well(&mut month, &serving, SETTLED).await;
        for day in SETTLED + 1..AWAY {
            if day == REFUSED {
                let refused = "rate-limit@okta:nth=4:times=6";
                month.world.simulators.faults.add(refused.parse().unwrap());
            }
            goes_well(&mut month, &serving, day).await;
        }
        assert_eq!(month.world.simulators.faults.fired()[0].1, 6, "Okta has refused");
        month.day();
        month.world.until(&at(AWAY, "22:00:00")).await;
        serving.end(&month.world).await;
    });
    process().block_on(async {
        // Both are made up for, one after the other.
        month.world.until(&at(AWAY + 1, "05:00:00")).await;
        let serving = serve(&month.world).await;
        month.world.until(&at(AWAY + 1, "08:00:00")).await;
        month.night();
        assert_eq!(month.differs(), None, "made up for\n{}", serving.told().join("\n"));
        for day in AWAY + 1..30 {
            goes_well(&mut month, &serving, day).await;
        }
        let left = month.people.iter().filter(|person| person.in_okta == Some(false)).count();
        assert!(left >= 10, "{left} have left");
        let runs = serving.runs();
        let of = |flow: &str| runs.iter().filter(|run| run.about.flow == flow).count();
        // 29 nights; those of one, while a run was held, were left out.
        assert_eq!((of("import"), of("deactivate"), of("import_changes")), (28, 28, 0));
        assert!(runs.iter().all(|run| run.state == State::Done), "{}", serving.told().join("\n"));
        assert_eq!(month.world.simulators.okta.events("group.lifecycle.create"), 28, "each was noted once");
        serving.end(&month.world).await;
    });
}

/// A day and its night; in the morning Okta is as the list says.
async fn goes_well(month: &mut Month, serving: &Serving, day: i64) {
    month.day();
    month.world.until(&at(day + 1, "08:00:00")).await;
    month.night();
    assert_eq!(month.differs(), None, "on the morning of {}\n{}", day + 1, serving.told().join("\n"));
    month.world.until(&at(day + 1, "12:00:00")).await;
}
