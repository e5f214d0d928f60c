//! Shows the last records of a ring side by side, a line for each field.

use crate::coloured;
use crate::text::{self, Table, Tone, WIDTH, error_text, title};
use crate::view::{RingView, Row, flags_of};
use leyline::schema::decode::{Decoded, Value as Field};
use std::fmt::Write as _;

/// Holds a column of the table of records: a record's metadata and fields.
struct Column<'a> {
    head: Vec<String>,
    row: &'a Row,
}

pub(super) fn records_text(out: &mut String, ring: &RingView) {
    let name = text::clean(&ring.info.name);
    let slots = match &ring.last {
        Ok(slots) if slots.is_empty() => return,
        Ok(slots) => slots,
        Err(e) => {
            title(out, &format!("LAST of {name}"));
            error_text(out, e);
            return;
        }
    };
    title(out, &format!("LAST of {name}"));
    let mut columns: Vec<Column<'_>> = Vec::new();
    for slot in slots {
        for (i, row) in slot.rows.iter().enumerate() {
            let sequence = format!("#{}", slot.meta.sequence);
            let head = vec![
                if slot.rows.len() > 1 { format!("{sequence}[{i}]") } else { sequence },
                slot.age.map_or_else(|| "-".into(), |d| format!("{} ago", text::duration(d))),
                row.env.to_string(),
                flags_of(row.flags).join(" "),
            ];
            columns.push(Column { head, row });
        }
    }
    let shown = slots.first().map_or(0, |s| s.rows.len());
    if ring.info.rows > shown {
        let _ = writeln!(out, "  {shown} of the {} rows of each slot", ring.info.rows);
    }
    // Put as many columns side by side as fit, and the next ones below.
    let mut rest = columns.as_slice();
    while !rest.is_empty() {
        // Columns of one kind only: annotations stand among commands.
        let names = |c: &Column<'_>| c.row.fields.iter().map(|f| f.name.clone()).collect::<Vec<_>>();
        let first = names(&rest[0]);
        let alike = rest.iter().take(BESIDE_EACH_OTHER).take_while(|c| names(c) == first).count();
        let fit = (1..=alike).rev().find(|&n| width_of(&rest[..n]) <= WIDTH).unwrap_or(1);
        if rest.len() < columns.len() {
            out.push('\n');
        }
        out.push_str(&columns_text(&rest[..fit]));
        rest = &rest[fit..];
    }
}

/// Most columns side by side.
const BESIDE_EACH_OTHER: usize = 12;
/// Most characters of a field's value.
const CELL: usize = 44;

fn cell_of(field: &Decoded) -> String {
    if !field.present {
        return String::new();
    }
    let value = match &field.value {
        Field::Signed(n) if *n != 0 && field.name.ends_with("unix_ns") => text::recent(*n),
        // Enough to tell ids apart; JSON has them whole.
        Field::Uuid(_) => text::cut(&field.value.to_string(), 9),
        value => value.to_string(),
    };
    let value = match &field.meaning {
        Some(meaning) => format!("{value} {meaning}"),
        None => value,
    };
    let cell = text::cut(&text::clean(&value), CELL);
    if field.problem.is_some() { format!("{cell} (!)") } else { cell }
}

fn is_worth_a_line(fields: &[&Decoded]) -> bool {
    fields.iter().any(|f| {
        let nothing = matches!(f.value, Field::Text(_) | Field::List(_) | Field::Uuid(_))
            || f.name.contains("reserved");
        f.problem.is_some() || (f.present && !(nothing && f.value.is_empty()))
    })
}

const BESIDE: [&str; 4] = ["", "published", "env", "flags"];

/// Holds a line of a table of records.
#[derive(Default)]
struct Line {
    name: String,
    unit: String,
    cells: Vec<String>,
}

fn lines_of(columns: &[Column<'_>]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (i, name) in BESIDE.iter().enumerate() {
        let cells: Vec<String> = columns.iter().map(|c| c.head[i].clone()).collect();
        if cells.iter().any(|c| !c.is_empty()) {
            lines.push(Line { name: (*name).to_owned(), unit: String::new(), cells });
        }
    }
    for (i, field) in columns[0].row.fields.iter().enumerate() {
        let fields: Vec<&Decoded> = columns.iter().filter_map(|c| c.row.fields.get(i)).collect();
        if is_worth_a_line(&fields) {
            let unit = if matches!(field.unit.as_str(), "flag" | "bits" | "uuid") { "" } else { &field.unit };
            let cells = fields.into_iter().map(cell_of).collect();
            lines.push(Line { name: field.name.clone(), unit: unit.to_owned(), cells });
        }
    }
    lines
}

fn width_of(columns: &[Column<'_>]) -> usize {
    let lines = lines_of(columns);
    let widest = |f: &dyn Fn(&Line) -> usize| lines.iter().map(f).max().unwrap_or(0);
    let cells: usize = (0..columns.len()).map(|i| 2 + widest(&|l| l.cells[i].chars().count())).sum();
    4 + widest(&|l| l.name.chars().count()) + widest(&|l| l.unit.chars().count()) + cells
}

fn columns_text(columns: &[Column<'_>]) -> String {
    let mut lines = lines_of(columns).into_iter();
    let Line { name, unit, cells } = lines.next().unwrap_or_default();
    let mut table = Table::new([]);
    let head = [name, unit].into_iter().chain(cells).map(|c| (c, Tone::Head)).collect();
    table.cells(head);
    for Line { name, unit, cells } in lines {
        let cells = cells.into_iter().map(|c| {
            let tone = if c.ends_with("(!)") { Tone::Bad } else { Tone::Plain };
            (c, tone)
        });
        table.cells([(name, Tone::Plain), (unit, Tone::Dim)].into_iter().chain(cells).collect());
    }
    let mut out = table.render(coloured());
    for column in columns {
        for field in column.row.fields.iter().filter(|f| f.present) {
            if let Some(problem) = &field.problem {
                let _ = writeln!(
                    out,
                    "  (!) {} {}: {}",
                    column.head[0],
                    text::clean(&field.name),
                    text::clean(problem)
                );
            }
        }
    }
    out
}
