"""The records of the contract as classes, made from their schemas.

A record's attributes are its fields: numbers, `str` for ids and texts, `uuid.UUID`, an `IntEnum` for
an enumeration, a list for a bounded list, `None` for an optional field that is absent, and another
record for a nested one.
"""

from __future__ import annotations

import struct
import uuid
from typing import Any

from . import _leyline
from ._enums import ENUMERATIONS

_FORMATS = {
    "u8": "B", "u16": "H", "u32": "I", "u64": "Q",
    "i8": "b", "i16": "h", "i32": "i", "i64": "q",
    "f32": "f", "f64": "d",
}  # fmt: skip
_ID_BYTES = 39

# The class of a nested record, by the outer record and the field that holds it.
_NESTED = {
    ("TrainingSignals", "metrics"): "TrainingMetrics",
    ("SeedStateReport", "metrics"): "SeedMetrics",
    ("CommandOutcome", "metrics"): "SeedMetrics",
    ("FieldReport", "signals"): "TrainingSignals",
}


class _Field:
    """Where a field lies and how its bytes are read and written."""

    __slots__ = ("bit", "count", "counted", "enum", "format", "items", "kind", "name", "offset", "width")

    def __init__(self, name: str, kind: str, offset: int, count: int, unit: str) -> None:
        self.name = name
        self.offset = offset
        self.count = count
        self.enum = ENUMERATIONS.get(unit)
        self.kind = "text" if kind == "utf8" else "uuid" if unit == "uuid" else "number"
        self.format = "" if kind == "utf8" else f"<{count}{_FORMATS[kind]}"
        self.width = count if kind == "utf8" else struct.calcsize(self.format)
        self.items: list[_Field] = []
        self.bit = 0
        self.counted = ""

    def read(self, data: bytes) -> Any:
        raw = data[self.offset : self.offset + self.width]
        if self.items:
            return [item.read(data) for item in self.items]
        if self.kind == "text":
            return raw.split(b"\0", 1)[0].decode("utf-8", "replace")
        if self.kind == "uuid":
            ids = [uuid.UUID(bytes=raw[i : i + 16]) for i in range(0, len(raw), 16)]
            return ids[0] if len(ids) == 1 else ids
        values = [self._number(value) for value in struct.unpack(self.format, raw)]
        return values[0] if self.count == 1 else values

    def _number(self, value: Any) -> Any:
        if self.enum is None:
            return value
        try:
            return self.enum(value)
        except ValueError:
            return value

    def write(self, data: bytearray, value: Any, record: str) -> None:
        if self.items:
            for item, one in zip(self.items, value, strict=False):
                item.write(data, one, record)
            return
        if self.kind == "text":
            raw = str(value).encode()
            if len(raw) >= self.width:
                raise _leyline_error(record, self.name, f"at most {self.width - 1} bytes of UTF-8", f"{len(raw)}")
            data[self.offset : self.offset + len(raw)] = raw
            return
        if self.kind == "uuid":
            values = [value] if isinstance(value, uuid.UUID) else list(value)
            raw = b"".join(one.bytes for one in values)
            data[self.offset : self.offset + len(raw)] = raw
            return
        many = list(value) if self.count > 1 else [value]
        try:
            packed = struct.pack(f"<{len(many)}{self.format[-1]}", *many)
        except struct.error as e:
            raise _leyline_error(record, self.name, f"a number that fits ({e})", repr(value)) from None
        data[self.offset : self.offset + len(packed)] = packed


def _leyline_error(record: str, field: str, expected: str, found: str) -> Exception:
    from ._errors import InvalidArgumentError

    return InvalidArgumentError(f"{record}.{field}: expected {expected}; found {found}", None, expected, found)


