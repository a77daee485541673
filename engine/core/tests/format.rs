//! The one form of a file: what becomes of what stands in it.

use flowrun_core::diag::Code;
use flowrun_core::format::format;
use flowrun_core::source::FileId;

fn formatted(text: &str) -> String {
    format(FileId(0), text).unwrap_or_else(|mistake| panic!("{text}\n{}", mistake.message))
}

/// Each as it was and as it becomes; what is in form comes last, and stays.
const FORM: &[(&str, &str)] = &[
    // Indentation, blanks, quotes, brackets.
    ("a:   1   \nb :  'x'\nc:\n    - 1\n    - {d: e}", "a: 1\nb: x\nc: [1, { d: e }]\n"),
    ("\r\na: 1\r\nb: \"x\"\r\n", "a: 1\nb: x\n"),
    ("---\na: 1\n...\n", "a: 1\n"),
    ("{ a: 1, b: [ x,z ] }", "a: 1\nb: [x, z]\n"),
    // In quotes is what needs them; durations are no numbers, versions of YAML differ about `yes`.
    (
        "a: '10 s'\nb: 2026-01-01\nc: ==\nd: yes\ne: '12'\n",
        "a: 10 s\nb: \"2026-01-01\"\nc: \"==\"\nd: \"yes\"\ne: \"12\"\n",
    ),
    (
        "save_data: 'on'\nfolders: { a: { save_data: off } }\nb: on\n",
        "save_data: on\nfolders:\n  a: { save_data: off }\nb: \"on\"\n",
    ),
    (
        "a: \"{{ x | default(\\\"\\\") }}\"\nb: { c: \"$.x['y']\" }\n",
        "a: '{{ x | default(\"\") }}'\nb: { c: \"$.x['y']\" }\n",
    ),
    // Numbers and words stay as they are written: a text field takes them for texts.
    ("a: 1.50\nb: ~\nc:\nd: TRUE\ne: 1e3\n", "a: 1.50\nb: ~\nc:\nd: TRUE\ne: 1e3\n"),
    ("a: { b: , c: ~ }", "a: { b: null, c: ~ }\n"),
    // A mapping in a mapping has lines of its own, and so has what is too long for one.
    ("a: { b: { c: 1 } }", "a:\n  b: { c: 1 }\n"),
    ("a: [{ b: 1 }]\nc: { d: [{ e: 1 }] }", "a: [{ b: 1 }]\nc:\n  d: [{ e: 1 }]\n"),
    ("? a\n: b\n", "a: b\n"),
    ("1: a\ntrue: b\n'x: y': c\n", "1: a\ntrue: b\n\"x: y\": c\n"),
    // Texts of several lines stay as they are; where others would become too long for one, they are folded.
    ("a: | # why\n   x\n\n    y\n\nb: >-\n c\n d\n", "a: | # why\n  x\n\n   y\n\nb: >-\n  c\n  d\n"),
    // Blank lines at the end of a text could not be told from those behind it.
    ("a: |+ # why\n x\n\nb: |+\n y\nc: |\n  z", "a: \"x\\n\\n\" # why\n\nb: |\n  y\nc: |\n  z\n"),
    ("a:\n  - |2\n      x\n    y\n", "a:\n  - |2\n      x\n    y\n"),
    ("a: x\n  y\nb: \"x\\n\\\n  y\"\n", "a: x y\nb: |-\n  x\n  y\n"),
    ("a: ''\nb: >\n", "a: \"\"\nb: >\n"),
    // Names for values stay, and keep keys in their order.
    (
        "cards: [{ with: &w {a: 1, b: &t x}, card: w }, { card: w, with: {<<: *w, c: *t } }]\nname: x",
        "cards:\n  - with: &w { a: 1, b: &t x }\n    card: w\n\n  - card: w\n    with: { <<: *w, c: *t }\nname: x\n",
    ),
    // Files of other things may be lists.
    ("- a\n-   b: 1\n    c: 2\n- - d\n", "- a\n- { b: 1, c: 2 }\n- [d]\n"),
    ("", ""),
    ("# a\n\n\n# b\n", "# a\n\n# b\n"),
];

#[test]
fn a_file_gets_its_form() {
    for (text, expected) in FORM {
        let once = formatted(text);
        assert_eq!(once, *expected, "{text}");
        assert_eq!(formatted(&once), once);
    }
}

