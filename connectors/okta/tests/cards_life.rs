//! The cards that change users, groups and assignments, over the simulator: what each does, and how each ends when an answer
//! is lost.

use std::sync::Arc;

use flowrun_core::effect::Cursor;
use flowrun_core::fault::Fault;
use flowrun_core::value::{Record, Value, get, parse_json};
use flowrun_kit::clock::Clock;
use flowrun_kit::connector::{Connected, Means};
use flowrun_kit::direct;
use flowrun_kit::in_process::SimTransport;
use flowrun_kit::simulator::SimFaults;
use flowrun_okta::sim::by_token;
use flowrun_okta::sim::{OktaSim, OktaSimConfig, RateLimits, SeedUser, UserStatus};
use flowrun_okta::{connector, effect_cards};

const URL: &str = "https://acme.okta.sim";
/// Sun, 22 Nov 2026 09:00:00 GMT
const NOW_MS: i64 = 1_795_338_000_000;
pub(crate) const ADA: &str = "ada@example.com";

pub(crate) struct Org {
    pub(crate) sim: OktaSim,
    pub(crate) okta: Connected,
    pub(crate) clock: Clock,
    faults: SimFaults,
}

/// An org in which Ada is a user whom the identity source brought.
pub(crate) fn org(status: UserStatus) -> Org {
    let clock = Clock::starting_at(NOW_MS, 1.0);
    let faults = SimFaults::none();
    let mut config = OktaSimConfig::new(clock.clone());
    (config.faults, config.limits) = (faults.clone(), RateLimits::off());
    let sim = OktaSim::new(config);
    let profile = [("userName", ADA), ("email", ADA), ("firstName", "Ada"), ("lastName", "Lovelace")];
    let profile = profile.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    sim.seed([SeedUser { external_id: "1".to_owned(), profile, status }]);
    let transport = Arc::new(SimTransport::new(&clock).host(URL, sim.router()));
    let okta = connector()
        .connect(&by_token(&sim, URL), Means::new(transport, clock.clone()))
        .expect("complete settings");
    Org { sim, okta, clock, faults }
}

impl Org {
    pub(crate) async fn try_card(&self, id: &str, inputs: &str) -> Result<Record, Fault> {
        let inputs = parse_json(inputs).expect("inputs are JSON");
        direct::perform(&effect_cards(), &format!("okta.{id}"), &inputs, &self.okta.connection).await
    }

    pub(crate) async fn card(&self, id: &str, inputs: &str) -> Value {
        self.try_card(id, inputs).await.map(Value::from).unwrap_or_else(|fault| panic!("{id}: {fault}"))
    }

    async fn refused(&self, id: &str, inputs: &str) -> String {
        self.try_card(id, inputs).await.expect_err(id).message.to_string()
    }

    fn fault(&self, fault: &str) {
        self.faults.add(fault.parse().expect("a fault"));
    }

    fn status(&self) -> Option<UserStatus> {
        self.sim.user("1").map(|user| user.status)
    }

