// C header: segment
//! Specs and segments.

use super::action_space::leyline_action_space_t;
use super::boundary::{act, act_whole, block, c_string, input, invalid, optional, out, text, wanted};
use super::handle::{close, give, handles, open, open_mut, slot};
use super::numbers::{
    AccessNumber, OnCloseNumber, OpenedNumber, PagesNumber, PolicyNumber, PrefaultNumber, TimeSourceNumber,
    TrustNumber,
};
use super::schema::SchemaHandle;
use super::status::Status;
use crate::base::error::Result;
use crate::schema::id::Id;
use crate::segment::attached::Segment;
use crate::segment::header::{RingInfo, RingSpec, Spec};
use crate::segment::open::Displaced;
use crate::segment::options::Options;
use crate::segment::role_page::{Latency, RoleInfo};
use crate::sys::os::duplicate;
use std::ffi::{CString, c_char, c_int, c_void};
use std::os::fd::IntoRawFd;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

/// A segment to be made: its rings and its action space. Used by one thread at a time.
pub struct SpecHandle {
    spec: Spec,
}

/// An attached segment. Any number of threads may use it at once; the handles made from it do not need it open.
pub struct SegmentHandle {
    pub(super) segment: Segment,
    path: CString,
    schemas: Vec<CString>,
}

handles!(SpecHandle: "spec", SegmentHandle: "segment");

/// Where and how to create or attach. Start with leyline_options_init.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct OptionsRecord {
    /// The directory; NULL: LEYLINE_DIR, or else /dev/shm.
    pub directory: *const c_char,
    /// The mode of a new segment's file, exact whatever the umask. 0600.
    pub mode: u32,
    /// A leyline_trust. LEYLINE_TRUST_OWNER.
    pub trust: u32,
    /// A leyline_access. LEYLINE_ACCESS_READ_WRITE.
    pub access: u32,
    /// A leyline_on_close. LEYLINE_ON_CLOSE_KEEP.
    pub on_close: u32,
    /// The group of a new segment's file, one of this process's own. LEYLINE_GROUP_UNCHANGED: as the directory gives it.
    pub group: u32,
    /// A leyline_prefault: when page faults are taken. LEYLINE_PREFAULT_OPENED.
    pub prefault: u32,
    /// A leyline_pages: what pages to ask for. LEYLINE_PAGES_USUAL.
    pub pages: u32,
    /// 1: role pages show this process's whole command line. Every reader of the file can see it, also after the process has
    /// ended. 0: role pages show the program's name only. 0.
    pub command_line: u32,
    /// Longest wait for a role that is held, ns: when opening a writer, consumer, trainer or controller, and for all roles when
    /// replacing or removing a segment. A killed process holds its roles until its memory is freed and its core is dumped. 0: do
    /// not wait.
    pub role_timeout_ns: u64,
    /// 0.
    pub reserved: [u32; 2],
}

/// No group of its own for a new segment's file; as with chown(2).
pub const LEYLINE_GROUP_UNCHANGED: u32 = u32::MAX;

/// A ring to be made. Start with leyline_ring_options_init and set the name.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct RingOptionsRecord {
    /// Its name, 1 to 39 bytes, unique within the segment.
    pub name: *const c_char,
    /// Slots: a power of two from 2 to 2^24. 4096.
    pub capacity: u64,
    /// Records in a slot, published and read together: 1 to 65536. 1.
    pub rows: u32,
    /// Declared consumers, at most 8. They gate from the ring's creation. 0.
    pub consumers: u32,
    /// A leyline_policy: what happens when a consumer is not there. LEYLINE_POLICY_KEEP.
    pub policy: u32,
    /// A leyline_time_source. LEYLINE_TIME_SOURCE_TSC.
    pub time_source: u32,
    /// 0.
    pub reserved: [u64; 4],
}

/// A ring as it is in a segment.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct RingInfoRecord {
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

/// What leyline_segment_recreate put an end to.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct DisplacedRecord {
    /// Records on its LEYLINE_POLICY_KEEP rings that their consumers had not committed.
    pub uncommitted: u64,
    /// 1 if there was a segment of that name, else 0.
    pub segments: u32,
    /// 0.
    pub reserved: u32,
}

