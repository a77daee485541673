//! The expressions of group rules, as far as developer.okta.com/docs/reference/okta-expression-language (group rules) shows them:
//! comparisons of attributes, three functions of texts, memberships, `and`, `or`, `not` in words or signs.

/// How deep expressions may nest.
const DEEPEST: usize = 32;

/// An expression.
#[derive(Debug, PartialEq)]
pub enum Rule {
    Any(Vec<Rule>),
    All(Vec<Rule>),
    Not(Box<Rule>),
    /// An attribute of the user, compared with a text.
    Is {
        attribute: String,
        equal: bool,
        text: String,
    },
    /// A text of the user that begins so, or contains it.
    Starts {
        attribute: String,
        text: String,
    },
    Contains {
        attribute: String,
        text: String,
    },
    /// Membership in one of these groups, by their ids.
    InAny(Vec<String>),
    /// Membership in a group of this name.
    Named(String),
}

/// What a rule asks about a user.
pub trait User {
    /// The text of an attribute, by the directory's name.
    fn attribute(&self, name: &str) -> Option<&str>;
    /// Whether the user is in a group, by its id.
    fn is_in(&self, group: &str) -> bool;
    /// Whether the user is in a group of this name.
    fn is_in_named(&self, name: &str) -> bool;
}

impl Rule {
    /// Reads an expression; fails with what is wrong.
    pub fn read(text: &str) -> Result<Rule, String> {
        let mut reader = Reader { rest: text.trim() };
        let rule = reader.any(0)?;
        if reader.rest.is_empty() { Ok(rule) } else { Err(format!("not understood: {}", reader.rest)) }
    }

    /// Whether a user is meant.
    pub fn fits(&self, user: &dyn User) -> bool {
        let of = |attribute: &str| user.attribute(attribute).unwrap_or_default();
        match self {
            Rule::Any(rules) => rules.iter().any(|rule| rule.fits(user)),
            Rule::All(rules) => rules.iter().all(|rule| rule.fits(user)),
            Rule::Not(rule) => !rule.fits(user),
            Rule::Is { attribute, equal, text } => (of(attribute) == text) == *equal,
            Rule::Starts { attribute, text } => of(attribute).starts_with(text),
            Rule::Contains { attribute, text } => of(attribute).contains(text),
            Rule::InAny(groups) => groups.iter().any(|group| user.is_in(group)),
            Rule::Named(name) => user.is_in_named(name),
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn any(&mut self, depth: usize) -> Result<Rule, String> {
        let mut rules = vec![self.all(depth)?];
        while self.skips("||") || self.skips_word("or") {
            rules.push(self.all(depth)?);
        }
        Ok(if rules.len() == 1 { rules.remove(0) } else { Rule::Any(rules) })
    }

    fn all(&mut self, depth: usize) -> Result<Rule, String> {
        let mut rules = vec![self.one(depth)?];
        while self.skips("&&") || self.skips_word("and") {
            rules.push(self.one(depth)?);
        }
        Ok(if rules.len() == 1 { rules.remove(0) } else { Rule::All(rules) })
    }

    fn one(&mut self, depth: usize) -> Result<Rule, String> {
        if depth == DEEPEST {
            return Err(format!("nested deeper than {DEEPEST}"));
        }
        if self.skips("!") || self.skips_word("not") {
            return Ok(Rule::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.skips("(") {
            let rule = self.any(depth + 1)?;
            return if self.skips(")") { Ok(rule) } else { Err("a parenthesis is not closed".to_owned()) };
        }
        let name = self.name();
        if let Some(attribute) = name.strip_prefix("user.").filter(|name| !name.is_empty()) {
            let equal = self.skips("==");
            if !equal && !self.skips("!=") {
                return Err(format!("user.{attribute} is compared with == or != only"));
            }
            return Ok(Rule::Is { attribute: attribute.to_owned(), equal, text: self.text()? });
        }
        self.call(&name)
    }

    fn call(&mut self, name: &str) -> Result<Rule, String> {
        if !self.skips("(") {
            return Err(format!("unknown: {name}"));
        }
        let rule = match name {
            "String.stringContains" | "String.startsWith" => {
                let attribute = self.name();
                let attribute = attribute
                    .strip_prefix("user.")
                    .ok_or_else(|| format!("{name} takes an attribute of the user"))?
                    .to_owned();
                if !self.skips(",") {
                    return Err(format!("{name} takes two arguments"));
                }
                let text = self.text()?;
                if name == "String.startsWith" {
                    Rule::Starts { attribute, text }
                } else {
                    Rule::Contains { attribute, text }
                }
            }
            "isMemberOfGroup" | "isMemberOfAnyGroup" => {
                let mut groups = vec![self.text()?];
                while self.skips(",") {
                    groups.push(self.text()?);
                }
                Rule::InAny(groups)
            }
            "isMemberOfGroupName" => Rule::Named(self.text()?),
            _ => return Err(format!("unknown: {name}")),
        };
        if self.skips(")") { Ok(rule) } else { Err(format!("{name} is not closed")) }
    }

    fn name(&mut self) -> String {
        let end =
            self.rest.find(|c: char| !c.is_alphanumeric() && c != '.' && c != '_').unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        name.to_owned()
    }

    fn text(&mut self) -> Result<String, String> {
        let wrong = || "a text in quotes is expected".to_owned();
        let quote = self.rest.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or_else(wrong)?;
        let (text, rest) = self.rest[1..].split_once(quote).ok_or_else(wrong)?;
        self.rest = rest.trim_start();
        Ok(text.to_owned())
    }

    fn skips(&mut self, sign: &str) -> bool {
        // `!=` is no `!`.
        let found = self.rest.strip_prefix(sign).filter(|rest| sign != "!" || !rest.starts_with('='));
        found.inspect(|rest| self.rest = rest.trim_start()).is_some()
    }

    fn skips_word(&mut self, word: &str) -> bool {
        let found = self.rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        let ends = self
            .rest
            .get(word.len()..)
            .unwrap_or_default()
            .starts_with(|c: char| c.is_whitespace() || c == '(');
        if found && ends {
            self.rest = self.rest[word.len()..].trim_start();
        }
        found && ends
    }
}