    async fn group(&self, name: &str) -> String {
        text(&self.card("create_group", &format!(r#"{{"name":"{name}"}}"#)).await, "id")
    }

    async fn app(&self) -> String {
        text(&self.card("search_applications", r#"{"result_set":"first","query":"Intranet"}"#).await, "id")
    }
}

pub(crate) fn text(value: &Value, path: &str) -> String {
    get(value, path).to_string()
}

fn length(value: &Value, path: &str) -> usize {
    get(value, path).as_list().map_or(0, <[Value]>::len)
}

/// Every step of a user's life: from which statuses it may be taken, and where it leads.
#[tokio::test(start_paused = true)]
async fn steps_are_taken_from_the_right_statuses_only() {
    use UserStatus::*;
    const ALL: [UserStatus; 8] =
        [Staged, Provisioned, Active, Recovery, LockedOut, PasswordExpired, Suspended, Deprovisioned];
    let table: [(&str, &[UserStatus], UserStatus, &str); 7] = [
        ("activate_user", &[Staged, Deprovisioned], Provisioned, "E0000016"),
        ("deactivate_user", &ALL[..7], Deprovisioned, "E0000001"),
        ("suspend_user", &[Active], Suspended, "E0000001"),
        ("unsuspend_user", &[Suspended], Active, "E0000001"),
        ("unlock_user", &[LockedOut], Active, "E0000032"),
        ("expire_password", &ALL[..6], PasswordExpired, "E0000038"),
        (
            "reset_password",
            &[Provisioned, Active, Recovery, LockedOut, PasswordExpired],
            Recovery,
            "E0000038",
        ),
    ];
    for (card, from, to, code) in table {
        for status in ALL {
            let org = org(status);
            let mails = if card == "activate_user" { r#","send_email":"No""# } else { "" };
            let ended = org.try_card(card, &format!(r#"{{"id_or_login":"{ADA}"{mails}}}"#)).await;
            if from.contains(&status) {
                let done =
                    Value::from(ended.unwrap_or_else(|fault| panic!("{card} from {status:?}: {fault}")));
                assert_eq!(text(&done, "status_code"), "200", "{card} from {status:?}");
                assert_eq!(org.status(), Some(to), "{card} from {status:?}");
            } else {
                let fault = ended.expect_err(card);
                assert!(fault.message.contains(code), "{card} from {status:?}: {fault}");
                assert_eq!(org.status(), Some(status), "{card} from {status:?}");
            }
        }
    }
}

/// A lost answer is settled by reading: each step is taken once, whether its request arrived or not.
#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_settled_by_the_status() {
    for (card, from, to, event) in [
        ("suspend_user", UserStatus::Active, UserStatus::Suspended, "user.lifecycle.suspend"),
        ("unsuspend_user", UserStatus::Suspended, UserStatus::Active, "user.lifecycle.unsuspend"),
        ("deactivate_user", UserStatus::Active, UserStatus::Deprovisioned, "user.lifecycle.deactivate"),
        ("unlock_user", UserStatus::LockedOut, UserStatus::Active, "user.account.unlock"),
    ] {
        for kind in ["drop", "drop-before", "server-error", "bad-gateway"] {
            let org = org(from);
            org.fault(&format!("{kind}@lifecycle"));
            let done = org.card(card, &format!(r#"{{"id_or_login":"{ADA}"}}"#)).await;
            assert_eq!(text(&done, "status_code"), "200", "{card} {kind}");
            assert_eq!((org.status(), org.sim.events(event)), (Some(to), 1), "{card} {kind}");
        }
    }
}

/// The second deletion would delete for good, so none is ever repeated.
#[tokio::test(start_paused = true)]
async fn a_deletion_is_never_repeated() {
    let delete = format!(r#"{{"id_or_login":"{ADA}"}}"#);
    for kind in ["drop", "server-error"] {
        let org = org(UserStatus::Active);
        org.fault(&format!("{kind}@DELETE"));
        let fault = org.try_card("delete_user", &delete).await.expect_err(kind);
        assert!(fault.message.contains("it is not known whether it took effect"), "{fault}");
        assert!(fault.help.as_ref().is_some_and(|help| help.contains("the user is ")), "{fault:?}");
        assert_eq!(org.sim.user_count(), 1, "{kind}");
    }
    // Gone is gone.
    let org = org(UserStatus::Deprovisioned);
    org.fault("drop@DELETE");
    assert_eq!(text(&org.card("delete_user", &delete).await, "status_code"), "204");
    assert_eq!((org.sim.user_count(), org.sim.user("1")), (0, None));
    assert!(org.refused("read_user", &delete).await.contains("E0000007"));
}

/// What is not idempotent is not sent twice, and says so.
#[tokio::test(start_paused = true)]
async fn nothing_is_created_twice() {
    let org = org(UserStatus::Active);
    org.fault("drop@POST /api/v1/users");
    let bob = r#"{"login":"bob@example.com","email":"bob@example.com","first_name":"Bob","last_name":"Ross","password":"L0ngEnough"}"#;
    let fault = org.try_card("create_user", bob).await.expect_err("the answer is lost");
    assert!(fault.help.as_ref().is_some_and(|help| help.contains("read the user by the login")), "{fault:?}");
    assert_eq!((org.sim.user_count(), org.sim.events("user.lifecycle.create")), (2, 1));
    let found = org.card("read_user", r#"{"id_or_login":"bob@example.com"}"#).await;
    assert_eq!(text(&found, "status"), "ACTIVE");
    assert!(!format!("{fault:?}").contains("L0ngEnough"));

    org.fault("drop@POST /api/v1/groups");
    org.try_card("create_group", r#"{"name":"Readers"}"#).await.expect_err("the answer is lost");
    assert_eq!(org.sim.events("group.lifecycle.create"), 1);

    org.fault("drop@reset_password");
    org.try_card("reset_password", &format!(r#"{{"id_or_login":"{ADA}"}}"#)).await.expect_err("lost");
    assert_eq!(org.sim.events("user.account.reset_password"), 1);
}

/// An imported user joins a group, gets an application through it, and loses both when the group goes.
#[tokio::test(start_paused = true)]
async fn groups_and_applications_know_imported_users() {
    let org = org(UserStatus::Active);
    let (group, app) = (org.group("Readers").await, org.app().await);
    let user = text(&org.card("read_user", &format!(r#"{{"id_or_login":"{ADA}"}}"#)).await, "id");
    let both = format!(r#"{{"group_id":"{group}","user_id":"{user}"}}"#);
    for _ in 0..2 {
        assert_eq!(text(&org.card("add_user_to_group", &both).await, "status"), "204");
    }
    assert_eq!(org.sim.events("group.user_membership.add"), 1);
    let members = org.card("list_group_members", &format!(r#"{{"group_id":"{group}"}}"#)).await;
    assert_eq!(text(&members, "users.0.Login"), ADA);
    let groups = org.card("get_users_groups", &format!(r#"{{"user_id":"{user}"}}"#)).await;
    // Everybody is in Everyone.
    assert_eq!(text(&groups, "groups.0.Profile.Name"), "Everyone");
    assert_eq!(text(&groups, "groups.1.Profile.Name"), "Readers");

    let assigned = format!(r#"{{"application_id":"{app}","user_id":"{user}"}}"#);
    assert!(org.refused("get_assigned_user_for_application", &assigned).await.contains("(AppUser)"));
    let grant = format!(r#"{{"application_id":"{app}","group_id":"{group}"}}"#);
    org.card("assign_group_to_application", &grant).await;
    let through = org.card("get_assigned_user_for_application", &assigned).await;
    assert_eq!(
        (text(&through, "scope"), text(&through, "credentials.Username")),
        ("GROUP".into(), ADA.into())
    );
    let fault = org.refused("remove_user_from_application", &assigned).await;
    assert!(fault.contains("E0000006"), "{fault}");
    let own = org.card("assign_user_to_application_for_sso", &assigned).await;
    assert_eq!(text(&own, "scope"), "USER");
    let users = org
        .card(
            "list_users_assigned_to_application",
            &format!(r#"{{"application_id":"{app}","result_set":"first_500"}}"#),
        )
        .await;
    assert_eq!(length(&users, "users"), 1);

    org.fault("drop@DELETE");
    assert_eq!(text(&org.card("remove_user_from_application", &assigned).await, "status"), "204");
    assert_eq!(org.sim.events("application.user_membership.remove"), 1);
    // Deactivated, the user stays in groups, and is in no application (connectors/okta/tests/imports.rs has the sources).
    org.card("deactivate_user", &format!(r#"{{"id_or_login":"{user}"}}"#)).await;
    let members = org.card("list_group_members", &format!(r#"{{"group_id":"{group}"}}"#)).await;
    assert_eq!(text(&members, "users.0.Status"), "DEPROVISIONED");
    assert!(org.refused("get_assigned_user_for_application", &assigned).await.contains("(AppUser)"));
    let path = format!(r#"{{"method":"DELETE","relative_url":"/api/v1/groups/{group}"}}"#);
    org.card("custom_api_action", &path).await;
    assert!(org.refused("get_assigned_user_for_application", &assigned).await.contains("E0000007"));
    let logs = r#"{"result_set":"first_200","custom_filter":"eventType sw \"group.\""}"#;
    let logs = org.card("search_system_logs", logs).await;
    let types: Vec<String> = (0..length(&logs, "system_logs"))
        .map(|place| text(&logs, &format!("system_logs.{place}.Event Type")))
        .collect();
    assert_eq!(
        types,
        [
            "group.lifecycle.create",
            "group.user_membership.add",
            "group.application_assignment.add",
            "group.lifecycle.delete"
        ]
    );
}

/// Lists go on over pages, a first one stops at the first record, and a blank search of one is refused.
#[tokio::test(start_paused = true)]
async fn result_sets_reach_as_far_as_they_say() {
    let org = org(UserStatus::Active);
    for number in 0..205 {
        org.group(&format!("Team {number}")).await;
        org.sim.add_application(&format!("Tool {number}"));
    }
    for (result_set, wanted) in [("first_200", 200), ("all", 205)] {
        let found =
            org.card("search_groups", &format!(r#"{{"result_set":"{result_set}","query":"team"}}"#)).await;
        assert_eq!(length(&found, "groups"), wanted, "{result_set}");
    }
    let exact = org.card("search_groups", r#"{"result_set":"first","name":"team 7"}"#).await;
    assert_eq!(text(&exact, "profile.Name"), "Team 7");
    let page = direct::page(
        &effect_cards(),
        "okta.list_applications",
        &parse_json(r#"{"result_set":"stream"}"#).expect("JSON"),
        Cursor::First,
        &org.okta.connection,
    )
    .await
    .expect("a page");
    assert_eq!((page.records.len(), page.next.is_some()), (200, true));
    for (card, inputs, why) in [
        ("search_groups", r#"{"result_set":"first","name":" "}"#, "nothing to look for"),
        ("search_applications", r#"{"result_set":"first","query":""}"#, "is blank"),
        ("search_users", r#"{"result_set":"first","query":" "}"#, "is blank"),
        ("list_users_with_filter", r#"{"result_set":"first","id":""}"#, "nothing to filter by"),
        ("search_groups", r#"{"result_set":"all","name":"a","query":"b"}"#, "either `query`"),
        ("delete_user", r#"{"id_or_login":" "}"#, "is blank"),
        ("read_group", r#"{"group_id":""}"#, "is blank"),
    ] {
        let before = org.sim.traffic().count("/api/v1/");
        let fault = org.refused(card, inputs).await;
        assert!(fault.contains(why), "{card}: {fault}");
        assert_eq!(org.sim.traffic().count("/api/v1/"), before, "{card} sent something");
    }
}

/// A value in a filter is a value, whatever it has in it.
#[tokio::test(start_paused = true)]
async fn values_are_quoted() {
    let org = org(UserStatus::Active);
    let inputs = r#"{"result_set":"all","last_name":"x\" or status eq \"ACTIVE"}"#;
    assert_eq!(length(&org.card("list_users_with_filter", inputs).await, "users"), 0);
    let inputs = r#"{"result_set":"all","name":"x\" or type eq \"OKTA_GROUP"}"#;
    org.group("Readers").await;
    assert_eq!(length(&org.card("search_groups", inputs).await, "groups"), 0);
}

/// A lost answer: whoever was assigned before gets the new profile all the same, by an update, and nobody is assigned twice.
#[tokio::test(start_paused = true)]
async fn a_profile_arrives_although_the_answer_is_lost() {
    let org = org(UserStatus::Active);
    let user = text(&org.card("read_user", &format!(r#"{{"id_or_login":"{ADA}"}}"#)).await, "id");
    let app = org.app().await;
    let given = |role: &str| format!(r#"{{"application_id":"{app}","user_id":"{user}","role":"{role}"}}"#);
    let assign = "assign_user_to_application_for_sso_and_provisioning";
    org.card(assign, &given("Reader")).await;
    org.fault("drop@POST");
    assert_eq!(text(&org.card(assign, &given("Writer")).await, "scope"), "USER");
    let path = format!(r#"{{"relative_url":"/api/v1/apps/{app}/users/{user}"}}"#);
    assert_eq!(text(&org.card("custom_api_action", &path).await, "body.profile.role"), "Writer");
    assert_eq!(org.sim.events("application.user_membership.update"), 1);
}
