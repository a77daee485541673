//! The claims of a JWT that is to be signed (RFC 7519): those that the author names, and those that the card makes.

use flowrun_core::duration::milliseconds;
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Date, Record, Text, Value};

/// How long a token is good unless the author says otherwise: ten minutes, as in Okta.
const LIFETIME_S: f64 = 600.0;

/// The claims so far.
pub(crate) struct Claims(Record);

impl Claims {
    /// The claims that the author gave, as an object and as fields; blank ones are left out.
    pub(crate) fn of(payload: Option<Record>, fields: Record) -> Result<Claims> {
        let mut claims = Claims(Record::default());
        for (name, value) in payload.unwrap_or_default().into_iter().chain(fields) {
            claims.add(&name, value)?;
        }
        Ok(claims)
    }

    /// One more claim; a blank one is left out, a second one of the same name refused.
    pub(crate) fn add(&mut self, name: &str, value: Value) -> Result<()> {
        if value.is_null() {
            return Ok(());
        }
        if value.holds_secret() {
            let fault = invalid(format!("the claim `{name}` holds a secret"));
            return Err(fault.help("whoever has a token can read its claims: leave it out"));
        }
        match self.0.insert(name.into(), value) {
            None => Ok(()),
            Some(_) => Err(invalid(format!("the claim `{name}` is given twice"))),
        }
    }

    /// Says when the token was made, unless the author did or wants none; gives the second from which it counts.
    pub(crate) fn issue(&mut self, now_ms: i64, no_timestamp: bool) -> Result<f64> {
        let issued = match self.seconds("iat")? {
            Some(issued) => issued,
            None => now_ms.div_euclid(1000) as f64,
        };
        // In its own place: the author may have given one to count from.
        if no_timestamp {
            self.0 = std::mem::take(&mut self.0).into_iter().filter(|(name, _)| &**name != "iat").collect();
        } else {
            self.0.insert("iat".into(), Value::Number(issued));
        }
        Ok(issued)
    }

    /// Says when the token ends: so long after `issued`, or when the author's `exp` says, or never.
    pub(crate) fn end(&mut self, issued: f64, expires_in: Option<&Text>) -> Result<()> {
        let given = self.seconds("exp")?.is_some();
        match expires_in.map(|text| text.trim()) {
            None | Some("") if given => Ok(()),
            None | Some("") => self.add("exp", dated("exp", issued + LIFETIME_S)?),
            Some("never") if given => {
                Err(invalid("the claim `exp` is given, but the token is never to expire"))
            }
            Some("never") => Ok(()),
            Some(text) => self.add("exp", dated("exp", (issued + seconds(text)?).floor())?),
        }
    }

    /// Says from when on the token is good: so long after `issued`, or when the author's `nbf` says.
    pub(crate) fn begin(&mut self, issued: f64, not_before: Option<&Text>) -> Result<()> {
        self.seconds("nbf")?;
        match not_before.map(|text| text.trim()) {
            None | Some("") => Ok(()),
            Some(text) => self.add("nbf", dated("nbf", (issued + seconds(text)?).floor())?),
        }
    }

    /// A claim that holds seconds since 1970.
    fn seconds(&self, name: &str) -> Result<Option<f64>> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Number(seconds)) => dated(name, *seconds).map(|_| Some(*seconds)),
            Some(Value::Integer(_)) => Err(undated(name)),
            Some(other) => {
                let fault = invalid(format!(
                    "expected seconds since 1970 as the claim `{name}`, found {}",
                    other.kind()
                ));
                Err(fault.help("`date_time.epoch` gives the seconds of a date"))
            }
        }
    }

    /// The claims as an object.
    pub(crate) fn into_value(self) -> Value {
        Value::from(self.0)
    }
}

/// Seconds since 1970 as a claim (RFC 7519 2, NumericDate: fractions and times before 1970 are allowed), if there is such a date.
fn dated(name: &str, seconds: f64) -> Result<Value> {
    // Casting makes what is too large the largest, which is no date either.
    Date::from_millis((seconds * 1000.0) as i64).map(|_| Value::Number(seconds)).ok_or_else(|| undated(name))
}

/// The fault of a claim that is a number, but no date within the years that there are dates of.
fn undated(name: &str) -> Fault {
    invalid(format!("the claim `{name}` is no date before the year 10000"))
        .help("a JWT's dates are seconds since 1970: divide milliseconds by 1000")
}

/// The seconds of a text like `10 minutes`; a plain number is seconds.
fn seconds(text: &str) -> Result<f64> {
    milliseconds(&Value::from(text)).map(|ms| ms / 1000.0).ok_or_else(|| {
        invalid(format!("expected a duration, found \"{text}\""))
            .help("write seconds, or a number and a unit: 600, 10 minutes, 2 h, 7d")
    })
}

fn invalid(message: impl Into<Text>) -> Fault {
    Fault::new(FaultKind::InvalidInput, message)
}
