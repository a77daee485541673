//! What the simulated account does beyond the description of its endpoints, and where each of it is known from.

use super::routes::{API, endpoints};
use flowrun_kit::simulator::Source::{Documented, Guess, Recorded};
use flowrun_kit::simulator::{Behaviour, Behaviours, Manual, Source};

const EMPLOYEES: &str = "https://developer.personio.de/reference/get_company-employees";
const PAGES: &str = "https://github.com/personio/api-docs/pull/180";
const LIMITS: &str = "https://developer.personio.de/discuss/6901cd6289d055814a6f57a0";
const PERSONS: &str = "https://developer.personio.de/reference/get_v2-persons";

/// What the manual says of the simulated account.
pub fn manual() -> Manual {
    Manual {
        described: "[Personio's descriptions of its API](https://github.com/personio/api-docs), v1 and v2",
        endpoints: endpoints().iter().map(|endpoint| endpoint.served(&API)).collect(),
        operations: API.operations().len(),
        behaviours: BEHAVIOURS,
    }
}

const fn row(what: &'static str, how: &'static str, source: Source) -> Behaviour {
    Behaviour { what, how, source }
}

#[rustfmt::skip]
const BEHAVIOURS: &[Behaviours] = &[
    Behaviours { subject: "both versions", each: &[
        row("the employees", "made up from a seed, as of 1 October 2026", Guess),
        row("a right that is missing", "v1 403, v2 401", Guess),
        row("an operation or a parameter that Personio describes and the simulator lacks", "501, and says which", Guess),
        row("`X-Personio-Partner-ID`, `X-Personio-App-ID`", "may be there, and change nothing", Documented(EMPLOYEES)),
    ] },
    Behaviours { subject: "v1", each: &[
        row("credentials", "missing 401, wrong 403; with a bad token 401; logging in again gives the same token", Guess),
        row("`limit` outside of 1 to 100", "422", Recorded(PAGES)),
        row("`updated_since`", "everything on one page; the other parameters don't count", Documented(EMPLOYEES)),
        row("`updated_since` with a date", "is read in Berlin", Guess),
        row("`updated_since` with `attributes[]`", "only those whose latest change was one of them", Documented(EMPLOYEES)),
        row("`attributes[]`", "`id` is there always", Guess),
        row("429", "a body with code 429, no headers", Guess),
        row("`total_elements`", "counts those that are listed twice", Guess),
    ] },
    Behaviours { subject: "v1's times", each: &[
        row("attendances", "every weekday of who is at work, made up, confirmed in the evening", Guess),
        row("attendances' `offset`", "counts attendances; `limit` is 200 unless told", Documented(EMPLOYEES)),
        row("attendances' period", "at most a year: 422", Guess),
        row("absences", "two weeks of holidays in 2026, made up, approved a month before", Guess),
        row("time-offs' `offset`", "is the number of a page, from 1 on; 0 is the first too", Recorded("https://github.com/at-gmbh/personio-py/issues/18")),
        row("absence-periods' `offset`", "counts periods", Documented(EMPLOYEES)),
        row("making and changing employees, attendances, absences; uploading documents", "501", Guess),
        row("rights to attendances, absences, documents", "as to employees", Guess),
        row("pictures", "one point, for everybody", Guess),
    ] },
    Behaviours { subject: "v2", each: &[
        row("`type` of a custom attribute", "in capitals, as the specification's list; its example and a client of live data have small letters, and flowrun reads both", Documented(PERSONS)),
        row("tokens", "are not v1's; its log-in has v1's limit", Guess),
        row("429", "no body, the four headers of its bucket, which holds what a second brings", Recorded(LIMITS)),
        row("what nobody filled in", "left out, but for `employment_end_date`, which is null", Guess),
        row("cursors", "hold for the same path and filters only; the next address repeats filters and limit", Guess),
        row("a parameter that v2 lacks", "400", Guess),
        row("filters of persons", "as described: of times equal, `.gt`, `.lt`", Documented(PERSONS)),
        row("employments", "one, or for one employee in eleven an older one too", Guess),
    ] },
];
