//! How wide a text is, without its font: estimated from a table, on the wide side, so that boxes hold their texts wherever
//! the picture is looked at.

/// A size and weight in which the picture writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Font {
    /// The size in pixels.
    pub size: i32,
    /// Whether it is bold.
    pub bold: bool,
}

impl Font {
    /// A font of this size.
    pub const fn regular(size: i32) -> Font {
        Font { size, bold: false }
    }

    /// A bold font of this size.
    pub const fn bold(size: i32) -> Font {
        Font { size, bold: true }
    }

    /// How many pixels the text takes at the most, rounded up.
    pub fn width(self, text: &str) -> i32 {
        let hundredths: i32 = text.chars().map(|c| self.hundredths(c)).sum();
        (hundredths * self.size + 99) / 100
    }

    /// The text, cut and closed with `…` where it takes more than `room` pixels; line breaks become spaces.
    pub fn shorten(self, text: &str, room: i32) -> String {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if self.width(&text) <= room {
            return text;
        }
        let room = (room - self.width("…")) * 100;
        let mut taken = 0;
        let fitting = text.chars().take_while(|c| {
            taken += self.hundredths(*c) * self.size;
            taken <= room
        });
        let mut cut = fitting.collect::<String>().trim_end().to_owned();
        cut.push('…');
        cut
    }

    /// The text in lines of at most `room` pixels, and at most `lines` of them.
    pub fn wrap(self, text: &str, room: i32, lines: usize) -> Vec<String> {
        let mut wrapped: Vec<String> = Vec::new();
        let mut words = text.split_whitespace().peekable();
        while let Some(word) = words.peek() {
            if wrapped.len() + 1 == lines {
                let rest = words.collect::<Vec<_>>().join(" ");
                wrapped.push(self.shorten(&rest, room));
                break;
            }
            let mut line = self.shorten(word, room);
            words.next();
            while let Some(word) = words.peek() {
                if self.width(&line) + self.width(" ") + self.width(word) > room {
                    break;
                }
                line.push(' ');
                line.push_str(word);
                words.next();
            }
            wrapped.push(line);
        }
        wrapped
    }

    /// The width of one character in hundredths of the size.
    fn hundredths(self, c: char) -> i32 {
        let table = if self.bold { &BOLD } else { &REGULAR };
        match c {
            ' '..='~' => table.get(c as usize - ' ' as usize).copied().unwrap_or(100).into(),
            // Accents over a letter take no room of their own.
            '\u{300}'..='\u{36f}' => 0,
            '·' | '’' | '‘' => 38,
            '\u{a0}'..='\u{24f}' => 80,
            '\u{370}'..='\u{5ff}' => 90,
            _ if c.is_control() => 0,
            _ => 110,
        }
    }
}

/// From space to tilde, in hundredths of the size: DejaVu Sans, the widest font that a browser is likely to take for
/// `system-ui` or `sans-serif`.
const REGULAR: [u8; 95] = [
    32, 41, 46, 84, 64, 95, 78, 28, 39, 39, 50, 84, 32, 37, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    34, 34, 84, 84, 84, 54, 100, 69, 69, 70, 77, 64, 58, 78, 76, 30, 30, 66, 56, 87, 75, 79, 61, 79, 70, 64,
    62, 74, 69, 99, 69, 62, 69, 39, 34, 39, 84, 50, 50, 62, 64, 55, 64, 62, 36, 64, 64, 28, 28, 58, 28, 98,
    64, 62, 64, 64, 42, 53, 40, 64, 60, 82, 60, 60, 53, 64, 34, 64, 84,
];

/// The same for its bold.
const BOLD: [u8; 95] = [
    35, 46, 53, 84, 70, 101, 88, 31, 46, 46, 53, 84, 38, 42, 38, 37, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70,
    40, 40, 84, 84, 84, 58, 100, 78, 77, 74, 83, 69, 69, 83, 84, 38, 38, 78, 64, 100, 84, 85, 74, 85, 77, 72,
    69, 82, 78, 111, 78, 73, 73, 46, 37, 46, 84, 50, 50, 68, 72, 60, 72, 68, 44, 72, 72, 35, 35, 67, 35, 105,
    72, 69, 72, 72, 50, 60, 48, 72, 66, 93, 65, 66, 59, 72, 37, 72, 84,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortens_and_wraps() {
        let font = Font::regular(12);
        assert_eq!(font.shorten("a  short\ntext", 200), "a short text");
        let cut = font.shorten("a text that is too long for its box", 100);
        assert!(cut.ends_with('…') && font.width(&cut) <= 100, "{cut}");
        let lines = font.wrap("one two three four five six seven eight nine ten", 100, 3);
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| font.width(line) <= 100), "{lines:?}");
        assert!(font.wrap("", 100, 3).is_empty());
    }
}
