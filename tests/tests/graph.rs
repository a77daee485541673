//! Pictures of flows: what is drawn, and that nothing in a picture gets in another thing's way.

use flowrun_tests::{registry, uses};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use flowrun_core::check::uses::Uses;
use flowrun_core::load::load;
use flowrun_core::source::Sources;
use flowrun_project::Project;
use flowrun_views::graph::layout::{Label, Panel, Picture};
use flowrun_views::graph::scene::Scene;
use flowrun_views::graph::{Subject, Theme, mermaid, picture, svg};

/// A flow small enough to read its picture as text.
const HELLO: &str = r#"
name: Greet
description: Says hello.
inputs:
  name: text
  count: { type: number, default: 3, choices: [1, 3] }
outputs: { text: text }
cards:
  - id: greeting
    card: text.compose
    note: The only card that does something.
    with: { text: "Hello, {{ inputs.name }}!" }
  - card: list.for_each
    with: { list: [1, 2], flow: shout, concurrency: 2 }
    pass: { text: $.greeting.text, item: $.item }
  - card: flow_control.return
    with: { text: $.greeting.text }
"#;

/// Every block, and every kind of text that could break out of its place.
const BLOCKS: &str = r#"
name: 'Blocks & "quotes" <all of them> %%{init}%% ]]>'
description: "Lines\nand | pipes; #hashes `ticks` \u0007 and <script>alert(1)</script>"
trigger: { api_endpoint: { method: post, security: token } }
inputs:
  person: { type: object }
  status: { type: text, choices: [active, inactive, onboarding, leave] }
outputs: { color: text }
cards:
  - id: color
    card: branching.if_elseif
    cases:
      - id: green
        when: { value_a: $.inputs.status, operator: ==, value_b: active }
        cards:
          - { card: flow_control.return, with: { color: green } }
      - when: { value_a: $.inputs.status, operator: in, value_b: [leave, onboarding, something else that is long, more] }
        cards:
          - id: deep
            card: branching.if_else
            with: { value_a: $.inputs.person.name, operator: is empty }
            then:
              - id: inner_text_with_a_very_long_identifier_that_does_not_fit_into_the_header
                card: text.compose
                with: { text: "Hello {{ inputs.person.name }}, you are {{ inputs.status }} & <b>" }
              - card: flow_control.return
                with: { color: $.inner_text_with_a_very_long_identifier_that_does_not_fit_into_the_header.text }
            else: []
    else:
      - { card: flow_control.return, with: { color: red } }
    outputs: { color: text }
  - id: safe
    card: error_handling.if_error
    try:
      - id: answer
        card: api_connector.post
        retry: { times: 3, wait: [1s, 5s], on: any }
        timeout: 30s
        on_error: { call: report_error, pass: { what: $.inputs.status } }
        with:
          url: "https://example.com/{{ color.color }}"
          body: { color: $.color.color, list: [1, $.inputs.person, x], c: "{{ inputs.status }}" }
    catch: []
    outputs:
      code: { try: $.answer.status_code, catch: 500 }
      text: { try: fine, catch: $.error.message }
  - card: branching.continue_if
    with: { value_a: $.safe.code, operator: "<", value_b: 400, message: "not\nsent" }
  - card: no_such.card_at_all
    with: { a: $.nowhere.b, c: "{{ broken", d: $.color.color }
  - card: flow_control.return
    with: { color: "{{ color.color }}", x: "", n: null, "漢字 as a name that is long as well": 漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字 }
"#;

/// What is told in an author's words: a card's title, an event, the name of a helper, what rows are searched by.
const SAID: &str = r#"#### file: flowrun.yaml
tables: { joiners: { columns: { Email: text, Department: text } } }
#### file: joined.yaml
name: Joined a group
trigger: { event: { event: okta.user_added_to_group, with: { groupID: 00g1 } } }
inputs: { alternateId: text }
cards:
  - id: search
    title: Is he in the list? (VIP)
    card: tables.search_rows
    with:
      table: joiners
      where:
        any:
          - { column: Email, operator: "=", value: $.inputs.alternateId }
          - all: [{ column: Department, operator: is not empty }, { column: Department, operator: "!=", value: Sales }]
  - { id: url_of_api_2, card: text.compose, with: { text: $.search.count } }
  - { card: flow_control.call_flow, with: { flow: tell }, pass: { text: $.url_of_api_2.text } }
