// C header: segment
//! Segments.

use super::boundary::call::{act, act_whole};
use super::boundary::handle::{close, give, handles, open, slot};
use super::boundary::pointer::{out, wanted};
use super::boundary::status::Status;
use super::boundary::string::{c_string, text};
use super::enumerations::{
    leyline_access, leyline_name_state, leyline_opened, leyline_policy, leyline_time_source,
};
use super::options::{leyline_options_t, options};
use super::spec::leyline_spec_t;
use super::wait::{leyline_wait_t, or_once, read};
use crate::base::error::{Error, ErrorKind, Result};
use crate::schema::id::Id;
use crate::segment::{attached::Segment, header::RingInfo, open::Displaced};
use crate::sys::os::duplicate;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::{os::fd::IntoRawFd, os::unix::ffi::OsStrExt};

/// An attached segment. Handles made from it do not need it open.
pub struct leyline_segment_t {
    pub(super) segment: Segment,
    path: CString,
    schemas: Vec<CString>,
}

handles!(leyline_segment_t: "segment");

/// A segment.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_segment_info_t {
    /// Its file, or "memfd:" and its label; the segment's own string.
    pub path: *const c_char,
    /// Its first byte in this process, page-aligned and read-only, for what maps it onwards, such
    /// as a GPU's driver; valid until this handle, its clones and all handles made from it are
    /// closed. Other processes write there: read it only as docs/segment-layout.md says.
    pub pages: *const c_void,
    /// Its length.
    pub bytes: usize,
    /// Its rings.
    pub rings: usize,
    /// The time when it was made, nanoseconds since the Unix epoch.
    pub created_unix_ns: i64,
    /// Random, another one for each segment ever made.
    pub id: [u8; 16],
    /// 1 if it has no name and a length that nobody can change, else 0.
    pub sealed: u32,
    /// A leyline_name_state: where its name leads, as asked of the kernel.
    pub name_state: u32,
    /// 0.
    pub reserved: [u64; 2],
}

/// A ring as it is in a segment.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_ring_info_t {
    /// Its record's canonical schema; the segment's own string.
    pub schema: *const c_char,
    /// Its name.
    pub name: Id,
    /// Its record's fingerprint.
    pub fingerprint: [u8; 16],
    /// Slots.
    pub capacity: u64,
    /// Bytes of a record.
    pub record_size: u64,
    /// Records in a slot.
    pub rows: u32,
    /// Declared consumers.
    pub consumers: u32,
    /// A leyline_policy.
    pub policy: u32,
    /// A leyline_time_source.
    pub time_source: u32,
    /// A leyline_ring_kind.
    pub kind: u32,
    /// The lane it belongs to.
    pub lane: u32,
}

/// The segments and commands that a call put an end to.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_displaced_t {
    /// Records on its LEYLINE_POLICY_KEEP rings that their consumers had not committed.
    pub uncommitted: u64,
    /// 1 if there was a segment of that name, else 0.
    pub segments: u32,
    /// 0.
    pub reserved: u32,
}

/// Returns a handle of a segment.
pub(super) fn segment_handle(segment: Segment) -> *mut leyline_segment_t {
    let path = c_string(&String::from_utf8_lossy(segment.path().as_os_str().as_bytes()));
    let schemas = segment.rings().iter().map(|ring| c_string(&ring.schema)).collect();
    give(leyline_segment_t { segment, path, schemas })
}

/// Describes for C what was put an end to.
pub(super) fn displaced(d: Displaced) -> leyline_displaced_t {
    leyline_displaced_t { uncommitted: d.uncommitted, segments: d.segments, reserved: 0 }
}

fn ring_info(ring: &RingInfo, schema: &CStr) -> Result<leyline_ring_info_t> {
    Ok(leyline_ring_info_t {
        schema: schema.as_ptr(),
        name: Id::new(&ring.name)?,
        fingerprint: ring.fingerprint,
        capacity: ring.capacity,
        record_size: ring.record_size as u64,
        rows: ring.rows as u32,
        consumers: ring.consumers as u32,
        policy: leyline_policy::from(ring.policy) as u32,
        time_source: leyline_time_source::from(ring.time_source) as u32,
        kind: ring.kind,
        lane: ring.lane,
    })
}

