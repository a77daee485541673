//! The forms are written down from the standards: RFC 8259 7 (JSON), RFC 3986 2.1 (addresses), HTML 13.5 (entities), RFC 4648 (Base64 and
//! hexadecimal numbers, made by other programs).

use super::*;
use flowrun_core::chance::mix;

const SECRET: &str = "tok/en+Ab=Z9";

fn hides(secret: &str, text: &str) -> bool {
    let cleaned = Redactor::new([secret]).text(text.to_owned());
    cleaned.contains(REDACTED)
}

#[test]
fn a_secret_is_found_in_every_form() {
    let table = [
        SECRET,
        "Authorization: SSWS tok/en+Ab=Z9",
        r"tok\/en+Ab=Z9",
        r"tok\u002Fen\u002bAb\u003dZ9",
        r"\u0074\u006f\u006b\u002f\u0065\u006e\u002b\u0041\u0062\u003d\u005a\u0039",
        "tok%2Fen%2BAb%3DZ9",
        "tok%2fen%2bAb%3dZ9",
        "tok%252Fen%252BAb%253DZ9",
        "tok&#47;en&#x2b;Ab&equals;Z9",
        r"tok%5C%2Fen%2BAb=Z9",
        r"tok\\\/en+Ab=Z9",
        // `printf %s 'tok/en+Ab=Z9' | base64`, and the same behind `a:`, `ab:`, `user:`, `jane.doe:`.
        "dG9rL2VuK0FiPVo5",
        "YTp0b2svZW4rQWI9Wjk=",
        "YWI6dG9rL2VuK0FiPVo5",
        "dXNlcjp0b2svZW4rQWI9Wjk=",
        "amFuZS5kb2U6dG9rL2VuK0FiPVo5",
        "746f6b2f656e2b41623d5a39",
        "746F6B2F656E2B41623D5A39",
        "t\0o\0k\0/\0e\0n\0+\0A\0b\0=\0Z\09\0",
    ];
    for text in table {
        assert!(hides(SECRET, text), "{text}");
        // The first and the last letter may stand for something beside it as well.
        let inner = &text[..text.len() - 1];
        assert!(!Redactor::new([SECRET]).text(format!("<{text}>")).contains(inner), "{text}");
    }
    assert!(hides("two words", "two+words") && hides("two words", "two%20words"));
    assert!(hides("Bearer abcdefgh", "you sent abcdefgh"));
    assert!(
        hides("100%41bc", "100%41bc")
            && hides("100%41bc", "100%2541bc")
            && hides("100%41bc", r"100\u002541bc")
    );
    assert!(hides("a\\nb\"cd", r#"a\\nb\"cd"#));
    assert!(hides("pässwörd", r"p\u00e4ssw\u00f6rd") && hides("pässwörd", "p%C3%A4ssw%C3%B6rd"));
    assert!(hides("😀😀secret", r"\ud83d\ude00\ud83d\ude00secret"));
}

#[test]
fn of_a_login_only_words_are_told() {
    for (said, told) in [
        ("The client_assertion's 'exp' claim is too far.", "The client_assertion's 'exp' claim is too far."),
        ("you sent client_secret=abc%2F88", "you sent ••••••"),
        ("token eyJhbGciOiJIUzI1NiJ9.e30.abc was", "token •••••• was"),
        ("error 401 at 12:03 a1b2c3d4", "error 401 at •••••• ••••••"),
        ("abcdefghijklmnopqrstuvwxyz", "••••••"),
    ] {
        assert_eq!(words(said), told);
    }
}

#[test]
fn what_is_no_secret_stays() {
    let long = "x".repeat(100);
    for (secret, text) in [
        (SECRET, "tok/en+Ab=Z"),
        (SECRET, r"\u00 % %2 %zz & &# &#; &#99999999999; &x; \ud800 \ud800\u0041 \"),
        ("short", "short"),
        ("123456", r#"{"id": 123456, "ids": [123456,1]}"#),
        ("", ""),
        (&*long, "xxxx"),
    ] {
        assert_eq!(Redactor::new([secret]).text(text.to_owned()), text);
    }
    assert_eq!(
        Redactor::new(["123456"]).text(r#"{"pin": "123456"}"#.to_owned()),
        format!(r#"{{"pin": "{REDACTED}"}}"#)
    );
}

#[test]
fn json_stays_json_and_all_around_a_secret_stays() {
    let redactor = Redactor::new([SECRET, "other-secret"]);
    let text = r#"{"a":"\"tok\/en+Ab=Z9\\","b":["other-secrettok/en+Ab=Z9", "\u00e9 other-secret!"],"c":"\\u0074ok%2Fen%2BAb%3DZ9"}"#;
    let cleaned: serde_json::Value = serde_json::from_str(&redactor.text(text.to_owned())).unwrap();
    let expected = serde_json::json!({
        "a": format!("\"{REDACTED}\\"),
        "b": [format!("{REDACTED}{REDACTED}"), format!("é {REDACTED}!")],
        "c": REDACTED,
    });
    assert_eq!(cleaned, expected);
}

#[test]
fn whatever_way_it_is_escaped_it_is_found() {
    // Each letter in a way that is drawn, over and over: a vendor may escape what another one has escaped.
    let redactor = Redactor::new([SECRET]);
    for seed in 0..3_000_u64 {
        let mut dice = seed;
        let mut draw = |end: u64| {
            dice = mix(dice.wrapping_add(0x9e37_79b9_7f4a_7c15));
            dice % end
        };
        let mut text = SECRET.to_owned();
        for _ in 0..=draw(LAYERS as u64 - 1) {
            let way = draw(3);
            text = text
                .chars()
                .map(|letter| match (way, draw(3)) {
                    (_, 0) if !matches!(letter, '\\' | '%' | '&') => letter.to_string(),
                    (0, _) if letter.is_ascii() => format!("\\u{:04x}", letter as u32),
                    (1, _) if letter.is_ascii() => format!("%{:02X}", letter as u32),
                    (_, 1) => format!("&#x{:x};", letter as u32),
                    _ => format!("&#{};", letter as u32),
                })
                .collect();
        }
        let cleaned = redactor.text(format!("({text})"));
        assert_eq!(cleaned, format!("({REDACTED})"), "seed {seed}: {text}");
    }
}