#### file: tell.yaml
name: "[helper] Tell the team"
inputs: { text: text }
cards: []
"#;

/// Flows that stand in cards, one of them in a card of the other.
const INLINE: &str = r#"
name: Flows in cards
inputs: { teams: list of object, greeting: text }
cards:
  - id: letters
    card: list.map
    with:
      list: $.inputs.teams
      flow:
        inputs: { team: object, greeting: text }
        cards:
          - id: people
            card: list.map
            with:
              list: $.inputs.team.people
              flow:
                inputs: { person: text, greeting: text }
                cards:
                  - { id: made, card: text.compose, with: { text: "{{ inputs.greeting }}, {{ inputs.person }}!" } }
                  - { card: flow_control.return, with: { text: $.made.text } }
            pass: { person: $.item, greeting: $.inputs.greeting }
          - { card: flow_control.return, with: { letters: $.people.list } }
    pass: { team: $.item, greeting: $.inputs.greeting }
  - id: count
    card: list.length
    with: { list: $.letters.list }
  - { card: flow_control.return, with: { count: $.count.length, letters: $.letters.list } }
"#;

/// A flow and what it uses.
struct Looked {
    project: Rc<Project>,
    uses: Rc<Uses>,
    at: usize,
}

impl Looked {
    fn subject(&self) -> Subject<'_> {
        Subject::of(&self.project, self.at, &self.uses, registry().catalog())
    }
}

fn flow(text: &str) -> Looked {
    let mut sources = Sources::default();
    sources.add("flow.yaml", text);
    of_sources(sources)
}

fn of_sources(sources: Sources) -> Looked {
    let (model, found) = load(&sources, registry().catalog());
    looked(Project {
        root: PathBuf::new(),
        sources,
        model,
        found,
        troubles: Vec::new(),
        export: None,
        tests: Vec::new(),
    })
    .remove(0)
}

fn looked(project: Project) -> Vec<Looked> {
    let (uses, project) = (Rc::new(uses(&project)), Rc::new(project));
    let flows = 0..project.model.flows.len();
    flows.map(|at| Looked { project: project.clone(), uses: uses.clone(), at }).collect()
}

/// A long flow in which cards read others from all over it.
fn long(cards: usize) -> Looked {
    let mut text = String::from("name: Long\ninputs: { start: number }\ncards:\n");
    let mut chance = 7_usize;
    for index in 0..cards {
        let mut pick = || {
            chance = (chance * 1_103_515_245 + 12_345) % 2_147_483_648;
            if index == 0 || chance.is_multiple_of(7) {
                "inputs.start".to_owned()
            } else {
                format!("c{}.total", chance / 8 % index)
            }
        };
        let (a, b) = (pick(), pick());
        text.push_str(&format!(
            "  - id: c{index}\n    card: number.add\n    with: {{ a: $.{a}, b: $.{b} }}\n"
        ));
    }
    flow(&text)
}

/// The picture without its style sheet, which is the same in every one.
fn drawn(flow: &Looked) -> String {
    let picture = svg(flow.subject(), Theme::Auto);
    let (before, rest) = picture.split_once("<style>").unwrap();
    format!("{before}<style>…{}", &rest[rest.find("</style>").unwrap()..])
}

#[test]
fn a_small_flow_as_svg() {
    insta::assert_snapshot!(drawn(&flow(HELLO)));
}

#[test]
fn flows_as_mermaid() {
    insta::assert_snapshot!(format!(
        "{}",
        [HELLO, BLOCKS].map(flow).map(|flow| mermaid(flow.subject())).join("\n")
    ));
}