/// Latencies counted by a role, in nanoseconds.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct LatencyRecord {
    /// Measurements.
    pub count: u64,
    /// Their sum, ns.
    pub sum: u64,
    /// The least, ns; 0 when there is none.
    pub min: u64,
    /// The greatest, ns.
    pub max: u64,
    /// How many exceeded the deadline.
    pub misses: u64,
    /// The deadline, ns; 0 for none.
    pub deadline: u64,
    /// buckets[i] counts the values of i bits: from 2^(i-1) to below 2^i ns.
    pub buckets: [u64; 64],
}

/// Who holds a role, and what it counted.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct RoleInfoRecord {
    /// When the present or last holder took the role, nanoseconds since the Unix epoch.
    pub since_unix_ns: i64,
    /// Records it has read.
    pub records: u64,
    /// Records it missed.
    pub lost: u64,
    /// Observation to decision, where the role measures it.
    pub latency: LatencyRecord,
    /// Its process id in its own namespace; 0 if there never was a holder. For people, never for liveness.
    pub pid: u32,
    /// 1 if it has a living holder, from the kernel; else 0.
    pub held: u32,
    /// Its program's name, or its command line if its options set command_line; cut at 192 bytes, padded with NUL.
    pub command: [u8; 200],
}

const NO_OPTIONS: OptionsRecord = OptionsRecord {
    directory: std::ptr::null(),
    mode: 0o600,
    trust: TrustNumber::Owner as u32,
    access: AccessNumber::ReadWrite as u32,
    on_close: OnCloseNumber::Keep as u32,
    group: LEYLINE_GROUP_UNCHANGED,
    prefault: PrefaultNumber::Opened as u32,
    pages: PagesNumber::Usual as u32,
    command_line: 0,
    role_timeout_ns: 0,
    reserved: [0; 2],
};

pub(super) unsafe fn options(p: *const OptionsRecord) -> Result<Options> {
    // SAFETY: promise 1, for what the options lead to as well.
    let (record, directory) = unsafe {
        let record = optional(p, "options")?.unwrap_or(NO_OPTIONS);
        let directory =
            if record.directory.is_null() { None } else { Some(text(record.directory, "directory")?.into()) };
        (record, directory)
    };
    no_more(&record.reserved)?;
    Ok(Options {
        directory,
        mode: record.mode,
        group: (record.group != LEYLINE_GROUP_UNCHANGED).then_some(record.group),
        trust: TrustNumber::read(record.trust)?,
        access: AccessNumber::read(record.access)?,
        on_close: OnCloseNumber::read(record.on_close)?,
        prefault: PrefaultNumber::read(record.prefault)?,
        pages: PagesNumber::read(record.pages)?,
        role_timeout: Duration::from_nanos(record.role_timeout_ns),
        command_line: match record.command_line {
            0 => false,
            1 => true,
            _ => return Err(invalid("command_line", "0 or 1", "another number")),
        },
    })
}

fn no_more<T: bytemuck::Zeroable + PartialEq>(reserved: &T) -> Result<()> {
    if *reserved == T::zeroed() { Ok(()) } else { Err(invalid("reserved", "0", "another number")) }
}

pub(super) fn segment_handle(segment: Segment) -> *mut SegmentHandle {
    let path = c_string(&String::from_utf8_lossy(segment.path().as_os_str().as_bytes()));
    let schemas = segment.rings().iter().map(|ring| c_string(&ring.schema)).collect();
    give(SegmentHandle { segment, path, schemas })
}

pub(super) fn spec_handle(spec: Spec) -> *mut SpecHandle {
    give(SpecHandle { spec })
}

pub(super) fn displaced(d: Displaced) -> DisplacedRecord {
    DisplacedRecord { uncommitted: d.uncommitted, segments: d.segments, reserved: 0 }
}

fn ring_info(ring: &RingInfo) -> Result<RingInfoRecord> {
    Ok(RingInfoRecord {
        name: Id::new(&ring.name)?,
        fingerprint: ring.fingerprint,
        capacity: ring.capacity,
        record_size: ring.record_size as u64,
        rows: ring.rows as u32,
        consumers: ring.consumers as u32,
        policy: PolicyNumber::from(ring.policy) as u32,
        time_source: TimeSourceNumber::from(ring.time_source) as u32,
        kind: ring.kind,
        lane: ring.lane,
    })
}

