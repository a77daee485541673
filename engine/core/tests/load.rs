//! The loader from outside: texts in, model and mistakes out.

use flowrun_core::card::Catalog;
use flowrun_core::control;
use flowrun_core::diag::{Code, Diagnostic, Style, render};
use flowrun_core::load::{MAX_BYTES, duration, load};
use flowrun_core::model::{At, Expr, Flow, Joined, OnError, Project, Step, Trigger};
use flowrun_core::source::{Sources, Span};
use flowrun_core::value::{Text, Value};

fn project(files: &[(&str, &str)]) -> (Sources, Project, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    for (path, text) in files {
        sources.add(path, text);
    }
    let (project, diagnostics) = load(&sources, &Catalog::new(control::cards()));
    (sources, project, diagnostics)
}

fn flow(text: &str) -> (Sources, Flow, Vec<Diagnostic>) {
    let (sources, mut project, diagnostics) = project(&[("flows/a.yaml", text)]);
    (sources, project.flows.remove(0), diagnostics)
}

/// The flow, which must have no mistakes.
fn good(text: &str) -> (Sources, Flow) {
    let (sources, flow, diagnostics) = flow(text);
    assert!(diagnostics.is_empty(), "{}", render(&diagnostics, &sources, Style { color: false, width: 100 }));
    (sources, flow)
}

/// The mistakes of a flow: code, what its place has, message.
fn mistakes(text: &str) -> Vec<(Code, String, String)> {
    let (sources, _, diagnostics) = flow(text);
    diagnostics.into_iter().map(|d| (d.code, sources.slice(d.span).to_owned(), d.message)).collect()
}

fn field<'f>(step: &'f Step, name: &str) -> &'f At<Expr> {
    &step.with.iter().find(|(field, _)| field.it == name).unwrap().1
}

