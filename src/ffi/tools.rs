// C header: tools
//! For tools: what roles, rings and commands are doing, and a directory's segments.

use super::boundary::call::{act, act_whole};
use super::boundary::pointer::{Out, input, out, pointer, wanted};
use super::boundary::string::{field, text};
use super::boundary::{handle::open, status::Status};
use super::options::{leyline_options_t, options};
use super::segment::{displaced, leyline_displaced_t, leyline_segment_t};
use super::{enumerations::leyline_listed, peer::number};
use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::{command::AdaptationCommand, outcome::CommandOutcome};
use crate::handle::ring_status::{ConsumerStatus, RingStatus};
use crate::link::{SentCommand, sent_commands};
use crate::ring::state::Takeover;
use crate::segment::attached::Segment;
use crate::segment::list::{Listed, ListedKind};
use crate::segment::role_page::{Latency, RoleInfo};
use bytemuck::Zeroable;
use std::ffi::c_char;

/// In the place of a consumer's index: the role of the writer.
pub const LEYLINE_ROLE_WRITER: u32 = u32::MAX;

/// The holder of a role, and its counters.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_role_info_t {
    /// The time when the present or last holder took the role, nanoseconds since the Unix epoch.
    pub since_unix_ns: i64,
    /// Records it has read.
    pub records: u64,
    /// Records it missed.
    pub lost: u64,
    /// Records of a trainer in which it replaced a value that was not finite or out of bounds. A
    /// device does not count those that it publishes.
    pub sanitized: u64,
    /// Observation to decision, where the role measures it.
    pub latency: Latency,
    /// Its process id in its own namespace; 0 if there never was a holder. For people, never for
    /// liveness.
    pub pid: u32,
    /// 1 if it has a living holder, from the kernel; else 0.
    pub held: u32,
    /// Its program's name, or its command line if its options set command_line; cut at 192 bytes,
    /// padded with NUL.
    pub command: [u8; 200],
    /// The reason why it failed, for people, if it is the ring's last writer and failed; else
    /// empty.
    pub failure: [c_char; 128],
}

/// The state of a ring. A snapshot: while its writer writes, its parts may be some records apart.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_ring_status_t {
    /// The last sequence that is complete; one less than the ring's first where there is none yet.
    pub last_sequence: u64,
    /// Records that have been written in the ring's life.
    pub written: u64,
    /// Records that can still be read.
    pub readable: u64,
    /// The present writer's generation, which counts the ring's writers; 0 before the first.
    pub generation: u64,
    /// The age of the newest record's stamp, ns, whether or not its writer lives; UINT64_MAX if
    /// that is not known.
    pub age_ns: u64,
    /// Records a second, by the stamps of the newest (1024 at most) of the present writer; 0 if
    /// they do not tell. It is what the rate was while they were written: see age_ns for whether
    /// anything still comes.
    pub rate_hz: f64,
    /// A leyline_peer: what has become of the writer.
    pub writer: u32,
    /// Declared consumers.
    pub consumers: u32,
    /// 1 if a device may be writing it: it was handed over, or its writer died while it was. Else
    /// 0.
    pub handed_over: u32,
    /// 0.
    pub reserved: u32,
}

/// The state of a declared consumer of a ring.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_consumer_status_t {
    /// The last sequence that was committed.
    pub committed: u64,
    /// Records that are there and not committed.
    pub behind: u64,
    /// Records that the writer went over while nobody held the role, and that the next holder will
    /// be told of.
    pub passed_over: u64,
    /// 1 if somebody living holds the role, else 0.
    pub held: u32,
    /// 0.
    pub reserved: u32,
}

/// A command that is still in its ring, and what has become of it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_command_state_t {
    /// The command as it stands in the ring: not checked.
    pub command: AdaptationCommand,
    /// The last outcome for it that is still in the ring of outcomes; zero if there is none.
    pub outcome: CommandOutcome,
    /// Its sequence on the lane's ring of commands.
    pub sequence: u64,
    /// The time when it was sent, CLOCK_MONOTONIC nanoseconds; 0 for unknown.
    pub time_ns: u64,
    /// 1 if there is an outcome, else 0.
    pub has_outcome: u32,
    /// 1 if the trainer has committed it: it will not be delivered again; else 0.
    pub committed: u32,
    /// 1 if something is still to come: nobody has answered it finally and the trainer has not
    /// committed it; else 0.
    pub open: u32,
    /// Its annotations that are still in the ring.
    pub annotations: u32,
}

