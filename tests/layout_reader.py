"""An observer in plain Python 3, written from docs/segment-layout.md alone.

    layout_reader.py FILE

Attaches read-only, checks every number and fingerprint, and prints JSON lines: the segment, then each ring,
then each record that is still there, oldest first.

Python has neither fences nor atomic loads, so this is for a ring whose writer is at rest. It does not tell
writers' restarts apart.
"""

import fcntl
import hashlib
import json
import mmap
import os
import stat
import struct
import sys

PAGE = 4096
LAST = 2**64 - 2**32 - 1
TYPES = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q", "i8": "b", "i16": "h", "i32": "i", "i64": "q", "f32": "f", "f64": "d"}
FLAGS = ("FIRST", "TERMINATED", "TRUNCATED", "SANITIZED")

HEADER = struct.Struct("<8sHHIIIQ16sqQIIQIIQQIIQ16s")
HEADER_NAMES = (
    "magic version_major version_minor byte_order header_size page_size segment_size segment_id "
    "created_unix_ns rings_offset ring_count ring_entry_size roles_offset role_count role_stride waiters_offset "
    "domain_offset domain_len schemas_len schemas_offset domain_fingerprint"
).split()
ENTRY = struct.Struct("<40s16sIIIIQQQQQIIIIIII")
ENTRY_NAMES = (
    "name fingerprint record_size rows payload_size stride capacity control_offset data_offset "
    "cursors_offset first_sequence first_role consumers policy time_source kind lane schema_len"
).split()


class Refused(Exception):
    pass


def check(fine, what):
    if not fine:
        raise Refused(what)


def up(value, unit):
    return (value + unit - 1) // unit * unit


def fingerprint(text):
    return hashlib.sha256(text).digest()[:16]


