"""What was released before: entries that follow from each other, and what they hold.

A reader holds every release at once. A cell that was hidden once must therefore stay hidden, and
two numbers of one cell, before and after a correction, tell of the participants between them
(`differences`). The ledger keeps the whole pattern of every release. Hidden numbers are never
written, and no hash is made of them. The demonstration's ledger ends with its process; that of
restricted data is a file (`ledger_file`).
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from math import isfinite
from numbers import Integral, Real
from typing import NamedTuple, Protocol

from mothers_margins.disclosure.policy import Policy

FIRST = ""  # what stands for the entry before the first
COUNTS = ("counts", "share_of_all")  # forms whose released value is a number of participants
MOST_PROBLEMS = 20
Value = int | float | str


class LedgerError(Exception):
    """A ledger that is not there, not whole or cannot be written: what is wrong, and what to do."""

    def __init__(self, summary: str, problems: Sequence[str] = (), remedy: str = "") -> None:
        self.summary = summary
        self.problems = tuple(problems)
        self.remedy = remedy
        super().__init__(summary, self.problems, remedy)

    def __str__(self) -> str:
        lines = [self.summary, *(f"  {problem}" for problem in self.problems), self.remedy]
        return "\n".join(line for line in lines if line)


class Place(NamedTuple):
    """Which cell: a table's name, a variable, its level (or the name of another statistic), and
    the group of the column.
    """

    table: str
    variable: str
    level: str
    group: str


@dataclass(frozen=True)
class Recorded:
    """One cell of a pattern.

    form: in which it is released (`counts`, `share_of_all`, `percent`, `withheld` or another
    word). shown: whether it is. value: what is released, a whole number where it is a count; of a
    hidden cell how many it counts, if that is known: this is compared with what was shown before,
    never written and never printed.
    """

    place: Place
    form: str
    shown: bool
    value: Value | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Content:
    """What is released at once.

    study: its name. data_key: keyed hash of the data. policy: under which. cells: the whole
    pattern, also of tables that are planned and not yet written.
    """

    study: str
    data_key: str
    policy: Mapping[str, object]
    cells: tuple[Recorded, ...]


@dataclass(frozen=True)
class Entry:
    """A release as the ledger keeps it.

    number: its place, the first is 1. when: date and time that the caller gave. version: of the
    program. content_hash: of what was released; own_hash: of the whole entry, which holds
    `previous`, that of the entry before it.
    """

    number: int
    when: str
    version: str
    content: Content
    content_hash: str
    previous: str
    own_hash: str


class Ledger(Protocol):
    """What was released before."""

    def entries(self) -> tuple[Entry, ...]:
        """All entries, the first first."""

    def append(self, content: Content, *, when: datetime, version: str) -> Entry:
        """Add an entry; the one that is there already if the content is the same."""


def content_of(study: str, data_key: str, policy: Policy, cells: Iterable[Recorded]) -> Content:
    """What is released, in an order of its own, so that the same content is always the same entry.

    Raises ValueError for a cell that stands twice, and for one that is shown without a value.
    """
    ordered = tuple(sorted((plain(cell) for cell in cells), key=lambda cell: cell.place))
    problems = [*_wrong_cells(ordered), *_wrong_names(study, data_key)]
    if problems:
        raise ValueError("; ".join(problems[:MOST_PROBLEMS]))
    fields = {name: _listed(said) for name, said in policy.fields().items()}
    return Content(study, data_key, fields, ordered)


class MemoryLedger:
    """A ledger that ends with the process: the demonstration's."""

    def __init__(self) -> None:
        self._entries: tuple[Entry, ...] = ()

    def entries(self) -> tuple[Entry, ...]:
        """All entries, the first first."""
        return self._entries

    def append(self, content: Content, *, when: datetime, version: str) -> Entry:
        """Add an entry; the one that is there already if the content is the same."""
        there = same_content(self._entries, content)
        if there is not None:
            return there
        entry = next_entry(self._entries, content, when, version)
        self._entries = (*self._entries, entry)
        return entry


# ---- an entry is made


def plain(cell: Recorded) -> Recorded:
    """A cell whose value is one of Python's own."""
    value = cell.value
    if isinstance(value, Integral):
        value = int(value)
    elif isinstance(value, Real):
        value = float(value)
    return Recorded(Place(*cell.place), cell.form, bool(cell.shown), value)