fn role_info(role: &RoleInfo) -> RoleInfoRecord {
    let Latency { count, sum, min, max, misses, deadline, buckets } = role.latency;
    let mut command = [0; 200];
    // A lossy text may have grown.
    let used = role.command.len().min(command.len() - 1);
    command[..used].copy_from_slice(&role.command.as_bytes()[..used]);
    RoleInfoRecord {
        since_unix_ns: role.since_unix_ns,
        records: role.records,
        lost: role.lost,
        latency: LatencyRecord { count, sum, min, max, misses, deadline, buckets },
        pid: role.pid,
        held: role.held.into(),
        command,
    }
}

/// Sets the defaults.
///
/// @param options  what to set
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_options_init(options: *mut OptionsRecord) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(options, "options")?.set(NO_OPTIONS);
        Ok(())
    })
}

/// Sets the defaults; the name is NULL.
///
/// @param options  what to set
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_ring_options_init(options: *mut RingOptionsRecord) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(options, "options")?.set(RingOptionsRecord {
            name: std::ptr::null(),
            capacity: 4096,
            rows: 1,
            consumers: 0,
            policy: PolicyNumber::Keep as u32,
            time_source: TimeSourceNumber::Tsc as u32,
            reserved: [0; 4],
        });
        Ok(())
    })
}

/// Makes a spec without rings.
///
/// @param spec  the new handle; close it with leyline_spec_close
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_spec_new(spec: *mut *mut SpecHandle) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        slot(spec)?.set(spec_handle(Spec::new()));
        Ok(())
    })
}

/// Adds a ring. Its shape is checked when a segment is made of it.
///
/// @param spec     the spec
/// @param options  the ring; read during the call only
/// @param schema   what its record means; not kept
/// @return         LEYLINE_ERR_INVALID_ARGUMENT, LEYLINE_ERR_INVALID_ENUM, LEYLINE_ERR_INVALID_ID (the name)
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_spec_add_ring(
    spec: *mut SpecHandle,
    options: *const RingOptionsRecord,
    schema: *const SchemaHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let mut spec = open_mut(spec, "spec")?;
        let schema = &open(schema, "schema")?.schema;
        let o = input(options, "options")?;
        no_more(&o.reserved)?;
        let ring = RingSpec::with_schema(text(o.name, "name")?, schema)?
            .capacity(o.capacity)
            .rows(o.rows)
            .consumers(o.consumers, PolicyNumber::read(o.policy)?)
            .time_source(TimeSourceNumber::read(o.time_source)?);
        spec.spec = std::mem::take(&mut spec.spec).ring(ring);
        Ok(())
    })
}

/// Stores an action space with the segment.
///
/// @param spec   the spec
/// @param space  the action space; not kept
///
/// One thread at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_spec_set_actions(
    spec: *mut SpecHandle,
    space: *const leyline_action_space_t,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let mut spec = open_mut(spec, "spec")?;
        spec.spec = std::mem::take(&mut spec.spec).domain(open(space, "space")?.space.canonical());
        Ok(())
    })
}

/// Ends the handle.
///
/// @param spec  the handle, or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_spec_close(spec: *mut SpecHandle) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { close(spec, "spec") })
}

/// Makes a segment.
///
/// @param name     1 to 64 of A-Z a-z 0-9 . _ -, not starting with a dot
/// @param spec     what to make; not kept
/// @param options  or NULL for the defaults; read during the call only
/// @param segment  the new handle; close it with leyline_segment_close
/// @return         LEYLINE_ERR_ALREADY_EXISTS, LEYLINE_ERR_INVALID_NAME, LEYLINE_ERR_INVALID_ARGUMENT,
///                 LEYLINE_ERR_NO_SPACE, LEYLINE_ERR_NO_DIRECTORY, LEYLINE_ERR_PERMISSION_DENIED
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_create(
    name: *const c_char,
    spec: *const SpecHandle,
    options: *const OptionsRecord,
    segment: *mut *mut SegmentHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let segment = slot(segment)?;
        let spec = &open(spec, "spec")?.spec;
        segment.set(segment_handle(Segment::create(text(name, "name")?, spec, &self::options(options)?)?));
        Ok(())
    })
}