/// A file in a directory of segments.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct leyline_listed_t {
    /// Its name, padded with NUL. That of a segment is the segment's name and ".leyline".
    pub file: [u8; 80],
    /// Its size in bytes.
    pub bytes: u64,
    /// The time when it was made, nanoseconds since the Unix epoch, as far as the file system
    /// knows.
    pub modified_unix_ns: i64,
    /// A leyline_listed: what it is.
    pub kind: u32,
    /// Its owner's user number.
    pub owner: u32,
}

fn role_info(role: &RoleInfo) -> leyline_role_info_t {
    let mut command = [0; 200];
    // A lossy text may have grown.
    let used = role.command.len().min(command.len() - 1);
    command[..used].copy_from_slice(&role.command.as_bytes()[..used]);
    leyline_role_info_t {
        since_unix_ns: role.since_unix_ns,
        records: role.records,
        lost: role.lost,
        sanitized: role.sanitized,
        latency: role.latency,
        pid: role.pid,
        held: role.held.into(),
        command,
        failure: field(role.failure.as_deref().unwrap_or_default()),
    }
}

/// Writes as many as there is room for, and says how many there are.
unsafe fn fill<T>(
    (places, capacity): (*mut T, usize),
    what: &'static str,
    count: Out<usize>,
    values: impl ExactSizeIterator<Item = T>,
) -> Result<()> {
    let total = values.len();
    if capacity > 0 {
        let places = pointer(places, what)?;
        for (i, value) in values.take(capacity).enumerate() {
            // SAFETY: promise 1: there are `capacity` places.
            unsafe { places.add(i).write(value) };
        }
    }
    count.set(total);
    Ok(())
}

fn ring_status(s: &RingStatus) -> leyline_ring_status_t {
    leyline_ring_status_t {
        last_sequence: s.last_sequence,
        written: s.written,
        readable: s.readable,
        generation: s.generation,
        age_ns: s.age.map_or(u64::MAX, |age| age.as_nanos() as u64),
        rate_hz: s.rate_hz.unwrap_or(0.0),
        writer: number(s.writer) as u32,
        consumers: s.consumers.len() as u32,
        handed_over: s.handed_over.into(),
        reserved: 0,
    }
}

fn command_state(sent: &SentCommand) -> leyline_command_state_t {
    leyline_command_state_t {
        command: sent.command,
        outcome: sent.outcome.unwrap_or_else(CommandOutcome::zeroed),
        sequence: sent.meta.sequence,
        time_ns: sent.meta.time_ns,
        has_outcome: sent.outcome.is_some().into(),
        committed: sent.committed.into(),
        open: sent.is_open().into(),
        annotations: sent.annotations.len() as u32,
    }
}

fn listed(l: &Listed) -> leyline_listed_t {
    let name = l.path.file_name().unwrap_or_default().to_string_lossy();
    let mut file = [0; 80];
    let used = name.len().min(file.len() - 1);
    file[..used].copy_from_slice(&name.as_bytes()[..used]);
    let kind = match l.what {
        ListedKind::Segment(_) => leyline_listed::Segment,
        ListedKind::Debris { in_use: false } => leyline_listed::Debris,
        ListedKind::Debris { in_use: true } => leyline_listed::InProgress,
    };
    leyline_listed_t {
        file,
        bytes: l.bytes,
        modified_unix_ns: l.modified_unix_ns,
        kind: kind as u32,
        owner: l.owner,
    }
}

/// Describes a role: who holds it, or held it last, and what was counted. Asks the kernel whether
/// it is held.
///
/// @param role  LEYLINE_ROLE_WRITER, or which consumer, from 0
/// @return      LEYLINE_ERR_NO_SUCH_RING
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_role(
    segment: *const leyline_segment_t,
    ring: *const c_char,
    role: u32,
    info: *mut leyline_role_info_t,
) -> Status {
    act_whole!({
        let info = out(info, "info")?;
        let consumer = (role != LEYLINE_ROLE_WRITER).then_some(role as usize);
        info.set(role_info(&open(segment, "segment")?.segment.role(text(ring, "ring")?, consumer)?));
    })
}

/// Tells how a ring stands. Writes nothing, takes no role, and asks the kernel who lives.
///
/// @return  LEYLINE_ERR_NO_SUCH_RING
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_ring_status(
    segment: *const leyline_segment_t,
    ring: *const c_char,
    status: *mut leyline_ring_status_t,
) -> Status {
    act_whole!({
        let status = out(status, "status")?;
        status.set(ring_status(&open(segment, "segment")?.segment.ring_status(text(ring, "ring")?)?));
    })
}

