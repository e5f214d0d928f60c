//! Rounds of several kinds in turn, and what is said of their results.

use super::Histogram;

/// Makes `rounds` rounds of each kind, in turn, each time beginning with another kind, so that
/// whatever changes on the machine meanwhile changes for all. `round` gets the number of the round,
/// from 0, and the kind. Returns for each kind what its rounds gave.
pub fn interleave<K: Copy, T>(
    rounds: usize,
    kinds: &[K],
    mut round: impl FnMut(usize, K) -> T,
) -> Vec<Vec<T>> {
    let mut results: Vec<Vec<T>> = kinds.iter().map(|_| Vec::with_capacity(rounds)).collect();
    for number in 0..rounds {
        for turn in 0..kinds.len() {
            let kind = (number + turn) % kinds.len();
            results[kind].push(round(number, kinds[kind]));
        }
    }
    results
}

/// The middle of some values, and how far they lie apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The median.
    pub median: f64,
    /// The lower and upper quartile.
    pub quartiles: (f64, f64),
    /// The least and the greatest.
    pub range: (f64, f64),
}

impl Spread {
    /// Returns the spread of one value or more.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        assert!(!values.is_empty(), "nothing was measured");
        values.sort_by(f64::total_cmp);
        Self {
            median: quantile(&values, 0.5),
            quartiles: (quantile(&values, 0.25), quantile(&values, 0.75)),
            range: (values[0], values[values.len() - 1]),
        }
    }
}

/// `{:.1}` prints `median (lower quartile..upper quartile)` with one decimal.
impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = f.precision().unwrap_or(2);
        let (low, high) = self.quartiles;
        write!(f, "{:.digits$} ({low:.digits$}..{high:.digits$})", self.median)
    }
}

/// Returns a quantile of sorted values, interpolated between the two values it falls between.
pub fn quantile(sorted: &[f64], q: f64) -> f64 {
    let at = q * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    low + (high - low) * at.fract()
}

/// Returns a quantile of a distribution whose values are as coarse as the clock's step: where
/// within the step that it falls into it would be, were the values of that step spread over it
/// evenly. Without that a median of 130 or of 140 would be luck and their ratio 8 % off.
pub fn fine_quantile(times: &Histogram, q: f64, step_ns: u64) -> f64 {
    let coarse = times.value_at_quantile(q);
    let half = step_ns / 2;
    if half == 0 {
        return coarse as f64;
    }
    let (from, to) = (coarse.saturating_sub(half), coarse + half);
    let below = if from == 0 { 0 } else { times.count_between(0, from - 1) };
    let within = times.count_between(from, to.max(from + 1) - 1);
    let share = (q * times.len() as f64 - below as f64) / within.max(1) as f64;
    from as f64 + (to - from) as f64 * share.clamp(0.0, 1.0)
}

/// Returns the ratios of two kinds, round by round.
pub fn ratios<A, B>(
    over: &[A],
    under: &[B],
    mut of_over: impl FnMut(&A) -> f64,
    mut of_under: impl FnMut(&B) -> f64,
) -> Spread {
    Spread::of(over.iter().zip(under).map(|(a, b)| of_over(a) / of_under(b)))
}