/// Attaches to a segment that is there.
///
/// @param name     its name
/// @param options  or NULL for the defaults; read during the call only
/// @param segment  the new handle; close it with leyline_segment_close
/// @return         LEYLINE_ERR_NOT_FOUND, LEYLINE_ERR_FOREIGN_OWNER, LEYLINE_ERR_INSECURE_MODE,
///                 LEYLINE_ERR_NOT_REGULAR_FILE, LEYLINE_ERR_BAD_MAGIC, LEYLINE_ERR_LAYOUT_VERSION,
///                 LEYLINE_ERR_TRUNCATED, LEYLINE_ERR_CORRUPT, ...
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_attach(
    name: *const c_char,
    options: *const OptionsRecord,
    segment: *mut *mut SegmentHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let segment = slot(segment)?;
        segment.set(segment_handle(Segment::attach(text(name, "name")?, &self::options(options)?)?));
        Ok(())
    })
}

/// Attaches as leyline_segment_attach does, after waiting for the segment and its directory to appear.
///
/// @param name        its name
/// @param options     or NULL for the defaults; read during the call only
/// @param timeout_ns  how long to wait at most, ns
/// @param segment     the new handle; close it with leyline_segment_close
/// @return            LEYLINE_ERR_TIMEOUT, and those of leyline_segment_attach
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_attach_waiting(
    name: *const c_char,
    options: *const OptionsRecord,
    timeout_ns: u64,
    segment: *mut *mut SegmentHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let segment = slot(segment)?;
        let (name, options) = (text(name, "name")?, self::options(options)?);
        let attached = Segment::attach_waiting(name, &options, Duration::from_nanos(timeout_ns))?;
        segment.set(segment_handle(attached));
        Ok(())
    })
}

/// Attaches if there is a compatible segment, or else makes one: what a restarting trainer does.
///
/// @param name     its name
/// @param spec     what to make, or what must be there; not kept
/// @param options  or NULL for the defaults; read during the call only
/// @param segment  the new handle; close it with leyline_segment_close
/// @param opened   a leyline_opened: what was done; or NULL
/// @return         LEYLINE_ERR_SCHEMA_MISMATCH, LEYLINE_ERR_DOMAIN_MISMATCH, and those of create and attach
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_open_or_create(
    name: *const c_char,
    spec: *const SpecHandle,
    options: *const OptionsRecord,
    segment: *mut *mut SegmentHandle,
    opened: *mut u32,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let (segment, opened) = (slot(segment)?, wanted(opened, "opened")?);
        let spec = &open(spec, "spec")?.spec;
        let (found, how) = Segment::open_or_create(text(name, "name")?, spec, &self::options(options)?)?;
        segment.set(segment_handle(found));
        opened.set(OpenedNumber::from(how) as u32);
        Ok(())
    })
}

/// Replaces the segment of that name, if there is one, by a new one in one step. Takes all of the old one's roles
/// first; whoever still is attached to it learns that it is superseded.
///
/// @param name       its name
/// @param spec       what to make; not kept
/// @param options    or NULL for the defaults; read during the call only
/// @param segment    the new handle; close it with leyline_segment_close
/// @param displaced  what was put an end to; or NULL
/// @return           LEYLINE_ERR_ROLE_HELD if anybody living holds a role of the old one: nothing has changed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_recreate(
    name: *const c_char,
    spec: *const SpecHandle,
    options: *const OptionsRecord,
    segment: *mut *mut SegmentHandle,
    displaced: *mut DisplacedRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let (segment, displaced) = (slot(segment)?, wanted(displaced, "displaced")?);
        let spec = &open(spec, "spec")?.spec;
        let (new, old) = Segment::recreate(text(name, "name")?, spec, &self::options(options)?)?;
        segment.set(segment_handle(new));
        displaced.set(self::displaced(old));
        Ok(())
    })
}

/// Takes a segment's name away. Whoever is attached goes on and learns that it is superseded. Nothing of that name is
/// no error. Waits at most a second for a process that is replacing or removing it.
///
/// @param name     its name
/// @param options  or NULL for the defaults; read during the call only
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_unlink(
    name: *const c_char,
    options: *const OptionsRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe { Segment::unlink(text(name, "name")?, &self::options(options)?) })
}

