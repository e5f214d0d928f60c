#![allow(unreachable_pub, dead_code)]

use super::Outer;
use crate::prelude::*;

#[test]
fn a_nested_record_is_described_field_by_field() {
    assert_eq!(
        Outer::schema().canonical(),
        "leyline-schema 1\nrecord outer 3 64\n\
         field 0 id utf8 40 0 - 0000000000000000 0000000000000000 raw none\n\
         field 1 inner.x f32 1 40 m bff0000000000000 3ff0000000000000 raw none\n\
         field 2 inner.n u32 1 44 - 0000000000000000 4022000000000000 raw none\n\
         field 3 t u64 2 48 ns 0000000000000000 7ff0000000000000 raw none\n"
    );
}

/// A record of alignment 1.
#[derive(Clone, Copy)]
#[repr(C)]
struct Bytes {
    id: Id,
    level: [u8; 4],
}
record! { Bytes as "bytes" version 1 { id: Id, "-", 0.0, 0.0; level: [u8; 4], "-", 1.0, 3.0; } }

#[derive(Clone, Copy)]
#[repr(C)]
struct Point {
    n: i64,
    x: [f32; 2],
}
record! { Point as "point" version 1 { n: i64, "-", -2.0, 2.0; x: [f32; 2], "-", -1.0, 1.0; } }

#[derive(Clone, Copy)]
#[repr(C)]
struct Whole {
    inner: Point,
    inner_too: u64,
    text: Text,
}
record! { Whole as "whole" version 1 {
    inner: Point, "-", 0.0, 0.0; inner_too: u64, "-", 0.0, f64::INFINITY; text: Text, "-", 0.0, 0.0;
} }

fn whole() -> Whole {
    Whole { inner: Point { n: -2, x: [1.0, -1.0] }, inner_too: u64::MAX, text: Text::new("x").0 }
}

fn refusal<T: std::fmt::Debug>(result: Result<T>) -> (ErrorKind, String) {
    let e = result.unwrap_err();
    (e.kind(), e.to_string())
}

#[test]
fn every_field_is_held_to_its_declaration() {
    whole().check().unwrap();
    let spoilt = |spoil: fn(&mut Whole)| {
        let mut record = whole();
        spoil(&mut record);
        refusal(record.check())
    };
    let (kind, said) = spoilt(|r| r.inner.n = 3);
    assert!(kind == ErrorKind::OutOfRange && said.contains("inner.n") && said.contains("-2 to 2"), "{said}");
    let (kind, said) = spoilt(|r| r.inner.x[1] = f32::NAN);
    assert!(kind == ErrorKind::NotFinite && said.contains("inner.x[1]"), "{said}");
    for bad in [[b'x'; 64], [0xff; 64]] {
        let text: Text = bytemuck::cast(bad);
        let (kind, said) = refusal(Whole { text, ..whole() }.check());
        assert!(kind == ErrorKind::InvalidArgument && said.contains("text"), "{said}");
    }
    // A zero is inside most bounds, but not inside all.
    let mut bytes = Bytes { id: Id::EMPTY, level: [1, 2, 3, 3] };
    bytes.check().unwrap();
    assert_eq!(bytes.sanitize(), 0);
    bytes.level[2] = 0;
    let (kind, said) = refusal(bytes.check());
    assert!(kind == ErrorKind::OutOfRange && said.contains("level[2]"), "{said}");
}

#[test]
fn signed_and_double_fields_are_held_to_it_too() {
    #[derive(Clone, Copy)]
    #[repr(C)]
    struct Signed {
        d: f64,
        i: i32,
        s: i16,
        b: [i8; 2],
    }
    record! { Signed as "signed" version 1 {
        d: f64, "-", -1.0, 1.0; i: i32, "-", -3.0, 3.0; s: i16, "-", -2.0, 2.0; b: [i8; 2], "-", -1.0, 1.0;
    } }
    let good = Signed { d: -0.5, i: -3, s: -2, b: [-1, 1] };
    good.check().unwrap();
    for (bad, name, expected) in [
        (Signed { d: 1.5, ..good }, "d", ErrorKind::OutOfRange),
        (Signed { d: f64::NAN, ..good }, "d", ErrorKind::NotFinite),
        (Signed { i: -4, ..good }, "i", ErrorKind::OutOfRange),
        (Signed { s: 3, ..good }, "s", ErrorKind::OutOfRange),
        (Signed { b: [0, -2], ..good }, "b[1]", ErrorKind::OutOfRange),
    ] {
        let (kind, said) = refusal(bad.check());
        assert!(kind == expected && said.contains(&format!(": {name}; ")), "{said}");
    }
}

record! {
    /// A record with a bit for each kind of optional field.
    pub struct Scarce as "scarce" version 1 {
        /// The parts.
        parts: [u64; 2], "-", 0.0, f64::INFINITY, if PARTS;
        /// An id.
        id: Id, if ID;
        /// A name.
        name: Id, is named, default Id::new("x").unwrap();
        /// The bits.
        present: u32, "bits", 0.0, 7.0;
        /// A list.
        list: [u8; 3], "-", 0.0, 9.0, list count of u8;
        /// Entries in the list.
        count: u8, "-", 0.0, 3.0;
    }
    present {
        /// There are parts.
        PARTS = 0;
        /// There is an id.
        ID = 2;
    }
    rules count_is_no_2
}

impl Scarce {
    fn count_is_no_2(&self) -> Result<()> {
        if self.count == 2 { Err(ErrorKind::Internal.into()) } else { Ok(()) }
    }
}

#[test]
fn what_is_absent_is_zero_all_of_it_and_nothing_else() {
    let bare = Scarce::default();
    bare.check().unwrap();
    assert_eq!((bare.parts(), bare.id(), bare.list().unwrap()), (None, None, &[][..]));
    assert_eq!(
        (Scarce::BITS, Scarce::OPTIONAL),
        (&[(1, "PARTS"), (4, "ID")][..], &[(1, "parts"), (4, "id")][..])
    );
    let full = Scarce { parts: [1, 2], id: bare.name, present: 5, list: [9; 3], count: 3, ..bare };
    full.check().unwrap();
    assert_eq!((full.parts(), full.id(), full.list().unwrap()), (Some([1, 2]), Some(bare.name), &[9; 3][..]));
    for (bad, name, expected) in [
        (Scarce { present: 4, ..full }, "parts", ErrorKind::OutOfRange),
        (Scarce { present: 1, ..full }, "id", ErrorKind::OutOfRange),
        (Scarce { present: 7, ..full }, "present", ErrorKind::OutOfRange),
        (Scarce { present: 1 << 31, ..bare }, "present", ErrorKind::OutOfRange),
        (Scarce { id: Id::EMPTY, ..full }, "id", ErrorKind::InvalidId),
        (Scarce { name: Id::EMPTY, ..full }, "name", ErrorKind::InvalidId),
        (Scarce { count: 1, ..full }, "list[1]", ErrorKind::OutOfRange),
        (Scarce { count: 4, ..full }, "count", ErrorKind::OutOfRange),
    ] {
        let (kind, said) = refusal(bad.check());
        assert!(kind == expected && said.contains(&format!(": {name}; ")), "{said}");
    }
    let ruled = Scarce { list: [1, 2, 0], count: 2, ..full };
    assert_eq!(refusal(ruled.check()).0, ErrorKind::Internal);
}
