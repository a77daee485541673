//! What `flowrun test` reports to other programs, of the tests in `flow_tests/reports`: one passes, one fails, one can't be run, one is skipped.
//! That others read it too is shown by `tests/readers/run`.

use std::fs;
use std::path::Path;

use flowrun_tests::flowrun;
use regex::Regex;

use crate::flow_tests::{accepted, folder};

/// A report without times and without where files lie.
fn report(form: &str) -> String {
    let path = folder("reports").display().to_string();
    let ran = flowrun(&["test", &path, "--report", &format!("{form}=-")], Default::default());
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    settled(&ran.stdout)
}

fn settled(text: &str) -> String {
    let times = [
        (r#"\btime(stamp)?="[0-9.]+""#, r#"time$1="…""#),
        (r#""took_ms": [0-9.]+"#, r#""took_ms": 0"#),
        (r"\b[0-9]+ ms\b", "… ms"),
        (r"\b[0-9.]+ s</dd>", "… s</dd>"),
    ];
    let text = times.iter().fold(text.to_owned(), |text, (time, settled)| {
        Regex::new(time).unwrap().replace_all(&text, *settled).into_owned()
    });
    text.replace(&format!("{}/", env!("CARGO_MANIFEST_DIR")), "").replace(env!("CARGO_MANIFEST_DIR"), "…")
}

#[test]
fn each_form_says_the_same() {
    for form in ["junit", "tap", "json", "lcov", "cobertura"] {
        accepted(&folder("reports"), form, &report(form));
    }
}

/// The style sheet is that of pictures, and the pictures are shown by the tests of `graph`; here is what is marked in them.
#[test]
fn the_page_shows_it_and_runs_nothing() {
    let page = report("html");
    let plain = Regex::new("(?s)<style>.*?</style>|<svg.*?</svg>").unwrap().replace_all(&page, "…");
    accepted(&folder("reports"), "html", &plain);
    assert!(!page.contains("<script") && page.contains("default-src 'none'"));
    // `then` and the card in it, the loop that had two items each time, and all else.
    let count = |class: &str| page.matches(&format!("class=\"{class}\"")).count();
    assert_eq!(["lane never", "card never", "card partly", "frame partly"].map(count), [1, 1, 1, 1]);
    assert!(page.contains("<title>not reached: no items, one item</title>"));
    assert!(page.contains("<title>Says &lt;hello&gt; &amp; more.</title>"));
}

/// What GitHub reads: docs.github.com/en/actions/reference/workflow-commands-for-github-actions.
#[test]
fn a_workflow_on_github_is_told_by_itself() {
    let kept = tempfile::tempdir().unwrap();
    let summary = kept.path().join("summary.md");
    fs::write(&summary, "# Before\n").unwrap();
    let env = [
        ("GITHUB_ACTIONS".to_owned(), "true".to_owned()),
        ("GITHUB_STEP_SUMMARY".to_owned(), summary.display().to_string()),
    ];
    let path = folder("reports").display().to_string();
    let ran = flowrun(&["test", &path], env.into());
    let annotations: String =
        ran.stdout.lines().filter(|line| line.starts_with("::")).map(|line| format!("{line}\n")).collect();
    let text = format!("{annotations}--- summary\n{}", fs::read_to_string(&summary).unwrap());
    accepted(&folder("reports"), "github", &settled(&text));
    let asked = flowrun(&["test", &path, "--report", "github"], Default::default());
    assert!(asked.stdout.ends_with(&annotations), "{}", asked.stdout);
}

#[test]
fn secrets_are_in_no_report() {
    for form in ["junit", "tap", "json", "html"] {
        let report = report(form);
        // What stands in the test file is drawn with it; what was found is not.
        assert!(report.contains("••••••"), "{form}: {report}");
        assert!(!report.contains("it is hunter2222"), "{form}: {report}");
    }
}

#[test]
fn what_is_asked_for_wrongly_is_told() {
    let path = folder("reports").display().to_string();
    let told = |reports: &[&str]| {
        let reports = reports.iter().flat_map(|report| ["--report", report]);
        let ran =
            flowrun(&["test", &path].into_iter().chain(reports).collect::<Vec<_>>(), Default::default());
        assert_eq!(ran.code, 2, "{}", ran.stdout);
        ran.stderr
    };
    assert!(told(&["jnit=x"]).contains("did you mean `junit`?"));
    assert!(told(&["junit"]).contains("expected a file, as in junit=FILE"));
    assert!(told(&["junit=-", "tap=-"]).contains("more than one report would go to the standard output"));
    let nowhere = Path::new("none").join("x.xml").display().to_string();
    assert!(told(&[&format!("junit={nowhere}")]).contains("can't be written"));
}
