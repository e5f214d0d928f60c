//! Formats text for people: tables, times, sizes. Escapes the contents of segments before they
//! reach a terminal.

use crate::coloured;
use jiff::{Timestamp, tz::TimeZone};
use std::fmt::Write as _;
use std::time::Duration;

/// Longest line, in columns.
pub(crate) const WIDTH: usize = 100;

/// Selects the colour of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Head,
    Dim,
    Good,
    Bad,
}

impl Tone {
    pub(crate) fn paint(self, text: &str, coloured: bool) -> String {
        let code = match self {
            Self::Head => "1",
            Self::Dim => "2",
            Self::Good => "32",
            Self::Bad => "31",
            Self::Plain => "",
        };
        if coloured && !code.is_empty() && !text.is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Escapes everything that a terminal would obey: the contents of a segment may be hostile.
pub(crate) fn clean(text: &str) -> String {
    text.chars().flat_map(|c| if is_harmless(c) { vec![c] } else { c.escape_default().collect() }).collect()
}

fn is_harmless(c: char) -> bool {
    // Marks that turn the direction of writing can make a line read as another one.
    !c.is_control()
        && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Cuts a text to so many characters, and marks the cut.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// Breaks words into lines of at most that width; a longer word gets a line of its own.
pub(crate) fn wrap(words: impl IntoIterator<Item = String>, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if line.is_empty() {
            *line = word;
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            *line = format!("{line} {word}");
        } else {
            lines.push(word);
        }
    }
    lines
}

/// Formats a duration to two or three digits: `5.2 ms`, `3 s`, `2h 05m`.
pub(crate) fn duration(d: Duration) -> String {
    let ns = d.as_nanos();
    let small =
        |n: f64, unit: &str| if n < 9.95 { format!("{n:.1} {unit}") } else { format!("{n:.0} {unit}") };
    let seconds = d.as_secs();
    match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..1_000_000 => small(ns as f64 / 1e3, "us"),
        1_000_000..1_000_000_000 => small(ns as f64 / 1e6, "ms"),
        _ if seconds < 60 => small(d.as_secs_f64(), "s"),
        _ if seconds < 3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ if seconds < 86_400 => format!("{}h {:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d {:02}h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// Parses an age: `90s`, `30m`, `1h`, `7d`.
pub(crate) fn age(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no age: a number and one of s, m, h, d, such as 90s or 1h");
    let (number, unit) = text.split_at(text.len() - text.chars().last().map_or(0, char::len_utf8));
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(wrong)
}

/// Formats a duration; a dash if it is unknown.
pub(crate) fn maybe(d: Option<Duration>) -> String {
    d.map_or_else(|| "-".into(), duration)
}

/// Formats a size: `812 B`, `1.5 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    let (mut value, mut unit) = (bytes as f64, "B");
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if value < 1024.0 {
            break;
        }
        (value, unit) = (value / 1024.0, next);
    }
    if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") }
}

/// Formats a rate: `812/s`, `1.2 M/s`.
pub(crate) fn rate(hz: Option<f64>) -> String {
    let Some(hz) = hz else { return "-".into() };
    match hz {
        ..10.0 => format!("{hz:.2}/s"),
        ..10_000.0 => format!("{hz:.0}/s"),
        ..1e6 => format!("{:.1} k/s", hz / 1e3),
        _ => format!("{:.1} M/s", hz / 1e6),
    }
}

/// Formats a time of the wall clock in the local time zone, to the millisecond.
pub(crate) fn time(unix_ns: i64) -> String {
    match Timestamp::from_nanosecond(unix_ns.into()) {
        Ok(t) => t.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S%.3f").to_string(),
        Err(_) => unix_ns.to_string(),
    }
}

/// Formats a time like [`time`], without the date if it was within the last 24 hours.
pub(crate) fn recent(unix_ns: i64) -> String {
    let time = time(unix_ns);
    let today = since(unix_ns).is_some_and(|ago| ago < Duration::from_secs(86_400));
    time.split_once(' ').filter(|_| today).map_or_else(|| time.clone(), |(_, clock)| clock.to_owned())
}

/// Returns the time since a time of the wall clock; `None` if that lies in the future.
pub(crate) fn since(unix_ns: i64) -> Option<Duration> {
    let ago = Timestamp::now().as_nanosecond() - i128::from(unix_ns);
    u64::try_from(ago).ok().map(Duration::from_nanos)
}

/// Returns the time of the wall clock so long ago.
pub(crate) fn ago(age: Duration) -> i64 {
    let then = Timestamp::now().as_nanosecond() - age.as_nanos() as i128;
    i64::try_from(then).unwrap_or(i64::MIN)
}

/// Writes an error, wrapped.
pub(crate) fn error_text(out: &mut String, e: &leyline::Error) {
    let said = clean(&e.to_string());
    for line in wrap(said.split(' ').map(str::to_owned), WIDTH - 2) {
        let _ = writeln!(out, "  {line}");
    }
}

/// Starts a part of the text.
pub(crate) fn title(out: &mut String, words: &str) {
    let _ = writeln!(out, "\n{}", Tone::Head.paint(words, coloured()));
}

/// Lays out a table: columns as wide as their contents, two spaces apart.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<(String, Tone)>>,
    right: Vec<usize>,
    indent: usize,
}

impl Table {
    pub(crate) fn new<const N: usize>(head: [&str; N]) -> Self {
        let head = head.map(|h| (h.to_owned(), Tone::Head)).to_vec();
        let rows = if head.is_empty() { Vec::new() } else { vec![head] };
        Self { rows, right: Vec::new(), indent: 2 }
    }

