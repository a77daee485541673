//! Employees out of a seed: the same seed and place always give the same person, and nobody is stored.

use super::names::{Gender, PEOPLE, fold};
use flowrun_core::chance::mix;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

/// The id of the first employee is this or a little more.
const FIRST_ID: u64 = 1_000_001;

/// Ids leave gaps, as they do in an account where people were deleted: one in so many is taken.
const ID_STEP: u64 = 3;

const DAY: i64 = 86_400;

/// The day the data is of: 1 October 2026, in days since 1970.
const TODAY: i64 = 20_727;

/// Where an employee stands, in Personio's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Hired, not yet there.
    Onboarding,
    /// At work.
    Active,
    /// On a long leave.
    Leave,
    /// Gone.
    Inactive,
}

impl Status {
    /// The status as v1 writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Onboarding => "onboarding",
            Status::Active => "active",
            Status::Leave => "leave",
            Status::Inactive => "inactive",
        }
    }
}

/// A moment, in seconds since 1970, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

/// An employee as Personio knows them.
#[derive(Clone, Debug, PartialEq)]
pub struct Employee {
    /// The place in the list, from 0.
    pub index: u64,
    /// Personio's id: rising, not without gaps.
    pub id: u64,
    /// The first name, 1 to 50 characters.
    pub first_name: Cow<'static, str>,
    /// The last name, 1 to 50 characters.
    pub last_name: Cow<'static, str>,
    /// What the employee would rather be called.
    pub preferred_name: Option<String>,
    /// The mail address, blank for none, which only who was given can lack; nobody shares one who was made up.
    pub email: String,
    /// `female`, `male` or `diverse`, if known.
    pub gender: Option<&'static str>,
    /// Where the employee stands.
    pub status: Status,
    /// The job title.
    pub position: Option<&'static str>,
    /// The place in the list of the supervisor, who comes earlier in it.
    pub supervisor: Option<u64>,
    /// `internal` or `external`.
    pub employment_type: &'static str,
    /// Hours a week, as text, as Personio has it.
    pub weekly_hours: &'static str,
    /// The first day.
    pub hired: Moment,
    /// When a limited contract ends.
    pub contract_end: Option<Moment>,
    /// When and how the employment ended.
    pub termination: Option<Termination>,
    /// When the probation ends or ended.
    pub probation_end: Option<Moment>,
    /// When the record was made.
    pub created: Moment,
    /// When it was last changed.
    pub modified: Moment,
    /// A place in the list of companies.
    pub subcompany: usize,
    /// A place in the list of offices.
    pub office: Option<usize>,
    /// A place in the list of departments.
    pub department: Option<usize>,
    /// A place in the list of teams.
    pub team: Option<usize>,
    /// The monthly salary in euros.
    pub salary: u32,
    /// Days of vacation left.
    pub vacation: u32,
    /// A custom attribute: the mobile phone.
    pub mobile_phone: Option<String>,
    /// A custom attribute: the private mail address.
    pub private_email: Option<String>,
    /// A custom attribute: the academic title.
    pub title: Option<&'static str>,
    /// A custom attribute: languages spoken.
    pub languages: &'static [&'static str],
}

/// How an employment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Termination {
    /// When.
    pub at: Moment,
    /// By whom.
    pub kind: &'static str,
    /// Why, if somebody wrote it down.
    pub reason: Option<&'static str>,
}

/// What identifies an employee: cheaper to make than all of them, and enough for a supervisor.
pub struct Identity {
    pub id: u64,
    pub first_name: &'static str,
    pub last_name: Cow<'static, str>,
    pub email: String,
    gender: Gender,
}

/// Chances that depend on nothing but the seed and the employee's place.
struct Dice(u64);

impl Dice {
    fn new(seed: u64, index: u64, salt: u64) -> Dice {
        Dice(mix(mix(seed ^ salt.rotate_left(32)) ^ index))
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 = mix(self.0);
        // The high bits, by multiplication: no bias worth mentioning and no division.
        ((u128::from(self.0) * u128::from(end)) >> 64) as u64
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }

    fn place<T>(&mut self, all: &[T]) -> usize {
        self.below(all.len() as u64) as usize
    }
}

