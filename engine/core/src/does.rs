//! What a card does to the world. A card says it once, in its declaration: dry runs, the audit record, retries, the
//! checker's warnings and the manual all go by that.

use std::borrow::Cow;

use crate::fault::InputId;
use crate::value::Value;

/// What performing a card does to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// It changes nothing: it reads, or makes something new of what it is given.
    Reads,
    /// It changes something, out there or in a table.
    Changes(Repeat),
    /// What the HTTP method does that this input names; whatever that is, no more than a change that is never repeated.
    AsMethod(InputId),
}

/// Whether a change may be made again although it may have been made already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Twice comes to the same as once.
    Safe,
    /// Twice may do it twice.
    Never,
}

impl Does {
    /// What a request with this method does (RFC 9110, section 9.2).
    pub fn by_method(method: &str) -> Does {
        match method.trim().to_ascii_uppercase().as_str() {
            "GET" | "HEAD" => Does::Reads,
            "PUT" | "DELETE" => Does::Changes(Repeat::Safe),
            _ => Does::Changes(Repeat::Never),
        }
    }

    /// What it does with these inputs, of which the declaration knows only the worst.
    pub fn with(self, inputs: &[Value]) -> Does {
        let Does::AsMethod(input) = self else { return self };
        let method = inputs.get(usize::from(input.0)).and_then(Value::as_text);
        method.map_or(Does::Changes(Repeat::Never), |method| Does::by_method(method))
    }

    /// Whether it may change something.
    pub fn changes(self) -> bool {
        self != Does::Reads
    }

    /// Whether it may be done again although it may have been done already.
    pub fn may_be_repeated(self) -> bool {
        matches!(self, Does::Reads | Does::Changes(Repeat::Safe))
    }
}

/// What is done about a performance that had begun when the process died, so that nobody saw its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AfterCrash {
    /// The card is performed again: it only reads, twice comes to the same as once, or what it had done died with the process.
    Repeats,
    /// The card looks what became of it: by this.
    Looks(Cow<'static, str>),
    /// Nothing can be looked up, for this reason, so that somebody must say what became of it.
    Asks(Cow<'static, str>),
}

impl AfterCrash {
    /// Looks `by` something: "by the login".
    pub const fn looks(by: &'static str) -> AfterCrash {
        AfterCrash::Looks(Cow::Borrowed(by))
    }

    /// Asks, because: "Okta does not tell which mails it sent".
    pub const fn asks(because: &'static str) -> AfterCrash {
        AfterCrash::Asks(Cow::Borrowed(because))
    }

    /// What follows from what a card does; a card that may not do it again must say by itself what it does, else it is no
    /// program that compiles.
    pub const fn following(does: Does) -> AfterCrash {
        match does {
            Does::Reads | Does::Changes(Repeat::Safe) => AfterCrash::Repeats,
            Does::Changes(Repeat::Never) | Does::AsMethod(_) => {
                panic!(
                    "a card that may not do again what it did says what it does after a crash: AFTER_CRASH"
                )
            }
        }
    }

    /// What is done about a performance with these inputs by a card that does this: what its method shows to be repeatable is
    /// repeated.
    pub fn with(&self, does: Does, inputs: &[Value]) -> &AfterCrash {
        match does {
            Does::AsMethod(_) if does.with(inputs).may_be_repeated() => &AfterCrash::Repeats,
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_method_shows_to_be_repeatable_is_repeated() {
        let asks = AfterCrash::asks("nobody tells");
        let with = |does, method: &str| asks.with(does, &[Value::from(method)]) == &AfterCrash::Repeats;
        let by_method = Does::AsMethod(InputId(0));
        assert!(with(by_method, "GET") && with(by_method, "put") && with(by_method, "DELETE"));
        assert!(!with(by_method, "POST") && !with(by_method, "PATCH"));
        assert!(!with(Does::Changes(Repeat::Safe), "GET"), "what a card says of itself holds");
        assert_eq!(AfterCrash::following(Does::Reads), AfterCrash::Repeats);
    }

    #[test]
    fn inputs_narrow_what_the_declaration_allows() {
        let does = Does::AsMethod(InputId(1));
        assert!(does.changes() && !does.may_be_repeated(), "the worst, as long as nothing is known");
        let with = |method: &str| does.with(&[Value::Null, Value::from(method)]);
        assert_eq!(with(" get "), Does::Reads);
        assert_eq!(with("PUT"), Does::Changes(Repeat::Safe));
        assert_eq!(with("PATCH"), Does::Changes(Repeat::Never));
        assert_eq!(does.with(&[]), Does::Changes(Repeat::Never));
        assert_eq!(Does::Reads.with(&[Value::Null, Value::from("POST")]), Does::Reads);
    }
}
