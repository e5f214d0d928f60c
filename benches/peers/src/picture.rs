//! Pictures of what was measured: curves, each named where it ends. On a white ground of their own,
//! so that they can be read on a dark page too.

use crate::support::Histogram;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::path::Path;

const SIZE: (u32, u32) = (960, 540);
const GROUND: RGBColor = WHITE;
const INK: RGBColor = RGBColor(40, 40, 40);
const GRID: RGBColor = RGBColor(224, 224, 224);
const FONT: &str = "Helvetica, Arial, sans-serif";
/// Room to the right, for the names of curves.
const NAMES: u32 = 250;

/// Colours that people with any colour vision tell apart (Okabe and Ito, but for their yellow).
pub mod colour {
    use plotters::style::RGBColor;
    pub const GREY: RGBColor = RGBColor(110, 110, 110);
    pub const BLUE: RGBColor = RGBColor(0, 90, 181);
    pub const SKY: RGBColor = RGBColor(86, 160, 220);
    pub const ORANGE: RGBColor = RGBColor(213, 94, 0);
    pub const AMBER: RGBColor = RGBColor(190, 130, 0);
    pub const GREEN: RGBColor = RGBColor(0, 128, 96);
    pub const PINK: RGBColor = RGBColor(190, 90, 150);
    pub const BLACK: RGBColor = RGBColor(40, 40, 40);
}

/// A curve's colour.
pub type Colour = RGBColor;

/// A curve.
pub struct Curve {
    pub name: String,
    pub colour: RGBColor,
    /// True for leyline's curve, which is drawn thicker.
    pub is_ours: bool,
    pub points: Vec<(f64, f64)>,
}

/// An axis: its title, its ends, and its labels with their places.
pub struct Axis {
    pub what: &'static str,
    pub range: (f64, f64),
    pub marks: Vec<(f64, String)>,
}

/// Draws latencies by percentile: nanoseconds upwards, ever finer percentiles to the right.
pub fn of_latencies(title: &str, subtitle: &str, curves: Vec<(&str, RGBColor, &Histogram)>, path: &Path) {
    // From the least to one in ten thousand, by the number of nines.
    let most_nines = 4.0;
    let curves: Vec<Curve> = curves
        .into_iter()
        .map(|(name, colour, times)| Curve {
            name: name.to_owned(),
            colour,
            is_ours: name.starts_with("leyline"),
            points: (0..=240)
                .map(|step| most_nines * f64::from(step) / 240.0)
                .map(|nines| {
                    let quantile = 1.0 - 10f64.powf(-nines);
                    (nines, (times.value_at_quantile(quantile).max(1) as f64).log10())
                })
                .collect(),
        })
        .collect();
    let heights = || curves.iter().flat_map(|c| &c.points).map(|p| p.1);
    let (low, high) = (heights().fold(f64::MAX, f64::min), heights().fold(f64::MIN, f64::max));
    let range = (low - 0.1, high + 0.1);
    let marks = (0..8).flat_map(|decade| [1.0, 2.0, 5.0].map(|m| m * 10f64.powi(decade)));
    let marks = marks.filter(|ns| (range.0..=range.1).contains(&ns.log10()));
    let time = |ns: f64| match ns {
        _ if ns < 1e3 => format!("{ns} ns"),
        _ if ns < 1e6 => format!("{} µs", ns / 1e3),
        _ => format!("{} ms", ns / 1e6),
    };
    let y = Axis { what: "round trip", range, marks: marks.map(|ns| (ns.log10(), time(ns))).collect() };
    let nines =
        [(0.0, "0 %"), (0.301, "50 %"), (1.0, "90 %"), (2.0, "99 %"), (3.0, "99.9 %"), (4.0, "99.99 %")];
    let x = Axis {
        what: "share of the round trips that took no longer",
        range: (0.0, most_nines),
        marks: nines.map(|(at, text)| (at, text.to_owned())).into(),
    };
    draw(title, subtitle, &x, &y, &curves, path).expect("a picture");
}

