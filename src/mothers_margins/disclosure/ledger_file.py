"""A ledger in a folder beside the data, for its owner alone.

It is one file of JSON lines. Each entry holds the hash of the one before it, and the last line says
how many there are: a line that was changed, moved, doubled or taken out is found. The file is
written whole, beside the old one, and then put in its place; two processes wait for each other.
"""

import os
import secrets
import stat
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from mothers_margins.disclosure.ledger import (
    FIRST,
    MOST_PROBLEMS,
    Content,
    Entry,
    LedgerError,
    canonical,
    entry_of,
    from_json,
    line_of,
    next_entry,
    same_content,
)

FORMAT = 1  # of the file
NAME = "ledger.jsonl"
LOCK = "ledger.lock"
PART_BEGINS, PART_ENDS = ".ledger-", ".part"
PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
MOST_BYTES = 256 * 1024**2
WAIT = 60.0  # seconds that another process may hold the ledger
RESTORE = (
    "Nothing was changed. Put back the last whole copy of this file: manifest.json of each release "
    "names the entry that it made. If there is no copy, keep the file as it is and release nothing "
    "before the person who checks outputs has decided."
)


class FolderLedger:
    """A ledger in a folder; see `begin_ledger` and `open_ledger`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __repr__(self) -> str:
        """No path: it would stand in a notebook."""
        return f"Ledger in {_called(self._folder)}"

    def entries(self) -> tuple[Entry, ...]:
        """All entries, the first first. Raises LedgerError if the ledger is not whole."""
        return _read(self._folder / NAME)

    def append(self, content: Content, *, when: datetime, version: str) -> Entry:
        """Add an entry; the one that is there already if the content is the same.

        Raises LedgerError, and changes nothing, if the ledger is not whole, if another process
        keeps it, or if it cannot be written.
        """
        with _alone(self._folder):
            before = self.entries()
            there = same_content(before, content)
            if there is not None:
                return there
            entry = next_entry(before, content, when, version)
            _write(self._folder, (*before, entry))
        return entry


def begin_ledger(folder: Path) -> FolderLedger:
    """Begin a ledger in a folder, which is made if need be. Raises LedgerError if there is one."""
    if not folder.exists():
        try:
            folder.mkdir(mode=PRIVATE_FOLDER, parents=True)
        except OSError as error:
            raise _not_written(folder, error) from None
    with _alone(folder):
        if os.path.lexists(folder / NAME):
            summary = f"There is a ledger in {_called(folder)} already."
            raise LedgerError(summary, (), "Open it; nothing was changed.")
        _write(folder, ())
    return FolderLedger(folder)


def open_ledger(folder: Path) -> FolderLedger:
    """The ledger of a folder. Raises LedgerError if there is none, or one that is not whole: a
    ledger that was lost must not look like one that is empty.
    """
    ledger = FolderLedger(folder)
    ledger.entries()
    return ledger


# ---- the file is read


def _read(path: Path) -> tuple[Entry, ...]:
    """The entries of a file. Raises LedgerError with all that is wrong with it."""
    lines = _lines(path)
    problems: list[str] = []
    entries: list[Entry] = []
    is_chained = True  # whether the entry before this line is known
    for number, line in enumerate(lines[:-1], start=1):
        entry = entry_of(line)
        if entry is None:
            problems.append(f"the entry in line {number} was changed, or is none")
            is_chained = False
            continue
        if is_chained:
            problems += _out_of_chain(entry, number, entries[-1] if entries else None)
        entries.append(entry)
        is_chained = True
    problems += _unsealed(lines[-1], len(lines) - 1, entries)
    if problems:
        raise _not_whole(path, problems)
    return tuple(entries)


def _lines(path: Path) -> list[str]:
    """The lines of a file, without what ends them."""
    try:
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode):
            raise _not_whole(path, ["it is a link or a folder, and no file"])
        if about.st_size > MOST_BYTES:
            raise _not_whole(path, ["it is larger than any ledger"])
        raw = path.read_bytes()
    except FileNotFoundError:
        remedy = (
            "If nothing was released of these data yet, begin one. Else put it back: without it, "
            "what was hidden before cannot be known."
        )
        raise LedgerError(f"There is no ledger in {_called(path.parent)}.", (), remedy) from None
    except OSError as error:
        raise LedgerError(
            f"The ledger in {_called(path.parent)} cannot be read ({_why(error)}).",
            (),
            "Nothing was changed. Ask for the right to read and write it.",
        ) from None
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _not_whole(path, [f"line {line} was changed by hand: it is no text"]) from None
    lines = text.split("\n")
    if lines[-1]:
        raise _not_whole(path, [f"line {len(lines)}, the last, was not written to its end"])
    if len(lines) == 1:
        raise _not_whole(path, ["it is empty"])
    return lines[:-1]


def _out_of_chain(entry: Entry, line: int, before: Entry | None) -> Iterator[str]:
    """What is wrong with the place of an entry in the chain."""
    expected = before.number + 1 if before else 1
    called = f"entry {entry.number} of {entry.when} (line {line})"
    if entry.number < expected:
        yield f"{called} stands twice, or after a later one"
    elif entry.number > expected:
        last = entry.number - 1
        missing = f"entry {last} is" if last == expected else f"entries {expected} to {last} are"
        yield f"{missing} not there, before {called}"
    elif entry.previous != (before.own_hash if before else FIRST):
        yield f"{called} was written after another entry than the one that stands before it"


def _seal(entries: Sequence[Entry]) -> str:
    """The last line of the file: how many entries there are."""
    last = entries[-1].own_hash if entries else FIRST
    return canonical({"ledger": FORMAT, "entries": len(entries), "last": last})


def _unsealed(line: str, above: int, entries: Sequence[Entry]) -> Iterator[str]:
    """What the last line says against the entries above it."""
    seal = from_json(line)
    if not isinstance(seal, dict) or "ledger" not in seal:
        yield "the last line, which says how many entries there are, is not there"
    elif seal["ledger"] != FORMAT:
        yield "it was written by another version of this program; use that version"
    elif line != _seal(entries) and seal.get("entries") != above:
        said = seal.get("entries")
        number = said if type(said) is int else "another number of"
        yield f"its last line says that it has {number} entries, and it has {above}"
    elif line != _seal(entries) and len(entries) == above:
        yield "its last line names another last entry"


# ---- the file is written


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes and threads from writing the ledger meanwhile."""
    opened = os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)
    try:
        lock = os.open(folder / LOCK, opened, PRIVATE_FILE)
    except OSError as error:
        raise _not_written(folder, error) from None
    try:
        _take(lock, folder)
        yield
    finally:
        os.close(lock)  # which gives the lock back