class Record:
    """A record of the contract. Two are equal if all their fields are."""

    __slots__ = ()
    _NAME = ""
    _SIZE = 0
    _INITIAL = b""
    _FIELDS: dict[str, _Field] = {}
    _PARTS: dict[str, tuple[str, int, int]] = {}
    _PRESENT: _Field | None = None
    _CUTS: dict[str, tuple[int, str]] = {}
    _COUNTS: dict[str, _Field] = {}

    def __init__(self, **fields: Any) -> None:
        for name in self._names():
            setattr(self, name, None)
        self._load(self._INITIAL)
        for name, value in fields.items():
            if name not in self._names():
                raise TypeError(f"{type(self).__name__} has no field {name!r}; it has {', '.join(self._names())}")
            setattr(self, name, value)

    @classmethod
    def _names(cls) -> tuple[str, ...]:
        return cls.__slots__  # type: ignore[return-value]

    def _load(self, data: bytes, base: int = 0) -> None:
        if base:
            data = data[base : base + self._SIZE]
        present = self._PRESENT.read(data) if self._PRESENT else 0
        for name, field in self._FIELDS.items():
            value = field.read(data)
            if field.bit and not present & field.bit:
                value = None
            elif field.counted:
                value = value[: self._COUNTS[field.counted].read(data)]
            setattr(self, name, value)
        for name, (bit, _) in self._CUTS.items():
            setattr(self, name, bool(present & bit))
        for name, (nested, offset, bit) in self._PARTS.items():
            part = None
            if not bit or present & bit:
                part = BY_CLASS[nested].__new__(BY_CLASS[nested])
                part._load(data, offset)
            setattr(self, name, part)

    @classmethod
    def _unpack(cls, data: bytes) -> Record:
        record = cls.__new__(cls)
        record._load(data)
        return record

    def _store(self) -> bytearray:
        data = bytearray(self._SIZE)
        present = 0
        cut = {text: bit for bit, text in self._CUTS.values()}
        for name, (bit, _) in self._CUTS.items():
            present |= bit if getattr(self, name) else 0
        for name, field in self._FIELDS.items():
            value = getattr(self, name)
            if field.bit:
                if value is None:
                    continue
                present |= field.bit
            elif value is None:
                raise _leyline_error(self._NAME, name, "a value", "None")
            if field.counted:
                value = list(value)
                room = len(field.items) or (field.width // 16 if field.kind == "uuid" else field.count)
                if len(value) > room:
                    raise _leyline_error(self._NAME, name, f"at most {room} entries", str(len(value)))
                self._COUNTS[field.counted].write(data, len(value), self._NAME)
            if name in cut:
                value, was_cut = _fitting(str(value), field.width - 1)
                present |= cut[name] if was_cut else 0
            field.write(data, value, self._NAME)
        for name, (nested, offset, bit) in self._PARTS.items():
            part = getattr(self, name)
            if part is None and bit:
                continue
            if type(part) is not BY_CLASS[nested]:
                raise _leyline_error(self._NAME, name, f"a {nested}", repr(part))
            present |= bit
            inner = part._store()
            data[offset : offset + len(inner)] = inner
        if self._PRESENT:
            self._PRESENT.write(data, present, self._NAME)
        return data

    def _pack(self) -> bytes:
        data = bytes(self._store())
        _leyline._check(type(self).__name__, data)
        return data

    def check(self) -> None:
        """Refuses a record that breaks its rules, naming the field."""
        self._pack()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._names())

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self._names() if getattr(self, name) not in (None, "", []))
        return f"{type(self).__name__}({', '.join(shown)})"


def _fitting(text: str, most: int) -> tuple[str, bool]:
    """Cuts a text at a character so that it fits."""
    raw = text.encode()
    return (text, False) if len(raw) <= most else (raw[:most].decode("utf-8", "ignore"), True)


def _made(description: dict[str, Any]) -> type[Record]:
    """Makes the class of a record."""
    name, nested = description["class"], {f for c, f in _NESTED if c == description["class"]}
    fields: dict[str, _Field] = {}
    parts: dict[str, tuple[str, int, int]] = {}
    for field, kind, offset, count, unit, _low, _high in description["fields"]:
        first, _, rest = field.partition(".")
        if first in nested:
            parts.setdefault(first, (_NESTED[name, first], offset, 0))
            continue
        one = _Field(first, kind, offset, count, unit)
        if rest.isdigit():
            fields.setdefault(first, _Field(first, kind, offset, count, unit)).items.append(one)
        else:
            fields[first] = one
    present = fields.pop("present", None)
    fields.pop("reserved", None)
    counts = {}
    for field in list(fields):
        for count in (f"{field}_count", f"{field.removesuffix('s')}_count", f"{field.rpartition('_')[0]}_count"):
            many = fields[field].items or fields[field].count > 1 and fields[field].kind != "text"
            if count in fields or count in counts:
                if many:
                    fields[field].counted = count
                    counts[count] = fields.get(count) or counts[count]
                break
    for count in counts:
        fields.pop(count, None)
    cuts: dict[str, tuple[int, str]] = {}
    for bit, field in description["optional"]:
        if field in fields:
            fields[field].bit = bit
        elif field in parts:
            parts[field] = (*parts[field][:2], bit)
    for bit, word in description["bits"]:
        text = word.lower().removesuffix("_cut")
        if word.endswith("_CUT") and text in fields:
            cuts[word.lower()] = (bit, text)
    slots = (*fields, *parts, *cuts)
    made = type(name, (Record,), {"__slots__": slots, "__doc__": f"The record `{description['name']}`.", "__module__": "leyline"})
    made._NAME, made._SIZE, made._INITIAL = description["name"], description["size"], description["initial"]
    made._FIELDS, made._PARTS, made._PRESENT = fields, parts, present
    made._CUTS, made._COUNTS = cuts, counts
    return made


_DESCRIBED = list(_leyline._records())
BY_CLASS: dict[str, type[Record]] = {d["class"]: _made(d) for d in _DESCRIBED}
BY_NAME: dict[str, type[Record]] = {d["name"]: BY_CLASS[d["class"]] for d in _DESCRIBED}