def _wrong_cells(cells: Sequence[Recorded]) -> Iterator[str]:
    for one, after in pairwise(cells):
        if one.place == after.place:
            yield f"{_called(one.place)} stands twice in the pattern"
    for cell in cells:
        if not all(_is_text(text) for text in (*cell.place, cell.form)):
            yield "a cell is not named by texts"
        elif cell.shown and cell.value is None:
            yield f"{_called(cell.place)} is shown and has no value"
        elif isinstance(cell.value, float) and not isfinite(cell.value):
            yield f"{_called(cell.place)} has a value that is no number"


def _is_text(text: object) -> bool:
    """Whether something is a text that every program can write."""
    return isinstance(text, str) and not re.search("[\ud800-\udfff]", text)


def _wrong_names(study: str, data_key: str) -> Iterator[str]:
    for what, text in (("the study", study), ("the key of the data", data_key)):
        if not isinstance(text, str) or not text or not text.isprintable():
            yield f"{what} must be a text"


def _called(place: Place) -> str:
    return " / ".join(part for part in place if part)


def _listed(said: object) -> object:
    """A field of a policy as JSON has it."""
    return list(said) if isinstance(said, tuple) else said


def same_content(entries: Iterable[Entry], content: Content) -> Entry | None:
    """The entry that holds this content already."""
    wanted = _hash(_written_content(content))
    return next((entry for entry in entries if entry.content_hash == wanted), None)


def next_entry(before: Sequence[Entry], content: Content, when: datetime, version: str) -> Entry:
    """The entry that comes after others. Raises ValueError for a time without its zone."""
    if when.tzinfo is None:
        raise ValueError("the time of an entry needs its time zone")
    written = _written_content(content)
    head: dict[str, object] = {
        "number": len(before) + 1,
        "when": when.astimezone(UTC).isoformat(timespec="seconds"),
        "version": version,
        "previous": before[-1].own_hash if before else FIRST,
        "content_hash": _hash(written),
    }
    return _of_line({**head, **written, "own_hash": _hash({**head, **written})})


def _written_content(content: Content) -> dict[str, object]:
    """Content as it is written; of hidden cells no value."""
    cells = [
        [*cell.place, cell.form, cell.shown, cell.value if cell.shown else None]
        for cell in content.cells
    ]
    return {
        "study": content.study,
        "data_key": content.data_key,
        "policy": dict(content.policy),
        "cells": cells,
    }


def canonical(content: object) -> str:
    """The one text of a value as JSON."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _hash(content: object) -> str:
    return hashlib.sha256(canonical(content).encode("ascii")).hexdigest()


# ---- an entry as a line


def line_of(entry: Entry) -> str:
    """An entry as it is written, without the end of its line."""
    written = {
        "number": entry.number,
        "when": entry.when,
        "version": entry.version,
        "previous": entry.previous,
        "content_hash": entry.content_hash,
        **_written_content(entry.content),
        "own_hash": entry.own_hash,
    }
    return canonical(written)


def entry_of(line: str) -> Entry | None:
    """The entry of a line; None if it is not exactly as it was written."""
    written = from_json(line)
    if not isinstance(written, dict):
        return None
    try:
        entry = _of_line(written)
        again = {name: said for name, said in written.items() if name != "own_hash"}
        is_own = _hash(again) == entry.own_hash
        is_content = _hash(_written_content(entry.content)) == entry.content_hash
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    return entry if is_own and is_content and canonical(written) == line else None


def from_json(line: str) -> object:
    """What a line says as JSON; None if it is none."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _of_line(written: Mapping[str, object]) -> Entry:
    """An entry from what a line says. Raises KeyError, TypeError or ValueError if it is none."""
    cells = written["cells"]
    policy = written["policy"]
    if not isinstance(cells, list) or not isinstance(policy, dict):
        raise TypeError
    content = Content(
        _text(written["study"]),
        _text(written["data_key"]),
        policy,
        tuple(_cell(cell) for cell in cells),
    )
    number = written["number"]
    if type(number) is not int:
        raise TypeError
    return Entry(
        number,
        _text(written["when"]),
        _text(written["version"]),
        content,
        _text(written["content_hash"]),
        _text(written["previous"]),
        _text(written["own_hash"]),
    )


def _cell(written: Sequence[object]) -> Recorded:
    """A cell from its line."""
    table, variable, level, group, form, shown, value = written
    if type(shown) is not bool or (value is None) is shown:
        raise TypeError
    if value is not None and type(value) not in (int, float, str):
        raise TypeError
    place = Place(_text(table), _text(variable), _text(level), _text(group))
    return Recorded(place, _text(form), shown, value)  # type: ignore[arg-type]


def _text(written: object) -> str:
    if not isinstance(written, str):
        raise TypeError
    return written