/// The id of the employee at a place in the list.
pub fn employee_id(seed: u64, index: u64) -> u64 {
    FIRST_ID + index * ID_STEP + Dice::new(seed, index, 1).below(ID_STEP)
}

/// The place in the list of the employee with an id.
pub fn index_of(seed: u64, id: u64) -> Option<u64> {
    let index = id.checked_sub(FIRST_ID)? / ID_STEP;
    (employee_id(seed, index) == id).then_some(index)
}

/// The place in the list of the employee who was made up with a mail address, which carries the id.
fn index_of_email(seed: u64, email: &str) -> Option<u64> {
    let (name, _) = email.split_once('@')?;
    let index = index_of(seed, name.rsplit('.').next()?.parse().ok()?)?;
    identity(seed, index).email.eq_ignore_ascii_case(email).then_some(index)
}

/// The name, id and mail address of the employee at a place in the list.
pub fn identity(seed: u64, index: u64) -> Identity {
    let mut dice = Dice::new(seed, index, 2);
    // The smaller of two throws: more Germans than Poles in a German account.
    let home = dice.place(&PEOPLE).min(dice.place(&PEOPLE));
    let family = if dice.percent(12) { dice.place(&PEOPLE) } else { home };
    let (first_name, gender) = dice.pick(PEOPLE[home].first);
    let one = dice.pick(PEOPLE[family].last);
    let other = dice.pick(PEOPLE[home].last);
    let doubled =
        dice.percent(8) && one.len() + other.len() < 30 && !one.contains([' ', '-']) && !other.contains(' ');
    let last_name = if doubled { Cow::Owned(format!("{one}-{other}")) } else { Cow::Borrowed(one) };
    let id = employee_id(seed, index);
    let mut email = String::with_capacity(64);
    fold(first_name, 24, &mut email);
    email.push('.');
    fold(&last_name, 30, &mut email);
    // Names repeat among thousands; ids do not.
    let _ = write!(email, ".{id}@example.com");
    Identity { id, first_name, last_name, email, gender }
}

/// The employee at a place in the list of an account made from a seed. The list has no end.
pub fn employee(seed: u64, index: u64) -> Employee {
    let Identity { id, first_name, last_name, email, gender } = identity(seed, index);
    let mut dice = Dice::new(seed, index, 3);
    let status = match dice.below(100) {
        0..85 => Status::Active,
        85..89 => Status::Leave,
        89..93 => Status::Onboarding,
        _ => Status::Inactive,
    };
    let hired_day = match status {
        Status::Onboarding => TODAY + 10 + dice.below(150) as i64,
        Status::Inactive => TODAY - 400 - dice.below(6000) as i64,
        _ => TODAY - 5 - dice.below(7000) as i64,
    };
    let created_day = (hired_day - 20 - dice.below(40) as i64).min(TODAY - 3);
    let termination = (status == Status::Inactive).then(|| Termination {
        at: at_midnight(hired_day + 30 + dice.below((TODAY - hired_day - 31) as u64) as i64),
        kind: dice.pick(&["employee", "fired", "contract_expired", "agreement"]),
        reason: dice
            .percent(60)
            .then(|| dice.pick(&["Better offer", "End of contract", "Moved away", "Zwölf Gründe"])),
    });
    let touched_day = created_day + dice.below((TODAY - created_day) as u64) as i64;
    let clock = dice.below(10 * 3600) as i64 + 6 * 3600;
    let external = dice.percent(6);
    Employee {
        index,
        id,
        preferred_name: dice.percent(20).then(|| {
            let short = first_name.split([' ', '-']).next().unwrap_or(first_name);
            format!("{short} {last_name}")
        }),
        first_name: Cow::Borrowed(first_name),
        gender: (!dice.percent(3)).then_some(match gender {
            Gender::Female => "female",
            Gender::Male => "male",
            Gender::Diverse => "diverse",
        }),
        status,
        position: (!dice.percent(3)).then(|| dice.pick(&POSITIONS)),
        supervisor: (index > 0).then(|| if index < 9 { 0 } else { dice.below(index / 8) }),
        employment_type: if external { "external" } else { "internal" },
        weekly_hours: dice.pick(&["40", "40", "40", "38.5", "32", "20", "0"]),
        hired: at_midnight(hired_day),
        contract_end: dice.percent(10).then(|| at_midnight(hired_day + 730)),
        termination,
        probation_end: (!external).then(|| at_midnight(hired_day + 182)),
        created: Moment(created_day * DAY + clock),
        modified: Moment(touched_day * DAY + clock + 60),
        subcompany: dice.place(&SUBCOMPANIES),
        office: (!dice.percent(5)).then(|| dice.place(&OFFICES)),
        department: (!dice.percent(2)).then(|| dice.place(&DEPARTMENTS)),
        team: dice.percent(70).then(|| dice.place(&TEAMS)),
        salary: 2200 + 50 * dice.below(120) as u32,
        vacation: dice.below(31) as u32,
        mobile_phone: dice.percent(60).then(|| {
            format!("+49 1{}{} {:07}", dice.pick(&[5, 6, 7]), dice.below(10), dice.below(10_000_000))
        }),
        private_email: dice.percent(40).then(|| format!("{id}.private@example.net")),
        title: dice.percent(7).then(|| dice.pick(&["Dr.", "Prof. Dr.", "Dipl.-Ing.", "Mag."])),
        languages: dice.pick(LANGUAGES),
        last_name,
        email,
    }
}

