//! v1's attendances, absences and what belongs to them, and v2's single employments: forms, statuses and texts are those of Personio's
//! specifications (personio-personnel-data-v1, personio-v2), unless a test says otherwise.

use crate::asked::account;
use crate::sim::get;
use crate::sim_v2::get as get_v2;
use flowrun_personio::sim::{PersonioSim, Status};
use serde_json::{Value, json};

fn total(page: &Value) -> u64 {
    page["metadata"]["total_elements"].as_u64().unwrap()
}

fn length(page: &Value) -> usize {
    page["data"].as_array().unwrap().len()
}

fn at_work(sim: &PersonioSim) -> u64 {
    sim.employees().find(|e| e.status == Status::Active && e.termination.is_none()).unwrap().id
}

#[tokio::test(start_paused = true)]
async fn attendances_are_those_of_weekdays() {
    let sim = account(|_| ());
    let id = at_work(&sim);
    // 21 to 27 September 2026 is a week from Monday to Sunday.
    let week = format!("/v1/company/attendances?start_date=2026-09-21&end_date=2026-09-27&employees[]={id}");
    let (status, page) = get(&sim, &week).await;
    assert_eq!((status, total(&page), length(&page)), (200, 5, 5), "{page}");
    let first = &page["data"][0];
    assert_eq!((&first["type"], &first["attributes"]["employee"]), (&json!("AttendancePeriod"), &json!(id)));
    assert_eq!(first["attributes"]["date"], "2026-09-21");
    // `offset` counts attendances.
    let (_, rest) = get(&sim, &format!("{week}&limit=2&offset=3")).await;
    assert_eq!((total(&rest), rest["data"][0]["attributes"]["date"].clone()), (5, json!("2026-09-24")));
    let (_, later) = get(&sim, &format!("{week}&updated_from=2026-09-25")).await;
    assert_eq!(total(&later), 1);
    for wrong in [
        "end_date=2026-09-27",
        "start_date=2026-09-21",
        "start_date=x&end_date=2026-09-27",
        "start_date=2020-01-01&end_date=2026-01-01",
    ] {
        let (status, body) = get(&sim, &format!("/v1/company/attendances?{wrong}")).await;
        assert_eq!((status, &body["success"]), (422, &json!(false)), "{wrong}");
    }
}

/// `offset` is the number of a page: the specification, and github.com/at-gmbh/personio-py/issues/18.
#[tokio::test(start_paused = true)]
async fn absences_are_paged_by_number() {
    let sim = account(|_| ());
    let (_, all) = get(&sim, "/v1/company/time-offs").await;
    let count = total(&all);
    assert!(count > 100, "{count}");
    let mut seen = std::collections::BTreeSet::new();
    for page in 1..=count.div_ceil(50) {
        let (_, body) = get(&sim, &format!("/v1/company/time-offs?limit=50&offset={page}")).await;
        assert_eq!(
            (&body["metadata"]["current_page"], &body["metadata"]["total_pages"]),
            (&json!(page), &json!(count.div_ceil(50)))
        );
        seen.extend(
            body["data"].as_array().unwrap().iter().map(|it| it["attributes"]["id"].as_u64().unwrap()),
        );
    }
    assert_eq!(seen.len() as u64, count, "none twice, none left out");
    let first = &all["data"][0]["attributes"];
    let (_, one) = get(&sim, &format!("/v1/company/time-offs/{}", first["id"])).await;
    assert_eq!(&one["data"]["attributes"], first);
    let (status, body) = get(&sim, "/v1/company/time-offs/1").await;
    assert_eq!((status, &body["error"]["message"]), (404, &json!("The absence period was not found.")));
    assert_eq!(get(&sim, "/v1/company/time-offs/x").await.0, 400);
    // A window finds whose holidays lie in it, and the same people in either form.
    let window = "start_date=2026-03-02&end_date=2026-03-06";
    let (_, old) = get(&sim, &format!("/v1/company/time-offs?{window}")).await;
    let (_, new) = get(&sim, &format!("/v1/company/absence-periods?{window}")).await;
    assert!(
        total(&old) > 0 && total(&old) < count && total(&old) == total(&new),
        "{} {}",
        total(&old),
        total(&new)
    );
}

#[tokio::test(start_paused = true)]
async fn what_belongs_to_absences_and_documents() {
    let sim = account(|_| ());
    let id = at_work(&sim);
    let (_, types) = get(&sim, "/v1/company/time-off-types").await;
    assert_eq!((length(&types), &types["data"][0]["type"]), (3, &json!("TimeOffType")));
    let (_, categories) = get(&sim, "/v1/company/document-categories").await;
    assert_eq!(categories["data"][0]["attributes"]["name"], "Certificates of employment");
    let (_, balance) = get(&sim, &format!("/v1/company/employees/{id}/absences/balance")).await;
    assert_eq!(balance["data"][0]["category"], "paid_vacation");
    assert_eq!(get(&sim, "/v1/company/employees/1/absences/balance").await.0, 404);
    assert_eq!(get(&sim, "/v1/company/attendances/projects").await.1["data"], json!([]));
    // What the specification has and the simulator lacks says so.
    let (status, body) = get(&sim, "/v1/company/custom-reports/reports").await;
    assert_eq!((status, &body["success"]), (501, &json!(false)));
}

#[tokio::test(start_paused = true)]
async fn one_employment_is_read_and_filtered_by_time() {
    let sim = account(|_| ());
    let rehired = sim.employees().find(|e| e.index % 11 == 10).unwrap();
    let path = format!("/v2/persons/{}/employments", rehired.id);
    let (_, all) = get_v2(&sim, &path).await;
    let newest = &all["_data"][0];
    let (status, one) = get_v2(&sim, &format!("{path}/{}", newest["id"].as_str().unwrap())).await;
    assert_eq!((status, &one), (200, newest));
    assert_eq!(get_v2(&sim, &format!("{path}/unknown")).await.0, 404);
    let changed = newest["updated_at"].as_str().unwrap();
    for (filter, found) in [("updated_at", 1), ("updated_at.lt", 1), ("updated_at.gt", 0)] {
        let (status, page) = get_v2(&sim, &format!("{path}?{filter}={changed}")).await;
        assert_eq!((status, page["_data"].as_array().map(Vec::len)), (200, Some(found)), "{filter}");
    }
    assert_eq!(get_v2(&sim, &format!("{path}?updated_at=yesterday")).await.0, 400);
}