class Segment:
    def __init__(self, path):
        self.path = path
        self.fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        self.stat = os.fstat(self.fd)
        check(stat.S_ISREG(self.stat.st_mode), "not a regular file")
        check(self.stat.st_uid == os.geteuid() and not self.stat.st_mode & 0o002, "owner or mode")
        check(self.stat.st_size >= 256, "shorter than a header")
        self.header = h = dict(zip(HEADER_NAMES, HEADER.unpack(self.read(0, HEADER.size))))
        check(h["magic"] == b"LEYLINE\0", "magic")
        check(h["byte_order"] == 0x01020304, "byte order")
        check(h["version_major"] == 1, "major version")
        self.size = h["segment_size"]
        check(self.size <= min(2**40, self.stat.st_size), "segment size")
        for name, low, high in (
            ("header_size", 256, PAGE),
            ("page_size", PAGE, PAGE),
            ("role_stride", PAGE, PAGE),
            ("ring_count", 1, 64),
            ("ring_entry_size", 256, PAGE),
            ("role_count", 1, 576),
            ("domain_len", 0, 2**20),
            ("schemas_len", 0, 2**20),
        ):
            check(low <= h[name] <= high, name)
        self.claimed = []
        self.claim(0, h["header_size"], 1)
        self.claim(h["rings_offset"], h["ring_count"] * h["ring_entry_size"], 8)
        self.claim(h["domain_offset"], h["domain_len"], 1)
        self.claim(h["schemas_offset"], h["schemas_len"], 1)
        self.claim(h["roles_offset"], h["role_count"] * PAGE, PAGE)
        self.claim(h["waiters_offset"], up(h["ring_count"] * 128, PAGE), PAGE)

        self.rings = []
        self.next_role = 0
        schemas, at = self.read(h["schemas_offset"], h["schemas_len"]), 0
        for i in range(h["ring_count"]):
            entry = self.read(h["rings_offset"] + i * h["ring_entry_size"], ENTRY.size)
            e = dict(zip(ENTRY_NAMES, ENTRY.unpack(entry)))
            self.check_ring(e)
            e["schema"] = schemas[at : at + e["schema_len"]]
            at += e["schema_len"]
            check(at <= len(schemas), "schema text")
            check(fingerprint(e["schema"]) == e["fingerprint"], "fingerprint of ring " + e["name"])
            self.rings.append(e)
        self.actions = self.read(h["domain_offset"], h["domain_len"])
        fine = not self.actions or fingerprint(self.actions) == h["domain_fingerprint"]
        check(fine, "fingerprint of the action space")
        self.map = mmap.mmap(self.fd, self.size, mmap.MAP_SHARED, mmap.PROT_READ)

    def read(self, at, length):
        data = os.pread(self.fd, length, at)
        check(len(data) == length, "truncated")
        return data

    def claim(self, at, length, unit):
        check(at + length <= self.size and at % unit == 0, f"{length} bytes at {at}")
        check(not any(at < a + n and a < at + length for a, n in self.claimed), f"overlap at {at}")
        if length:
            self.claimed.append((at, length))

    def check_ring(self, e):
        name, nul, _ = e["name"].partition(b"\0")
        e["name"] = name.decode()
        check(name and nul and e["name"] not in (r["name"] for r in self.rings), "name")
        for field, low, high in (
            ("record_size", 4, 2**24),
            ("rows", 1, 65536),
            ("capacity", 2, 2**24),
            ("consumers", 0, 8),
            ("first_sequence", 1, LAST),
            ("policy", 1, 2),
            ("time_source", 1, 4),
            ("kind", 0, 5),
        ):
            check(low <= e[field] <= high, field + " of " + e["name"])
        size, rows = e["record_size"], e["rows"]
        check(size % 4 == 0 and e["capacity"] & (e["capacity"] - 1) == 0, "shape of " + e["name"])
        payload = size if rows == 1 else up(size * rows, 8) + up(2 * rows, 8) + up(rows, 8)
        stride = 64 if payload + 20 <= 64 else up(payload + 20, 128)
        check(e["payload_size"] == payload and e["stride"] == stride, "stride of " + e["name"])
        check(e["first_role"] == self.next_role, "roles")
        self.next_role += 1 + e["consumers"]
        check(self.next_role <= self.header["role_count"], "roles")
        self.claim(e["control_offset"], PAGE, PAGE)
        self.claim(e["data_offset"], e["stride"] * e["capacity"], PAGE)
        self.claim(e["cursors_offset"], e["consumers"] * PAGE, PAGE)

    def u32(self, at):
        return struct.unpack_from("<I", self.map, at)[0]

    def u64(self, at):
        return struct.unpack_from("<Q", self.map, at)[0]

    def is_held(self, role):
        """Asks as a reader would; struct flock of 64-bit Linux."""
        byte = self.header["roles_offset"] + role * PAGE
        flock = struct.pack("hhxxxxqqixxxx", fcntl.F_RDLCK, os.SEEK_SET, byte, 1, 0)
        F_OFD_GETLK = 36
        kind, _, start, length, _ = struct.unpack("hhxxxxqqixxxx", fcntl.fcntl(self.fd, F_OFD_GETLK, flock))
        return kind == fcntl.F_WRLCK and (start, length) == (byte, 1)

    def name_state(self):
        try:
            now = os.lstat(self.path)
        except FileNotFoundError:
            return "unlinked"
        same = (now.st_dev, now.st_ino) == (self.stat.st_dev, self.stat.st_ino)
        return "current" if same else "replaced"

    def writer_state(self, ring):
        """The state of a ring's writer, and why it failed, at rest."""
        control, role = ring["control_offset"], ring["first_role"]
        generation = self.u64(control + 128)
        if self.name_state() == "replaced":
            return "superseded", None
        if self.is_held(role):
            return "held", None
        if generation == 0:
            return "never", None
        if self.u64(control + 184) == generation:
            page = self.header["roles_offset"] + role * PAGE
            reason = self.map[page + 896 : page + 896 + min(self.u64(page + 288), 127)]
            return "failed", reason.decode(errors="replace")
        return "closed" if self.u64(control + 152) == generation else "died", None


def decode(schema, record):
    """A record by its schema text: each field by its name."""
    values = {}
    lines = schema.decode().split("\n")
    check(lines[0] == "leyline-schema 1" and lines[-1] == "", "schema text")
    check(int(lines[1].split(" ")[3]) == len(record), "record size")
    for line in lines[2:-1]:
        if line.startswith("parameter "):
            continue
        _, _, name, kind, count, offset, *_ = line.split(" ")
        count, offset = int(count), int(offset)
        if kind == "utf8":
            values[name] = record[offset : offset + count].partition(b"\0")[0].decode()
        else:
            found = struct.unpack_from(f"<{count}{TYPES[kind]}", record, offset)
            values[name] = found[0] if count == 1 else list(found)
    return values


