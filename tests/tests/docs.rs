//! The pages that `docs` and `graph --html` write: what they tell, that every link leads somewhere, and that no text of a
//! project becomes more than a text.

use flowrun_tests::{registry, uses};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use flowrun_project::Project;
use flowrun_tests::shared::exports;
use flowrun_tests::{Ran, flowrun, sources};
use flowrun_views::docs::pages;
use flowrun_views::graph::{Subject, Theme, page, svg};
use tempfile::TempDir;

const PROJECT: &str = r##"#### file: flowrun.yaml
name: Joiners
description: What happens when somebody joins.
connections: { okta: okta }
tables:
  joiners: { columns: { login: text, since: date & time } }
#### file: join.yaml
name: Join
description: Notes who joins, and looks them up.
trigger: { schedule: { cron: "0 6 * * *", time_zone: Europe/Berlin } }
cards:
  - id: rows
    card: tables.search_rows
    note: Everybody who was noted.
    with: { table: joiners, result_set: all }
  - card: list.for_each
    with: { list: $.rows.rows, flow: helpers/greet }
    pass: { login: $.item.login }
#### file: helpers/greet.yaml
name: Greet
inputs:
  login: { type: text, description: Whom to greet. }
  tone: { type: text, default: kind, choices: [kind, short] }
outputs: { name: text }
cards:
  - id: user
    card: okta.read_user
    with: { id_or_login: $.inputs.login }
    outputs: { firstName: text }
  - card: tables.create_row
    with: { table: joiners, login: $.inputs.login }
  - card: okta.activate_user
    with: { id: $.user.id, send_email: true }
  - card: external.slack.send_message
    with: { text: "Hello {{ user.firstName }}" }
  - card: flow_control.return
    with: { name: $.user.firstName }
"##;

/// Everything that a text could try to become.
const HOSTILE: &str = r##"#### file: flowrun.yaml
name: '</title><script>alert(1)</script>'
#### file: a.yaml
name: '"><img src=x onerror=alert(1)> </script> [x](javascript:alert(1)) `code` | </svg>'
description: "# not a heading\n\n<iframe src=//evil> ![p](http://evil/p.png) {{ x }}"
inputs: { "a`|b<i>": { type: text, description: "| <b>x</b>", default: "`` | <u>" } }
cards:
  - card: flow_control.call_flow
    note: "</title><script>alert(2)</script> --> ]]>"
    with: { flow: b }
#### file: b.yaml
name: 'b" click f0 "javascript:alert(1)"'
cards:
  - { id: x, card: text.compose, with: { text: '</text></svg><script>alert(3)</script>' } }
"##;

fn project(case: &str) -> (TempDir, Project) {
    let folder = tempfile::tempdir().unwrap();
    for (_, source) in sources(case).iter() {
        let path = folder.path().join(&*source.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &*source.text).unwrap();
    }
    let project = Project::read(folder.path(), registry().vocabulary()).unwrap();
    (folder, project)
}

fn run(args: &[&str]) -> Ran {
    flowrun(args, BTreeMap::new())
}

fn described(project: &Project) -> BTreeMap<String, String> {
    let pages = pages(project, &uses(project), &project.title(Path::new("x")), registry().catalog());
    let count = pages.len();
    let pages: BTreeMap<String, String> = pages.into_iter().collect();
    assert_eq!(pages.len(), count, "two pages have the same name");
    pages
}

/// The addresses of all links and pictures of a Markdown page.
fn links(page: &str) -> Vec<&str> {
    page.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(address, _)| address).collect()
}