#[test]
fn cards_events_and_helpers_go_by_their_titles() {
    let said = of_sources(flowrun_tests::sources(SAID));
    insta::assert_snapshot!(mermaid(said.subject()));
}

#[test]
fn a_flow_in_a_card_is_drawn_within_it() {
    let inline = flow(INLINE);
    insta::assert_snapshot!(format!("{}\n{}", mermaid(inline.subject()), drawn(&inline)));
}

#[test]
fn texts_stay_texts() {
    let drawn = drawn(&flow(BLOCKS));
    assert!(!drawn.contains("<script") && drawn.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(drawn.contains("Blocks &amp; &quot;quotes&quot; &lt;all of them&gt;"));
    assert!(!drawn.chars().any(|c| c.is_control() && c != '\n'));
    // Every element is closed by its own end.
    let mut open = Vec::new();
    for tag in drawn.split('<').skip(1) {
        let tag = tag.split_once('>').unwrap().0;
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None if tag.ends_with('/') => {}
            None => open.push(tag.split(' ').next().unwrap()),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn themes_differ_in_colors_only() {
    let hello = flow(HELLO);
    let drawn = |theme| svg(hello.subject(), theme);
    let (light, dark) = (drawn(Theme::Light), drawn(Theme::Dark));
    assert!(!light.contains("prefers-color-scheme") && !dark.contains("prefers-color-scheme"));
    assert!(drawn(Theme::Auto).contains("prefers-color-scheme:dark"));
    assert_ne!(light, dark);
    assert_eq!(light.split_once("</style>").unwrap().1, dark.split_once("</style>").unwrap().1);
}

#[test]
fn nothing_is_in_the_way() {
    let flows = Path::new(env!("CARGO_MANIFEST_DIR")).join("../flows");
    let mut flows = looked(Project::read(&flows, registry().vocabulary()).unwrap());
    assert!(flows.len() > 5);
    flows.extend([flow(HELLO), flow(BLOCKS), flow(INLINE), long(9), long(36), long(80)]);
    for flow in &flows {
        let subject = flow.subject();
        let picture = picture(subject);
        boxes_keep_apart(&subject.flow.name, &picture);
        texts_fit(&subject.flow.name, &picture);
        wires_keep_off(&subject.flow.name, &picture);
    }
    // At this width the letters can still be read without scrolling sideways.
    let nine = long(9);
    let nine = picture(nine.subject());
    assert!(nine.width <= 1200, "{}", nine.width);
}

#[test]
fn every_flow_of_every_export_is_drawn() {
    let exports = flowrun_tests::shared::exports();
    if exports.is_empty() {
        return;
    }
    let (mut flows, mut wires, mut drawn) = (0, 0, 0);
    for export in &exports {
        for flow in looked(Project::read(export, registry().vocabulary()).unwrap()) {
            let name = format!("{}: {}", export.display(), flow.subject().flow.name.it);
            let scene = Scene::new(flow.subject());
            let picture = Picture::new(&scene);
            boxes_keep_apart(&name, &picture);
            texts_fit(&name, &picture);
            wires_keep_off(&name, &picture);
            assert_eq!(picture.panels.len(), scene.nodes.len(), "{name}: a card is missing");
            flows += 1;
            wires += scene.sources.len();
            drawn += picture.nets.len();
        }
    }
    assert!(flows > 300, "{flows} flows");
    // What has no wire reads a card from within a block that this one is.
    assert!(drawn * 100 >= wires * 98, "{drawn} of {wires} sources have wires");
}

fn holds(outer: &Panel, inner: &Panel) -> bool {
    outer.frame
        && outer.x < inner.x
        && outer.y < inner.y
        && outer.x + outer.width > inner.x + inner.width
        && outer.y + outer.height > inner.y + inner.height
}

fn apart(a: &Panel, b: &Panel) -> bool {
    a.x + a.width < b.x || b.x + b.width < a.x || a.y + a.height < b.y || b.y + b.height < a.y
}

fn boxes_keep_apart(name: &str, picture: &Picture) {
    for (index, a) in picture.panels.iter().enumerate() {
        let inside = a.x > 0 && a.y > 0 && a.x + a.width < picture.width && a.y + a.height < picture.height;
        assert!(inside, "{name}: {a:?} leaves the picture");
        for b in &picture.panels[index + 1..] {
            assert!(apart(a, b) || holds(a, b), "{name}: {a:?} overlaps {b:?}");
        }
    }
}

/// A text's left, upper, right and lower edge.
fn edges(label: &Label) -> (i32, i32, i32, i32) {
    let left = label.x;
    (left, label.y - label.font.size * 3 / 4, left + label.width(), label.y + label.font.size / 4)
}

fn texts_fit(name: &str, picture: &Picture) {
    for (index, label) in picture.labels.iter().enumerate() {
        assert!(label.width() <= label.room, "{name}: {label:?} is {} wide", label.width());
        let (left, top, right, bottom) = edges(label);
        assert!(
            left >= 0 && right <= picture.width && bottom <= picture.height,
            "{name}: {label:?} leaves the picture"
        );
        // Apart from the heading, a text lies within the innermost box that it starts in.
        let around = picture
            .panels
            .iter()
            .rev()
            .find(|b| (b.x..b.x + b.width).contains(&left) && (b.y..b.y + b.height).contains(&label.y));
        match around {
            Some(b) => {
                assert!(right <= b.x + b.width && bottom <= b.y + b.height, "{name}: {label:?} leaves {b:?}")
            }
            None => assert!(matches!(label.class, "name" | "about"), "{name}: {label:?} is in no box"),
        }
        for other in &picture.labels[index + 1..] {
            let (x, y, to, down) = edges(other);
            let apart = right <= x || to <= left || bottom <= y || down <= top;
            assert!(apart || label.width() == 0 || other.width() == 0, "{name}: {label:?} is on {other:?}");
        }
    }
}

fn wires_keep_off(name: &str, picture: &Picture) {
    // Each wire's net, and the two ends of each straight piece.
    type Piece = (usize, (i32, i32), (i32, i32));
    let mut pieces: Vec<Piece> = Vec::new();
    for net in &picture.nets {
        assert_eq!(net.paths.len(), net.ends.len(), "{name}: a wire of source {} leads nowhere", net.source);
        for (path, end) in net.paths.iter().zip(&net.ends) {
            assert_eq!((path.first(), path.last()), (Some(&net.start), Some(end)), "{name}");
            pieces.extend(path.windows(2).map(|ends| (net.source, ends[0], ends[1])));
        }
    }
    pieces.sort_unstable();
    pieces.dedup();
    for (_, from, to) in &pieces {
        let level = from.1 == to.1;
        assert!(level || from.0 == to.0, "{name}: {from:?} to {to:?} is slanted");
    }
    for (net, from, to) in &pieces {
        let (left, right) = (from.0.min(to.0), from.0.max(to.0));
        let (top, bottom) = (from.1.min(to.1), from.1.max(to.1));
        for label in &picture.labels {
            let (x, y, end, down) = edges(label);
            let off = right < x || end < left || bottom < y || down < top;
            assert!(off, "{name}: a wire of source {net} runs through {label:?}");
        }
        for card in picture.panels.iter().filter(|panel| !panel.frame) {
            let off = right <= card.x
                || card.x + card.width <= left
                || bottom <= card.y
                || card.y + card.height <= top;
            assert!(off, "{name}: a wire of source {net} runs through {card:?}");
        }
        for (other, a, b) in &pieces {
            let same_line = (from.0 == to.0 && a.0 == b.0 && a.0 == from.0)
                || (from.1 == to.1 && a.1 == b.1 && a.1 == from.1);
            let touching = a.0.min(b.0) <= right
                && left <= a.0.max(b.0)
                && a.1.min(b.1) <= bottom
                && top <= a.1.max(b.1);
            assert!(
                net == other || !(same_line && touching),
                "{name}: wires of sources {net} and {other} share a line"
            );
        }
    }
}