fn constant(expr: &At<Expr>) -> &Value {
    match &expr.it {
        Expr::Constant(value) => value,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_whole_flow() {
    let (sources, flow) = good(include_str!("flow.yaml"));
    assert_eq!(flow.path, "flows/a");
    assert_eq!(flow.name.it, "Importieren für Müller");
    assert!(
        matches!(&flow.trigger, Trigger::Schedule(s) if s.cron.it == "0 2 * * *" && s.time_zone.as_ref().unwrap().it == "Europe/Berlin")
    );
    let inputs: Vec<_> =
        flow.inputs.iter().map(|i| (&*i.name.it, i.ty.as_ref().map(|t| t.it.to_string()))).collect();
    let text = |t: &str| Some(t.to_owned());
    assert_eq!(inputs, [("importOperation", text("text")), ("Max Records", text("number")), ("free", None)]);
    assert_eq!(flow.inputs[0].choices.len(), 2);
    assert_eq!(flow.inputs[1].default.as_ref().unwrap().it, Value::Number(500_000.0));
    assert_eq!(flow.outputs[0].1.it, "list of object");
    assert_eq!(sources.slice(flow.outputs[0].1.span), "list of object");

    let step = &flow.cards[0];
    assert_eq!((&*step.id.as_ref().unwrap().it, &*step.card.it), ("limits", "flow_control.assign"));
    assert_eq!(constant(field(step, "records")), &Value::Number(10_000.0));
    assert!(
        matches!(&field(step, "application").it, Expr::Template(t) if *t == "{{ vars.identity_source_id }}")
    );
    assert!(matches!(&field(step, "wire").it, Expr::Wire(t) if *t == "$.inputs['Max Records']"));
    assert_eq!(constant(field(step, "escaped")), &Value::from("$.no wire"));
    assert_eq!(constant(field(step, "money")), &Value::from("$5"));
    assert_eq!(constant(field(step, "blank")), &Value::Null);
    assert_eq!(constant(field(step, "yes")), &Value::from("yes"));
    assert_eq!(constant(field(step, "zip")), &Value::from("01067"));
    let Value::Object(nested) = constant(field(step, "constants")) else { panic!() };
    assert_eq!(nested["a"], Value::list(vec![Value::Number(1.0), Value::Bool(true), Value::Null]));
    let Expr::Object(mixed) = &field(step, "mixed").it else { panic!() };
    assert_eq!(constant(&mixed[0].1), &Value::from("x"));
    assert!(matches!(&mixed[1].1.it, Expr::List(items) if matches!(items[1].it, Expr::Wire(_))));
    assert_eq!(step.note.as_ref().unwrap().it, "what the console shows");

    let step = &flow.cards[1];
    assert_eq!(step.connection.as_ref().unwrap().it, "personio");
    assert_eq!(step.pass[0].0.it, "applicationId");
    assert!(
        matches!(&step.on_error.as_ref().unwrap().it, OnError::Call { flow, pass } if flow.it == "clean_up" && pass.len() == 1)
    );
    let retry = &step.retry.as_ref().unwrap().it;
    assert_eq!(retry.times.it, Value::Number(3.0));
    let waits: Vec<_> = retry.wait.as_ref().unwrap().it.as_list().unwrap().iter().map(duration).collect();
    assert_eq!(waits, [Some(5_000), Some(60_000)]);
    assert_eq!(retry.on.as_ref().unwrap().it, "any");
    assert_eq!(duration(&step.timeout.as_ref().unwrap().it), Some(120_000));

    let arms = |step: &Step| {
        step.arms.iter().map(|arm| (arm.name.it.to_string(), arm.cards.len())).collect::<Vec<_>>()
    };
    let named = |name: &str, cards| (name.to_owned(), cards);
    // `else` comes last, wherever it is written.
    assert_eq!(arms(&flow.cards[2]), [named("then", 1), named("else", 0)]);
    assert!(matches!(&flow.cards[2].outputs[0].1.it, Joined::Arms(arms) if arms.len() == 2));
    assert_eq!(arms(&flow.cards[3]), [named("case_1", 1), named("many", 0), named("else", 0)]);
    assert_eq!(flow.cards[3].arms[0].when[1].0.it, "operator");
    assert!(matches!(&flow.cards[3].outputs[0].1.it, Joined::Type(t) if *t == "text"));
    assert_eq!(arms(&flow.cards[4]), [named("try", 1), named("catch", 1)]);
    let inner = &flow.cards[4].arms[1].cards[0];
    assert!(matches!(&inner.on_error.as_ref().unwrap().it, OnError::Return(values) if values.len() == 1));
    assert!(!flow.broken && flow.cards.iter().all(|step| !step.broken));
}

#[test]
fn spans_are_exact_to_the_byte() {
    let text = "name: Grün\r\ncards:\r\n- id: ü1x\r\n  card: \"text.compose\"\r\n  with:\r\n    text: |\r\n      Straße\r\n      {{ x }}\r\n\r\n    'ke''y': {a: [ü, \"b\" ], c: {}} # ]}\r\n";
    let (sources, flow, _) = flow(text);
    let slice = |span: Span| sources.slice(span);
    assert_eq!(slice(flow.name.span), "Grün");
    assert_eq!(slice(flow.span), text);
    let step = &flow.cards[0];
    assert_eq!(slice(step.card.span), "\"text.compose\"");
    assert_eq!(slice(step.id.as_ref().unwrap().span), "ü1x");
    assert_eq!(slice(step.with[0].0.span), "text");
    assert_eq!(slice(step.with[0].1.span), "Straße\r\n      {{ x }}");
    assert!(matches!(&step.with[0].1.it, Expr::Template(t) if *t == "Straße\n{{ x }}\n"));
    assert_eq!((slice(step.with[1].0.span), &*step.with[1].0.it), ("'ke''y'", "ke'y"));
    assert_eq!(slice(step.with[1].1.span), "{a: [ü, \"b\" ], c: {}}");
    assert!(slice(step.span).starts_with("id: ü1x") && slice(step.span).ends_with('}'));
    assert_eq!(sources.line_column(step.id.as_ref().unwrap().span), (3, 7));
    assert_eq!(sources.end_line_column(step.id.as_ref().unwrap().span), (3, 10));
}

#[test]
fn aliases_and_merges_point_at_the_anchor() {
    let (sources, flow) = good(
        "cards:\n- { card: a.b, with: &base { x: $.inputs.a, y: 1 } }\n- { card: a.c, with: *base }\n- card: a.d\n  with:\n    <<: *base\n    y: 2\n",
    );
    let aliased = &flow.cards[1].with[0].1;
    assert!(matches!(aliased.it, Expr::Wire(_)));
    assert_eq!(sources.slice(aliased.span), "$.inputs.a");
    assert_eq!(aliased.span, flow.cards[0].with[0].1.span);
    assert_eq!(sources.slice(flow.cards[1].span), "{ card: a.c, with: *base }");
    let merged = &flow.cards[2];
    assert_eq!(constant(field(merged, "y")), &Value::Number(2.0));
    assert!(matches!(field(merged, "x").it, Expr::Wire(_)));
    assert!(sources.slice(merged.span).ends_with("y: 2"));
}

#[test]
fn limits_hold() {
    let bomb: String = (0..9).fold("a: &a [x, x, x, x, x, x, x, x, x]\n".into(), |text, level| {
        let (name, inner) = ((b'b' + level) as char, (b'a' + level) as char);
        format!("{text}{name}: &{name} [{}]\n", vec![format!("*{inner}"); 9].join(", "))
    });
    let deep = format!("cards: {}{}", "[".repeat(80), "]".repeat(80));
    let deeper = format!("cards: {}", "[".repeat(100_000));
    let steps: String = (0..80).map(|depth| format!("{}a:\n", "  ".repeat(depth))).collect();
    let wide = format!("cards: [{}]", "1,".repeat(150_000));
    let big = format!("cards: []\n#{}", "x".repeat(MAX_BYTES));
    for (text, says) in [
        (&bomb, "aliases make more than 100000 values"),
        (&deep, "more than 64 deep"),
        (&deeper, "more than 64 deep"),
        (&steps, "more than 64 deep"),
        (&wide, "more than 100000 keys and values"),
        (&big, "a file may have 1 MiB"),
    ] {
        let found = mistakes(text);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, Code::TooLarge, "{:?}", found[0].2);
        assert!(found[0].2.contains(says), "{}", found[0].2);
    }
    // What lies within the limits is read, on a thread's small stack too.
    let (_, flow, _) =
        flow(&format!("cards:\n- card: a.b\n  with: {{ x: {}{} }}\n", "[".repeat(59), "]".repeat(59)));
    assert!(matches!(flow.cards[0].with[0].1.it, Expr::Constant(_)));
}

#[test]
fn every_mistake_is_found_and_the_rest_is_read() {
    let text = "\
nam: x
inputs: { a: [1], ' b': text }
outputs: text
cards:
- id: one-two
  card: text.compose
  wiht: { text: hi }
- text
- id: item
- { id: ok, card: a.b, then: { card: c.d }, on_error: retrun, retry: { wait: 1 } }
- { id: ok, card: a.b, timeout: $.x.y, with: { a: 1, a: 2 }, outputs: { x: [] } }
- card: branching.if_elseif
  cases: [{ cards: [] }, { id: else, when: {}, cards: [] }]
- text.split: { text: x }
";
    let found = mistakes(text);
    let found: Vec<(Code, &str, &str)> = found.iter().map(|(c, s, m)| (*c, s.as_str(), m.as_str())).collect();
    assert_eq!(
        found,
        [
            (Code::UnknownKey, "nam", "a flow has no key `nam`"),
            (
                Code::Structure,
                "[1]",
                "expected a type, as `text`, or a mapping with `type` and `default`, found a list"
            ),
            (Code::BadName, "' b'", "\" b\" can't be the name of an input"),
            (Code::Structure, "text", "expected a mapping of outputs and their types, found a text"),
            (Code::UnknownKey, "wiht", "a card has no key `wiht`"),
            (Code::BadName, "one-two", "`one-two` can't be the name of a card"),
            (Code::Structure, "text", "expected a card, found a text"),
            (Code::MissingKey, "id: item", "a card needs the key `card`"),
            (Code::BadName, "item", "`item` can't be the name of a card"),
            (Code::Structure, "{ card: c.d }", "expected a list of cards, found a mapping"),
            (Code::Structure, "retrun", "expected `stop` or `return`, found `retrun`"),
            (Code::MissingKey, "{ wait: 1 }", "`retry` needs the key `times`"),
            (Code::Structure, "$.x.y", "expected a duration, found a wire"),
            (Code::DuplicateName, "a", "`a` is given twice"),
            (
                Code::Structure,
                "[]",
                "expected a type, as `text`, or what each branch gives, as `{ then: …, else: … }`, found a list"
            ),
            (Code::MissingKey, "{ cards: [] }", "a case needs the key `when`"),
            (Code::BadName, "else", "`else` can't be the name of a case"),
            (Code::UnknownKey, "text.split", "a card has no key `text.split`"),
            (Code::DuplicateName, "ok", "two cards have the ID `ok`"),
        ],
        "{found:#?}"
    );
    let (_, flow, _) = flow(text);
    assert!(flow.broken);
    let cards: Vec<_> = flow.cards.iter().map(|step| (&*step.card.it, step.broken)).collect();
    let expected =
        [("text.compose", true), ("", true), ("a.b", true), ("a.b", false), ("branching.if_elseif", true)];
    assert_eq!(cards, expected);
}

#[test]
fn a_file_that_is_no_yaml_is_still_a_flow() {
    let (_, project, diagnostics) = project(&[
        ("b.yaml", "cards: [}"),
        ("a.yml", "cards: []"),
        ("notes.txt", "}{"),
        ("utilities/c.yaml", ""),
        ("a.yaml", "cards: []"),
        ("d.yaml", "- card: a.b"),
    ]);
    let flows: Vec<_> = project.flows.iter().map(|flow| (&*flow.path, flow.broken)).collect();
    assert_eq!(flows, [("a", false), ("b", true), ("d", true), ("utilities/c", true)]);
    let codes: Vec<_> = diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(codes, [Code::Syntax, Code::MissingKey, Code::DuplicateName, Code::Structure]);
}

#[test]
fn the_manifest() {
    let (sources, project, diagnostics) = project(&[(
        "flowrun.yaml",
        "\
name: Personio → Okta
tables:
  temporary_records:
    columns:
      email: text
      Hire Date: { type: date & time }
      active: { type: true/false, default: true }
connections:
  okta: okta
  hr: { connector: personio, base_url: https://api.example, pages: 3 }
vars:
  share: 20
  source: { type: text, env: OKTA_IDENTITY_SOURCE_ID, description: where to }
",
    )]);
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    let manifest = &project.manifest;
    assert!(!manifest.broken);
    assert_eq!(manifest.name.as_ref().unwrap().it, "Personio → Okta");
    let columns = &manifest.tables[0].columns;
    let columns: Vec<_> =
        columns.iter().map(|c| (&*c.name.it, &*c.ty.it, c.default.as_ref().map(|d| d.it.clone()))).collect();
    let expected = [
        ("email", "text", None),
        ("Hire Date", "date & time", None),
        ("active", "true/false", Some(Value::Bool(true))),
    ];
    assert_eq!(columns, expected);
    assert_eq!(sources.slice(manifest.tables[0].columns[1].ty.span), "date & time");
    assert_eq!(manifest.connections[1].connector.it, "personio");
    assert_eq!(manifest.connections[1].settings.len(), 2);
    assert_eq!(manifest.vars[0].value.as_ref().unwrap().it, Value::Number(20.0));
    assert_eq!(manifest.vars[1].env.as_ref().unwrap().it, "OKTA_IDENTITY_SOURCE_ID");
}

#[test]
fn manifest_mistakes_and_secrets() {
    let token = format!("00{}", "aB3_-dE9xY".repeat(4));
    let manifest = format!(
        "\
table: {{}}
tables:
  a: {{ email: text }}
  b: {{ columns: {{ x: {{ default: 1 }} }} }}
connections:
  okta: {{ connector: okta, api_token: abc }}
  o2: {{ connector: okta, comment: 'SSWS {token}', base: $.x }}
  none: {{ base_url: x }}
vars:
  my-var: 1
  s: {{ type: secret, value: hunter2 }}
  t: {token}
"
    );
    let flow = format!(
        "cards:\n- {{ card: a.b, with: {{ clientSecret: xyz, h: [{{ Authorization: SSWS {token} }}] }} }}\n"
    );
    let (sources, project, diagnostics) = project(&[("flowrun.yaml", &manifest), ("a.yaml", &flow)]);
    let found: Vec<_> = diagnostics.iter().map(|d| (d.code, sources.slice(d.span))).collect();
    let ssws = format!("SSWS {token}");
    assert_eq!(
        found,
        [
            (Code::UnknownKey, "table"),
            (Code::UnknownKey, "email"),
            (Code::MissingKey, "{ default: 1 }"),
            (Code::SecretInFile, "abc"),
            (Code::SecretInFile, format!("'{ssws}'").as_str()),
            (Code::Structure, "$.x"),
            (Code::MissingKey, "{ base_url: x }"),
            (Code::BadName, "my-var"),
            (Code::SecretInFile, "hunter2"),
            (Code::SecretInFile, token.as_str()),
            (Code::SecretInFile, "xyz"),
            (Code::SecretInFile, ssws.as_str()),
        ]
    );
    assert!(project.manifest.broken);
    let shown = render(&diagnostics, &sources, Style { color: false, width: 200 });
    for secret in [token.as_str(), "hunter2", "abc", "xyz"] {
        assert!(!shown.contains(secret), "{secret} in\n{shown}");
    }
}

#[test]
fn what_yaml_misreads_is_explained() {
    for (value, says, help) in [
        ("{{ inputs.x }}", "found a template without quotes", "\"{{ inputs.x }}\""),
        ("{{ inputs.x }} and more", "found a template without quotes", "\"{{ inputs.x }}\""),
        ("{% if a %}x{% endif %}", "found a template without quotes", "quotes"),
        ("[$.inputs.list[0]]", "found a wire without quotes", "\"$.inputs.list[0]\""),
        ("$.a.b[?@.c == 'x: y']", "found a wire without quotes", "quotes"),
        (">", "found `>` without quotes", "\">\""),
        (">=", "found `>=` without quotes", "\">=\""),
        ("!=", "found `!=` without quotes", "\"!=\""),
        ("@all", "found `@all` without quotes", "\"@all\""),
        ("*all", "no anchor `all`", "\"*all\""),
        ("\"open", "the quote is not closed", "close"),
        ("{ a: 1", "the `{` is not closed", "`}`"),
        ("a: b", "second `:`", "quotes"),
        ("{ note: first, then second, blank: }", "expected `key: value`, found `then second`", "comma"),
        ("12345678901234567890", "would lose its last digits", "\"12345678901234567890\""),
    ] {
        let (sources, _, diagnostics) =
            flow(&format!("cards:\n- card: a.b\n  with:\n    x: {value}\n    y: 1\n"));
        let shown = render(&diagnostics, &sources, Style { color: false, width: 200 });
        assert_eq!(diagnostics.len(), 1, "{value}\n{shown}");
        assert!(diagnostics[0].message.contains(says), "{value}\n{shown}");
        assert!(diagnostics[0].help.as_ref().unwrap().contains(help), "{value}\n{shown}");
        // The parser may notice later; the place shown is the value's own.
        assert_eq!(sources.line_column(diagnostics[0].span).0, 4, "{value}\n{shown}");
    }
}

#[test]
fn what_the_manual_shows_is_right() {
    let manual = include_str!("../../../docs/language.md");
    let mut shown = 0;
    for block in manual.split("```yaml\n").skip(1) {
        let block = block.split("```").next().unwrap();
        let text = if block.starts_with("- ") { format!("cards:\n{block}") } else { block.to_owned() };
        let path = if block.starts_with("# flowrun.yaml") { "flowrun.yaml" } else { "flow.yaml" };
        let (sources, _, diagnostics) = project(&[(path, &text)]);
        assert!(
            diagnostics.is_empty(),
            "{}",
            render(&diagnostics, &sources, Style { color: false, width: 100 })
        );
        shown += 1;
    }
    assert!(shown > 5);
}

/// Names of the manifest and of the flows with what could be read of each, then what was found.
fn rest(files: &[(&str, &str)]) -> (String, Vec<String>) {
    let mut sources = Sources::default();
    files.iter().for_each(|(path, text)| _ = sources.add(path, text));
    let (project, found) = load(&sources, &Catalog::default());
    let names = |names: Vec<&Text>| names.into_iter().map(|name| &**name).collect::<Vec<_>>().join(" ");
    let mut told = vec![names(project.manifest.tables.iter().map(|table| &table.name.it).collect())];
    for flow in &project.flows {
        let inputs = flow.inputs.iter().map(|input| &input.name.it);
        let cards = flow.all_cards().into_iter().filter_map(|card| Some(&card.id.as_ref()?.it));
        assert!(flow.broken, "{}", flow.path);
        told.push(format!("{}({}): {}", flow.name.it, names(inputs.collect()), names(cards.collect())));
    }
    let found = found.iter().map(|mistake| {
        let (line, _) = sources.line_column(mistake.span);
        format!("{} {}:{line}", mistake.code, sources.get(mistake.span.file).path)
    });
    (told.join("; "), found.collect())
}

#[test]
fn of_a_file_that_is_no_yaml_the_rest_is_read() {
    let card = |id: &str| format!("  - {{ id: {id}, card: a.b }}\n");
    let flow = |broken: &str| {
        format!("name: F\ninputs:\n  x: text\n  y: number\ncards:\n{}{broken}{}", card("one"), card("two"))
    };
    let table = [
        // A card, of which nothing is left.
        ("  - id: bad\n    card: a.b\n    with: { a: [1, 2 }\n", "F(x y): one two"),
        ("  - id: bad\n    card: a.b\n    with:\n      text: \"{{ a }}\" b\n", "F(x y): one two"),
        ("  - id: bad\n    card: {{ x }} y\n", "F(x y): one two"),
        ("  - id: bad\n    note: a: b\n", "F(x y): one two"),
        // A card in a block: the block and its other cards stay.
        (
            "  - id: block\n    card: a.b\n    then:\n      - id: good\n        card: a.b\n      - id: bad\n        card: @x\n    else:\n      - { id: other, card: a.b }\n",
            "F(x y): one block good other two",
        ),
        // Two that have nothing to do with each other.
        (
            "  - { id: bad, note: a: b }\n  - { id: good, card: a.b }\n  - { id: bad, note: c: d: e }\n",
            "F(x y): one good two",
        ),
    ];
    for (broken, left) in table {
        let (told, found) = rest(&[("f.yaml", &flow(broken))]);
        assert_eq!((told, found.len()), (format!("; {left}"), 1), "{broken}{found:?}");
    }
    let (told, found) = rest(&[
        ("f.yaml", &flow("").replace("x: text", "x: { type: text")),
        (
            "flowrun.yaml",
            "tables:\n  a: { columns: { b: text } }\n  c: { columns: [ }\n  d: { columns: { e: text } }\n",
        ),
    ]);
    assert_eq!(told, "a d; F(y): one two");
    assert_eq!(found, ["E001 f.yaml:3", "E001 flowrun.yaml:3"]);
    // Where not even the keys of the file can be told apart, nothing is left.
    assert_eq!(rest(&[("f.yaml", "{ name: F, cards: [\n")]).1.len(), 1);
}

/// Flows in cards, one in a card of the other.
const INLINE: &str = r#"
convert: none
cards:
  - id: letters
    card: list.map
    with:
      list: [[Ada], []]
      flow:
        inputs: { people: list of text }
        outputs: { letters: list }
        cards:
          - card: list.for_each
            with: { list: $.inputs.people, flow: { cards: [] } }
          - card: list.for_each
            with: { list: $.inputs.people, flow: { cards: [] } }
    pass: { people: $.item }
  - card: branching.if_else
    then:
      - { card: flow_control.call_flow, with: { flow: { cards: [] } } }
"#;

#[test]
fn a_flow_in_a_card_is_a_flow_of_its_own() {
    let (sources, project, found) = project(&[("flows/a.yaml", INLINE), ("flows/a_b.yaml", "cards: []")]);
    assert!(found.is_empty(), "{found:?}");
    let paths: Vec<_> = project.flows.iter().map(|flow| (&*flow.path, &*flow.name.it)).collect();
    assert_eq!(
        paths,
        [
            ("flows/a", "a"),
            ("flows/a#flow_control.call_flow", "call_flow"),
            ("flows/a#letters", "letters"),
            ("flows/a#letters#list.for_each", "for_each"),
            ("flows/a#letters#list.for_each_2", "for_each"),
            ("flows/a_b", "a_b"),
        ]
    );
    assert_eq!(project.files().count(), 2);
    let letters = project.flow("flows/a#letters").unwrap();
    assert_eq!(letters.around(), Some("flows/a"));
    assert_eq!((&*letters.inputs[0].name.it, &*letters.outputs[0].0.it), ("people", "letters"));
    // As the flow around it does.
    assert!(!letters.converts && project.flow("flows/a_b").unwrap().converts);
    // Its card names it where its key stands; it is itself where it stands.
    let named = field(&project.flow("flows/a").unwrap().cards[0], "flow");
    assert_eq!(constant(named), &Value::from("flows/a#letters"));
    assert_eq!((sources.slice(named.span), sources.slice(letters.name.span)), ("flow", "flow"));
    assert!(sources.slice(letters.span).starts_with("inputs: { people: list of text }"));
}

#[test]
fn only_where_a_card_takes_a_flow_one_may_stand() {
    // Of a card that isn't there the field's name tells.
    let text = "cards:\n  - { card: flow_control.return, with: { flow: { cards: [1] } } }\n  \
                - { card: external.shop.buy, with: { flow: { cards: [] }, other: { cards: [2] } } }\n  \
                - { card: list.mapp, with: { flow: { cards: [] }, list: { cards: [3] } } }\n";
    let (_, project, found) = project(&[("a.yaml", text)]);
    assert!(found.is_empty(), "{found:?}");
    let paths: Vec<&str> = project.flows.iter().map(|flow| &*flow.path).collect();
    assert_eq!(paths, ["a", "a#external.shop.buy", "a#list.mapp"]);
}
