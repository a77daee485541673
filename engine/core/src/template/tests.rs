use super::*;
use crate::value::{Date, parse_json};

fn scope() -> Value {
    let mut scope = parse_json(
        r#"{"inputs":{"name":"Ümit","n":3,"half":2.5,"yes":true,"none":null},
            "card":{"list":[{"id":1,"t":"a"},{"id":2,"t":"b"}],"object":{"a-b":1,"c":[1,"x",null]}},"item":{"k":"v"}}"#,
    )
    .unwrap();
    let date = Date::parse_iso("2024-02-29T10:00:00+01:00").map(Value::Date);
    scope = crate::value::set(&scope, "vars.token", Value::Secret(Secret::new("hunter2")));
    crate::value::set(&scope, "inputs.date", date.unwrap())
}

fn render(source: &str) -> Result<Value, String> {
    let scope = scope();
    let template = Template::compile(source)
        .map_err(|error| format!("{}: {}", &source[error.start..error.end], error.message))?;
    let values: Vec<Value> = template
        .uses()
        .iter()
        .map(|used| used.path.iter().fold(scope.clone(), |at, key| crate::value::get(&at, key)))
        .collect();
    template.render(values).map_err(|fault| fault.message.to_string())
}

#[test]
fn templates_give_text_and_single_expressions_their_type() {
    let table = [
        ("Hi {{ inputs.name }}!\n", r#""Hi Ümit!\n""#),
        ("{{ inputs.n }}", "3"),
        ("{{ inputs.n + 1 }}", "4"),
        ("{{ inputs.n }} ", r#""3 ""#),
        ("{{- inputs.n -}}", "3"),
        ("{{ inputs.yes }}", "true"),
        (
            "is {{ inputs.yes }}, {{ inputs.none }}, {{ inputs.half }}, {{ inputs.n / 3 }}",
            r#""is true, , 2.5, 1""#,
        ),
        ("{{ card.list }}", r#"[{"id":1,"t":"a"},{"id":2,"t":"b"}]"#),
        ("= {{ card.object.c }}", r#""= [1,\"x\",null]""#),
        ("{{ card.list[-1].t }}{{ card['object']['a-b'] }}", r#""b1""#),
        ("{{ card.list | map(attribute='id') | list }}", "[1,2]"),
        ("{% for one in card.list %}{{ loop.index }}{{ one.t }};{% endfor %}", r#""1a;2b;""#),
        ("{{ inputs.date }}", r#""2024-02-29T09:00:00.000Z""#),
        ("on {{ inputs.date }}", r#""on 2024-02-29T09:00:00.000Z""#),
        ("{{ inputs.date == inputs.date }}", "true"),
        ("{{ inputs.missing is defined }}", "true"),
        ("{{ item.missing is defined }}", "false"),
        ("{{ item.missing | default('d') }}", r#""d""#),
        ("{{ item.k }}", r#""v""#),
        ("{{ 'x' if inputs.n > 5 }}", "null"),
        ("{{ {'a': inputs.n, 'b': [inputs.name]} }}", r#"{"a":3,"b":["Ümit"]}"#),
        ("{{ card.list | length }} records", r#""2 records""#),
        ("{% raw %}{{ not this }}{% endraw %}", r#""{{ not this }}""#),
        ("{{ range(3) | list }}", "[0,1,2]"),
        ("{{ card.object | tojson }}", r#""{\"a-b\":1,\"c\":[1,\"x\",null]}""#),
        ("{% set item = inputs.n %}{{ item }}", r#""3""#),
        ("{{ inputs.name ~ '-' ~ inputs.n }}", r#""Ümit-3""#),
    ];
    for (source, result) in table {
        assert_eq!(render(source).map(|value| value.to_json()).as_deref(), Ok(result), "{source}");
    }
}

#[test]
fn values_that_pass_through_stay_shared() {
    let list = Value::list(vec![Value::Number(1.0); 10_000]);
    let Value::List(given) = &list else { unreachable!() };
    let Ok(Value::List(got)) = Template::compile("{{ card.list }}").unwrap().render(vec![list.clone()])
    else {
        panic!()
    };
    assert!(Arc::ptr_eq(given, &got));
}

#[test]
fn what_is_read_is_known_before() {
    let uses = |source: &str| -> Vec<String> {
        let template = Template::compile(source).unwrap();
        template
            .uses()
            .iter()
            .map(|used| format!("{} {}", used.path.join("."), &source[used.start..used.end]))
            .collect()
    };
    assert_eq!(
        uses("{{ inputs.a.b + inputs['c'] }} {{ item.x.y }}"),
        ["inputs.a inputs.a", "inputs.c inputs['c", "item item.x"]
    );
    assert_eq!(uses("{% for item in card.list %}{{ item.a }}{% endfor %}"), ["card.list card.list"]);
    assert_eq!(
        uses("{{ inputs.a }}{{ inputs[vars.key] }}{{ inputs.b }}"),
        ["inputs inputs", "vars.key vars.key"]
    );
    assert!(Template::compile("{{ inputs.a }}").unwrap().is_plain());
    assert!(!Template::compile("{{ inputs.a.b }}").unwrap().is_plain());
}

#[test]
fn mistakes_name_what_is_wrong() {
    let table = [
        ("{{ item.nam }}", "`item.nam` is undefined"),
        ("x {{ item.nam }}", "`item.nam` is undefined"),
        ("{{ item.nam.x }}", "`item.nam` is undefined"),
        ("{{ inputs.name | uper }}", "uper: there is no filter `uper` for templates"),
        ("{{ inputs.n is od }}", "od: there is no test `od` for templates"),
        ("{{ now() }}", "now: there is no function `now` for templates"),
        ("{{ inputs.name.upper() }}", "upper: there is no method `upper`"),
        ("{{ card.list | map('uper') }}", "uper: there is no filter `uper` for templates"),
        ("{% include 'x' %}", "include 'x': a template stands alone: it can't have `include`"),
        ("{{ debug() }}", "debug: there is no function `debug` for templates"),
        ("{{ $.inputs.name }}", "$: did not expect `$`"),
        ("{{ inputs.a", "a: the template ends too early, expected `}}`"),
        (
            "{% for x in range(90000) %}{% for y in range(90000) %}{% endfor %}{% endfor %}",
            "the template takes more than 1000000 steps",
        ),
        (
            "{% set x = 'x' * 1000000 %}{% for y in range(100) %}{{ x }}{% endfor %}",
            "the template gives more than 16 MiB",
        ),
        ("{{ 1 // 0 }}", "unable to calculate 1 // 0"),
    ];
    for (source, message) in table {
        assert_eq!(render(source), Err(message.to_owned()), "{source}");
    }
}

#[test]
fn a_missing_key_is_answered_with_those_that_exist() {
    // Worked out by hand from `scope`; one letter left out of or swapped in a name is near, `zzz` is near to nothing.
    let default = "give it a value if there is none: `| default(\"\")`";
    let table = [
        ("{{ item.zzz }}", "there are `k`"),
        ("x {{ item.zzz }}", "there are `k`"),
        ("{{ card.object.aab }}", "did you mean `a-b`? There are `a-b`, `c`"),
        ("{{ card.list[0].zzz }}", "there are `id`, `t`"),
        // The variable of a loop, and a place that has no keys.
        ("{% for one in card.list %}{{ one.zzz }}{% endfor %}", default),
        ("{{ item.k.zzz }}", default),
    ];
    let scope = scope();
    for (source, help) in table {
        let template = Template::compile(source).unwrap();
        let read = |used: &Use| used.path.iter().fold(scope.clone(), |at, key| crate::value::get(&at, key));
        let values: Vec<Value> = template.uses().iter().map(read).collect();
        let fault = template.render(values).unwrap_err();
        assert_eq!(fault.help.as_deref(), Some(help), "{source}");
    }
}

#[test]
fn operators_name_what_they_do_not_take() {
    let dates = "`date_time.add`";
    let table = [
        ("{{ inputs.date + 1 }}", "`+` does not take a date & time and a number", Some(dates)),
        ("{{ 1 - card.list[0].at }}", "`-` does not take a number and a date & time", Some(dates)),
        ("{{ inputs.name + 1 }}", "`+` does not take a text and a number", Some("`~`")),
        ("{{ card.object - inputs.yes }}", "`-` does not take an object and true/false", None),
        ("x {{ inputs.none / card.list }}", "`/` does not take nothing and a list", None),
    ];
    let scope = scope();
    let date = crate::value::get(&scope, "inputs.date");
    let scope = crate::value::set(&scope, "card.list", Value::list(vec![Value::object([("at", date)])]));
    for (source, told, help) in table {
        let template = Template::compile(source).unwrap();
        let read = |used: &Use| used.path.iter().fold(scope.clone(), |at, key| crate::value::get(&at, key));
        let values: Vec<Value> = template.uses().iter().map(read).collect();
        let fault = template.render(values).unwrap_err();
        assert_eq!(&*fault.message, told, "{source}");
        let found = fault.help.as_deref();
        assert!(
            found.is_some_and(|found| help.is_some_and(|help| found.starts_with(help))) || found == help,
            "{source}: {found:?}"
        );
    }
}

#[test]
fn what_comes_of_a_secret_is_secret() {
    for source in [
        "{{ vars.token }}",
        "Bearer {{ vars.token }}",
        "{{ vars.token | upper }}",
        "{{ 'x' ~ vars.token }}",
        "{{ vars }}",
        "{{ vars | tojson }}",
        "{{ {'Authorization': 'Bearer ' ~ vars.token} }}",
        "{{ [vars.token] | join(',') }}",
        "{% set a = vars.token %}{{ a }}",
        "{{ vars.token | list }}",
        "{{ vars.token | string | length }}",
        "{{ {vars.token: 1} }}",
        "{{ dict(**{vars.token: 1}) }}",
        "{{ {'a': {vars.token: true}} }}",
        "{{ [{vars.token ~ 'x': none}] }}",
        "{{ {vars.token: 1} | items | list }}",
        "{{ {vars.token: 1} | list }}",
        "{{ [{vars.token: 1}] | map('list') | list }}",
    ] {
        match render(source) {
            Ok(value) => assert!(
                !value.to_json().to_lowercase().contains("hunter2") && value.holds_secret(),
                "{source}: {value:?}"
            ),
            Err(message) => assert!(!message.contains("hunter2"), "{source}: {message}"),
        }
    }
    let Ok(Value::Secret(header)) = render("Bearer {{ vars.token }}") else { panic!("not a secret") };
    assert_eq!(header.expose(), "Bearer hunter2");
    assert_eq!(render("{{ vars.token is defined }}"), Ok(Value::Bool(true)));
    // A key that the template says itself is no secret, and the object stays one.
    let Ok(Value::Object(headers)) = render("{{ {'Authorization': vars.token} }}") else {
        panic!("no object")
    };
    assert!(matches!(headers.get("Authorization"), Some(Value::Secret(_))));
}

/// Small templates of which the results would be gigabytes, by what multiplies. None may take more than a moment.
#[test]
fn what_would_fill_the_memory_is_refused() {
    let twice = |start: &str, step: &str, times: usize, end: &str| {
        format!("{{% set x = {start} %}}{}{end}", format!("{{% set x = {step} %}}").repeat(times))
    };
    let huge = "b".repeat(20_000);
    for source in [
        twice("'aaaaaaaaaa'", "x ~ x", 32, "{{ x | length }}"),
        twice("'aaaaaaaaaa'", "x + x", 32, "{{ x | length }}"),
        twice("['a']", "[x, x]", 40, "{{ x }}"),
        twice("['a']", "[x, x]", 40, &twice("['a']", "[x, x]", 40, "{{ x }}").replace('x', "y").replace("{{ y }}", "{{ x == y }}")),
        twice("['a']", "[x, x]", 40, "{{ x | tojson | length }}"),
        twice("['a']", "[x, x]", 40, "{{ x | upper }}"),
        twice("['a']", "(x, x)", 40, "{{ x | string | length }}"),
        twice("{'a': 1}", "{'a': x, 'b': x}", 40, "{{ x | items | list | length }}"),
        twice("[1, 2, 3, 4]", "x + x", 30, "{{ x | length }}"),
        twice("'a'", "x ~ x if true else x", 32, "{{ x | length }}"),
        twice("'a'", "x | replace('a', x ~ x)", 32, "{{ x | length }}"),
        "{% set x = [1] * 100000 %}{% set y = [x] * 100000 %}{{ y | tojson | length }}".to_owned(),
        "{% set x = [1] * 100000 %}{% set y = [x] * 100000 %}{{ y }}".to_owned(),
        "{% set x = ['a' * 1000000] * 100000 %}{{ x | join | length }}".to_owned(),
        "{% set x = [{'k': 'a' * 1000000}] * 100000 %}{{ x | string | length }}".to_owned(),
        "{{ ('a' * 1000000) * 1000 }}".to_owned(),
        "{% set x = 'a' * 9000000 %}{{ x ~ x ~ x }}".to_owned(),
        format!("{{% set x %}}{{% for a in range(50000) %}}{huge}{{% endfor %}}{{% endset %}}{{{{ x | length }}}}"),
        format!("{{% filter upper %}}{{% for a in range(50000) %}}{huge}{{% endfor %}}{{% endfilter %}}"),
        "{% set y = 'a' * 1000000 %}{% set x %}{% for a in range(1000) %}{{ y }}{% endfor %}{% endset %}{{ x | length }}".to_owned(),
        "{% if false %}{% else %}{% set x = 'a' %}{% endif %}".to_owned() + &"{% if false %}{% set x = '' %}{% endif %}{% set x = x ~ x %}".repeat(32) + "{{ x | length }}",
        "{% with x = 'aa' %}".to_owned() + &"{% with x = x ~ x %}".repeat(30) + "{{ x | length }}" + &"{% endwith %}".repeat(31),
        "{{ ([vars] * 100000) * 100 | int }}".to_owned(),
        "{% macro f(x, n) %}{{ f(x ~ x, n - 1) if n }}{% endmacro %}{{ f('a', 40) }}".to_owned(),
    ] {
        let begins = source.get(..60).unwrap_or(&source);
        let told = render(&source).expect_err(begins);
        assert!(
            ["MiB", "96 copies", "4 KiB", "too large", "stands alone", "100000", "not", "steps"].iter().any(|why| told.contains(why)),
            "{begins}: {told}"
        );
    }
    // What people write stays possible.
    for source in [
        "{{ [inputs.name, inputs.name] * 2 }}",
        "{% set x = inputs.name %}{% for i in range(1000) %}{% set y = x ~ i %}{{ y }}{% endfor %}",
        "{% set n = 1 %}{% set n = n + 1 %}{% set n = n + n %}{{ n }}",
        "{{ range(1000) | map('string') | join(',') }}",
    ] {
        render(source).unwrap_or_else(|told| panic!("{source}: {told}"));
    }
}

#[test]
fn every_filter_and_test_is_known() {
    let shown = format!("{:?}", *SHARED);
    let names = |part: &str| -> Vec<String> {
        let from = shown.find(&format!("{part}: ")).map_or(0, |at| at + part.len() + 3);
        let list = shown[from..].split(']').next().unwrap_or_default();
        list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    };
    assert_eq!(names("filters"), scan::FILTERS);
    assert_eq!(names("tests"), scan::TESTS);
    fn shareable<T: Send + Sync>() {}
    shareable::<Template>();
}