/// Returns the error of a call that did not wait and could not act at once.
fn at_once(wait: *const leyline_wait_t, kind: ErrorKind) -> impl Fn(Error) -> Error {
    let looked_once = wait.is_null();
    move |e| match e.kind() {
        ErrorKind::Timeout if looked_once => Error::new(kind).about("socket"),
        _ => e,
    }
}

/// Creates a segment.
///
/// @param name     1 to 64 of A-Z a-z 0-9 . _ -, not starting with a dot
/// @param options  or NULL for the defaults
/// @return         LEYLINE_ERR_ALREADY_EXISTS, LEYLINE_ERR_INVALID_NAME, LEYLINE_ERR_NO_SPACE,
///                 LEYLINE_ERR_NO_DIRECTORY, LEYLINE_ERR_PERMISSION_DENIED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_create(
    name: *const c_char,
    spec: *const leyline_spec_t,
    options: *const leyline_options_t,
    segment: *mut *mut leyline_segment_t,
) -> Status {
    act_whole!({
        let segment = slot(segment)?;
        let spec = &open(spec, "spec")?.spec;
        segment.set(segment_handle(Segment::create(text(name, "name")?, spec, &self::options(options)?)?));
    })
}

/// Creates a segment without a name, in memory, its length sealed for good. It lasts while somebody
/// has it open; others get it by leyline_segment_send or as a descriptor.
///
/// @param label    for /proc and errors; formed like a name, need not be unique
/// @param options  or NULL for the defaults; mode and group say who beside the owner may take roles
///                 of a descriptor
/// @return         LEYLINE_ERR_INVALID_NAME, LEYLINE_ERR_NO_SPACE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_create_memfd(
    label: *const c_char,
    spec: *const leyline_spec_t,
    options: *const leyline_options_t,
    segment: *mut *mut leyline_segment_t,
) -> Status {
    act_whole!({
        let segment = slot(segment)?;
        let spec = &open(spec, "spec")?.spec;
        let made = Segment::create_memfd(text(label, "label")?, spec, &self::options(options)?)?;
        segment.set(segment_handle(made));
    })
}

/// Attaches to a segment.
///
/// @param options  or NULL for the defaults
/// @param wait     or NULL: does not wait for the segment and its directory to appear
/// @return         LEYLINE_ERR_NOT_FOUND (wait NULL), LEYLINE_ERR_TIMEOUT;
///                 LEYLINE_ERR_FOREIGN_OWNER,
///                 LEYLINE_ERR_INSECURE_MODE, LEYLINE_ERR_NOT_REGULAR_FILE, LEYLINE_ERR_BAD_MAGIC,
///                 LEYLINE_ERR_LAYOUT_VERSION, LEYLINE_ERR_TRUNCATED, LEYLINE_ERR_CORRUPT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_attach(
    name: *const c_char,
    options: *const leyline_options_t,
    wait: *const leyline_wait_t,
    segment: *mut *mut leyline_segment_t,
) -> Status {
    act_whole!({
        let segment = slot(segment)?;
        let (name, options) = (text(name, "name")?, self::options(options)?);
        let attached = if wait.is_null() {
            Segment::attach(name, &options)
        } else {
            Segment::attach_waiting(name, &options, read(wait)?.timeout)
        };
        segment.set(segment_handle(attached?));
    })
}