def full_time(ticks, reference):
    if ticks == 0 or reference == 0:
        return 0
    ahead = (ticks - reference // 16) % 2**44
    return (reference // 16 + ahead - (2**44 if ahead >= 2**43 else 0)) * 16


class Reader:
    def __init__(self, segment, ring):
        self.segment, self.ring = segment, ring
        self.next = max(ring["first_sequence"], self.newest() - (ring["capacity"] - 1))

    def end(self, sequence):
        at = self.ring["data_offset"] + sequence % self.ring["capacity"] * self.ring["stride"]
        return self.segment.u64(at)

    def newest(self):
        capacity = self.ring["capacity"]
        found = self.segment.u64(self.ring["control_offset"])
        last = min(max(found, self.ring["first_sequence"] - 1), LAST)
        end = self.end(last + 1)
        if end <= last or (end - last - 1) % capacity:
            return last
        low, high = end, end + capacity
        while low + 1 < high:
            middle = (low + high) // 2
            low, high = (middle, high) if self.end(middle) >= middle else (low, middle)
        return low

    def time_near(self, sequence):
        control = self.ring["control_offset"]
        count = self.segment.u64(control + 176)
        for n in range(count - 1, max(count - 32, 0) - 1, -1):
            at = control + 3072 + n % 32 * 16
            first, time_ns = self.segment.u64(at), self.segment.u64(at + 8)
            if first == 0 or self.segment.u64(at) != first:
                break
            if first <= sequence:
                return time_ns
        return 0

    def step(self):
        """("record", ...), ("empty",) or ("lapped", missed)."""
        segment, ring, sequence = self.segment, self.ring, self.next
        stride = ring["stride"]
        at = ring["data_offset"] + sequence % ring["capacity"] * stride
        end = segment.u64(at)
        if end < sequence:
            return ("empty",)
        if end == sequence:
            payload = segment.map[at + 8 : at + 8 + ring["payload_size"]]
            stamp = segment.u64(at + stride - 8)
            if segment.u32(at + stride - 12) == sequence & 0xFFFFFFFF and segment.u64(at) == sequence:
                self.next += 1
                return ("record", sequence, stamp, payload)
        target = self.newest() - (ring["capacity"] - ring["capacity"] // 8 - 1)
        self.next = target if target > sequence else sequence + 1
        return ("lapped", self.next - sequence)


def records(segment, ring):
    reader = Reader(segment, ring)
    while True:
        kind, *rest = reader.step()
        if kind == "empty":
            return
        if kind == "lapped":
            yield {"ring": ring["name"], "missed": rest[0]}
            continue
        sequence, stamp, payload = rest
        size, n = ring["record_size"], ring["rows"]
        out = {
            "ring": ring["name"],
            "sequence": sequence,
            "time_ns": full_time(stamp & (2**44 - 1), reader.time_near(sequence)),
            "flags": [name for i, name in enumerate(FLAGS) if stamp >> 44 + i & 1],
            "env": stamp >> 48,
            "rows": [decode(ring["schema"], payload[i * size : (i + 1) * size]) for i in range(n)],
        }
        if n > 1:
            out["envs"] = list(struct.unpack_from(f"<{n}H", payload, up(size * n, 8)))
            out["row_flags"] = list(payload[up(size * n, 8) + up(2 * n, 8) :][:n])
        yield out


def main(path):
    segment = Segment(path)
    h = segment.header
    print(
        json.dumps(
            {
                "segment_id": h["segment_id"].hex(),
                "created_unix_ns": h["created_unix_ns"],
                "size": segment.size,
                "name_state": segment.name_state(),
                "actions": segment.actions.decode(),
                "domain_fingerprint": h["domain_fingerprint"].hex(),
            }
        )
    )
    for e in segment.rings:
        control = e["control_offset"]
        role = h["roles_offset"] + e["first_role"] * PAGE
        state, reason = segment.writer_state(e)
        command = segment.map[role + 64 : role + 64 + min(segment.u64(role + 16), 192)]
        print(
            json.dumps(
                {
                    "ring": e["name"],
                    "fingerprint": e["fingerprint"].hex(),
                    "record_size": e["record_size"],
                    "rows": e["rows"],
                    "capacity": e["capacity"],
                    "consumers": e["consumers"],
                    "policy": e["policy"],
                    "kind": e["kind"],
                    "published": segment.u64(control),
                    "generation": segment.u64(control + 128),
                    "writer_state": state,
                    "writer_reason": reason,
                    "device": segment.u64(control + 160),
                    "writer_pid": segment.u64(role),
                    "writer_command": command.decode(errors="replace"),
                    "latencies": segment.u64(role + 320),
                    "sanitized": segment.u64(role + 280),
                    "committed": [segment.u64(e["cursors_offset"] + k * PAGE) for k in range(e["consumers"])],
                }
            )
        )
    for e in segment.rings:
        for record in records(segment, e):
            print(json.dumps(record))


if __name__ == "__main__":
    main(sys.argv[1])
