//! Which slots of a table hold a row: finds the n-th of them in a few steps, however many were deleted before
//! it.

/// A Fenwick tree of how many slots are live.
#[derive(Debug, Default)]
pub(crate) struct Live {
    /// At `i - 1`, how many of the slots before `i` are live, of those that the lowest bit of `i` spans.
    tree: Vec<u32>,
    count: usize,
}

impl Live {
    /// `count` slots, all live.
    pub fn full(count: usize) -> Live {
        let spans = (1..=count as u32).map(|place| place & place.wrapping_neg());
        Live { tree: spans.collect(), count }
    }

    /// How many slots are live.
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many slots there are.
    pub fn slots(&self) -> usize {
        self.tree.len()
    }

    /// Adds a live slot behind the others.
    pub fn push(&mut self) {
        let place = self.tree.len() + 1;
        let span = place & place.wrapping_neg();
        let mut sum = 1;
        let mut step = 1;
        while step < span {
            sum += self.tree[place - step - 1];
            step *= 2;
        }
        self.tree.push(sum);
        self.count += 1;
    }

    /// Takes the life of a slot that is live.
    pub fn remove(&mut self, slot: usize) {
        let mut place = slot + 1;
        while place <= self.tree.len() {
            self.tree[place - 1] -= 1;
            place += place & place.wrapping_neg();
        }
        self.count -= 1;
    }

    /// The slot of the n-th live one, from 0.
    pub fn nth(&self, n: usize) -> Option<usize> {
        if n >= self.count {
            return None;
        }
        if self.count == self.tree.len() {
            return Some(n);
        }
        let mut before = n;
        let mut place = 0;
        let mut step = self.tree.len().checked_ilog2().map_or(0, |bits| 1 << bits);
        while step > 0 {
            if let Some(&here) = self.tree.get(place + step - 1)
                && here as usize <= before
            {
                place += step;
                before -= here as usize;
            }
            step /= 2;
        }
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nth_live_slot_is_found_after_any_deletions() {
        for size in [1, 2, 7, 8, 9, 100, 257] {
            let mut live = Live::default();
            (0..size).for_each(|_| live.push());
            let mut left: Vec<usize> = (0..size).collect();
            // A walk that hits every slot once, in no simple order.
            for turn in 0..size {
                assert_eq!((0..=left.len()).map(|n| live.nth(n)).collect::<Vec<_>>(), {
                    let mut slots: Vec<_> = left.iter().copied().map(Some).collect();
                    slots.push(None);
                    slots
                });
                live.remove(left.remove((turn * 37 + 11) % left.len()));
            }
            assert_eq!((live.count(), live.nth(0)), (0, None));
            assert_eq!(Live::full(size).tree, {
                let mut pushed = Live::default();
                (0..size).for_each(|_| pushed.push());
                pushed.tree
            });
        }
    }
}
