// C header: tools
//! For somebody who looks at a segment without a part in it, and for who tidies up a directory of them.

use super::boundary::{Out, act_whole, out, pointer, text, wanted};
use super::handle::open;
use super::numbers::ListedNumber;
use super::rings::peer;
use super::segment::{DisplacedRecord, OptionsRecord, SegmentHandle, displaced, options};
use super::status::Status;
use crate::base::error::{Error, ErrorKind, Result};
use crate::contract::command::AdaptationCommand;
use crate::contract::outcome::CommandOutcome;
use crate::handle::status::{ConsumerStatus, RingStatus};
use crate::link::{SentCommand, sent_commands};
use crate::ring::state::Takeover;
use crate::segment::attached::Segment;
use crate::segment::list::{Listed, ListedKind};
use bytemuck::Zeroable;
use std::ffi::c_char;

/// How a ring stands. A snapshot: while its writer writes, its parts may be some records apart.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct RingStatusRecord {
    /// The last sequence that is complete; one less than the ring's first where there is none yet.
    pub last_sequence: u64,
    /// Records that have been written in the ring's life.
    pub written: u64,
    /// Records that can still be read.
    pub readable: u64,
    /// The present writer's generation, which counts the ring's writers; 0 before the first.
    pub generation: u64,
    /// How long ago the newest record was stamped, ns, whether or not its writer lives; UINT64_MAX if that is not known.
    pub age_ns: u64,
    /// Records a second, by the stamps of the newest (1024 at most) of the present writer; 0 if they do not tell. It is what
    /// the rate was while they were written: see age_ns for whether anything still comes.
    pub rate_hz: f64,
    /// A leyline_peer: what has become of the writer.
    pub writer: u32,
    /// Declared consumers.
    pub consumers: u32,
    /// 1 if a device may be writing it: it was handed over, or its writer died while it was. Else 0.
    pub handed_over: u32,
    /// 0.
    pub reserved: u32,
}

/// A writer that came.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct TakeoverRecord {
    /// Its generation.
    pub generation: u64,
    /// The first sequence that it wrote, or will write.
    pub first_sequence: u64,
}

/// How a declared consumer of a ring stands.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct ConsumerStatusRecord {
    /// The last sequence that was committed.
    pub committed: u64,
    /// Records that are there and not committed.
    pub behind: u64,
    /// Records that the writer went over while nobody held the role, and that the next holder will be told of.
    pub passed_over: u64,
    /// 1 if somebody living holds the role, else 0.
    pub held: u32,
    /// 0.
    pub reserved: u32,
}

/// A command that is still in its ring, and what has become of it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct CommandStateRecord {
    /// The command as it stands in the ring: not checked.
    pub command: AdaptationCommand,
    /// The last outcome for it that is still in the ring of outcomes; zero if there is none.
    pub outcome: CommandOutcome,
    /// Its sequence on the lane's ring of commands.
    pub sequence: u64,
    /// When it was sent, CLOCK_MONOTONIC nanoseconds; 0 for unknown.
    pub time_ns: u64,
    /// 1 if there is an outcome, else 0.
    pub has_outcome: u32,
    /// 1 if the trainer has committed it: it will not be delivered again; else 0.
    pub committed: u32,
    /// 1 if something is still to come: nobody has answered it finally and the trainer has not committed it; else 0.
    pub open: u32,
    /// Its annotations that are still in the ring.
    pub annotations: u32,
}

/// A file in a directory of segments.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct ListedRecord {
    /// Its name, padded with NUL. That of a segment is the segment's name and ".leyline".
    pub file: [u8; 80],
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was made, nanoseconds since the Unix epoch, as far as the file system knows.
    pub modified_unix_ns: i64,
    /// A leyline_listed: what it is.
    pub kind: u32,
    /// Its owner's user number.
    pub owner: u32,
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

fn ring_status(s: &RingStatus) -> RingStatusRecord {
    RingStatusRecord {
        last_sequence: s.last_sequence,
        written: s.written,
        readable: s.readable,
        generation: s.generation,
        age_ns: s.age.map_or(u64::MAX, |age| age.as_nanos() as u64),
        rate_hz: s.rate_hz.unwrap_or(0.0),
        writer: peer(s.writer).state,
        consumers: s.consumers.len() as u32,
        handed_over: s.handed_over.into(),
        reserved: 0,
    }
}

fn command_state(sent: &SentCommand) -> CommandStateRecord {
    CommandStateRecord {
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

fn listed(l: &Listed) -> ListedRecord {
    let name = l.path.file_name().unwrap_or_default().to_string_lossy();
    let mut file = [0; 80];
    let used = name.len().min(file.len() - 1);
    file[..used].copy_from_slice(&name.as_bytes()[..used]);
    let kind = match l.what {
        ListedKind::Segment(_) => ListedNumber::Segment,
        ListedKind::Debris { in_use: false } => ListedNumber::Debris,
        ListedKind::Debris { in_use: true } => ListedNumber::InProgress,
    };
    ListedRecord {
        file,
        bytes: l.bytes,
        modified_unix_ns: l.modified_unix_ns,
        kind: kind as u32,
        owner: l.owner,
    }
}

/// How a ring stands. Writes nothing, takes no role and disturbs nobody: a segment attached with
/// LEYLINE_ACCESS_READ_ONLY will do.
///
/// @param segment  the segment
/// @param ring     the ring's name
/// @param status   how it stands
/// @return         LEYLINE_ERR_NO_SUCH_RING
///
/// Any thread. Asks the kernel who lives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_ring_status(
    segment: *const SegmentHandle,
    ring: *const c_char,
    status: *mut RingStatusRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let status = out(status, "status")?;
        let found = open(segment, "segment")?.segment.ring_status(text(ring, "ring")?)?;
        status.set(ring_status(&found));
        Ok(())
    })
}