/// Makes a segment without a name, in memory, fully allocated, its length sealed for good: no process that has it can be
/// ended by truncating it, and it takes nothing of /dev/shm. It lasts as long as somebody has it open; others get it from
/// leyline_segment_send, or as a descriptor.
///
/// @param label    what /proc and errors call it: 1 to 64 of A-Z a-z 0-9 . _ -, not starting with a dot; need not be unique
/// @param spec     what to make; not kept
/// @param options  or NULL for the defaults; read during the call only; mode and group say who beside the owner may take
///                 roles of a descriptor handed to them, directory and on_close have no meaning here
/// @param segment  the new handle; close it with leyline_segment_close
/// @return         LEYLINE_ERR_INVALID_NAME, LEYLINE_ERR_INVALID_ARGUMENT, LEYLINE_ERR_NO_SPACE
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_create_memfd(
    label: *const c_char,
    spec: *const SpecHandle,
    options: *const OptionsRecord,
    segment: *mut *mut SegmentHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let segment = slot(segment)?;
        let spec = &open(spec, "spec")?.spec;
        let made = Segment::create_memfd(text(label, "label")?, spec, &self::options(options)?)?;
        segment.set(segment_handle(made));
        Ok(())
    })
}

/// Whether it is a segment of leyline_segment_create_memfd: without a name, and of a length that nobody can change.
///
/// @param segment  the segment
/// @param sealed   true if it is
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_is_sealed(
    segment: *const SegmentHandle,
    sealed: *mut bool,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let sealed = out(sealed, "sealed")?;
        sealed.set(open(segment, "segment")?.segment.is_sealed());
        Ok(())
    })
}

/// Hands a sealed segment to the process at the other end of a connected Unix socket, which calls
/// leyline_segment_receive. Sends 24 bytes and a descriptor.
///
/// @param segment     the segment
/// @param socket      the socket; stays the caller's
/// @param access      a leyline_access, as for leyline_segment_descriptor
/// @param timeout_ns  how long to wait for room in the socket's buffer at most, ns
/// @return            LEYLINE_ERR_NOT_SEALED (a segment with a name: attach by its name), LEYLINE_ERR_TIMEOUT,
///                    LEYLINE_ERR_PEER_GONE, LEYLINE_ERR_READ_ONLY (attached read-only)
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_send(
    segment: *const SegmentHandle,
    socket: c_int,
    access: u32,
    timeout_ns: u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let segment = &open(segment, "segment")?.segment;
        segment.send_to(duplicate(socket)?, AccessNumber::read(access)?, Duration::from_nanos(timeout_ns))
    })
}

/// Waits for a segment that another process sends with leyline_segment_send, and attaches to it as
/// leyline_segment_of_descriptor does. Reads that one message and nothing beyond it.
///
/// @param socket      a connected Unix socket; stays the caller's
/// @param options     or NULL for the defaults; trust and access only
/// @param timeout_ns  how long to wait at most, ns
/// @param segment     the new handle; close it with leyline_segment_close
/// @return            LEYLINE_ERR_TIMEOUT, LEYLINE_ERR_PEER_GONE (closed before it sent one), LEYLINE_ERR_BAD_MAGIC (it
///                    sent something else), LEYLINE_ERR_CORRUPT, and those of leyline_segment_of_descriptor
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_receive(
    socket: c_int,
    options: *const OptionsRecord,
    timeout_ns: u64,
    segment: *mut *mut SegmentHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let segment = slot(segment)?;
        let options = self::options(options)?;
        let received = Segment::receive(duplicate(socket)?, &options, Duration::from_nanos(timeout_ns))?;
        segment.set(segment_handle(received));
        Ok(())
    })
}

/// A descriptor of a sealed segment, to be handed to another process: sent, inherited or fetched. It is not the one that
/// the segment itself uses. With LEYLINE_ACCESS_READ_ONLY nothing can be written through it; a receiver of the same user
/// may open it anew for writing, one of another user may not unless the segment's mode says so. In a child of fork() it
/// is the way to a segment of the child's own.
///
/// @param segment     the segment
/// @param access      a leyline_access
/// @param descriptor  the descriptor, closed on exec; the caller closes it
/// @return            LEYLINE_ERR_NOT_SEALED (a segment with a name: attach by its name), LEYLINE_ERR_READ_ONLY (attached
///                    read-only)
///
/// Any thread. Needs /proc.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_descriptor(
    segment: *const SegmentHandle,
    access: u32,
    descriptor: *mut c_int,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let descriptor = out(descriptor, "descriptor")?;
        let made = open(segment, "segment")?.segment.descriptor(AccessNumber::read(access)?)?;
        descriptor.set(made.into_raw_fd());
        Ok(())
    })
}