/// Attaches to a compatible segment, or creates it: what a restarting trainer does.
///
/// @param options  or NULL for the defaults
/// @param opened   a leyline_opened; or NULL
/// @return         LEYLINE_ERR_SCHEMA_MISMATCH, LEYLINE_ERR_DOMAIN_MISMATCH, those of create and
///                 attach
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_open_or_create(
    name: *const c_char,
    spec: *const leyline_spec_t,
    options: *const leyline_options_t,
    segment: *mut *mut leyline_segment_t,
    opened: *mut u32,
) -> Status {
    act_whole!({
        let (segment, opened) = (slot(segment)?, wanted(opened, "opened")?);
        let spec = &open(spec, "spec")?.spec;
        let (found, how) = Segment::open_or_create(text(name, "name")?, spec, &self::options(options)?)?;
        segment.set(segment_handle(found));
        opened.set(leyline_opened::from(how) as u32);
    })
}

/// Replaces the segment of that name, if there is one, in one step, after taking all its roles. Who
/// is attached to the old one learns that it is superseded.
///
/// @param options    or NULL for the defaults
/// @param displaced  what was replaced; or NULL
/// @return           LEYLINE_ERR_ROLE_HELD if a living process holds a role of the old one: nothing
///                   has changed
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_recreate(
    name: *const c_char,
    spec: *const leyline_spec_t,
    options: *const leyline_options_t,
    segment: *mut *mut leyline_segment_t,
    displaced: *mut leyline_displaced_t,
) -> Status {
    act_whole!({
        let (segment, displaced) = (slot(segment)?, wanted(displaced, "displaced")?);
        let spec = &open(spec, "spec")?.spec;
        let (new, old) = Segment::recreate(text(name, "name")?, spec, &self::options(options)?)?;
        segment.set(segment_handle(new));
        displaced.set(self::displaced(old));
    })
}

/// Takes a segment's name away, if there is one. Who is attached goes on, and nobody else can attach
/// or take a role. Waits at most a second for a process that replaces or removes it.
///
/// @param options  or NULL for the defaults
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_unlink(
    name: *const c_char,
    options: *const leyline_options_t,
) -> Status {
    act_whole!(Segment::unlink(text(name, "name")?, &self::options(options)?)?)
}

/// Gives another handle of the same segment and mapping. Closing a clone never removes the name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_clone(
    segment: *const leyline_segment_t,
    other: *mut *mut leyline_segment_t,
) -> Status {
    act!(slot(other)?.set(segment_handle(open(segment, "segment")?.segment.clone())))
}

/// Describes a segment. Asks the kernel whether its name still leads to it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_info(
    segment: *const leyline_segment_t,
    info: *mut leyline_segment_info_t,
) -> Status {
    act_whole!({
        let info = out(info, "info")?;
        let handle = open(segment, "segment")?;
        let segment = &handle.segment;
        info.set(leyline_segment_info_t {
            path: handle.path.as_ptr(),
            pages: segment.pages().cast(),
            bytes: segment.size(),
            rings: segment.rings().len(),
            created_unix_ns: segment.created_unix_ns(),
            id: segment.id(),
            sealed: segment.is_sealed().into(),
            name_state: leyline_name_state::from(segment.name_state()?) as u32,
            reserved: [0; 2],
        });
    })
}

/// Describes a ring, by its name or by its position.
///
/// @param ring   or NULL: the ring at index
/// @param index  from 0; ignored where ring is given
/// @return       LEYLINE_ERR_NO_SUCH_RING
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_ring(
    segment: *const leyline_segment_t,
    ring: *const c_char,
    index: usize,
    info: *mut leyline_ring_info_t,
) -> Status {
    act!({
        let info = out(info, "info")?;
        let handle = open(segment, "segment")?;
        let rings = handle.segment.rings();
        let found = if ring.is_null() {
            rings.get(index).ok_or_else(|| {
                Error::new(ErrorKind::NoSuchRing)
                    .about("index")
                    .expected_found(format!("less than {}", rings.len()), index.to_string())
            })?
        } else {
            handle.segment.ring(text(ring, "ring")?)?
        };
        let at = rings.iter().position(|ring| ring.name == found.name).unwrap_or_default();
        info.set(ring_info(found, &handle.schemas[at])?);
    })
}

