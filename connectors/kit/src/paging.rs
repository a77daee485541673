//! Lists that come in pages, each of which names the next one.

use std::hash::{DefaultHasher, Hash, Hasher};

use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Text, Value};

/// How many empty pages in a row may name a next one: a vendor may filter after it has cut a list into pages.
const MOST_EMPTY: u64 = 100;

/// How far a list was followed, and what shows that it still comes nearer to its end.
///
/// It is small whatever the length of the list, and can be a cursor: circles are found by Brent's algorithm, which remembers
/// one place and moves it up at each power of two.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trail {
    next: Option<Text>,
    landmark: Text,
    /// How many pages were read since the landmark, and when it moves up.
    steps: u64,
    moves_at: u64,
    empty: u64,
    /// What the last page held.
    content: u64,
}

impl Trail {
    /// Reads what [`Trail::write`] wrote.
    pub fn read(value: &Value) -> Option<Trail> {
        let members = value.as_object()?;
        let text = |name: &str| members.get(name)?.as_text().cloned();
        let number = |name: &str| text(name)?.parse().ok();
        Some(Trail {
            next: Some(text("next")?),
            landmark: text("landmark")?,
            steps: number("steps")?,
            moves_at: number("moves_at")?,
            empty: number("empty")?,
            content: number("content")?,
        })
    }

    /// A value from which it can be read again.
    pub fn write(&self) -> Value {
        let number = |number: u64| Value::from(number.to_string());
        Value::object([
            ("next", Value::from(self.next.clone())),
            ("landmark", Value::from(self.landmark.clone())),
            ("steps", number(self.steps)),
            ("moves_at", number(self.moves_at)),
            ("empty", number(self.empty)),
            ("content", number(self.content)),
        ])
    }

    /// The address of the next page, if there is one.
    pub fn next(&self) -> Option<&Text> {
        self.next.as_ref()
    }

    /// Goes on behind a page that holds the records of these `ids` and names `next`. Fails if the page is the one before once
    /// more, if `next` was read before, or if too many pages in a row held nothing.
    pub fn advance<'a>(&mut self, ids: impl IntoIterator<Item = &'a str>, next: Option<Text>) -> Result<()> {
        let mut hasher = DefaultHasher::new();
        let count = ids.into_iter().inspect(|id| id.hash(&mut hasher)).count();
        let content = hasher.finish();
        let Some(next) = next else {
            self.next = None;
            return Ok(());
        };
        if count > 0 && self.content == content {
            let why = format!(
                "two pages in a row hold the same {count} records, and the list goes on at {}",
                bare(&next)
            );
            return Err(endless(&why));
        }
        self.empty = if count == 0 { self.empty + 1 } else { 0 };
        if self.empty >= MOST_EMPTY {
            return Err(endless(&format!(
                "{MOST_EMPTY} pages in a row hold nothing, and still name a next one"
            )));
        }
        let itself = self.next.as_ref() == Some(&next);
        if itself || self.landmark == next {
            return Err(endless(&format!(
                "a page names one as the next that was read before: {}",
                bare(&next)
            )));
        }
        self.steps += 1;
        if self.steps >= self.moves_at {
            self.landmark = next.clone();
            self.moves_at = (self.moves_at * 2).max(1);
            self.steps = 0;
        }
        self.content = content;
        self.next = Some(next);
        Ok(())
    }
}

fn endless(why: &str) -> Fault {
    Fault::new(FaultKind::HttpRequest, format!("the list goes in circles: {why}"))
        .help("what was read is not taken for the whole list; the vendor, or a proxy between, answers wrongly: try again later")
}

/// An address without its query, which may hold what is nobody's business.
fn bare(address: &str) -> &str {
    address.split('?').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Follows pages by their numbers: what each holds, and which it names. Says how many were read and how it ended.
    fn follow(page: impl Fn(usize) -> (Vec<String>, Option<usize>)) -> (usize, Result<()>) {
        let (mut trail, mut at, mut read) = (Trail::default(), 0, 0);
        loop {
            let (ids, next) = page(at);
            read += 1;
            let address = next.map(|next| Text::from(format!("/list?page={next}")));
            if let Err(fault) = trail.advance(ids.iter().map(String::as_str), address) {
                return (read, Err(fault));
            }
            let Some(next) = next else { return (read, Ok(())) };
            at = next;
            trail = Trail::read(&trail.write()).unwrap();
        }
    }

    fn one(id: usize) -> Vec<String> {
        vec![id.to_string()]
    }

    #[test]
    fn a_list_with_an_end_is_read_to_its_end() {
        for pages in [1, 2, 3, 1000] {
            let (read, ended) = follow(|at| (one(at), (at + 1 < pages).then_some(at + 1)));
            assert_eq!(read, pages);
            ended.unwrap();
        }
    }

    #[test]
    fn every_circle_is_found_soon() {
        // Brent: the landmark is in the circle after at most twice as many steps as its start and its length, whichever is
        // more, and found again one round later.
        for (start, length) in [(0, 1), (0, 2), (0, 3), (1, 1), (5, 4), (17, 31), (300, 7)] {
            let next = |at: usize| if at + 1 == start + length { start } else { at + 1 };
            let (read, ended) = follow(|at| (one(at), Some(next(at))));
            let told = ended.unwrap_err();
            assert!(told.message.contains("goes in circles"), "{told}");
            assert!(read <= 2 * start.max(length) + length + 2, "{start} {length}: {read}");
        }
    }

    #[test]
    fn a_page_that_comes_again_under_another_address_is_found() {
        let (read, ended) = follow(|at| (vec!["u1".to_owned(), "u2".to_owned()], Some(at + 1)));
        assert_eq!(read, 2);
        assert!(ended.unwrap_err().message.contains("the same 2 records"));
    }

    #[test]
    fn pages_without_records_have_an_end() {
        let (read, ended) = follow(|at| (Vec::new(), Some(at + 1)));
        assert_eq!(read, 100);
        assert!(ended.unwrap_err().message.contains("100 pages in a row hold nothing"));
        let (read, ended) =
            follow(|at| (if at % 100 == 98 { one(at) } else { Vec::new() }, (at < 500).then_some(at + 1)));
        assert_eq!(read, 501);
        ended.unwrap();
    }
}
