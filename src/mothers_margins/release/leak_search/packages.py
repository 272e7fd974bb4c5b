"""Zip files by strangers: read part by part in memory, never unpacked, and never more than fits."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO

MOST_PARTS = 5_000
MOST_BYTES_OF_PART = 64 * 1024**2
MOST_BYTES = 256 * 1024**2
MOST_RATIO = 200  # of a part that is larger than SMALL
SMALL = 1024**2
AT_ONCE = 64 * 1024
LAST = b"PK\x05\x06"  # how the last record of a zip begins
SIZE_OF_LAST, SIZE_OF_HEAD = 22, 30
SIZES_FOLLOW = 8  # a part's flag: its sizes stand behind it
LARGE = 2**32 - 1
PLAIN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
DAMAGED = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,  # zipfile's answer to a way of packing that it does not know
    RuntimeError,  # an encrypted part
    EOFError,
    OSError,
    ValueError,
    KeyError,
    IndexError,
    OverflowError,
)


class HostileError(Exception):
    """A file that is not examined further; its message is the kind of leak that it counts as."""


class Package:
    """A zip file in memory. Raises HostileError if it is none, or declares too much."""

    def __init__(self, raw: bytes) -> None:
        if not raw.startswith(b"PK\x03\x04"):
            raise HostileError("unreadable")
        try:
            self._zip = zipfile.ZipFile(BytesIO(raw))
        except DAMAGED:
            raise HostileError("unreadable") from None
        self._parts = [part for part in self._zip.infolist() if not part.is_dir()]
        self._raw = raw
        self._left = MOST_BYTES
        if len(self._zip.infolist()) > MOST_PARTS:
            raise HostileError("too_large")
        if sum(part.file_size for part in self._parts) > MOST_BYTES:
            raise HostileError("too_large")

    @property
    def comment(self) -> str:
        """What a zip file says of itself."""
        return self._zip.comment.decode("latin-1")

    def faults(self) -> Iterator[tuple[str, str]]:
        """Kinds of leaks in the list of parts, with the part's name."""
        seen: set[str] = set()
        for part in self._zip.infolist():
            if _leads_out(part.filename) or _leads_out(part.orig_filename):
                yield "path_traversal", part.filename
            if part.filename.lower() in seen:  # two programs may read two different ones
                yield "unreadable", part.filename
            seen.add(part.filename.lower())

    def holds_more(self) -> bool:
        """Whether there is something between its parts or behind them, which is in no list."""
        end = self._raw.rfind(LAST) + SIZE_OF_LAST + len(self._zip.comment)
        if end != len(self._raw):
            return True
        reached = 0
        for part in sorted(self._zip.infolist(), key=lambda one: one.header_offset):
            if part.header_offset != reached:
                return True
            reached = self._end_of(part)
        return reached != self._zip.start_dir

    def _end_of(self, part: zipfile.ZipInfo) -> int:
        """Where a part ends in the file."""
        begins = part.header_offset + SIZE_OF_HEAD
        lengths = self._raw[begins - 4 : begins]  # of the name and of what may follow it
        end = begins + int.from_bytes(lengths[:2], "little")
        end += int.from_bytes(lengths[2:], "little") + part.compress_size
        if part.flag_bits & SIZES_FOLLOW:
            sizes = 24 if part.file_size >= LARGE or part.compress_size >= LARGE else 16
            is_marked = self._raw[end : end + 4] == b"PK\x07\x08"
            end += sizes if is_marked else sizes - 4
        return end

    def names(self) -> list[str]:
        """Names of all parts, each once."""
        return list(dict.fromkeys(part.filename for part in self._parts))

    def read(self, name: str) -> bytes:
        """A part. Raises HostileError if it is damaged, encrypted or too large."""
        try:
            part = self._zip.getinfo(name)
            if part.compress_type not in PLAIN_METHODS:
                raise HostileError("unreadable")
            if _is_bomb(part):
                raise HostileError("too_large")
            return self._streamed(part)
        except DAMAGED:
            raise HostileError("unreadable") from None

    def _streamed(self, part: zipfile.ZipInfo) -> bytes:
        """A part, counted while it is read: what a part declares may be false."""
        pieces: list[bytes] = []
        length = 0
        with self._zip.open(part) as stream:
            while piece := stream.read(AT_ONCE):
                length += len(piece)
                self._left -= len(piece)
                if length > MOST_BYTES_OF_PART or self._left < 0:
                    raise HostileError("too_large")
                pieces.append(piece)
        return b"".join(pieces)


def _leads_out(name: str) -> bool:
    """Whether a part would be unpacked outside its folder."""
    steps = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ".." in steps or "\\" in name or ":" in name


def _is_bomb(part: zipfile.ZipInfo) -> bool:
    if part.file_size > MOST_BYTES_OF_PART:
        return True
    return part.file_size > max(SMALL, MOST_RATIO * part.compress_size)
