//! NumPy arrays as arguments: checked, and never converted.

use crate::errors::wrong_array;
use numpy::{
    Element, PyArrayDescrMethods, PyArrayDyn, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods, npyffi,
};
use pyo3::prelude::*;

/// An extent that a shape may have in one dimension.
#[derive(Clone, Copy)]
pub(crate) enum Dim {
    /// Exactly so many.
    Is(usize),
    /// Any number, which the error calls by this name.
    Any(&'static str),
}

/// Borrows the elements of a C-contiguous array of type `T` and that shape, to be read.
///
/// # Safety
/// The slice must not be used after the caller gave the interpreter's lock back.
pub(crate) unsafe fn input<'a, T: Element>(
    array: &'a Bound<'_, PyAny>,
    name: &str,
    shape: &[Dim],
) -> PyResult<&'a [T]> {
    let (data, len) = parts::<T>(array, name, shape, false)?;
    // SAFETY: NumPy holds `len` aligned elements there while the array lives; the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts(data, len) })
}

/// Borrows the elements as [`input`] does, to be written: the array has to be writeable.
///
/// # Safety
/// As for [`input`], and no other slice of the same array may be in use.
#[allow(clippy::mut_from_ref)]
pub(crate) unsafe fn output<'a, T: Element>(
    array: &'a Bound<'_, PyAny>,
    name: &str,
    shape: &[Dim],
) -> PyResult<&'a mut [T]> {
    let (data, len) = parts::<T>(array, name, shape, true)?;
    // SAFETY: as for `input`; writeable, and the caller holds no other slice of it.
    Ok(unsafe { std::slice::from_raw_parts_mut(data, len) })
}

#[inline(always)]
fn parts<T: Element>(
    array: &Bound<'_, PyAny>,
    name: &str,
    shape: &[Dim],
    write: bool,
) -> PyResult<(*mut T, usize)> {
    if let Ok(typed) = array.cast::<PyArrayDyn<T>>() {
        let dims = typed.shape();
        let fits = dims.len() == shape.len()
            && dims.iter().zip(shape).all(|(d, want)| match want {
                Dim::Is(n) => d == n,
                Dim::Any(_) => true,
            });
        // SAFETY: a live array object.
        let flags = unsafe { (*typed.as_array_ptr()).fields.flags };
        let aligned = flags & npyffi::NPY_ARRAY_ALIGNED != 0;
        let writeable = !write || flags & npyffi::NPY_ARRAY_WRITEABLE != 0;
        if fits && aligned && writeable && typed.is_c_contiguous() {
            let data = typed.data();
            // An array of no elements may have any address.
            let data = if typed.len() == 0 { std::ptr::NonNull::dangling().as_ptr() } else { data };
            return Ok((data, typed.len()));
        }
    }
    Err(refuse::<T>(array, name, shape, write))
}

#[cold]
fn refuse<T: Element>(array: &Bound<'_, PyAny>, name: &str, shape: &[Dim], write: bool) -> PyErr {
    let py = array.py();
    let dims: Vec<String> = shape
        .iter()
        .map(|d| match d {
            Dim::Is(n) => n.to_string(),
            Dim::Any(name) => (*name).to_owned(),
        })
        .collect();
    let one = if dims.len() == 1 { "," } else { "" };
    let dtype = T::get_dtype(py);
    let expected = format!(
        "a C-contiguous, aligned{} {dtype} array of shape ({}{one})",
        if write { ", writeable" } else { "" },
        dims.join(", "),
    );
    let found = match array.cast::<PyUntypedArray>() {
        Err(_) => format!(
            "{}; numpy arrays only: convert it yourself (a tensor on the CPU: tensor.numpy())",
            array.get_type().name().map_or_else(|_| "another object".into(), |n| n.to_string()),
        ),
        Ok(found) => {
            // SAFETY: a live array object.
            let flags = unsafe { (*found.as_array_ptr()).fields.flags };
            let mut faults = Vec::new();
            if !found.is_c_contiguous() {
                faults.push("not C-contiguous");
            }
            if flags & npyffi::NPY_ARRAY_ALIGNED == 0 {
                faults.push("misaligned");
            }
            if write && flags & npyffi::NPY_ARRAY_WRITEABLE == 0 {
                faults.push("read-only");
            }
            let shape: Vec<String> = found.shape().iter().map(usize::to_string).collect();
            let one = if shape.len() == 1 { "," } else { "" };
            let faults = if faults.is_empty() { String::new() } else { format!(", {}", faults.join(", ")) };
            format!("a {} array of shape ({}{one}){faults}", found.dtype(), shape.join(", "))
        }
    };
    wrong_array(name, &expected, &found)
}

