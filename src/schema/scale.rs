//! Turns a number in its unit into the number in a vector: the words that stand for SCALE and
//! MISSING in a schema.
//!
//! | word | the number is | |
//! |---|---|---|
//! | `raw` | `x` | |
//! | `whole` | `x` | only whole numbers make sense |
//! | `capped` | `x`, at most HIGH | reaching HIGH is the definition, no replaced value |
//! | `LINEAR` | that | |
//! | `clip(LINEAR,LOW,HIGH)` | that, saturated | |
//! | `S(LINEAR)` | `S(v)` | `v` where `|v| <= 1`, else `sign(v) * (1 + ln|v|)`, saturated at -10 and 10 |
//!
//! `LINEAR` is `x/D`, or `(x-A)/(B-A)`; D, A and B are numbers or parameters of the schema. A word
//! that is none of these may stand in a schema, too; it is only not understood here.

use crate::schema::canonical::Schema;

/// The number at which S saturates.
pub(crate) const SQUASH_LIMIT: f64 = 10.0;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Raw,
    Whole,
    Capped,
    Linear,
    Clip(f64, f64),
    Squash,
}

/// A scale that is understood, its parameters put in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    shape: Shape,
    origin: f64,
    divisor: f64,
}

impl Scale {
    /// Returns the scale of a word; `None` if it is not understood.
    pub(crate) fn read(word: &str, schema: &Schema) -> Option<Self> {
        let plain = |shape| Some(Self { shape, origin: 0.0, divisor: 1.0 });
        match word {
            "raw" => return plain(Shape::Raw),
            "whole" => return plain(Shape::Whole),
            "capped" => return plain(Shape::Capped),
            _ => {}
        }
        let number = |text: &str| schema.parameter(text).or_else(|| decimal(text));
        let (linear, shape) = if let Some(inner) = inside(word, "S(") {
            (inner, Shape::Squash)
        } else if let Some(inner) = inside(word, "clip(") {
            let mut parts = inner.split(',');
            let (linear, low, high) = (parts.next()?, number(parts.next()?)?, number(parts.next()?)?);
            if parts.next().is_some() || low > high {
                return None;
            }
            (linear, Shape::Clip(low, high))
        } else {
            (word, Shape::Linear)
        };
        let (origin, divisor) = if let Some(divisor) = linear.strip_prefix("x/") {
            (0.0, number(divisor)?)
        } else {
            let (origin, rest) = linear.strip_prefix("(x-")?.split_once(")/(")?;
            let (end, again) = rest.strip_suffix(')')?.split_once('-')?;
            if again != origin {
                return None;
            }
            (number(origin)?, number(end)? - number(origin)?)
        };
        (divisor.is_finite() && divisor > 0.0).then_some(Self { shape, origin, divisor })
    }

    pub(crate) fn is_whole(self) -> bool {
        self.shape == Shape::Whole
    }

    pub(crate) fn is_capped(self) -> bool {
        self.shape == Shape::Capped
    }

    /// Returns true if the number is in its unit.
    pub(crate) fn is_plain(self) -> bool {
        matches!(self.shape, Shape::Raw | Shape::Whole | Shape::Capped)
    }

    /// Returns the number in the vector, of one in its unit. Never decreasing.
    #[inline]
    pub(crate) fn apply(self, x: f64) -> f64 {
        let v = (x - self.origin) / self.divisor;
        match self.shape {
            Shape::Raw | Shape::Whole | Shape::Capped => x,
            Shape::Linear => v,
            Shape::Clip(low, high) => v.clamp(low, high),
            Shape::Squash => squash(v),
        }
    }

    /// Returns the number in its unit; of a saturated one, the one next to what was cut off.
    #[inline]
    pub(crate) fn undo(self, number: f64) -> f64 {
        let v = match self.shape {
            Shape::Raw | Shape::Whole | Shape::Capped => return number,
            Shape::Linear | Shape::Clip(..) => number,
            Shape::Squash if number.abs() <= 1.0 => number,
            Shape::Squash => (number.abs() - 1.0).exp().copysign(number),
        };
        v * self.divisor + self.origin
    }

    /// Returns the numbers at which it saturates.
    pub(crate) fn ends(self) -> (f64, f64) {
        match self.shape {
            Shape::Raw | Shape::Whole | Shape::Capped | Shape::Linear => (f64::NEG_INFINITY, f64::INFINITY),
            Shape::Clip(low, high) => (low, high),
            Shape::Squash => (-SQUASH_LIMIT, SQUASH_LIMIT),
        }
    }
}

