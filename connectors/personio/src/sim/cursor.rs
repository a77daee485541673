//! Cursors: where a list of v2 goes on. They tell a client nothing, and one that was not given out is refused.

use flowrun_core::chance::mix;

/// Makes and reads the cursors of one list, asked for in one way.
pub struct Cursors {
    key: u64,
}

impl Cursors {
    /// For a list with these parameters: a cursor of a list that was asked for otherwise isn't valid for it.
    pub fn new(seed: u64, list: &str) -> Cursors {
        let key = list.bytes().fold(mix(seed ^ 0x7632_7665), |key, byte| mix(key ^ u64::from(byte)));
        Cursors { key }
    }

    /// The cursor of a place.
    pub fn write(&self, place: u64) -> String {
        let seal = mix(self.key ^ mix(place));
        format!("cur_{:016x}{seal:016x}", place ^ mix(self.key ^ seal))
    }

    /// The place of a cursor, if it was made here.
    pub fn read(&self, cursor: &str) -> Option<u64> {
        let digits = cursor.strip_prefix("cur_").filter(|digits| digits.len() == 32)?;
        let half = |from: usize| u64::from_str_radix(digits.get(from..from + 16)?, 16).ok();
        let (hidden, seal) = (half(0)?, half(16)?);
        let place = hidden ^ mix(self.key ^ seal);
        (mix(self.key ^ mix(place)) == seal).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cursors_that_were_given_out_are_read() {
        let cursors = Cursors::new(1, "status=ACTIVE");
        let cursor = cursors.write(50);
        assert_eq!(cursors.read(&cursor), Some(50));
        assert_eq!(Cursors::new(1, "status=INACTIVE").read(&cursor), None, "of another list");
        assert_eq!(Cursors::new(2, "status=ACTIVE").read(&cursor), None, "of another account");
        let other = if cursor.ends_with('0') { '1' } else { '0' };
        let forged = format!("{}{other}", &cursor[..cursor.len() - 1]);
        for text in [&*forged, "cur_50", "50", "", "cur_"] {
            assert_eq!(cursors.read(text), None, "{text}");
        }
    }
}