/// Borrows the structs of an array of a structured dtype, whose item size it checks, to be read.
///
/// # Safety
/// As for [`input`].
pub(crate) unsafe fn structs<'a, T: bytemuck::Pod>(
    array: &'a Bound<'_, PyAny>,
    name: &str,
    dtype: &str,
) -> PyResult<&'a [T]> {
    let (data, len) = struct_parts::<T>(array, name, dtype, false)?;
    // SAFETY: NumPy holds `len` aligned structs there while the array lives; the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts(data, len) })
}

/// Borrows the structs as [`structs`] does, to be written.
///
/// # Safety
/// As for [`output`].
#[allow(clippy::mut_from_ref)]
pub(crate) unsafe fn structs_mut<'a, T: bytemuck::Pod>(
    array: &'a Bound<'_, PyAny>,
    name: &str,
    dtype: &str,
) -> PyResult<&'a mut [T]> {
    let (data, len) = struct_parts::<T>(array, name, dtype, true)?;
    // SAFETY: as for `structs`; writeable, and the caller holds no other slice of it.
    Ok(unsafe { std::slice::from_raw_parts_mut(data, len) })
}

fn struct_parts<T: bytemuck::Pod>(
    array: &Bound<'_, PyAny>,
    name: &str,
    dtype: &str,
    write: bool,
) -> PyResult<(*mut T, usize)> {
    let writeable = if write { ", writeable" } else { "" };
    let expected = || format!("a C-contiguous, aligned{writeable} array of {dtype} and shape (n,)");
    let Ok(found) = array.cast::<PyUntypedArray>() else {
        return Err(wrong_array(name, &expected(), &array.get_type().name()?.to_string()));
    };
    // SAFETY: a live array object.
    let flags = unsafe { (*found.as_array_ptr()).fields.flags };
    let mut needed = npyffi::NPY_ARRAY_ALIGNED | npyffi::NPY_ARRAY_C_CONTIGUOUS;
    if write {
        needed |= npyffi::NPY_ARRAY_WRITEABLE;
    }
    if found.dtype().itemsize() != size_of::<T>() || found.ndim() != 1 || flags & needed != needed {
        let found = format!("a {} array of shape {:?}", found.dtype(), found.shape());
        return Err(wrong_array(name, &expected(), &found));
    }
    // SAFETY: a live array; its items have the size of T, any bytes are a T, and it is aligned.
    let data: *mut T = unsafe { (*found.as_array_ptr()).fields.data.cast() };
    if !data.is_aligned() {
        return Err(wrong_array(name, &expected(), "a misaligned array"));
    }
    let len = found.shape()[0];
    Ok((if len == 0 { std::ptr::NonNull::dangling().as_ptr() } else { data }, len))
}

/// Refuses an array to be written whose memory is also another argument's.
pub(crate) fn apart(
    written: &Bound<'_, PyAny>,
    name: &str,
    other: &Bound<'_, PyAny>,
    other_name: &str,
) -> PyResult<()> {
    let extent = |array: &Bound<'_, PyAny>| {
        let array = array.cast::<PyUntypedArray>().ok()?;
        // SAFETY: a live array object; C-contiguous, as all arrays that are borrowed.
        let start = unsafe { (*array.as_array_ptr()).fields.data } as usize;
        Some((start, start + array.len() * array.dtype().itemsize()))
    };
    match (extent(written), extent(other)) {
        (Some(a), Some(b)) if a.0 < b.1 && b.0 < a.1 => Err(wrong_array(
            name,
            &format!("memory of its own, apart from {other_name}"),
            "an array that overlaps it",
        )),
        _ => Ok(()),
    }
}
