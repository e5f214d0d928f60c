//! Row schemas by name and version, and the migration of rows from one to another.

use crate::base::error::{Error, ErrorKind, Result};
use crate::schema::canonical::{Fingerprint, Schema};
use crate::schema::{field::Field, row::RowSchema, scale::Scale};
use parking_lot::RwLock;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::{fmt, sync::Arc};

/// Makes a number of the new row from the old row.
type Convert = Arc<dyn Fn(&[f32]) -> f32 + Send + Sync>;

/// Row schemas by name and version, and converters between them. Any number of threads may use one.
#[derive(Default)]
pub struct Registry {
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    schemas: BTreeMap<(String, u32), RowSchema>,
    /// By the fingerprints of both, then by the name of the new field.
    converters: HashMap<(Fingerprint, Fingerprint), HashMap<String, Convert>>,
}

impl Registry {
    /// Returns a registry that knows no schema.
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers a schema. Registering it again changes nothing; `SchemaMismatch` if another schema
    /// has that name and version already.
    pub fn register(&self, schema: &RowSchema) -> Result<()> {
        let mut known = self.known.write();
        let key = (schema.schema().name().to_owned(), schema.schema().version());
        let other = known.schemas.entry(key).or_insert_with(|| schema.clone());
        if other == schema {
            return Ok(());
        }
        Err(schema.schema().mismatch(other.schema()).help("give a schema that differs another version"))
    }

    /// Returns the schema of a name and version; `NotFound` lists the known versions.
    pub fn find(&self, name: &str, version: u32) -> Result<RowSchema> {
        let found = self.known.read().schemas.get(&(name.to_owned(), version)).cloned();
        found.ok_or_else(|| {
            let known: Vec<String> = self.versions(name).iter().map(u32::to_string).collect();
            let known = if known.is_empty() { "no schema of that name".into() } else { known.join(", ") };
            Error::new(ErrorKind::NotFound)
                .about(format!("schema {name}"))
                .expected_found(format!("version {version}"), known)
                .help("register it first")
        })
    }

    /// Returns the known versions of a name, ascending; none if the name is not known.
    pub fn versions(&self, name: &str) -> Vec<u32> {
        let known = self.known.read();
        known
            .schemas
            .range((name.to_owned(), 0)..=(name.to_owned(), u32::MAX))
            .map(|(key, _)| key.1)
            .collect()
    }

    /// Returns all known schemas, by name and version.
    pub fn schemas(&self) -> Vec<RowSchema> {
        self.known.read().schemas.values().cloned().collect()
    }

    /// Registers a converter: how rows of one schema give a field of another.
    ///
    /// The closure gets the whole old row, as long as its schema is wide, from any thread. It
    /// neither allocates nor panics if migrating must not. Its result is brought into the field's
    /// Box. A converter replaces an earlier one for the same field; plans made before do not
    /// change.
    ///
    /// `InvalidArgument` if the new schema has no such field, or both are the same schema.
    pub fn register_converter(
        &self,
        from: &RowSchema,
        to: &RowSchema,
        field: &str,
        convert: impl Fn(&[f32]) -> f32 + Send + Sync + 'static,
    ) -> Result<()> {
        let refuse = |expected: &'static str, found: String| {
            Err(Error::new(ErrorKind::InvalidArgument).about("converter").expected_found(expected, found))
        };
        if to.index_of(field).is_none() {
            return refuse(
                "a field of the new schema",
                format!("{field:?}, which {} has not", to.schema().name()),
            );
        }
        if from == to {
            return refuse("two schemas that differ", title(to.schema()));
        }
        let mut known = self.known.write();
        let converters = known.converters.entry((from.fingerprint(), to.fingerprint())).or_default();
        converters.insert(field.to_owned(), Arc::new(convert));
        Ok(())
    }

    /// Plans the [`Migration`] of rows of one schema to another.
    ///
    /// `SchemaMismatch` if a field stands in both with another meaning (unit, bounds or scale) and
    /// has no converter, or if no field of the new schema comes from the old one.
    pub fn migration(&self, from: &RowSchema, to: &RowSchema) -> Result<Migration> {
        let known = self.known.read();
        let converters = known.converters.get(&(from.fingerprint(), to.fingerprint()));
        let mut migration = Migration {
            from: from.clone(),
            to: to.clone(),
            steps: Vec::with_capacity(to.width()),
            report: MigrationReport::default(),
        };
        for (i, field) in to.schema().fields().iter().enumerate() {
            let name = field.name.to_string();
            let old = from.index_of(&name);
            if let Some(convert) = converters.and_then(|by_name| by_name.get(&name)) {
                migration.steps.push(Step::Convert(Arc::clone(convert)));
                migration.report.converted.push(name);
            } else if let Some(old) = old.filter(|old| same_meaning(from, *old, to, i)) {
                migration.steps.push(Step::Copy(old));
                migration.report.copied.push(name);
            } else if let Some(old) = old {
                return Err(Error::new(ErrorKind::SchemaMismatch)
                    .about(format!("{} to {}: {name}", title(from.schema()), title(to.schema())))
                    .expected_found(meaning(field), meaning(&from.schema().fields()[old]))
                    .help("register a converter for it"));
            } else {
                migration.steps.push(Step::Default(to.missing()[i]));
                migration.report.defaulted.push(name);
            }
        }
        let report = &mut migration.report;
        if report.copied.is_empty() && report.converted.is_empty() {
            return Err(Error::new(ErrorKind::SchemaMismatch)
                .about(format!("{} to {}", title(from.schema()), title(to.schema())))
                .expected_found("schemas with a field in common", "unrelated ones")
                .help("register converters, or attach with the schema that the other side has"));
        }
        let kept: HashSet<&str> = to.names().iter().map(String::as_str).collect();
        report.dropped = from.names().iter().filter(|name| !kept.contains(name.as_str())).cloned().collect();
        Ok(migration)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.known.read().schemas.keys()).finish()
    }
}

