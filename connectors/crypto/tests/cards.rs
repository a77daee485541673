//! What is signed verifies, what is encrypted can be decrypted, and whatever is not as it should be is told.

use std::sync::Arc;

use flowrun_core::card::{Args, Cx, Slots, Work};
use flowrun_core::fault::{Fault, FaultKind};
use flowrun_core::value::{Record, Secret, Text, Value, get, parse_json};
use flowrun_crypto::{Crypto, effect_cards, pure_cards};
use flowrun_kit::clock::Clock;
use flowrun_kit::direct;
use flowrun_kit::effect::AnyConnection;
use flowrun_kit::signing_key::SigningKey;
use secrecy::ExposeSecret;

/// 2016-09-07T00:01:25.670Z.
const NOW_MS: i64 = 1_473_206_485_670;

fn crypto() -> AnyConnection {
    Arc::new(Crypto::new(Clock::simulated(NOW_MS)))
}

fn with(json: &str, more: &[(&str, &str)]) -> Record {
    let Value::Object(given) = parse_json(json).unwrap() else { panic!("{json}") };
    let mut given = Arc::unwrap_or_clone(given);
    given.extend(more.iter().map(|(name, text)| (Text::from(*name), Value::from(*text))));
    given
}

async fn sign(given: Record) -> Result<String, Fault> {
    let outputs = direct::perform(&effect_cards(), "jwt.sign", &Value::from(given), &crypto()).await?;
    match &outputs["token"] {
        Value::Secret(token) => Ok(token.expose().to_owned()),
        shown => panic!("{shown:?}"),
    }
}

/// Performs a pure card as the machine does; `wanted` are outputs that the author names.
fn pure(id: &str, given: &Record, wanted: &[&str], now_ms: i64) -> Result<Record, Fault> {
    let card = pure_cards().into_iter().find(|card| card.id == id).unwrap();
    let Work::Pure(run) = card.work else { panic!("{id} is not pure") };
    let (mut args, names) = card.arguments(given)?;
    let wanted: Vec<Text> = wanted.iter().map(|name| Text::from(*name)).collect();
    let mut values = vec![Value::Null; card.outputs.len() + wanted.len()];
    let cx = Cx { now_ms, seed: 7, wanted: &wanted };
    run(&mut Args::new(&mut args, &names), &cx, &mut Slots::new(&mut values, &wanted))?;
    let outputs = card.outputs.iter().map(|field| Text::from(&*field.name)).chain(wanted.iter().cloned());
    Ok(outputs.zip(values).collect())
}

/// Verifies `token`, with the further inputs of `json`.
fn verify(token: &str, json: &str) -> Result<Value, Fault> {
    let given = with(json, &[("token", token)]);
    pure("jwt.verify", &given, &[], NOW_MS).map(|outputs| outputs["payload"].clone())
}

const HS256: &str = r#"{"key":"s3cret","algorithm":"HS256"}"#;