/// Gives the writers that a ring has had, the oldest first, as far back as it remembers (128).
///
/// @param capacity  room in takeovers; 0 only asks how many there are
/// @param count     how many there are
/// @return          LEYLINE_ERR_NO_SUCH_RING
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_ring_takeovers(
    segment: *const leyline_segment_t,
    ring: *const c_char,
    takeovers: *mut Takeover,
    capacity: usize,
    count: *mut usize,
) -> Status {
    act_whole!({
        let count = out(count, "count")?;
        let status = open(segment, "segment")?.segment.ring_status(text(ring, "ring")?)?;
        fill((takeovers, capacity), "takeovers", count, status.takeovers.into_iter())?;
    })
}

/// Tells how a declared consumer stands. Asks the kernel whether the role is held.
///
/// @param consumer  from 0
/// @return          LEYLINE_ERR_NO_SUCH_RING
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_consumer_status(
    segment: *const leyline_segment_t,
    ring: *const c_char,
    consumer: u32,
    status: *mut leyline_consumer_status_t,
) -> Status {
    act_whole!({
        let status = out(status, "status")?;
        let consumers = open(segment, "segment")?.segment.ring_status(text(ring, "ring")?)?.consumers;
        let Some(found) = consumers.get(consumer as usize) else {
            return Err(Error::new(ErrorKind::NoSuchRing)
                .about("consumer")
                .expected_found(format!("less than {}", consumers.len()), consumer.to_string()));
        };
        let ConsumerStatus { held, committed, behind, passed_over } = *found;
        status.set(leyline_consumer_status_t {
            committed,
            behind,
            passed_over,
            held: held.into(),
            reserved: 0,
        });
    })
}

/// Gives the commands that are still in a lane's ring, the oldest first, with what has become of
/// them, also when both sides are gone. Allocates.
///
/// @param capacity  room in commands; 0 only asks how many there are
/// @param count     how many there are
/// @return          LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_SCHEMA_MISMATCH
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_sent_commands(
    segment: *const leyline_segment_t,
    lane: u32,
    commands: *mut leyline_command_state_t,
    capacity: usize,
    count: *mut usize,
) -> Status {
    act_whole!({
        let count = out(count, "count")?;
        let sent = sent_commands(&open(segment, "segment")?.segment, lane)?;
        fill((commands, capacity), "commands", count, sent.iter().map(command_state))?;
    })
}

/// Lists a directory of segments by name, debris last. Opens no segment. Allocates.
///
/// @param options   or NULL for the defaults; its directory counts
/// @param capacity  room in files; 0 only asks how many there are
/// @param count     how many there are
/// @return          LEYLINE_ERR_NO_DIRECTORY, LEYLINE_ERR_PERMISSION_DENIED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_list(
    options: *const leyline_options_t,
    files: *mut leyline_listed_t,
    capacity: usize,
    count: *mut usize,
) -> Status {
    act_whole!({
        let count = out(count, "count")?;
        let found = Segment::list(&self::options(options)?)?;
        fill((files, capacity), "files", count, found.iter().map(listed))?;
    })
}

/// Removes a segment if no living process holds a role of it; a damaged one too. Waits at most a
/// second for a process that removes or replaces it.
///
/// @param options    or NULL for the defaults
/// @param displaced  what was removed; or NULL
/// @return           LEYLINE_ERR_ROLE_HELD: nothing has changed; LEYLINE_ERR_NOT_FOUND,
///                   LEYLINE_ERR_FOREIGN_OWNER,
///                   LEYLINE_ERR_INSECURE_MODE, LEYLINE_ERR_NOT_REGULAR_FILE, LEYLINE_ERR_PERMISSION_DENIED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_remove_unused(
    name: *const c_char,
    options: *const leyline_options_t,
    displaced: *mut leyline_displaced_t,
) -> Status {
    act_whole!({
        let place = wanted(displaced, "displaced")?;
        place.set(self::displaced(Segment::remove_unused(text(name, "name")?, &self::options(options)?)?));
    })
}

/// Removes the hidden files that killed creators left. Those in use stay, and those of other users
/// unless the options trust anyone.
///
/// @param options  or NULL for the defaults
/// @param removed  how many files; or NULL
/// @return         LEYLINE_ERR_NO_DIRECTORY, LEYLINE_ERR_PERMISSION_DENIED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_remove_debris(
    options: *const leyline_options_t,
    removed: *mut usize,
) -> Status {
    act_whole!(wanted(removed, "removed")?.set(Segment::remove_debris(&self::options(options)?)?.len()))
}

/// Gives an upper bound of the latency that a share of the measurements does not exceed.
///
/// @param share  0 to 1, such as 0.99
/// @param ns     the end of a bucket, and never more than the maximum
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_latency_quantile(
    latency: *const Latency,
    share: f64,
    ns: *mut u64,
) -> Status {
    act!(out(ns, "ns")?.set(input(latency, "latency")?.quantile(share)))
}