fn title(schema: &Schema) -> String {
    format!("{} {}", schema.name(), schema.version())
}

fn meaning(field: &Field) -> String {
    format!("{} {} to {}, {}", field.unit, field.low, field.high, field.scale)
}

/// Returns true if a field of one schema may be copied to a field of another: they have the same
/// unit, bounds and scale, with the same numbers in it.
fn same_meaning(from: &RowSchema, old: usize, to: &RowSchema, new: usize) -> bool {
    let (a, b) = (from.schema(), to.schema());
    let (x, y) = (&a.fields()[old], &b.fields()[new]);
    let scales_agree = match (Scale::read(&x.scale, a), Scale::read(&y.scale, b)) {
        (Some(x), Some(y)) => x == y,
        // A formula that is not understood may depend on any parameter.
        (None, None) => x.scale == y.scale && a.parameters().eq(b.parameters()),
        _ => false,
    };
    scales_agree && (&x.unit, x.low, x.high) == (&y.unit, y.low, y.high)
}

#[derive(Clone)]
enum Step {
    Copy(usize),
    Convert(Convert),
    Default(f32),
}

/// A plan that makes rows of one schema from rows of another, field by field, by name:
///
/// - a field with a registered converter is converted;
/// - else one of the same unit, bounds and scale is copied;
/// - one that the old schema does not have reads as its missing value.
///
/// Planned once, then applied without allocation.
#[derive(Clone)]
pub struct Migration {
    from: RowSchema,
    to: RowSchema,
    steps: Vec<Step>,
    report: MigrationReport,
}

/// The treatment of each field in a migration; names in the order of their schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrationReport {
    /// Fields of the new schema that are copied.
    pub copied: Vec<String>,
    /// Fields of the new schema that a converter makes.
    pub converted: Vec<String>,
    /// Fields that the old schema does not have: they read as their missing value.
    pub defaulted: Vec<String>,
    /// Fields of the old schema that the new one does not have.
    pub dropped: Vec<String>,
}

impl fmt::Display for MigrationReport {
    /// Writes a line for each treatment that fields have, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fates = [&self.copied, &self.converted, &self.defaulted, &self.dropped];
        let named = ["copied", "converted", "defaulted", "dropped"].into_iter().zip(fates);
        let mut some = named.filter(|(_, names)| !names.is_empty()).peekable();
        while let Some((fate, names)) = some.next() {
            let end = if some.peek().is_some() { "\n" } else { "" };
            write!(f, "{fate} ({}): {}{end}", names.len(), names.join(", "))?;
        }
        Ok(())
    }
}

impl Migration {
    /// Returns the schema of the old rows.
    pub fn from(&self) -> &RowSchema {
        &self.from
    }

    /// Returns the schema of the new rows.
    pub fn to(&self) -> &RowSchema {
        &self.to
    }

    /// Returns the treatment of each field.
    pub fn report(&self) -> &MigrationReport {
        &self.report
    }

    /// Writes the new row of an old one. Returns the numbers that were brought into their Box, as
    /// [`RowSchema::sanitize`] does. `InvalidArgument` if either row has another length than its
    /// schema is wide.
    pub fn apply(&self, row: &[f32], out: &mut [f32]) -> Result<u64> {
        self.apply_rows(row, 1, out)
    }

    /// Writes the new rows of that many row-major old ones. Returns the numbers that were brought
    /// into their Box in any of them.
    pub fn apply_rows(&self, rows: &[f32], count: usize, out: &mut [f32]) -> Result<u64> {
        self.from.check_rows(rows, count)?;
        self.to.check_rows(out, count)?;
        let mut replaced = 0;
        for (row, out) in rows.chunks_exact(self.from.width()).zip(out.chunks_exact_mut(self.to.width())) {
            for (number, step) in out.iter_mut().zip(&self.steps) {
                *number = match step {
                    Step::Copy(old) => row[*old],
                    Step::Convert(convert) => convert(row),
                    Step::Default(number) => *number,
                };
            }
            replaced |= self.to.sanitize(out)?;
        }
        Ok(replaced)
    }
}

impl fmt::Debug for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (title(self.from.schema()), title(self.to.schema()));
        f.debug_struct("Migration")
            .field("from", &from)
            .field("to", &to)
            .field("report", &self.report)
            .finish_non_exhaustive()
    }
}