/// What a token says that was signed with the inputs of `json`.
async fn said(json: &str) -> Value {
    let token = sign(with(json, &[("key", "s3cret"), ("algorithm", "HS256")])).await.unwrap();
    verify(&token, r#"{"key":"s3cret","algorithm":"HS256","ignore_expiration":true}"#)
        .unwrap_or_else(|fault| panic!("{json}: {fault}"))
}

#[tokio::test(start_paused = true)]
async fn the_claims_are_those_that_were_given_and_those_that_the_card_makes() {
    let table = [
        ("{}", r#"{"iat":1473206485,"exp":1473207085}"#),
        (
            r#"{"payload":{"https://example.com/role":"admin","blank":null},"audience":["a","b"],"issuer":"hr","subject":"ada","jwtid":"1"}"#,
            r#"{"https://example.com/role":"admin","iat":1473206485,"exp":1473207085,"aud":["a","b"],"iss":"hr","sub":"ada","jti":"1"}"#,
        ),
        (r#"{"no_timestamp":true,"expires_in":60}"#, r#"{"exp":1473206545}"#),
        (r#"{"expires_in":"7d"}"#, r#"{"iat":1473206485,"exp":1473811285}"#),
        (r#"{"expires_in":"365 days"}"#, r#"{"iat":1473206485,"exp":1504742485}"#),
        (r#"{"expires_in":"never"}"#, r#"{"iat":1473206485}"#),
        (r#"{"expires_in":"10 minutes","payload":{"iat":1000}}"#, r#"{"iat":1000,"exp":1600}"#),
        (r#"{"payload":{"exp":5}}"#, r#"{"exp":5,"iat":1473206485}"#),
        (r#"{"not_before":0,"payload":{"exp":5}}"#, r#"{"exp":5,"iat":1473206485,"nbf":1473206485}"#),
    ];
    for (given, expected) in table {
        assert_eq!(said(given).await, parse_json(expected).unwrap(), "{given}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_header_is_added_to_but_the_algorithm_stays() {
    let header = async |header: &str| {
        let given = with(&format!(r#"{{"header":{header}}}"#), &[("key", "s3cret"), ("algorithm", "HS256")]);
        sign(given).await.map(|token| flowrun_kit::jwt::Unverified::parse(&token).unwrap().header.to_string())
    };
    assert_eq!(header("null").await.unwrap(), r#"{"alg":"HS256","typ":"JWT"}"#);
    assert_eq!(header(r#"{"kid":"k"}"#).await.unwrap(), r#"{"alg":"HS256","typ":"JWT","kid":"k"}"#);
    assert_eq!(header(r#""{\"typ\":\"at+jwt\"}""#).await.unwrap(), r#"{"alg":"HS256","typ":"at+jwt"}"#);
    for (given, told) in
        [(r#"{"alg":"none"}"#, "`alg` is not HS256"), (r#""kid""#, "not a JSON object"), ("[]", "found list")]
    {
        let fault = header(given).await.unwrap_err();
        assert!(fault.message.contains(told), "{given}: {fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_can_not_be_signed_is_told() {
    let table = [
        (r#"{"payload":{"sub":"a"},"subject":"a"}"#, "the claim `sub` is given twice"),
        (r#"{"payload":{"exp":5},"expires_in":60}"#, "the claim `exp` is given twice"),
        (r#"{"payload":{"exp":5},"expires_in":"never"}"#, "is never to expire"),
        (r#"{"payload":{"exp":"tomorrow"}}"#, "expected seconds since 1970 as the claim `exp`, found text"),
        // Milliseconds; RFC 7519 2 wants seconds.
        (r#"{"payload":{"exp":1473206485670}}"#, "the claim `exp` is no date"),
        (r#"{"payload":{"exp":1e300}}"#, "the claim `exp` is no date"),
        (r#"{"payload":{"nbf":-1e300}}"#, "the claim `nbf` is no date"),
        (r#"{"payload":{"iat":123456789012345678901}}"#, "the claim `iat` is no date"),
        (r#"{"expires_in":"10m"}"#, "expected a duration, found \"10m\""),
        (r#"{"not_before":-1}"#, "expected a duration, found \"-1\""),
        (r#"{"audience":{"a":1}}"#, "a list of texts, found object"),
        (r#"{"algorithm":"ES512"}"#, "expected one of HS256"),
        (r#"{"algorithm":"none"}"#, "expected one of HS256"),
        (r#"{"key":" "}"#, "the key is blank"),
    ];
    for (given, told) in table {
        let mut whole = with(HS256, &[]);
        whole.extend(with(given, &[]));
        let fault = sign(whole).await.unwrap_err();
        assert!(fault.kind == FaultKind::InvalidInput && fault.message.contains(told), "{given}: {fault}");
    }
    let mut secret = Record::default();
    secret.insert("password".into(), Value::Secret(Secret::new("hunter2")));
    let mut given = with(HS256, &[]);
    given.insert("payload".into(), Value::from(secret));
    let fault = sign(given).await.unwrap_err();
    assert_eq!(&*fault.message, "the claim `password` holds a secret");
}

#[tokio::test(start_paused = true)]
async fn a_key_of_two_parts_signs_and_verifies() {
    let (key, pem) = SigningKey::generate_with_pem().unwrap();
    let token = sign(with(r#"{"algorithm":"ES256","subject":"ada"}"#, &[("key", pem.expose_secret())]))
        .await
        .unwrap();
    let public = key.public().jwk().to_string();
    let given = with(
        r#"{"algorithm":"ES256","subject":"ada"}"#,
        &[("key", &public), ("token", &format!("Bearer {token}"))],
    );
    let outputs = pure("jwt.verify", &given, &["sub", "role"], NOW_MS).unwrap();
    assert_eq!((&outputs["sub"], &outputs["role"]), (&Value::from("ada"), &Value::Null));
    // The public key as a shared secret, which everybody knows.
    let forged = sign(with(r#"{"algorithm":"HS256"}"#, &[("key", "guess")])).await.unwrap();
    let fault = pure(
        "jwt.verify",
        &with(r#"{"algorithm":"ES256"}"#, &[("key", &public), ("token", &forged)]),
        &[],
        NOW_MS,
    );
    assert_eq!(&*fault.unwrap_err().message, "the token is signed by HS256, not by ES256");
}

#[tokio::test(start_paused = true)]
async fn each_failure_is_told_in_its_own_words() {
    let claims =
        r#"{"audience":["hr","it"],"issuer":"okta","subject":"ada","not_before":60,"expires_in":120}"#;
    let token = sign(with(claims, &[("key", "s3cret"), ("algorithm", "HS256")])).await.unwrap();
    let at = |seconds: i64, json: &str| {
        let mut given = with(HS256, &[("token", &token)]);
        given.extend(with(json, &[]));
        pure("jwt.verify", &given, &[], NOW_MS.div_euclid(1000) * 1000 + seconds * 1000)
    };
    for (seconds, json) in [
        (60, "{}"),
        (119, "{}"),
        (500, r#"{"ignore_expiration":true}"#),
        (60, r#"{"audience":"it","issuer":["personio","okta"],"subject":"ada"}"#),
        (60, r#"{"audience":["x","hr"]}"#),
    ] {
        assert!(at(seconds, json).is_ok(), "{seconds} {json}");
    }
    let table = [
        (59, "{}", "the token is not good before 2016-09-07T00:02:25.000Z"),
        (120, "{}", "the token ended at 2016-09-07T00:03:25.000Z"),
        (60, r#"{"audience":"x"}"#, r#"expected a token for "x", found ["hr","it"] as its `aud`"#),
        (60, r#"{"audience":[]}"#, "expected a token for"),
        (60, r#"{"issuer":"Okta"}"#, r#"expected a token from "Okta", found "okta" as its `iss`"#),
        (60, r#"{"subject":"grace"}"#, r#"expected a token about "grace", found "ada" as its `sub`"#),
        (60, r#"{"key":"S3cret"}"#, "the token's signature is not that of this key"),
        (60, r#"{"algorithm":"HS384"}"#, "the token is signed by HS256, not by HS384"),
        (60, r#"{"algorithm":"RS256"}"#, "the public key is neither PEM"),
        (
            60,
            r#"{"token":"eyJhbGciOiJub25lIn0.e30."}"#,
            "the token is signed by another algorithm, not by HS256",
        ),
        (60, r#"{"token":"a.b.c"}"#, "the token isn't a JWT"),
    ];
    for (seconds, json, told) in table {
        let fault = at(seconds, json).unwrap_err();
        assert!(fault.message.contains(told), "{seconds} {json}: {fault}");
        assert!(!format!("{fault} {:?}", fault.help).contains(&token), "{fault}");
    }
    let odd = sign(with(r#"{"header":{"crit":["b64"]}}"#, &[("key", "s3cret"), ("algorithm", "HS256")]))
        .await
        .unwrap();
    assert!(verify(&odd, HS256).unwrap_err().message.contains("an extension"), "crit");
    assert_eq!(
        get(&verify(&sign(with(HS256, &[])).await.unwrap(), HS256).unwrap(), "exp"),
        Value::Number(1_473_207_085.0)
    );
}

/// RFC 7519 2: a NumericDate may have a fraction. The run's time is 1473206485.670, and `exp` is when a token has ended (4.1.4).
#[tokio::test(start_paused = true)]
async fn fractions_and_dates_before_1970_count() {
    let table = [
        (r#"{"exp":1473206485.67}"#, Some("the token ended at 2016-09-07T00:01:25.670Z")),
        (r#"{"exp":1473206485.671}"#, None),
        (r#"{"exp":-1.5}"#, Some("the token ended at 1969-12-31T23:59:58.500Z")),
        (r#"{"nbf":-1.5}"#, None),
        (r#"{"nbf":1473206485.67}"#, None),
        (r#"{"nbf":1473206485.671}"#, Some("the token is not good before 2016-09-07T00:01:25.671Z")),
    ];
    for (payload, told) in table {
        let given = format!(r#"{{"key":"s3cret","algorithm":"HS256","payload":{payload}}}"#);
        let said = verify(&sign(with(&given, &[])).await.unwrap(), HS256);
        assert_eq!(said.err().map(|fault| fault.message.to_string()).as_deref(), told, "{payload}");
    }
}

/// Signed by Python's `hmac`, for JWT Sign refuses such claims.
#[test]
fn a_date_beyond_all_calendars_is_far_away() {
    let table = [
        // {"exp":12345678901234567891}
        (
            "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjEyMzQ1Njc4OTAxMjM0NTY3ODkxfQ.mgbhBWdbuIzp40smMUVrzJY7ne5kKpI6NGdlvx-GywI",
            None,
        ),
        // {"nbf":12345678901234567891}
        (
            "eyJhbGciOiJIUzI1NiJ9.eyJuYmYiOjEyMzQ1Njc4OTAxMjM0NTY3ODkxfQ.TlRDNCmA7pFOq2a3yYS5trCbmvDDq58Q5tsBVnV4oNY",
            Some("the token is not good before a date that is too far away"),
        ),
        // {"exp":1e300}
        ("eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjFlMzAwfQ.l3cdsd1jFsA__gNYtCOQfmLSxdhBYP3nHc2P99nv5p8", None),
        // {"exp":-12345678901234567891}
        (
            "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOi0xMjM0NTY3ODkwMTIzNDU2Nzg5MX0.6nz3rVgOf6G8l74tMGYQCdlgWIzf7VxxYzdCj1fpkXo",
            Some("the token ended at a date that is too far away"),
        ),
    ];
    for (token, told) in table {
        let said = verify(token, HS256).err().map(|fault| fault.message.to_string());
        assert_eq!(said.as_deref(), told, "{token}");
    }
}

const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

#[tokio::test(start_paused = true)]
async fn what_was_encrypted_comes_back_and_nothing_else_does() {
    let given = Value::from(with(r#"{"text":"größe","associated":"ada"}"#, &[("key", KEY)]));
    let encrypt = async || {
        let outputs =
            direct::perform(&effect_cards(), "encryption.encrypt", &given, &crypto()).await.unwrap();
        outputs["encrypted"].as_text().unwrap().to_string()
    };
    let (one, other) = (encrypt().await, encrypt().await);
    assert_ne!(one, other, "the nonce is new each time");
    let decrypt = |encrypted: &str, more: &[(&str, &str)]| {
        let mut given = with(r#"{"associated":"ada"}"#, &[("key", KEY), ("encrypted", encrypted)]);
        given.extend(more.iter().map(|(name, text)| (Text::from(*name), Value::from(*text))));
        pure("encryption.decrypt_to_text", &given, &[], NOW_MS).map(|outputs| outputs["text"].clone())
    };
    for encrypted in [&one, &other, &format!("{}\n {}\n", &one[..10], &one[10..])] {
        assert_eq!(decrypt(encrypted, &[]).unwrap(), Value::from("größe"));
    }
    assert!(decrypt(&one, &[("associated", "")]).is_err());
    assert!(decrypt(&one, &[("key", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWE=")]).is_err());
    for place in 0..one.len() {
        let mut changed = one.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(decrypt(&changed, &[]).is_err() && decrypt(&one[..place], &[]).is_err(), "{changed}");
    }
    let kept = pure(
        "encryption.decrypt",
        &with(r#"{"associated":"ada"}"#, &[("key", KEY), ("encrypted", &one)]),
        &[],
        NOW_MS,
    );
    assert_eq!(kept.unwrap()["text"], Value::Secret(Secret::new("größe")));
}

/// By OpenSSL 3: `printf 'My secret message!' | openssl dgst -sha256 -sign rsa-pkcs8.pem | base64`, and so on; the text is that of Okta's page.
#[tokio::test(start_paused = true)]
async fn a_text_is_signed_as_openssl_signs_it() {
    const KEY: &str = include_str!("../../okta/tests/keys/rsa-pkcs8.pem");
    let rows: &[(&str, &str)] = &[
        (
            r#"{}"#,
            "dXLqYlu1LWtO30vQ6eVGi0VvROLjQpdzmPF6RwIADDWvFjNDOvvmdra/29R/fqFr/bKwe2V9Zd+kx8kHkkro9/MWL9egOUGBSh8aR/IpvzYJDOVVlxFpmO449A0RAzGP1exi8cexU9LO+3vmlH6M+kdPquyZRxZb/5Ch+FxwiltMKR+mASAveX4zS0YW44sU89MKJ+Oucc1uhDRq/qNQzeyDmrA/EPtFGeRUo8v725of9gDgZE8J7aSVRH5OFaBix97SMA9bhe+iJqeTmDodd4tYbKjjmQIp3cUexSSIJepaBc6t9JLOWyZBX65XvkxEq/ktfmVrh1HLs3+Kg5S2SA==",
        ),
        (
            r#"{"algorithm":"sha512"}"#,
            "U7IE5T3m4WixgoWleNC+znoMoD+u1mFQWQaP2O76AyQHpb/lvuyEB34rI/Z/BVWg+9agd9mieehG5wNxk2XJksbB5uOAqqfYQ9HQvwkb1lfUD3TXbHXMddeioCyKxOCCwLpbKF0Q7loOtEV1cEXqiO8TVX3Bwzh7K//OoNQ8QifYAH2Ho1SIlyOqCG6BFQV7jGYoCTT/519WN40N+sflJqPh5NrwaH3PAWQoNLYPTwClmtJPqIu/sd+sBQzlvZB1kScKQrlKy2tAYmGthdLm5DBuWuUs8sgnPJS3AENS84Upv4fNpkMBZrF8kMAZ2IaPJLmFTwcBMIGHHgaeuCM8wQ==",
        ),
        (
            r#"{"algorithm":"sha384","digest":"hex"}"#,
            "4846a75abd449df66a93b6ce589b8cc5b637c198b02f4bef53679d41f20e34c209fffc5bc74bd0d69ff39437f6adcca48543d4a36e4121ffc4bae3855ba6a20f4860edf151aaf2283863f10e96230603644acb519358aa01b805bd09b99af403ce21a031cae14086e25e38dfb8b26f106d26f8d51911b79b705ae380143bfeb7e35dd33c9b4d33acc99f07f474d4c8f5677965c059bcca37734e60a76c5d4e21d48310821fb3f9b001d9c2c49abb811ff1159faaeb1089b562321de001f4a803f9ababf0076e554fbcbec02206c3acd54fc2f436eaecc286dc61f07a523145eb9ee0fd229fb5286cf7aa7a9e798281db097b73e9ab404631ae31dc2c647ddcf1",
        ),
    ];
    for (json, expected) in rows {
        let given = with(json, &[("key", KEY), ("data", "My secret message!")]);
        let outputs =
            direct::perform(&effect_cards(), "encryption.sign", &Value::from(given), &crypto()).await;
        assert_eq!(outputs.unwrap()["signature"], Value::from(*expected), "{json}");
    }
    for (json, key, expected) in [
        ("{}", include_str!("../../okta/tests/keys/rsa-encrypted.pem"), "the private key is encrypted"),
        ("{}", include_str!("../../okta/tests/keys/ec-p-256.pem"), "the private key does not fit RS256"),
        (r#"{"algorithm":"md5"}"#, KEY, "signatures by md5 can be forged"),
        (r#"{"digest":"words"}"#, KEY, "expected one of base64, hex, binary"),
    ] {
        let given = with(json, &[("key", key), ("data", "My secret message!")]);
        let fault = direct::perform(&effect_cards(), "encryption.sign", &Value::from(given), &crypto()).await;
        let told = fault.unwrap_err().to_string();
        assert!(told.contains(expected), "{told}");
    }
}
