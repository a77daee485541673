//! Objects as the pairs of a query.

use super::{FromValue, Record, Text, Value};

/// The pairs of a query that `members` stand for: a list repeats its key, a missing value is left out. Fails with what is wrong if
/// a value has no one form in a query, as an object inside has none.
pub fn query_pairs(members: &Record) -> Result<Vec<(&Text, Text)>, String> {
    let mut pairs = Vec::with_capacity(members.len());
    for (key, value) in members {
        let values = value.as_list().unwrap_or(std::slice::from_ref(value));
        for value in values.iter().filter(|value| !value.is_null()) {
            let text = match value {
                Value::Object(_) | Value::List(_) => None,
                value => Text::from_value(value.clone()).ok(),
            };
            let found = value.kind();
            let told = || format!("`{key}`: expected a text, number, true/false or date, found {found}");
            pairs.push((key, text.ok_or_else(told)?));
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Secret, parse_json};

    #[test]
    fn each_kind_of_value_has_one_form_or_none() {
        let pairs = |json: &str| {
            let Value::Object(members) = parse_json(json).unwrap() else { unreachable!("{json}") };
            query_pairs(&members).map(|pairs| {
                pairs.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&")
            })
        };
        #[rustfmt::skip]
        let table = [
            (r#"{"a":[1,2],"b":"x"}"#, Ok("a=1&a=2&b=x")), (r#"{"a":[],"b":null,"c":[null,"x"],"d":""}"#, Ok("c=x&d=")),
            (r#"{"a":true,"b":7615917337495251231,"c":0.5,"d":1e21}"#, Ok("a=true&b=7615917337495251231&c=0.5&d=1e+21")),
            (r#"{"a":{"b":1}}"#, Err("`a`: expected a text, number, true/false or date, found object")),
            (r#"{"a":[[1]]}"#, Err("`a`: expected a text, number, true/false or date, found list")),
        ];
        for (json, wanted) in table {
            assert_eq!(pairs(json).as_deref().map_err(String::as_str), wanted, "{json}");
        }
        let secret: Record = [(Text::from("t"), Value::Secret(Secret::new("hunter2")))].into_iter().collect();
        assert_eq!(
            query_pairs(&secret),
            Err("`t`: expected a text, number, true/false or date, found secret".into())
        );
    }
}