impl Employee {
    /// The mail address, if there is one.
    pub fn address(&self) -> Option<&str> {
        Some(&*self.email).filter(|email| !email.is_empty())
    }
}

/// What is given of an employee; the rest is made up.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// The first name, blank for none.
    pub first_name: String,
    /// The last name, blank for none.
    pub last_name: String,
    /// The mail address, as somebody typed it; blank for none.
    pub email: String,
    /// Where the employee stands.
    pub status: Status,
}

/// The employees of an account: the first ones as they are given, all others out of the seed.
#[derive(Clone, Debug)]
pub struct Staff {
    /// What those who are made up are made up from.
    pub seed: u64,
    /// Who is given.
    pub given: Arc<[Given]>,
}

impl Staff {
    /// The employee at a place in the list.
    pub fn employee(&self, index: u64) -> Employee {
        let mut made = employee(self.seed, index);
        let is_given = |index: u64| index < self.given.len() as u64;
        // A supervisor is written by the name that the seed gives.
        made.supervisor = made.supervisor.filter(|&supervisor| !is_given(supervisor));
        if let Some(given) = self.given.get(index as usize) {
            made.first_name = Cow::Owned(given.first_name.clone());
            made.last_name = Cow::Owned(given.last_name.clone());
            made.email.clone_from(&given.email);
            made.status = given.status;
            made.preferred_name = None;
            made.termination = made.termination.filter(|_| given.status == Status::Inactive);
        }
        made
    }

    /// The place in the list of the employee with a mail address.
    pub fn index_of_email(&self, email: &str) -> Option<u64> {
        let fits = |given: &Given| !email.is_empty() && given.email.eq_ignore_ascii_case(email);
        let given = self.given.iter().position(fits).map(|place| place as u64);
        given.or_else(|| index_of_email(self.seed, email).filter(|&index| index >= self.given.len() as u64))
    }
}

/// The attribute of the employee at a place in the list that was changed last, by its key.
pub fn last_changed(seed: u64, index: u64) -> &'static str {
    Dice::new(seed, index, 4).pick(&["status", "email", "position", "office", "team", "dynamic_31877"])
}

/// Midnight in Berlin, as Personio writes days.
pub fn at_midnight(day: i64) -> Moment {
    Moment(day * DAY - offset_hours(day) * 3600)
}

/// Central European time, with summer from April to October: whole months will do for invented dates.
fn offset_hours(day: i64) -> i64 {
    let (_, month, _) = civil(day);
    if (4..=10).contains(&month) { 2 } else { 1 }
}

/// Year, month and day of a day since 1970 (Howard Hinnant's `civil_from_days`).
fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, of_year - (153 * shifted_month + 2) / 5 + 1)
}

/// The day since 1970 of a date (Howard Hinnant's `days_from_civil`).
fn day_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let year_of_era = year.rem_euclid(400);
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}

