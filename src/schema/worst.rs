//! The values that replace NaN: a number that is not known must not look like a good one.

/// Returns the worst value of a field, by what its name and unit say; `None` where they do not say
/// which of its bounds is the worse one. [`RowSchema::worst`](crate::schema::row::RowSchema::worst)
/// lists the rules.
///
/// They read what a schema says already, so every process that has the schema's text comes to the
/// same value, and no fingerprint depends on them.
#[cold]
#[inline(never)]
pub(crate) fn worst(name: &str, unit: &str, low: f64, high: f64) -> Option<f64> {
    let has = |word: &str| {
        name.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
    };
    match unit {
        "nats" if has("loss") => Some(if has("delta") { low } else { high }),
        "percent" if has("acc") => Some(low),
        "pp" if has("accuracy") || has("improvement") => Some(low),
        _ if has("grad") && has("norm") => Some(high),
        _ => None,
    }
}