/// Attaches to the sealed segment that a descriptor leads to. Taking roles needs /proc and a mode that lets this user
/// write; reading needs neither.
///
/// @param descriptor  the descriptor; stays the caller's and need not stay open
/// @param options     or NULL for the defaults; trust and access only
/// @param segment     the new handle; close it with leyline_segment_close
/// @return            LEYLINE_ERR_NOT_SEALED (its length could change), and those of leyline_segment_attach
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_of_descriptor(
    descriptor: c_int,
    options: *const OptionsRecord,
    segment: *mut *mut SegmentHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let segment = slot(segment)?;
        let attached = Segment::from_descriptor(duplicate(descriptor)?, &self::options(options)?)?;
        segment.set(segment_handle(attached));
        Ok(())
    })
}

/// Ends the handle. Writers, observers and consumers made from it go on: they keep the mapping for themselves.
///
/// @param segment  the handle, or NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_close(segment: *mut SegmentHandle) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe { close(segment, "segment") })
}

/// The segment's file; of one without a name, "memfd:" and what it was called when it was made.
///
/// @param segment  the segment
/// @param path     its path, the segment's own: valid until it is closed
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_path(
    segment: *const SegmentHandle,
    path: *mut *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(path, "path")?.set(open(segment, "segment")?.path.as_ptr());
        Ok(())
    })
}

/// The segment's id: random, another one for each segment ever made.
///
/// @param segment  the segment
/// @param id       16 bytes
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_id(segment: *const SegmentHandle, id: *mut u8) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let segment = open(segment, "segment")?;
        block(id, 16, "id")?.copy_from_slice(&segment.segment.id());
        Ok(())
    })
}

/// The size of a segment and when it was made.
///
/// @param segment          the segment
/// @param size             bytes; or NULL
/// @param created_unix_ns  nanoseconds since the Unix epoch; or NULL
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_info(
    segment: *const SegmentHandle,
    size: *mut usize,
    created_unix_ns: *mut i64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let (size, created) = (wanted(size, "size")?, wanted(created_unix_ns, "created_unix_ns")?);
        let segment = open(segment, "segment")?;
        size.set(segment.segment.size());
        created.set(segment.segment.created_unix_ns());
        Ok(())
    })
}

/// Returns another handle of the same segment and mapping. The mapping stays until the last handle is closed. Closing a clone
/// never removes the name, whatever LEYLINE_ON_CLOSE_UNLINK says.
///
/// @param segment  the segment
/// @param other    the new handle; close it with leyline_segment_close
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_clone(
    segment: *const SegmentHandle,
    other: *mut *mut SegmentHandle,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let other = slot(other)?;
        other.set(segment_handle(open(segment, "segment")?.segment.clone()));
        Ok(())
    })
}

/// Where this process has a segment mapped, for what maps it onwards, such as a GPU's driver. It is read-only, and other
/// processes write there: who reads it through this pointer reads atomically and validates, as docs/segment-layout.md
/// says, or is outside every guarantee.
///
/// @param segment  the segment
/// @param pages    its first byte, page-aligned; valid until this handle, its clones and all handles made from it are
///                 closed
/// @param bytes    its length, or NULL
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_pages(
    segment: *const SegmentHandle,
    pages: *mut *const c_void,
    bytes: *mut usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let (pages, bytes) = (out(pages, "pages")?, wanted(bytes, "bytes")?);
        let mapped = open(segment, "segment")?.segment.pages();
        pages.set(mapped.cast());
        bytes.set(mapped.len());
        Ok(())
    })
}

/// Whether the name still leads to this segment. Always so for one without a name.
///
/// @param segment  the segment
/// @param current  true if it does
///
/// Any thread. Asks the kernel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_is_current(
    segment: *const SegmentHandle,
    current: *mut bool,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let current = out(current, "current")?;
        current.set(open(segment, "segment")?.segment.is_current()?);
        Ok(())
    })
}