impl Moment {
    /// As Personio writes it: `2017-05-23T09:49:03+02:00`.
    pub fn to_iso(self) -> String {
        self.to_iso_bytes().into_iter().map(char::from).collect()
    }

    /// In UTC, as v2 writes it: `2017-05-23T07:49:03Z`.
    pub fn to_utc(self) -> String {
        let text = self.with_offset(0).map(char::from);
        text[..19].iter().chain(&['Z']).collect()
    }

    /// The day in Berlin, as v2 writes days.
    pub fn to_day(self) -> String {
        self.to_iso_bytes().into_iter().take(10).map(char::from).collect()
    }

    /// The same moment so many days later.
    pub fn plus_days(self, days: i64) -> Moment {
        Moment(self.0 + days * DAY)
    }

    /// As v1 writes it, without an allocation.
    pub(super) fn to_iso_bytes(self) -> [u8; 25] {
        // By the day in summer time: every midnight is then written as one, also the first of a season.
        self.with_offset(offset_hours((self.0 + 2 * 3600).div_euclid(DAY)))
    }

    fn with_offset(self, hours: i64) -> [u8; 25] {
        let local = self.0 + hours * 3600;
        let (year, month, day) = civil(local.div_euclid(DAY));
        let clock = local.rem_euclid(DAY);
        let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
        let mut text = *b"0000-00-00T00:00:00+00:00";
        let digits =
            [(2, year % 100), (5, month), (8, day), (11, hour), (14, minute), (17, second), (20, hours)];
        for (place, number) in digits.into_iter().chain([(0, year / 100)]) {
            text[place] = b'0' + (number / 10) as u8;
            text[place + 1] = b'0' + (number % 10) as u8;
        }
        text
    }

    /// Reads `YYYY-MM-DD` or `YYYY-MM-DDThh:mm:ss`, in Berlin; a zone after that is not looked at.
    pub fn parse(text: &str) -> Option<Moment> {
        let number =
            |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse::<i64>().ok());
        let marks = text.as_bytes();
        if marks.get(4) != Some(&b'-') || marks.get(7) != Some(&b'-') {
            return None;
        }
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        let seconds = match marks.get(10) {
            None => 0,
            Some(b'T' | b' ') => number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?,
            Some(_) => return None,
        };
        Some(Moment(at_midnight(day_of(year, month, day)).0 + seconds))
    }
}

/// The companies of the account.
pub const SUBCOMPANIES: [&str; 3] = ["Beispiel GmbH", "Exemple S.à r.l.", "Example & Sons Ltd."];

/// Its offices, with the state whose holidays they keep.
pub const OFFICES: [(&str, &str, &str); 7] = [
    ("München", "DE", "Bayern"),
    ("Köln", "DE", "Nordrhein-Westfalen"),
    ("Zürich", "CH", "Zürich"),
    ("Paris", "FR", "Île-de-France"),
    ("Málaga", "ES", "Andalucía"),
    ("Łódź", "PL", "Łódzkie"),
    ("Dublin", "IE", "Leinster"),
];

pub const DEPARTMENTS: [&str; 9] = [
    "Engineering",
    "Customer Support",
    "People & Culture",
    "Finance",
    "Sales \"DACH\"",
    "Marketing",
    "Geschäftsführung",
    "Legal",
    "Logistics",
];

pub const TEAMS: [&str; 8] =
    ["Alpha", "Überflieger", "T_X", "Back Office", "Café", "Platform", "Nord/Süd", "Night Shift"];

const POSITIONS: [&str; 16] = [
    "Software Engineer",
    "Senior Software Engineer",
    "Customer Success Manager",
    "Geschäftsführerin",
    "Buchhalter",
    "Account Executive",
    "Werkstudentin",
    "Head of People",
    "Designer",
    "Lagerist",
    "Lawyer",
    "Team Lead",
    "Data Analyst",
    "Chargé d'affaires",
    "Vice President, Sales & Business Development (EMEA)",
    "Intern",
];

const LANGUAGES: &[&[&str]] =
    &[&[], &["German"], &["German", "English"], &["English", "French"], &["Spanish", "English"]];