/// The scales of a row of N numbers, set out so that a row takes few instructions. Gives what
/// [`Scale::apply`] gives of each, to the bit.
#[derive(Clone, Debug)]
pub(crate) struct RowScale<const N: usize> {
    // What has none is divided by 1, which changes nothing, and cut off at infinity.
    origins: [f64; N],
    divisors: [f64; N],
    lows: [f64; N],
    highs: [f64; N],
    squashed: Box<[usize]>,
}

impl<const N: usize> RowScale<N> {
    pub(crate) fn new(scales: &[Scale; N]) -> Self {
        // An S saturates after its logarithm.
        let ends =
            scales.map(|s| if s.shape == Shape::Squash { (-f64::INFINITY, f64::INFINITY) } else { s.ends() });
        Self {
            origins: scales.map(|s| s.origin),
            divisors: scales.map(|s| s.divisor),
            lows: ends.map(|(low, _)| low),
            highs: ends.map(|(_, high)| high),
            squashed: (0..N).filter(|i| scales[*i].shape == Shape::Squash).collect(),
        }
    }

    /// Returns the numbers in the vector, of a row of finite ones in their units.
    #[inline]
    pub(crate) fn apply(&self, row: &[f32; N]) -> [f32; N] {
        let Self { origins, divisors, lows, highs, squashed } = self;
        let mut numbers = [0.0; N];
        for i in 0..N {
            let v = (f64::from(row[i]) - origins[i]) / divisors[i];
            let v = if v < lows[i] { lows[i] } else { v };
            numbers[i] = if v > highs[i] { highs[i] } else { v };
        }
        for i in squashed {
            numbers[*i] = squash(numbers[*i]);
        }
        let mut scaled = [0.0; N];
        for i in 0..N {
            scaled[i] = numbers[i] as f32;
        }
        scaled
    }
}

#[inline]
fn squash(v: f64) -> f64 {
    if v.abs() <= 1.0 { v } else { (1.0 + v.abs().ln()).min(SQUASH_LIMIT).copysign(v) }
}

fn inside<'a>(word: &'a str, opening: &str) -> Option<&'a str> {
    word.strip_prefix(opening)?.strip_suffix(')')
}

/// Returns a plain decimal number, such as `-1` or `0.5`.
pub(crate) fn decimal(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
    if plain { text.parse().ok().filter(|number: &f64| number.is_finite()) } else { None }
}

/// Returns the number that a rule for missing values puts into a field of that scale. A rule is
/// `none`, a number, or `x=NUMBER`, a number in the field's unit. `Err` if it is none of these.
pub(crate) fn missing(rule: &str, scale: Option<Scale>) -> Result<Option<f64>, ()> {
    match rule.strip_prefix("x=") {
        _ if rule == "none" => Ok(None),
        Some(x) => Ok(Some(scale.ok_or(())?.apply(decimal(x).ok_or(())?))),
        None => decimal(rule).map(Some).ok_or(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::field::{Field, FieldType};

    fn schema() -> Schema {
        let field = Field {
            name: "f".into(),
            ty: FieldType::F32,
            count: 1,
            offset: 0,
            unit: "-".into(),
            low: 0.0,
            high: 1.0,
            scale: "raw".into(),
            missing: "none".into(),
        };
        let schema = Schema::new("s", 1, 4, vec![field]).unwrap();
        schema.with_parameters(&[("a", 0.5), ("b", 2.5), ("d", 4.0), ("zero", 0.0)]).unwrap()
    }

    #[test]
    fn a_row_is_scaled_as_each_of_its_numbers() {
        let schema = schema();
        let words = ["raw", "x/d", "(x-a)/(b-a)", "clip(x/d,-1,0.5)", "S((x-a)/(b-a))", "S(x/d)", "whole"];
        let scales = words.map(|word| Scale::read(word, &schema).unwrap());
        let row = RowScale::new(&scales);
        for x in [0.0, -0.0, 0.5, 1.0, -1.0, 2.5, 4.0, -4.0, 7.7, -123.456, 1e-42, 9e8, -9e8, f32::MAX] {
            let each = scales.map(|scale| (scale.apply(x.into()) as f32).to_bits());
            assert_eq!(row.apply(&[x; 7]).map(f32::to_bits), each, "{x}");
        }
    }

    #[test]
    fn a_scale_is_undone_where_it_does_not_saturate() {
        let schema = schema();
        for word in ["raw", "x/d", "(x-a)/(b-a)", "clip(x/d,-5,5)", "S((x-a)/(b-a))", "S(x/d)"] {
            let scale = Scale::read(word, &schema).unwrap();
            for x in [-17.0, -3.0, 0.0, 0.25, 1.0, 19.0] {
                let back = scale.undo(scale.apply(x));
                assert!((back - x).abs() < 1e-9, "{word}: {x} {back}");
            }
        }
    }
}