/// How many rings there are.
///
/// @param segment  the segment
/// @param count    rings
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_ring_count(
    segment: *const SegmentHandle,
    count: *mut usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        out(count, "count")?.set(open(segment, "segment")?.segment.rings().len());
        Ok(())
    })
}

/// A ring by its position.
///
/// @param segment  the segment
/// @param index    less than leyline_segment_ring_count
/// @param info     the ring
/// @return         LEYLINE_ERR_NO_SUCH_RING
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_ring_at(
    segment: *const SegmentHandle,
    index: usize,
    info: *mut RingInfoRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let info = out(info, "info")?;
        let rings = open(segment, "segment")?.segment.rings();
        let ring = rings.get(index).ok_or_else(|| {
            crate::base::error::Error::new(crate::base::error::ErrorKind::NoSuchRing)
                .about("index")
                .expected_found(format!("less than {}", rings.len()), index.to_string())
        })?;
        info.set(ring_info(ring)?);
        Ok(())
    })
}

/// A ring by its name.
///
/// @param segment  the segment
/// @param ring     its name
/// @param info     the ring
/// @return         LEYLINE_ERR_NO_SUCH_RING
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_ring(
    segment: *const SegmentHandle,
    ring: *const c_char,
    info: *mut RingInfoRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let info = out(info, "info")?;
        info.set(ring_info(open(segment, "segment")?.segment.ring(text(ring, "ring")?)?)?);
        Ok(())
    })
}

/// The canonical schema text of a ring's record, as the ring's creator meant it.
///
/// @param segment  the segment
/// @param ring     its name
/// @param schema   the text, the segment's own: valid until it is closed
/// @return         LEYLINE_ERR_NO_SUCH_RING
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_ring_schema(
    segment: *const SegmentHandle,
    ring: *const c_char,
    schema: *mut *const c_char,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let schema = out(schema, "schema")?;
        let segment = open(segment, "segment")?;
        let info = segment.segment.ring(text(ring, "ring")?)?;
        let texts = segment.segment.rings().iter().zip(&segment.schemas);
        if let Some((_, text)) = texts.into_iter().find(|(ring, _)| ring.name == info.name) {
            schema.set(text.as_ptr());
        }
        Ok(())
    })
}

/// What is known of a ring's writer.
///
/// @param segment  the segment
/// @param ring     the ring's name
/// @param info     who holds the role and what it counted
/// @return         LEYLINE_ERR_NO_SUCH_RING
///
/// Any thread. Asks the kernel whether the role is held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_writer_info(
    segment: *const SegmentHandle,
    ring: *const c_char,
    info: *mut RoleInfoRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let info = out(info, "info")?;
        info.set(role_info(&open(segment, "segment")?.segment.role(text(ring, "ring")?, None)?));
        Ok(())
    })
}

/// What is known of a ring's consumer.
///
/// @param segment   the segment
/// @param ring      the ring's name
/// @param consumer  which, from 0
/// @param info      who holds the role and what it counted
/// @return          LEYLINE_ERR_NO_SUCH_RING
///
/// Any thread. Asks the kernel whether the role is held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_consumer_info(
    segment: *const SegmentHandle,
    ring: *const c_char,
    consumer: u32,
    info: *mut RoleInfoRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let info = out(info, "info")?;
        let role = open(segment, "segment")?.segment.role(text(ring, "ring")?, Some(consumer as usize))?;
        info.set(role_info(&role));
        Ok(())
    })
}

/// An upper bound of the latency that a share of the measurements does not exceed: the end of its bucket, and never
/// more than the maximum.
///
/// @param latency  the counters
/// @param share    0 to 1, such as 0.99
/// @param ns       nanoseconds
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_latency_quantile(
    latency: *const LatencyRecord,
    share: f64,
    ns: *mut u64,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act(|| unsafe {
        let ns = out(ns, "ns")?;
        let LatencyRecord { count, sum, min, max, misses, deadline, buckets } = input(latency, "latency")?;
        ns.set(Latency { count, sum, min, max, misses, deadline, buckets }.quantile(share));
        Ok(())
    })
}