/// Every link of every page and picture leads to one of them.
fn links_lead_somewhere(name: &str, pages: &BTreeMap<String, String>) {
    for (file, text) in pages {
        let found: Vec<&str> = match file.ends_with(".svg") {
            true => text.split("<a href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect(),
            false => links(text),
        };
        for link in found {
            let mut at: Vec<&str> = file.split('/').collect();
            at.pop();
            for part in link.split('/') {
                match part {
                    ".." => assert!(at.pop().is_some(), "{name}: {file} leads out of the folder: {link}"),
                    part => at.push(part),
                }
            }
            assert!(pages.contains_key(&at.join("/")), "{name}: {file} leads to {link}, which is not there");
        }
    }
}

/// Every link within a page leads to something that it has.
fn anchors_lead_somewhere(name: &str, page: &str) {
    let cut = |before: &str| -> BTreeSet<&str> {
        page.split(before).skip(1).filter_map(|rest| rest.split('"').next()).collect()
    };
    let (links, there) = (cut("href=\"#"), cut("<section id=\""));
    assert!(links.is_subset(&there), "{name}: {:?}", links.difference(&there));
    assert_eq!(
        page.matches("href=\"").count(),
        page.matches("href=\"#").count(),
        "{name}: a link leads outside"
    );
}

#[test]
fn a_project_as_pages() {
    let (_folder, project) = project(PROJECT);
    let pages = described(&project);
    links_lead_somewhere("joiners", &pages);
    let names: Vec<&String> = pages.keys().collect();
    assert_eq!(names, ["README.md", "helpers/greet.md", "helpers/greet.svg", "join.md", "join.svg"]);
    let shown = pages.iter().filter(|(name, _)| name.ends_with(".md"));
    insta::assert_snapshot!(shown.map(|(name, text)| format!("──── {name}\n{text}\n")).collect::<String>());
}

#[test]
fn a_project_as_one_page() {
    let (_folder, project) = project(PROJECT);
    let page = page(&project, &uses(&project), "Joiners", registry().catalog(), Theme::Auto);
    anchors_lead_somewhere("joiners", &page);
    assert!(!page.contains("src="), "nothing is loaded from elsewhere");
    let list = page.split_once("<nav").unwrap().1.split_once("<button").unwrap().0;
    insta::assert_snapshot!(list);
}

#[test]
fn texts_stay_texts() {
    let (_folder, project) = project(HOSTILE);
    let page =
        page(&project, &uses(&project), &project.title(Path::new("x")), registry().catalog(), Theme::Auto);
    anchors_lead_somewhere("hostile", &page);
    assert_eq!(page.matches("<script").count(), 1, "only the page's own script");
    assert_eq!(page.matches("</script").count(), 1);
    assert!(!page.contains("<img") && !page.contains("<iframe"));
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"));
    // Of the pictures none is closed early.
    assert_eq!(page.matches("<svg").count(), 2);
    assert_eq!(page.matches("</svg>").count(), 2);
    let pages = described(&project);
    links_lead_somewhere("hostile", &pages);
    for (name, text) in pages.iter().filter(|(name, _)| name.ends_with(".md")) {
        // What stands in code is no markup.
        let outside: String = text.split('`').step_by(2).collect();
        for tag in ["<img", "<script", "<iframe", "<b>", "</"] {
            assert!(!outside.contains(tag), "{name} has {tag}: {text}");
        }
        assert!(!text.contains("](javascript") && !text.contains("](http"), "{name}: {text}");
        let headings = text.lines().filter(|line| line.starts_with("# ")).count();
        assert_eq!(headings, 1, "{name}: {text}");
    }
    insta::assert_snapshot!(format!("{}\n────\n{}", pages["README.md"], pages["a.md"]));
}

#[test]
fn only_an_empty_folder_is_written_to() {
    let (folder, _) = project(PROJECT);
    let into = tempfile::tempdir().unwrap();
    fs::write(into.path().join("mine.txt"), "mine").unwrap();
    let (from, to) = (folder.path().display().to_string(), into.path().display().to_string());
    let refused = run(&["docs", &from, "-o", &to]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("is not empty") && refused.stderr.contains("--force"), "{refused:?}");
    assert_eq!(fs::read_dir(into.path()).unwrap().count(), 1);
    let done = run(&["docs", &from, "-o", &to, "--force"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(into.path().join("helpers/greet.svg").is_file());
    assert_eq!(fs::read_to_string(into.path().join("mine.txt")).unwrap(), "mine");
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_out_of_the_folder() {
    let (folder, _) = project(PROJECT);
    let (into, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::os::unix::fs::symlink(elsewhere.path(), into.path().join("helpers")).unwrap();
    let (from, to) = (folder.path().display().to_string(), into.path().display().to_string());
    let refused = run(&["docs", &from, "-o", &to, "--force"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("is a link"), "{refused:?}");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[test]
fn every_export_is_described() {
    let exports = exports();
    if exports.is_empty() {
        return;
    }
    let catalog = registry().catalog();
    let mut calls = 0;
    for export in &exports {
        let project = Project::read(export, registry().vocabulary()).unwrap();
        let name = export.display().to_string();
        let pages = described(&project);
        assert_eq!(pages.len(), 2 * project.model.flows.len() + 1, "{name}");
        links_lead_somewhere(&name, &pages);
        calls += pages["README.md"].matches(" --> ").count();
        let page = page(&project, &uses(&project), &project.title(export), catalog, Theme::Auto);
        anchors_lead_somewhere(&name, &page);
        assert_eq!(page.matches("<script").count(), 1, "{name}");
    }
    assert!(calls > 100, "{calls} calls of helper flows");
    // By the command line a flow of an export is found by its name, and without one the flows are listed.
    let many = exports.iter().map(|export| (export, Project::read(export, registry().vocabulary()).unwrap()));
    let (export, project) = many.into_iter().find(|(_, project)| project.model.flows.len() > 1).unwrap();
    let export = export.display().to_string();
    let drawn = run(&["graph", &export, "--flow", &project.model.flows[1].path]);
    assert_eq!(
        (drawn.code, drawn.stdout),
        (0, svg(Subject::of(&project, 1, &uses(&project), catalog), Theme::Auto))
    );
    let refused = run(&["graph", &export]);
    assert!(refused.code == 2 && refused.stderr.contains("name one with --flow"), "{refused:?}");
}

/// A mistake in one flow hides no other; of its own flow what could be read is shown, and that something is missing. A credential is read, so
/// nothing is missing, and never shown.
#[test]
fn what_can_be_read_is_shown() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    // As a double it would be 2: what is drawn must not say so.
    let broken = "name: Broken\ncards:\n  - { card: number.add, with: { a: 9007199254740993, b: 1 } }\n  - { card: number.round, with: { number: 4 } }\n";
    let token = concat!("00abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMN");
    let secret = format!(
        "name: Secret\ncards:\n  - {{ card: api_connector.get, with: {{ url: \"https://a.example\", headers: {{ Authorization: SSWS {token} }} }} }}\n"
    );
    let whole = "name: Whole\ncards:\n  - { card: text.compose, with: { text: a } }\n";
    for (side, whole) in [("old", whole.to_owned()), ("new", whole.replace("text: a", "text: b"))] {
        fs::create_dir(at(side)).unwrap();
        for (file, text) in [("broken", broken), ("secret", secret.as_str()), ("whole", whole.as_str())] {
            fs::write(format!("{}/{file}.yaml", at(side)), text).unwrap();
        }
        fs::write(format!("{}/flowrun.yaml", at(side)), "connections: { api: api_connector }\n").unwrap();
    }
    let said = "Parts of this flow could not be read";

    let ran = run(&["docs", &at("old"), "-o", &at("pages")]);
    assert!(ran.code == 2 && ran.stderr.contains("E023") && !ran.stderr.contains("E050"), "{ran:?}");
    let page = |name: &str| fs::read_to_string(format!("{}/{name}.md", at("pages"))).unwrap();
    assert!(page("broken").contains(said) && !page("secret").contains(said) && !page("whole").contains(said));
    assert!(!page("secret").contains(token));

    let ran = run(&["graph", &at("old"), "--html"]);
    assert!(ran.code == 2 && ran.stdout.contains(said) && ran.stdout.contains("Whole"), "{ran:?}");
    let ran = run(&["graph", &format!("{}/broken.yaml", at("old"))]);
    assert!(ran.code == 2 && ran.stdout.contains(said) && ran.stdout.contains("Round"), "{ran:?}");
    assert!(ran.stderr.contains("E023"), "{ran:?}");
    for file in ["secret", "whole"] {
        let ran = run(&["graph", &format!("{}/{file}.yaml", at("old"))]);
        assert!(ran.code == 0 && !ran.stdout.contains(said) && !ran.stdout.contains(token), "{ran:?}");
    }

    let ran = run(&["diff", &at("old"), &at("new")]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stdout.contains("field `text` was `a`, is now `b`") && !ran.stdout.contains("Broken"),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("what can't be read is not compared (1 flow)"), "{ran:?}");
}
