//! Places side by side for wires in gaps and strips.

/// What a wire takes of a gap or strip: from where to where.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The start.
    pub from: i32,
    /// The end.
    pub to: i32,
}

/// Gives each span the first track where nothing within `apart` of it lies, in the order given. The track of each, and the
/// number of tracks.
pub fn tracks(spans: &[Span], apart: i32) -> (Vec<usize>, usize) {
    let mut taken: Vec<Vec<Span>> = Vec::new();
    let mut given = Vec::with_capacity(spans.len());
    for span in spans {
        let free = |track: &Vec<Span>| {
            track.iter().all(|other| other.to + apart < span.from || span.to + apart < other.from)
        };
        let track = taken.iter().position(free).unwrap_or_else(|| {
            taken.push(Vec::new());
            taken.len() - 1
        });
        taken[track].push(*span);
        given.push(track);
    }
    (given, taken.len())
}
