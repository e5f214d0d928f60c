//! The last N values of a run.

/// Keeps the last N values. Pushing is O(1) and shifts nothing. Missing values read 0.0 on the
/// oldest side, so that an index always means the same age.
#[derive(Clone, Copy, Debug)]
pub(super) struct History<const N: usize> {
    /// Unwritten entries stay 0.0, and lie just where the oldest values would.
    ring: [f32; N],
    /// The entry of the oldest value: the next to be overwritten.
    oldest: usize,
    pushed: u64,
}

impl<const N: usize> History<N> {
    /// Returns an empty history.
    pub(super) const fn new() -> Self {
        const { assert!(N > 0, "a history of nothing") };
        Self { ring: [0.0; N], oldest: 0, pushed: 0 }
    }

    /// Returns the history of a list that ends in `newest`, after values that are no longer kept.
    pub(super) fn ending_in(newest: &[f32], dropped: u32) -> Self {
        let mut history = Self::new();
        for value in newest {
            history.push(*value);
        }
        history.pushed += u64::from(dropped);
        history
    }

    /// Adds the newest value in place of the oldest.
    pub(super) fn push(&mut self, value: f32) {
        self.ring[self.oldest] = value;
        self.oldest = (self.oldest + 1) % N;
        self.pushed += 1;
    }

    /// Returns all N values, the newest last.
    pub(super) fn oldest_first(&self) -> [f32; N] {
        std::array::from_fn(|age| self.ring[(self.oldest + age) % N])
    }

    /// Returns the number of values kept, N at most.
    pub(super) fn len(&self) -> usize {
        self.pushed.min(N as u64) as usize
    }

    /// Returns the number of values pushed and no longer kept.
    pub(super) fn dropped(&self) -> u64 {
        self.pushed - self.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_history_is_the_end_of_the_list(figures in proptest::collection::vec(-1e6f32..1e6, 0..40)) {
            let mut history = History::<5>::new();
            let mut model = vec![0.0f32; 5];
            for figure in &figures {
                history.push(*figure);
                model.push(*figure);
                prop_assert_eq!(&history.oldest_first()[..], &model[model.len() - 5..]);
            }
            prop_assert_eq!(history.len(), figures.len().min(5));
            prop_assert_eq!(history.dropped() as usize, figures.len().saturating_sub(5));
        }
    }
}
