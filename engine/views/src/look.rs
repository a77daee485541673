//! How what is shown may look: colors, width.

/// How one stream may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether it is a terminal that can move its cursor.
    pub live: bool,
    /// Whether it shows colors.
    pub color: bool,
    /// How many letters fit into a line.
    pub width: usize,
    /// How many lines fit on the screen.
    pub height: usize,
}

/// What a pipe or a file looks like.
pub const PLAIN: Look = Look { live: false, color: false, width: 120, height: 24 };

/// Colors, or none.
#[derive(Clone, Copy, Debug)]
pub struct Paint(
    /// Whether there are colors.
    pub bool,
);

macro_rules! paints {
    ($($(#[doc = $docs:literal])+ $name:ident = $code:literal),+ $(,)?) => {
        impl Paint {
            $($(#[doc = $docs])+
            pub fn $name(self, text: &str) -> String {
                if self.0 && !text.is_empty() { format!(concat!("\u{1b}[", $code, "m{}\u{1b}[0m"), text) } else { text.to_owned() }
            })+
        }
    };
}

paints! {
    /// Stands out.
    bold = "1",
    /// Steps back.
    dim = "2",
    /// Went wrong.
    red = "1;31",
    /// Went well.
    green = "32",
    /// Deserves a look.
    yellow = "33",
    /// Belongs to the frame.
    blue = "1;34",
    /// Goes on right now.
    cyan = "36",
}
