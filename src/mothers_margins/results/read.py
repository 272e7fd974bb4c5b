"""Results as `save` wrote them, read back from a folder."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import nan
from operator import itemgetter
from pathlib import Path
from typing import cast

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from mothers_margins import places
from mothers_margins.errors import UsageError
from mothers_margins.results.results import (
    COLUMNS,
    EVERY_KIND,
    P_IN_FILES,
    About,
    Lock,
    Results,
    Scalar,
    names_of,
    tidy,
)
from mothers_margins.study.conditions import Group
from mothers_margins.study.source import Source
from mothers_margins.study.study import Study

STATUSES = ("shown", "suppressed", "missing", "structural_zero")
LOCKS = ("", "open", "changed")
AGAIN = "Run the notebook that made it again."
_STRICT = ConfigDict(strict=True, extra="forbid")
_NUMBERS: Mapping[str, Scalar] = {"": nan, "True": True, "False": False}


@dataclass(frozen=True, config=_STRICT)
class _Source:
    """Where the rows come from, as a description says it."""

    kind: str
    rows: int
    statement: str
    supposed: list[tuple[str, str]]
    mark: str


@dataclass(frozen=True, config=_STRICT)
class _Description:
    """The .json beside a .csv."""

    name: str
    kind: str
    study: str
    source: _Source
    groups: dict[str, dict[str, object]]
    lock: str
    released: bool


def read_results(folder: Path, study: Study) -> dict[str, Results]:
    """All results of a study that lie in a folder, by name.

    Raises UsageError for files that `save` did not write so: another study, kind, column or status,
    a number that is none, or one of two files that belong together.
    """
    numbers = {path.stem: path for path in sorted(folder.glob("*.csv"))}
    descriptions = {path.stem: path for path in sorted(folder.glob("*.json"))}
    alone = sorted({*numbers} ^ {*descriptions})
    if alone:
        raise _not_ours(folder, [f"{name}: its .csv or its .json is not there" for name in alone])
    return {name: read_result(path, study) for name, path in numbers.items()}


def read_result(path: Path, study: Study) -> Results:
    """Results of one .csv with its .json. Raises UsageError as `read_results` does."""
    about = _about(path.with_suffix(".json"), study)
    with path.open(encoding="utf-8", newline="") as lines:
        table = [tuple(line) for line in csv.reader(lines, strict=True)]
    columns = [*EVERY_KIND, *COLUMNS[about.kind]]
    if not table or [*table[0]] != columns:
        raise _not_ours(path, [f"its columns are not those of {about.kind}"])
    faults = list(_faults(table, path.stem, study, about))
    if faults:
        raise _not_ours(path, faults[:20])
    if not table[1:]:
        return tidy([], about)
    texts = dict(zip(columns, zip(*table[1:], strict=True), strict=True))
    try:
        values = {column: _column(column, texts, about) for column in columns}
    except ValueError:
        raise _not_ours(path, ["a column of numbers holds something else"]) from None
    return tidy(values, about)


def _about(path: Path, study: Study) -> About:
    """What a description says. Raises UsageError if it is none of this study."""
    try:
        said = TypeAdapter(_Description).validate_json(path.read_text(encoding="utf-8"))
        groups = {name: Group.model_validate(_said(group)) for name, group in said.groups.items()}
    except (ValidationError, UnicodeDecodeError):
        raise _not_ours(path, ["it does not describe results"]) from None
    kinds = ("synthetic", "reconstructed", "restricted", "published")
    faults = [
        *(["it is of another study"] if said.study != study.name else []),
        *(["it bears another name"] if said.name != path.stem else []),
        *(["its kind of results is not known"] if said.kind not in COLUMNS else []),
        *(["its kind of rows is not known"] if said.source.kind not in kinds else []),
        *(["what it says of the lock is not known"] if said.lock not in LOCKS else []),
    ]
    if faults:
        raise _not_ours(path, faults)
    source = Source(
        said.source.kind,  # type: ignore[arg-type]  # checked above
        said.source.rows,
        said.source.statement,
        tuple(said.source.supposed),
    )
    if source.mark != said.source.mark:
        raise _not_ours(path, ["its mark is not that of its rows"])
    return About(said.kind, study, source, groups, cast("Lock", said.lock), said.released)


def _said(written: object) -> object:
    """A definition without what was left out of it: conditions refuse an empty list of levels."""
    if not isinstance(written, dict):
        return written
    whole = {name: _said(part) for name, part in written.items()}
    return {name: part for name, part in whole.items() if part not in ([], None)}


def _faults(table: list[tuple[str, ...]], name: str, study: Study, about: About) -> Iterator[str]:
    """What cannot stand in the columns of every kind."""
    mark = ": ".join(about.marks)
    width = len(table[0])
    common = itemgetter(
        *(table[0].index(column) for column in ("table", "study", "status", "note"))
    )
    fine: set[tuple[str, ...]] = set()  # what stands in these four is the same in most lines
    for number, line in enumerate(table[1:], start=2):
        if len(line) != width:
            yield f"line {number} has another number of cells"
            continue
        said = common(line)
        if said in fine:
            continue
        of_table, of_study, status, note = said
        faults = []
        if of_table != name or of_study != study.name:
            faults.append(f"line {number} is of another table or study")
        if status not in STATUSES:
            faults.append(f"line {number} has a status that is not known")
        if note != mark and not note.startswith(f"{mark}: " if mark else ""):
            faults.append(f"line {number} does not bear the mark of its rows")
        if not faults:
            fine.add(said)
        yield from faults


def _column(name: str, texts: Mapping[str, Sequence[str]], about: About) -> list[Scalar]:
    """The cells of a column from the texts of all columns, each text read once. Raises ValueError
    for a number that is none.
    """
    own = texts[name]
    if name == "p_value" and about.released:
        return [_of_class(text, note) for text, note in zip(own, texts["note"], strict=True)]
    values = {text: _cell(name, text, about) for text in {*own}}
    return [values[text] for text in own]


def _cell(column: str, text: str, about: About) -> Scalar:
    """A cell from its text. Raises ValueError for a number that is none."""
    if column == "timepoint":
        return int(text) if text else None
    if column == "note":
        mark = ": ".join(about.marks)
        return text.removeprefix(mark).removeprefix(": " if mark else "")
    if column in names_of(about.kind):
        return text
    return _NUMBERS[text] if text in _NUMBERS else _number(text)


def _of_class(text: str, note: str) -> Scalar:
    """p, or the limit of its class. Raises ValueError where the note says another side of it."""
    signs = [sign for code, sign in P_IN_FILES.items() if code in note.split()]
    for sign in signs:
        if text and not text.startswith(sign):
            raise ValueError
    number = text.removeprefix(signs[0]) if signs else text
    return _NUMBERS[number] if number in _NUMBERS else _number(number)


def _number(text: str) -> float:
    """A number as pandas writes it; whole where it is written so."""
    convert: Callable[[str], float] = int if text.lstrip("-").isdigit() else float
    return convert(text)


def _not_ours(path: Path, faults: list[str]) -> UsageError:
    return UsageError(f"{places.shown(path)} is not as the program wrote it.", faults, AGAIN)