def _take(lock: int, folder: Path) -> None:
    """Wait for the lock. Raises LedgerError if it is kept for too long."""
    until = time.monotonic() + WAIT
    while not _try_lock(lock):
        if time.monotonic() > until:
            raise LedgerError(
                f"The ledger in {_called(folder)} is kept by another process.",
                (),
                "Nothing was changed. Wait until the other release has ended, then try again.",
            )
        time.sleep(0.02)


def _try_lock(lock: int) -> bool:
    """Whether this process has the lock now."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _write(folder: Path, entries: Sequence[Entry]) -> None:
    """Write the file whole; whoever calls it holds the lock. A failure leaves the old one."""
    for left in folder.glob(f"{PART_BEGINS}*{PART_ENDS}"):
        with suppress(OSError):
            left.unlink()  # of a process that was killed: nothing was released with it
    lines = [line_of(entry) for entry in entries]
    text = "\n".join([*lines, _seal(entries)]) + "\n"
    part = folder / f"{PART_BEGINS}{secrets.token_hex(4)}{PART_ENDS}"
    try:
        _write_through(part, text)
        os.replace(part, folder / NAME)  # noqa: PTH105  # one call, so that a test can end it here
        _keep_name(folder)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise _not_written(folder, error) from None


def _write_through(path: Path, text: str) -> None:
    """Write a new private file, down to the disk."""
    file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE)
    with os.fdopen(file, "w", encoding="ascii", newline="") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def _keep_name(folder: Path) -> None:
    """Write the new name of a file to the disk, where folders can be opened."""
    if sys.platform == "win32":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network drives refuse it
            os.fsync(opened)
    finally:
        os.close(opened)


def _not_whole(path: Path, problems: Sequence[str]) -> LedgerError:
    more = len(problems) - MOST_PROBLEMS
    told = [*problems[:MOST_PROBLEMS], *([f"and {more} more"] if more > 0 else [])]
    return LedgerError(
        f"The ledger in {_called(path.parent)} is not as it was written.", told, RESTORE
    )


def _not_written(folder: Path, error: OSError) -> LedgerError:
    remedy = "Nothing was changed. Make room or ask for the right to write there, then try again."
    return LedgerError(
        f"The ledger in {_called(folder)} cannot be written ({_why(error)}).", (), remedy
    )


def _called(folder: Path) -> str:
    """A folder's name without where it lies: it would stand in a notebook."""
    return folder.resolve().name


def _why(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else type(error).__name__
