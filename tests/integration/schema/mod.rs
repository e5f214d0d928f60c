mod canonical;
mod decode;
mod id;
mod migration;
mod record;
mod row;
mod scale;

use crate::prelude::*;

#[derive(Clone, Copy)]
#[repr(C)]
struct Inner {
    x: f32,
    n: u32,
}
record! { Inner as "inner" version 1 { x: f32, "m", -1.0, 1.0; n: u32, "-", 0.0, 9.0; } }

#[derive(Clone, Copy)]
#[repr(C)]
struct Outer {
    id: Id,
    inner: Inner,
    t: [u64; 2],
}
record! { Outer as "outer" version 3 {
    id: Id, "-", 0.0, 0.0; inner: Inner, "-", 0.0, 0.0; t: [u64; 2], "ns", 0.0, f64::INFINITY;
} }
