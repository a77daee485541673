//! Values in the room that a card has for them.

use super::scene::{Paint, Piece};
use super::text::Font;

/// The lines of a value: a text, a list and an object may take two, everything else is shortened to one.
pub fn lay(font: Font, pieces: &[Piece], room: i32) -> Vec<Vec<Piece>> {
    match pieces {
        [Piece { text, paint: Paint::Plain }] => {
            let lines = font.wrap(text, room, 2).into_iter();
            lines.map(|text| vec![Piece { text, paint: Paint::Plain }]).collect()
        }
        _ => {
            let mut taken = 0;
            let fits = |piece: &&Piece| {
                taken += font.width(&piece.text);
                taken <= room
            };
            let first = pieces.iter().take_while(fits).count();
            // Conditions have three pieces; they are best read on one line.
            if pieces.len() <= 3 || first == 0 || first == pieces.len() {
                return vec![fit(font, pieces, room)];
            }
            let (first, rest) = pieces.split_at(first);
            vec![first.to_vec(), fit(font, rest, room)]
        }
    }
}

/// The pieces, shortened until they fit, the longest of them first.
pub fn fit(font: Font, pieces: &[Piece], room: i32) -> Vec<Piece> {
    let mut pieces = pieces.to_vec();
    loop {
        let widths: Vec<i32> = pieces.iter().map(|piece| font.width(&piece.text)).collect();
        let excess = widths.iter().sum::<i32>() - room;
        let Some((longest, width)) = widths.iter().enumerate().max_by_key(|(_, width)| **width) else {
            return pieces;
        };
        if excess <= 0 {
            return pieces;
        }
        // Two long pieces share the loss; a list of many short ones loses its end.
        let next =
            widths.iter().enumerate().filter(|(index, _)| *index != longest).map(|(_, width)| *width).max();
        let goal = (width - excess).max(next.unwrap_or(0).min(width - 12));
        if pieces.len() > 5 || goal < 24 {
            pieces.pop();
            if let Some(last) = pieces.last_mut() {
                last.text.push('…');
            }
            continue;
        }
        let piece = &mut pieces[longest];
        let shortened = font.shorten(&piece.text, goal);
        if shortened == piece.text {
            return pieces;
        }
        piece.text = shortened;
    }
}