/// Draws rates by the number of slots.
pub fn of_rates(title: &str, subtitle: &str, curves: Vec<Curve>, path: &Path) {
    let curves: Vec<Curve> = curves
        .into_iter()
        .map(|c| Curve { points: c.points.iter().map(|(x, y)| (x.log2(), *y)).collect(), ..c })
        .collect();
    let all = || curves.iter().flat_map(|c| &c.points);
    let least = |of: fn(&(f64, f64)) -> f64| all().map(of).fold(f64::MAX, f64::min);
    let most = |of: fn(&(f64, f64)) -> f64| all().map(of).fold(f64::MIN, f64::max);
    let (first, last) = (least(|p| p.0), most(|p| p.0));
    let step = if most(|p| p.1) > 60.0 { 20.0 } else { 10.0 };
    let top = (most(|p| p.1) / step).ceil().max(1.0) * step;
    let steps = (top / step) as u32;
    let slots = |log: f64| {
        let slots = log.exp2().round() as u64;
        if slots < 1024 { slots.to_string() } else { format!("{} Ki", slots / 1024) }
    };
    let mut at: Vec<f64> = all().map(|p| p.0).collect();
    at.sort_by(f64::total_cmp);
    at.dedup();
    let x = Axis {
        what: "slots",
        range: (first - 0.2, last + 0.2),
        marks: at.into_iter().map(|log| (log, slots(log))).collect(),
    };
    let y = Axis {
        what: "million records a second",
        range: (0.0, top),
        marks: (0..=steps).map(|i| step * f64::from(i)).map(|rate| (rate, rate.to_string())).collect(),
    };
    draw(title, subtitle, &x, &y, &curves, path).expect("a picture");
}

fn draw(
    title: &str,
    subtitle: &str,
    x: &Axis,
    y: &Axis,
    curves: &[Curve],
    path: &Path,
) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&GROUND)?;
    let text = |size: u32, colour: RGBColor| (FONT, size).into_font().color(&colour);
    area.draw_text(title, &text(22, INK), (24, 16))?;
    area.draw_text(subtitle, &text(13, colour::GREY), (24, 46))?;

    // By hand: marks where they are wanted, names where curves end.
    let (left, right, top, bottom) = (90, (SIZE.0 - NAMES) as i32, 84, SIZE.1 as i32 - 62);
    let on = |at: f64, (from, to): (f64, f64), a: i32, b: i32| {
        a + ((at - from) / (to - from) * f64::from(b - a)).round() as i32
    };
    let across = |at: f64| on(at, x.range, left, right);
    let up = |at: f64| on(at, y.range, bottom, top);
    let line = |points: Vec<(i32, i32)>, style: ShapeStyle| PathElement::new(points, style);
    let aligned = |size, h, v| text(size, INK).pos(Pos::new(h, v));
    for (at, what) in &x.marks {
        area.draw(&line(vec![(across(*at), top), (across(*at), bottom)], GRID.stroke_width(1)))?;
        area.draw_text(what, &aligned(13, HPos::Center, VPos::Top), (across(*at), bottom + 8))?;
    }
    for (at, what) in &y.marks {
        area.draw(&line(vec![(left, up(*at)), (right, up(*at))], GRID.stroke_width(1)))?;
        area.draw_text(what, &aligned(13, HPos::Right, VPos::Center), (left - 8, up(*at)))?;
    }
    area.draw(&line(vec![(left, top), (left, bottom), (right, bottom)], INK.stroke_width(1)))?;
    area.draw_text(x.what, &aligned(14, HPos::Center, VPos::Top), (i32::midpoint(left, right), bottom + 32))?;
    let turned = aligned(14, HPos::Center, VPos::Top).transform(FontTransform::Rotate270);
    area.draw_text(y.what, &turned, (20, i32::midpoint(top, bottom)))?;

    for curve in curves {
        let points: Vec<(i32, i32)> = curve.points.iter().map(|(x, y)| (across(*x), up(*y))).collect();
        let style = curve.colour.stroke_width(if curve.is_ours { 3 } else { 2 });
        if points.len() < 20 {
            for at in &points {
                area.draw(&Circle::new(*at, if curve.is_ours { 5 } else { 4 }, curve.colour.filled()))?;
            }
        }
        area.draw(&line(points, style))?;
    }
    // The names from the top down, each beside its curve's end or as near below as there is room.
    let mut names: Vec<(i32, &Curve)> =
        curves.iter().filter_map(|curve| curve.points.last().map(|(_, y)| (up(*y), curve))).collect();
    names.sort_by_key(|(at, _)| *at);
    let apart = 18;
    for i in 1..names.len() {
        names[i].0 = names[i].0.max(names[i - 1].0 + apart);
    }
    let mut lowest = bottom;
    for (at, _) in names.iter_mut().rev() {
        *at = (*at).min(lowest);
        lowest = *at - apart;
    }
    for (at, curve) in names {
        let end = curve.points.last().map_or(at, |(_, y)| up(*y));
        let last = curve.points.last().map_or(right, |(x, _)| across(*x));
        let leader = vec![(last + 6, end), (right + 2, end), (right + 14, at)];
        area.draw(&line(leader, curve.colour.stroke_width(1)))?;
        let style =
            text(if curve.is_ours { 14 } else { 13 }, curve.colour).pos(Pos::new(HPos::Left, VPos::Center));
        area.draw_text(&curve.name, &style, (right + 18, at))?;
    }
    area.present()?;
    Ok(())
}