    /// Aligns columns to the right, for numbers.
    pub(crate) fn right(mut self, columns: &[usize]) -> Self {
        self.right = columns.to_vec();
        self
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.map(|c| (c, Tone::Plain)).to_vec());
    }

    pub(crate) fn cells(&mut self, cells: Vec<(String, Tone)>) {
        self.rows.push(cells);
    }

    /// Formats the table. Every line ends with a line feed, cells are escaped, and the last column
    /// is cut to fit the line.
    pub(crate) fn render(&self, coloured: bool) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let rows: Vec<Vec<(String, Tone)>> =
            self.rows.iter().map(|row| row.iter().map(|(c, t)| (clean(c), *t)).collect()).collect();
        let width = |i: usize| rows.iter().filter_map(|r| r.get(i)).map(|(c, _)| c.chars().count()).max();
        let widths: Vec<usize> = (0..columns).map(|i| width(i).unwrap_or(0)).collect();
        let mut out = String::new();
        for row in &rows {
            let mut line = " ".repeat(self.indent);
            let mut used = self.indent;
            for (i, (cell, tone)) in row.iter().enumerate() {
                let last = i + 1 == row.len();
                let cell = if last { cut(cell, WIDTH.saturating_sub(used).max(8)) } else { cell.clone() };
                let pad = " ".repeat(widths[i].saturating_sub(cell.chars().count()));
                let painted = tone.paint(&cell, coloured);
                if self.right.contains(&i) {
                    line.push_str(&pad);
                    line.push_str(&painted);
                } else {
                    line.push_str(&painted);
                    if !last {
                        line.push_str(&pad);
                    }
                }
                if !last {
                    line.push_str("  ");
                }
                used += widths[i] + 2;
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_cannot_command_the_terminal() {
        assert_eq!(clean("a\x1b[2Jb\nc\u{202e}d"), "a\\u{1b}[2Jb\\nc\\u{202e}d");
        assert_eq!(clean("größer …"), "größer …");
    }

    #[test]
    fn figures_are_short() {
        let d = |ns: u64| duration(Duration::from_nanos(ns));
        assert_eq!([d(999), d(1_500), d(12_300_000)], ["999 ns", "1.5 us", "12 ms"]);
        assert_eq!(
            [d(59_000_000_000), d(61_000_000_000), d(7_500_000_000_000)],
            ["59 s", "1m 01s", "2h 05m"]
        );
        assert_eq!(d(100_000_000_000_000), "1d 03h");
        assert_eq!([size(812), size(1_572_864)], ["812 B", "1.5 MiB"]);
        assert_eq!(
            [rate(None), rate(Some(0.5)), rate(Some(812.4)), rate(Some(2.5e6))],
            ["-", "0.50/s", "812/s", "2.5 M/s"]
        );
    }

    #[test]
    fn an_age_has_a_unit() {
        let seconds = |text| age(text).map(|d| d.as_secs());
        assert_eq!(["90s", "30m", "1h", "7d"].map(seconds), [Ok(90), Ok(1800), Ok(3600), Ok(604_800)]);
        for wrong in [
            "",
            "1",
            "h",
            "-1s",
            "1 h",
            "1.5h",
            "1w",
            "1\u{e4}",
            "99999999999999999999d",
            "18446744073709551615h",
        ] {
            assert!(age(wrong).unwrap_err().contains("is no age"), "{wrong}");
        }
    }

    #[test]
    fn a_table_is_aligned_and_fits() {
        let mut table = Table::new(["name", "n", "what"]).right(&[1]);
        table.row(["a".into(), "7".into(), "x".repeat(200)]);
        table.row(["longer".into(), "1234".into(), "y".into()]);
        let text = table.render(false);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "  name       n  what");
        assert!(lines[1].starts_with("  a          7  xxx") && lines[1].ends_with('…'));
        assert_eq!(lines[1].chars().count(), WIDTH);
        assert_eq!(lines[2], "  longer  1234  y");
    }
}
