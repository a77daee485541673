//! What each card finds out after a crash, over the simulator: whether what was asked for happened, and nothing that was there
//! before is taken for it. What each status and time can show is argued at the cards.

use std::collections::BTreeSet;

use flowrun_core::does::AfterCrash;
use flowrun_core::fault::FaultKind;
use flowrun_core::value::{Record, Value, parse_json};
use flowrun_kit::direct;
use flowrun_kit::settled::Settled;
use flowrun_okta::effect_cards;
use flowrun_okta::sim::UserStatus::{self, *};

use crate::cards_life::{ADA, Org, org, text};

/// What a look may find out.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Finds {
    Happened,
    DidNot,
    Unknown,
}
use Finds::{DidNot, Happened, Unknown};

/// A card, whom it finds, what was made ready an hour before (a card, its inputs), its own inputs, and what a look finds out
/// when it was performed, when it was not, and when the same had been done an hour before. `{group}` and the like stand for the
/// IDs of what was made ready, `{ada}` for the user's.
struct Case {
    card: &'static str,
    ada: UserStatus,
    ready: &'static [(&'static str, &'static str)],
    inputs: &'static str,
    finds: [Finds; 3],
}

const BOB: &str = r#"{"login":"bob@example.com","email":"bob@example.com","first_name":"Bob","last_name":"Ross","level":7}"#;
const GROUP: (&str, &str) = ("create_group", r#"{"name":"Readers","description":"Who reads"}"#);
const RULE: (&str, &str) = (
    "create_group_rule",
    r#"{"name":"Sellers","expression":"user.department == \"Sales\"","assign_to_groups":["{create_group}"]}"#,
);
const APP: (&str, &str) = ("search_applications", r#"{"result_set":"first","query":"Intranet"}"#);
const ASSIGNED: (&str, &str) =
    ("assign_user_to_application_for_sso", r#"{"application_id":"{search_applications}","user_id":"{ada}"}"#);
const SESSION: (&str, &str) = ("create_import_session", "{}");
const UPLOAD: (&str, &str) = (
    "bulk_user_import",
    r#"{"session_id":"{create_import_session}","import_operation":"upsert","users":[{"externalId":"2","profile":{"userName":"bob@example.com","email":"bob@example.com"}}]}"#,
);
const USER: &str = r#"{"id_or_login":"{ada}"}"#;
const OF_SESSION: &str = r#"{"session_id":"{create_import_session}"}"#;
/// Whoever is gone, is gone: nothing shows that it was so before.
const GONE: [Finds; 3] = [Happened, DidNot, Happened];
const SEEN: [Finds; 3] = [Happened, DidNot, DidNot];

const fn step(card: &'static str, ada: UserStatus) -> Case {
    Case { card, ada, ready: &[], inputs: USER, finds: SEEN }
}

const CASES: &[Case] = &[
    Case { card: "create_user", ada: Active, ready: &[], inputs: BOB, finds: SEEN },
    Case { card: "create_group", ada: Active, ready: &[], inputs: GROUP.1, finds: SEEN },
    Case { card: "create_group_rule", ada: Active, ready: &[GROUP], inputs: RULE.1, finds: SEEN },
    Case {
        card: "activate_user",
        ada: Staged,
        ready: &[],
        inputs: r#"{"id_or_login":"{ada}","send_email":"No"}"#,
        finds: SEEN,
    },
    step("deactivate_user", Active),
    step("suspend_user", Active),
    step("unsuspend_user", Suspended),
    step("unlock_user", LockedOut),
    step("expire_password", Active),
    // The first deletion only deactivates, which may have been done before; the second deletes.
    Case { card: "delete_user", ada: Active, ready: &[], inputs: USER, finds: [Unknown, DidNot, DidNot] },
    Case { card: "delete_user", ada: Deprovisioned, ready: &[], inputs: USER, finds: GONE },
    Case {
        card: "delete_group",
        ada: Active,
        ready: &[GROUP],
        inputs: r#"{"group_id":"{create_group}"}"#,
        finds: GONE,
    },
    // Whoever is RECOVERY already may have got a second mail or not.
    Case {
        card: "reset_password",
        ada: Active,
        ready: &[],
        inputs: USER,
        finds: [Happened, DidNot, Unknown],
    },
    Case {
        card: "remove_user_from_application",
        ada: Active,
        ready: &[APP, ASSIGNED],
        inputs: ASSIGNED.1,
        finds: GONE,
    },
    Case { card: "create_import_session", ada: Active, ready: &[], inputs: "{}", finds: SEEN },
    Case { card: "delete_import_session", ada: Active, ready: &[SESSION], inputs: OF_SESSION, finds: SEEN },
    Case {
        card: "trigger_import_session",
        ada: Active,
        ready: &[SESSION, UPLOAD],
        inputs: OF_SESSION,
        finds: SEEN,
    },
    // Of what is in a session, Okta tells nothing.
    Case {
        card: "bulk_user_import",
        ada: Active,
        ready: &[SESSION],
        inputs: UPLOAD.1,
        finds: [Unknown, DidNot, Unknown],
    },
];

/// An org with what a case needs, and the inputs with the IDs in their places.
async fn made_ready(case: &Case) -> (Org, String) {
    let org = org(case.ada);
    let user = org.card("read_user", &format!(r#"{{"id_or_login":"{ADA}"}}"#)).await;
    let mut ids = vec![("{ada}".to_owned(), text(&user, "id"))];
    let filled = |inputs: &str, ids: &[(String, String)]| {
        ids.iter().fold(inputs.to_owned(), |inputs, (name, id)| inputs.replace(name, id))
    };
    for (card, inputs) in case.ready {
        let made = org.card(card, &filled(inputs, &ids)).await;
        ids.push((format!("{{{card}}}"), text(&made, "id")));
    }
    let inputs = filled(case.inputs, &ids);
    hour().await;
    (org, inputs)
}

async fn hour() {
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
}

async fn look(org: &Org, card: &str, inputs: &str, began_ms: i64) -> Settled<Record> {
    let inputs = parse_json(inputs).unwrap();
    let id = format!("okta.{card}");
    direct::settle(&effect_cards(), &id, &inputs, &org.okta.connection, began_ms).await.unwrap()
}

fn finds(settled: &Settled<Record>) -> Finds {
    match settled {
        Settled::Happened(_) => Happened,
        Settled::DidNot => DidNot,
        Settled::Unknown(fault) => {
            assert!(fault.lost && fault.kind == FaultKind::Uncertain, "{fault:?}");
            Unknown
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_performed_is_found_with_its_outputs() {
    for case in CASES {
        let (org, inputs) = made_ready(case).await;
        let began_ms = org.clock.now_ms();
        let performed = org.card(case.card, &inputs).await;
        let settled = look(&org, case.card, &inputs, began_ms).await;
        assert_eq!(finds(&settled), case.finds[0], "{} {:?}: {settled:?}", case.card, case.ada);
        if let Settled::Happened(outputs) = settled {
            assert_eq!(Value::from(outputs).to_json(), performed.to_json(), "{}", case.card);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_not_performed_is_not_found() {
    for case in CASES {
        let (org, inputs) = made_ready(case).await;
        let began_ms = org.clock.now_ms();
        let settled = look(&org, case.card, &inputs, began_ms).await;
        assert_eq!(finds(&settled), case.finds[1], "{} {:?}: {settled:?}", case.card, case.ada);
        assert!(org.clock.now_ms() >= began_ms + 60_000, "{}: it may still be on its way", case.card);
        // Now it can be done, as before.
        org.card(case.card, &inputs).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_there_before_is_not_taken_for_it() {
    for case in CASES {
        let (org, inputs) = made_ready(case).await;
        org.card(case.card, &inputs).await;
        hour().await;
        let settled = look(&org, case.card, &inputs, org.clock.now_ms()).await;
        assert_eq!(finds(&settled), case.finds[2], "{} {:?}: {settled:?}", case.card, case.ada);
    }
}

/// What came at about that time, or is another thing of the same name, is nobody's proof.
#[tokio::test(start_paused = true)]
async fn what_is_not_certain_is_not_said() {
    let other = |inputs: &str, from: &str, to: &str| inputs.replace(from, to);
    for (case, from, to) in [
        (0, "Ross", "Marley"),
        (0, "\"level\":7", "\"level\":8"),
        (1, "Who reads", "Who wrote"),
        (2, "Sales", "Shop"),
    ] {
        let case = &CASES[case];
        let (org, inputs) = made_ready(case).await;
        let began_ms = org.clock.now_ms();
        org.card(case.card, &other(&inputs, from, to)).await;
        let settled = look(&org, case.card, &inputs, began_ms).await;
        assert_eq!(finds(&settled), Unknown, "{} with {to}: {settled:?}", case.card);
    }
    // Five minutes may be a clock that was set.
    for case in &CASES[..5] {
        let (org, inputs) = made_ready(case).await;
        org.card(case.card, &inputs).await;
        let settled = look(&org, case.card, &inputs, org.clock.now_ms() + 300_000).await;
        assert_eq!(finds(&settled), Unknown, "{}: {settled:?}", case.card);
    }
    // A user who is created without being activated is not the one who was to be.
    let org = org(Active);
    let began_ms = org.clock.now_ms();
    org.card("create_user", &other(BOB, "{", r#"{"activate":false,"#)).await;
    assert_eq!(finds(&look(&org, "create_user", BOB, began_ms).await), Unknown);
    // A session into which Okta has taken nobody stays CREATED.
    let session = text(&org.card("create_import_session", "{}").await, "id");
    let leaver =
        format!(r#"{{"session_id":"{session}","import_operation":"delete","users":[{{"externalId":"9"}}]}}"#);
    let Settled::Unknown(fault) = look(&org, "bulk_user_import", &leaver, org.clock.now_ms()).await else {
        panic!("nobody knows")
    };
    assert!(fault.message.contains("nobody knows whether it took effect: the session is CREATED"), "{fault}");
    let asks = r#"{"method":"POST","relative_url":"/api/v1/groups","body":{}}"#;
    assert_eq!(finds(&look(&org, "custom_api_action", asks, 0).await), Unknown);
    let before_ms = org.clock.now_ms();
    assert_eq!(
        finds(&look(&org, "custom_api_action", r#"{"relative_url":"/api/v1/groups"}"#, 0).await),
        DidNot
    );
    assert_eq!(org.clock.now_ms(), before_ms, "what only reads is done again at once");
}

/// Cards that change something and are done again after a crash: the second time ends as the first did.
#[tokio::test(start_paused = true)]
async fn what_is_done_again_ends_as_the_first_time() {
    const IN_GROUP: &str = r#"{"group_id":"{create_group}","user_id":"{ada}"}"#;
    let done_again = [
        ("update_user", vec![("create_user", BOB)], r#"{"id_or_login":"{create_user}","first_name":"Rob"}"#),
        ("clear_user_sessions", vec![], r#"{"user_id":"{ada}"}"#),
        ("update_group", vec![GROUP], r#"{"group_id":"{create_group}","name":"Writers"}"#),
        ("add_user_to_group", vec![GROUP], IN_GROUP),
        ("remove_user_from_group", vec![GROUP, ("add_user_to_group", IN_GROUP)], IN_GROUP),
        (
            "update_group_rule",
            vec![GROUP, RULE],
            r#"{"rule_id":"{create_group_rule}","name":"Sellers","expression":"user.department == \"Shop\"","assign_to_groups":["{create_group}"]}"#,
        ),
        ("activate_group_rule", vec![GROUP, RULE], r#"{"rule_id":"{create_group_rule}"}"#),
        ("deactivate_group_rule", vec![GROUP, RULE], r#"{"rule_id":"{create_group_rule}"}"#),
        ("activate_application", vec![APP], r#"{"application_id":"{search_applications}"}"#),
        ("deactivate_application", vec![APP], r#"{"application_id":"{search_applications}"}"#),
        ("assign_user_to_application_for_sso", vec![APP], ASSIGNED.1),
        ("assign_user_to_application_for_sso_and_provisioning", vec![APP], ASSIGNED.1),
        (
            "update_application_profile_for_an_assigned_user",
            vec![APP, ASSIGNED],
            r#"{"application_id":"{search_applications}","user_id":"{ada}","role":"Reader"}"#,
        ),
        (
            "update_application_credentials_for_an_assigned_user",
            vec![APP, ASSIGNED],
            r#"{"application_id":"{search_applications}","user_id":"{ada}","user_name":"ada"}"#,
        ),
        (
            "assign_group_to_application",
            vec![APP, GROUP],
            r#"{"application_id":"{search_applications}","group_id":"{create_group}"}"#,
        ),
    ];
    for (card, ready, inputs) in &done_again {
        let case = Case { card, ada: Active, ready: ready.clone().leak(), inputs, finds: SEEN };
        let (org, inputs) = made_ready(&case).await;
        let first = org.card(card, &inputs).await;
        assert_eq!(org.card(card, &inputs).await.to_json(), first.to_json(), "{card}");
    }
    let names =
        |cards: Vec<&str>| cards.into_iter().map(|card| format!("okta.{card}")).collect::<BTreeSet<_>>();
    let shown = names(done_again.iter().map(|(card, ..)| *card).collect());
    assert_eq!(declared(|after| *after == AfterCrash::Repeats), shown, "each is shown");
    let looking = declared(|after| matches!(after, AfterCrash::Looks(_)));
    assert_eq!(looking, names(CASES.iter().map(|case| case.card).collect()), "each that looks is shown");
    assert_eq!(declared(|after| matches!(after, AfterCrash::Asks(_))), names(vec!["custom_api_action"]));
}

/// The cards that change something and say this.
fn declared(says: impl Fn(&AfterCrash) -> bool) -> BTreeSet<String> {
    let cards = effect_cards().into_iter().map(|effect| effect.card);
    let cards = cards.filter(|card| card.does().changes() && says(card.after_crash(&[])));
    cards.map(|card| card.id.to_string()).collect()
}
