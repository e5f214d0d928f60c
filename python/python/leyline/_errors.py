"""The exceptions of the package.

Each kind of error of the library is a class. It derives from `LeylineError` and, where there is one,
from the builtin exception that a Python program expects.
"""

from __future__ import annotations


class LeylineError(Exception):
    """An error of the library: what was attempted, expected and found, and what to do.

    Attributes:
        path: the file concerned, or `None`.
        expected: what was expected, or an empty string.
        found: what was found, or an empty string.
    """

    def __init__(self, message: str, path: str | None = None, expected: str = "", found: str = "") -> None:
        super().__init__(message)
        self.path = path
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        return str(self.args[0])


class InvalidArgumentError(LeylineError, ValueError):
    """An argument is empty or outside its range."""


class ArrayError(InvalidArgumentError, TypeError):
    """An array has another type, shape or layout than is needed. Arrays are never converted."""


class InvalidNameError(LeylineError, ValueError):
    """Not a valid segment name."""


class NotFoundError(LeylineError, FileNotFoundError):
    """No segment, ring, schema or feature has that name."""


class AlreadyExistsError(LeylineError, FileExistsError):
    """A segment of that name exists already."""


class PermissionDeniedError(LeylineError, PermissionError):
    """The operating system refused access."""


class NoDirectoryError(LeylineError, FileNotFoundError):
    """The directory that segments live in does not exist."""


class NoSpaceError(LeylineError, OSError):
    """There is no room for the segment."""


class NotRegularFileError(LeylineError, OSError):
    """The name leads to something other than a regular file."""


class ForeignOwnerError(LeylineError, PermissionError):
    """The file belongs to another user."""


class InsecureModeError(LeylineError, PermissionError):
    """The file may be written by everybody."""


class TruncatedError(LeylineError, OSError):
    """The file is shorter than its header says."""


class BadMagicError(LeylineError, OSError):
    """The file is no segment."""


class LayoutVersionError(LeylineError, OSError):
    """The segment has another layout version."""


class ByteOrderError(LeylineError, OSError):
    """The segment was written by a machine of the other byte order."""


class CorruptError(LeylineError, OSError):
    """A count, size or offset in the segment contradicts the others."""


class SchemaMismatchError(LeylineError, ValueError):
    """Two sides disagree on the meaning of a record."""


class DomainMismatchError(LeylineError, ValueError):
    """Two sides disagree on the action space of a link."""


class NoSuchRingError(LeylineError, LookupError):
    """The segment has no such ring, consumer or lane."""


class RoleHeldError(LeylineError, BlockingIOError):
    """Another living handle holds the role."""


class ReadOnlyError(LeylineError, PermissionError):
    """The segment was attached read-only and this needs to write."""


class SupersededError(LeylineError, ConnectionResetError):
    """The name leads to another segment now: attach again."""


class FullError(LeylineError, BlockingIOError):
    """The ring is full: a living consumer is behind. The record was not accepted."""


class ConsumerGoneError(LeylineError, BrokenPipeError):
    """The ring is full and its consumer is gone. The record was not accepted."""


class ForkedError(LeylineError, RuntimeError):
    """The handle belongs to the parent of a `fork`: open one in this process."""


class OutOfRangeError(LeylineError, ValueError):
    """A value is outside its range."""


class NotFiniteError(LeylineError, ValueError):
    """A number is NaN or infinite where a finite one is needed."""


class NotWholeError(LeylineError, ValueError):
    """A number has a fraction where a whole one is needed."""


class InvalidIdError(LeylineError, ValueError):
    """An id is longer than 39 bytes, has a NUL inside or is not UTF-8."""


class InvalidEnumError(LeylineError, ValueError):
    """A number is no value of the enumeration it stands for."""


class IllegalTransitionError(LeylineError, ValueError):
    """A seed may not go from its stage to the one asked for."""


class GateFailedError(LeylineError, RuntimeError):
    """A gate did not let the seed pass."""


class MaskedError(LeylineError, ValueError):
    """An action is not possible in the observed state."""


class UnknownActionError(LeylineError, LookupError):
    """The action space has no such blueprint or action."""


class TimedOutError(LeylineError, TimeoutError):
    """A wait for a named answer ran out."""


class BatchTooLargeError(LeylineError, ValueError):
    """More rows than the ring or the block can hold."""


class ExhaustedError(LeylineError, OverflowError):
    """The ring's sequence numbers are used up."""


class PeerGoneError(LeylineError, ConnectionError):
    """The peer has ended: the awaited record cannot come.

    Attributes:
        ending: "closed", "failed" or "died".
        reason: why it failed, if it failed and said so.
    """

    ending: str = ""
    reason: str | None = None


class UnsupportedError(LeylineError, NotImplementedError):
    """This machine, kernel or build lacks the feature."""


class SystemCallError(LeylineError, OSError):
    """Any other error of the operating system."""


class InternalError(LeylineError, RuntimeError):
    """The library has a bug."""


class NotSealedError(LeylineError, PermissionError):
    """The file can still be truncated."""


class HandedOverError(LeylineError, BlockingIOError):
    """The ring is in a device's hands."""


class LeftToDeviceError(LeylineError, OSError):
    """The ring's writer died while a device could write it: replace the segment."""


class BusyError(LeylineError, RuntimeError):
    """Another thread's call uses the handle."""


class ClosedDescriptorError(LeylineError, OSError):
    """The program has closed a descriptor that the library owns."""


class CancelledError(LeylineError, RuntimeError):
    """The wait was ended by `cancel`."""


class InterruptedWaitError(LeylineError, InterruptedError):
    """A signal ended the wait."""


class NoConsumerError(LeylineError, BlockingIOError):
    """The ring is full, and its consumer has never come. The record was not accepted."""


class ClosedError(LeylineError, ValueError):
    """The handle is closed."""


BY_KIND: dict[str, type[LeylineError]] = {
    "Timeout": TimedOutError,
    "Io": SystemCallError,
    "Interrupted": InterruptedWaitError,
} | {
    name.removesuffix("Error"): value
    for name, value in list(globals().items())
    if isinstance(value, type) and issubclass(value, LeylineError) and name not in ("TimedOutError", "SystemCallError", "InterruptedWaitError")
}