/// The writers that a ring has had, as far back as it remembers (128), the oldest first.
///
/// @param segment    the segment
/// @param ring       the ring's name
/// @param takeovers  as many as there is room for
/// @param capacity   the room; 0 only asks how many there are
/// @param count      how many there are
/// @return           LEYLINE_ERR_NO_SUCH_RING
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_ring_takeovers(
    segment: *const SegmentHandle,
    ring: *const c_char,
    takeovers: *mut TakeoverRecord,
    capacity: usize,
    count: *mut usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let count = out(count, "count")?;
        let status = open(segment, "segment")?.segment.ring_status(text(ring, "ring")?)?;
        let found = status.takeovers.iter().map(|t| {
            let Takeover { generation, first_sequence } = *t;
            TakeoverRecord { generation, first_sequence }
        });
        fill((takeovers, capacity), "takeovers", count, found)
    })
}

/// How a declared consumer of a ring stands.
///
/// @param segment   the segment
/// @param ring      the ring's name
/// @param consumer  which, from 0
/// @param status    how it stands
/// @return          LEYLINE_ERR_NO_SUCH_RING
///
/// Any thread. Asks the kernel whether the role is held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_consumer_status(
    segment: *const SegmentHandle,
    ring: *const c_char,
    consumer: u32,
    status: *mut ConsumerStatusRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let status = out(status, "status")?;
        let consumers = open(segment, "segment")?.segment.ring_status(text(ring, "ring")?)?.consumers;
        let Some(found) = consumers.get(consumer as usize) else {
            return Err(Error::new(ErrorKind::NoSuchRing)
                .about("consumer")
                .expected_found(format!("less than {}", consumers.len()), consumer.to_string()));
        };
        let ConsumerStatus { held, committed, behind, passed_over } = *found;
        status.set(ConsumerStatusRecord { committed, behind, passed_over, held: held.into(), reserved: 0 });
        Ok(())
    })
}

/// The commands of a lane that are still in its ring, oldest first, with what has become of them. Reads only, and works
/// when both sides are gone.
///
/// @param segment   the segment
/// @param lane      the lane
/// @param commands  as many as there is room for
/// @param capacity  the room; 0 only asks how many there are
/// @param count     how many there are
/// @return          LEYLINE_ERR_NO_SUCH_RING, LEYLINE_ERR_SCHEMA_MISMATCH
///
/// Any thread. Allocates.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_sent_commands(
    segment: *const SegmentHandle,
    lane: u32,
    commands: *mut CommandStateRecord,
    capacity: usize,
    count: *mut usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let count = out(count, "count")?;
        let sent = sent_commands(&open(segment, "segment")?.segment, lane)?;
        fill((commands, capacity), "commands", count, sent.iter().map(command_state))
    })
}

/// What lies in the directory of segments, in the order of the names, debris last. Opens no segment.
///
/// @param options   or NULL for the defaults; of it the directory counts
/// @param files     as many as there is room for
/// @param capacity  the room; 0 only asks how many there are
/// @param count     how many there are
/// @return          LEYLINE_ERR_NO_DIRECTORY, LEYLINE_ERR_PERMISSION_DENIED
///
/// Any thread. Allocates.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_list(
    options: *const OptionsRecord,
    files: *mut ListedRecord,
    capacity: usize,
    count: *mut usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let count = out(count, "count")?;
        let found = Segment::list(&self::options(options)?)?;
        fill((files, capacity), "files", count, found.iter().map(listed))
    })
}

/// Takes a segment away if nobody holds a role of it; damaged ones too. Of two removals at once one succeeds. Compare
/// leyline_segment_unlink, which asks nobody.
///
/// @param name       its name
/// @param options    or NULL for the defaults; read during the call only
/// @param displaced  what was put an end to; or NULL
/// @return           LEYLINE_ERR_ROLE_HELD if anybody living holds a role: nothing has changed; LEYLINE_ERR_NOT_FOUND,
///                   LEYLINE_ERR_FOREIGN_OWNER, LEYLINE_ERR_INSECURE_MODE, LEYLINE_ERR_NOT_REGULAR_FILE,
///                   LEYLINE_ERR_PERMISSION_DENIED
///
/// Any thread. Waits a second at most for another one who removes or replaces it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_remove_unused(
    name: *const c_char,
    options: *const OptionsRecord,
    displaced: *mut DisplacedRecord,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let place = wanted(displaced, "displaced")?;
        place.set(self::displaced(Segment::remove_unused(text(name, "name")?, &self::options(options)?)?));
        Ok(())
    })
}

/// Takes away the hidden files that killed creators have left in the directory of segments. Those that somebody is at
/// stay, and those of other users unless the options trust anyone.
///
/// @param options  or NULL for the defaults; read during the call only
/// @param removed  how many files; or NULL
/// @return         LEYLINE_ERR_NO_DIRECTORY, LEYLINE_ERR_PERMISSION_DENIED
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn leyline_segment_remove_debris(
    options: *const OptionsRecord,
    removed: *mut usize,
) -> Status {
    // SAFETY: what a C caller promises, see `ffi`.
    act_whole(|| unsafe {
        let removed = wanted(removed, "removed")?;
        removed.set(Segment::remove_debris(&self::options(options)?)?.len());
        Ok(())
    })
}