#[test]
fn keys_of_flows_and_cards_have_an_order_and_others_keep_theirs() {
    let text = "\
cards:
- with: {b: 1, a: 2}
  card: text.compose
  id: x
- else: []
  then:
  - {with: {w: 1, v: 2}, card: a.b}
  note: why
  card: branching.if_else
- outputs: { z: { case_1: 1 } }
  cases: [{ cards: [{ with: {}, card: c.d }], when: { operator: =, value_a: 1 }, id: k }]
  card: branching.if_elseif
- with: { flow: { cards: [{ with: {}, card: e.f }], inputs: { of: text } } }
  card: list.map
outputs: {b: text, a: text}
unknown: 1
name: x
inputs: {d: text, c: text}
";
    let expected = "\
name: x
inputs: { d: text, c: text }
outputs: { b: text, a: text }
cards:
  - id: x
    card: text.compose
    with: { b: 1, a: 2 }

  - card: branching.if_else
    note: why
    then:
      - card: a.b
        with: { w: 1, v: 2 }
    else: []

  - card: branching.if_elseif
    cases:
      - id: k
        when: { operator: \"=\", value_a: 1 }
        cards:
          - { card: c.d, with: {} }
    outputs:
      z: { case_1: 1 }

  - card: list.map
    with:
      flow:
        inputs: { of: text }
        cards:
          - { card: e.f, with: {} }
unknown: 1
";
    assert_eq!(formatted(text), expected);
    // What is no flow is not known to have an order.
    assert_eq!(formatted("outputs: 1\nname: x\n"), "outputs: 1\nname: x\n");
}

#[test]
fn comments_stay_at_what_they_are_about() {
    let text = "\
# the file

# about the name
name:   x     # beside the name
cards:     # beside the cards
  # above a card
  - card: text.compose   # beside a card
    with: { a: 1, # beside a
      # above b
      b: [ 2,   # beside an item
        # last in the list
      ], # beside b
      # last in the mapping
    } # beside with
    # last in the card
  # above the next card
  -   # beside a dash
    card: list.length
    with:
      # above the first field
      list:
      - a  # beside an item of the key's column
      # between
      - b
      # below, in the column of the key
    note: |  # beside a text
      # no comment
# last in the file, in the first column

inputs: # beside inputs
  a: text
  # last of the inputs
# the end
";
    let expected = "\
# the file

# about the name
name: x # beside the name
inputs: # beside inputs
  a: text
  # last of the inputs
cards: # beside the cards
  # above a card
  - card: text.compose # beside a card
    with: # beside with
      a: 1 # beside a
      # above b
      b: # beside b
        - 2 # beside an item
        # last in the list
      # last in the mapping
    # last in the card

  # above the next card
  - # beside a dash
    card: list.length
    note: | # beside a text
      # no comment
    with:
      # above the first field
      list:
        - a # beside an item of the key's column
        # between
        - b
        # below, in the column of the key
# the end
";
    let once = formatted(text);
    let moved = "# last in the file, in the first column\n\n";
    assert_eq!(once.replace(moved, ""), expected);
    // Above a key, it goes where the key goes.
    assert!(once.contains(&format!("{moved}inputs: # beside inputs\n")), "{once}");
    assert_eq!(formatted(&once), once);
}

#[test]
fn blank_lines_are_the_authors_but_for_those_between_cards() {
    let text = "\n\na: 1\n\n\n\nb:\n\n  c: [\n\n 1]\n\n  d: |\n    x\n\n\n  e: 2\n\n\n";
    assert_eq!(formatted(text), "a: 1\n\nb:\n  c: [1]\n\n  d: |\n    x\n\n  e: 2\n");
    let text = "cards:\n\n  - { card: a.b }\n  - { card: a.b }\n\n\n  - { card: a.b }\n  - { card: a.b, with: {c: 1} }\n";
    let expected = "cards:\n  - { card: a.b }\n  - { card: a.b }\n\n  - { card: a.b }\n\n  - card: a.b\n    with: { c: 1 }\n";
    assert_eq!(formatted(text), expected);
}

/// What is a mistake of the language stays the same mistake; what is no YAML, or can't be said in the form, is refused.
#[test]
fn mistakes_stay_what_they_are() {
    let same = [
        "cards: [{ card: a.b, with: { text: {{ x }} } }]\n",
        "cards: [{ card: a.b, note: { first, then second } }]\n",
        "a: 1\na: 2\n",
    ];
    for text in same {
        let once = formatted(text);
        for part in ["{{ x }}", "{ first, then second }", "a: 1\na: 2"] {
            assert_eq!(text.contains(part), once.contains(part), "{once}");
        }
    }
    let refused = [
        ("a: [\n", Code::Syntax),
        ("a: 1\n---\nb: 2\n", Code::Syntax),
        ("a: !!str 1\n", Code::Structure),
        ("? { a: 1 }\n: 2\n", Code::Structure),
        ("a: {{ x\n  }}\n", Code::Structure),
        ("&a b: 1\n", Code::Structure),
        ("text\n", Code::Structure),
    ];
    for (text, code) in refused {
        let refused = format(FileId(0), text).map_err(|mistake| mistake.code);
        assert_eq!(refused, Err(code), "{text}");
    }
}