/// Hands a sealed segment to the process at the other end of a connected Unix socket, which calls
/// leyline_segment_receive. Sends 24 bytes and a descriptor.
///
/// @param socket  stays the caller's
/// @param access  a leyline_access, as for leyline_segment_descriptor
/// @param wait    or NULL: does not wait for room in the socket's buffer
/// @return        LEYLINE_ERR_FULL (wait NULL), LEYLINE_ERR_TIMEOUT, LEYLINE_ERR_PEER_GONE;
///                LEYLINE_ERR_NOT_SEALED (attach by its name), LEYLINE_ERR_READ_ONLY
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_send(
    segment: *const leyline_segment_t,
    socket: c_int,
    access: u32,
    wait: *const leyline_wait_t,
) -> Status {
    act_whole!({
        let segment = &open(segment, "segment")?.segment;
        let (access, timeout) = (leyline_access::read(access)?, or_once(wait)?.timeout);
        segment.send_to(duplicate(socket)?, access, timeout).map_err(at_once(wait, ErrorKind::Full))?;
    })
}

/// Receives a segment that another process sends, and attaches to it as
/// leyline_segment_of_descriptor does. Reads that one message and nothing beyond it.
///
/// @param socket   a connected Unix socket; stays the caller's
/// @param options  or NULL for the defaults; trust and access only
/// @param wait     or NULL: does not wait for the message
/// @return         LEYLINE_ERR_NOT_FOUND (wait NULL), LEYLINE_ERR_TIMEOUT, LEYLINE_ERR_PEER_GONE;
///                 LEYLINE_ERR_BAD_MAGIC
///                 (something else was sent), LEYLINE_ERR_CORRUPT, those of leyline_segment_of_descriptor
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_receive(
    socket: c_int,
    options: *const leyline_options_t,
    wait: *const leyline_wait_t,
    segment: *mut *mut leyline_segment_t,
) -> Status {
    act_whole!({
        let segment = slot(segment)?;
        let (options, timeout) = (self::options(options)?, or_once(wait)?.timeout);
        let received = Segment::receive(duplicate(socket)?, &options, timeout);
        segment.set(segment_handle(received.map_err(at_once(wait, ErrorKind::NotFound))?));
    })
}

/// Makes a descriptor of a sealed segment, to be handed to another process; closed on exec. With
/// LEYLINE_ACCESS_READ_ONLY nothing can be written through it, though a process of the same user
/// may open it anew for writing. A child of fork() gets a segment of its own by it. Needs /proc.
///
/// @param access      a leyline_access
/// @param descriptor  the caller's to close
/// @return            LEYLINE_ERR_NOT_SEALED (attach by its name), LEYLINE_ERR_READ_ONLY
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_descriptor(
    segment: *const leyline_segment_t,
    access: u32,
    descriptor: *mut c_int,
) -> Status {
    act_whole!({
        let descriptor = out(descriptor, "descriptor")?;
        let made = open(segment, "segment")?.segment.descriptor(leyline_access::read(access)?)?;
        descriptor.set(made.into_raw_fd());
    })
}

/// Attaches to the sealed segment that a descriptor leads to. Taking roles needs /proc and a mode
/// that lets this user write. With LEYLINE_ACCESS_READ_ONLY also attaches to a segment that has lost
/// its name, through the descriptor of a process that uses it (/proc/PID/fd/N).
///
/// @param descriptor  stays the caller's and need not stay open
/// @param options     or NULL for the defaults; trust and access only
/// @return            LEYLINE_ERR_NOT_SEALED (its length could change), those of
///                    leyline_segment_attach
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_of_descriptor(
    descriptor: c_int,
    options: *const leyline_options_t,
    segment: *mut *mut leyline_segment_t,
) -> Status {
    act_whole!({
        let segment = slot(segment)?;
        let attached = Segment::from_descriptor(duplicate(descriptor)?, &self::options(options)?)?;
        segment.set(segment_handle(attached));
    })
}

/// Ends the handle. Writers, observers and consumers made from it go on: they keep the mapping.
///
/// @param segment  or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_close(segment: *mut leyline_segment_t) -> Status {
    act!(close(segment, "segment")?)
}
