//! The tokens an account has given out: of each API the last one, the same until it expires.

use flowrun_core::chance::mix;

/// One of Personio's two APIs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Api {
    /// The first.
    V1,
    /// The second.
    V2,
}

/// The tokens that are out.
#[derive(Default)]
pub struct Tokens {
    last: [Option<Token>; 2],
    count: u64,
}

struct Token {
    text: String,
    until_ms: i64,
}

impl Tokens {
    /// The token of an API and how many seconds it is still good for; a new one lives for `lifetime_ms`.
    pub fn issue(&mut self, api: Api, seed: u64, now_ms: i64, lifetime_ms: i64) -> (String, i64) {
        if let Some(token) = self.last[api as usize].as_ref().filter(|token| now_ms < token.until_ms) {
            return (token.text.clone(), (token.until_ms - now_ms) / 1000);
        }
        self.count += 1;
        let half = |salt: u64| mix(seed ^ (self.count << 8) ^ salt);
        let text = format!("papi-{:016x}{:016x}", half(1), half(2));
        self.last[api as usize] = Some(Token { text: text.clone(), until_ms: now_ms + lifetime_ms });
        (text, lifetime_ms / 1000)
    }

    /// Whether a token is good for an API.
    pub fn knows(&self, api: Api, text: &str, now_ms: i64) -> bool {
        let token = self.last[api as usize].as_ref();
        token.is_some_and(|token| token.text == text && now_ms < token.until_ms)
    }

    /// Makes an API's token worthless.
    pub fn forget(&mut self, api: Api) {
        self.last[api as usize] = None;
    }

    /// Makes this token worthless wherever it is good.
    pub fn revoke(&mut self, text: &str) {
        for token in &mut self.last {
            if token.as_ref().is_some_and(|token| token.text == text) {
                *token = None;
            }
        }
    }
}
