"""sources.yaml: how an analyst's own files become one table under the names of the dictionary.

Names and value labels are mapped, tables are merged on the id, dated corrections are applied; all
as text, before any cell is checked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from mothers_margins.cohort.cohort import Event
from mothers_margins.cohort.files import Sheet, UnreadableError, read_file
from mothers_margins.cohort.sources_file import (
    Mapped,
    SourcesFile,
    SourceTable,
    columns_of,
    faults_of,
    levels_of,
    missing_codes,
    names_in,
    supplied_scores,
)
from mothers_margins.errors import count, listed
from mothers_margins.study.study import Study
from mothers_margins.study.yaml_file import parse_yaml

# Text that no file can hold (a file with a NUL is refused), for cells that a table does not have.
NO_ROW, NOT_SUPPLIED, NOT_HELD, UNMAPPED = "\0no row", "\0not supplied", "\0not held", "\0unmapped"
CORRECTION = ("date", "id", "variable", "old", "new", "reason")


@dataclass(frozen=True, repr=False)
class Text:
    """All cells as text under names of the dictionary, with where each column stands in the
    analyst's files.

    cells, rows: per column, its text and the number of each row in its file. files: the file of
    each column, empty if there is one only. problems: what is wrong with the files' columns, ids
    and corrections.
    """

    cells: Mapping[str, np.ndarray]
    rows: Mapping[str, np.ndarray]
    files: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()

    def __repr__(self) -> str:
        """No cell: a traceback with local variables would print it."""
        return f"Text of {len(self.cells)} columns"


def read_text(path: Path, study: Study) -> Text:
    """Read one file in the dictionary's own names, or, for a folder or a sources.yaml, the files
    that it maps.

    Raises UnreadableError with what keeps the first file from being read; all else is among the
    text's `problems`.
    """
    if not _is_map(path):
        return _own_names(read_file(path), study)
    if not path.exists():
        raise UnreadableError("there is no such file, or it may not be read")
    plan, faults = parse_yaml(_map_of(path, study), SourcesFile)
    faults += faults_of(plan, study) if plan else []
    if plan is None or faults:
        raise UnreadableError("\n".join(faults))
    folder, tables, problems = path if path.is_dir() else path.parent, [], list[str]()
    for table in plan.tables:
        try:
            ids, text = _mapped(read_file(folder / table.file, table.sheet), table, study)
        except UnreadableError as error:
            ids, text = (
                np.array([], dtype=object),
                Text({}, {}, problems=tuple(str(error).split("\n"))),
            )
        tables.append((ids, text))
        problems += [f"{table.file}: {problem}" for problem in text.problems]
    if not tables[0][1].rows:
        raise UnreadableError("\n".join(problems))
    merged = _merged(tables, plan, study)
    if plan.corrections:
        merged = _corrected(merged, folder / plan.corrections, study)
    return replace(merged, problems=(*problems, *merged.problems))


def files_read(path: Path, study: Study) -> list[Path]:
    """All files that `read_text` reads for a path, in order: data files, and the sources.yaml
    before them.
    """
    return [_map_of(path, study), *data_files(path, study)] if _is_map(path) else [path]


def data_files(path: Path, study: Study) -> list[Path]:
    """The files with participants' data that `read_text` reads for a path, in order."""
    if not _is_map(path):
        return [path]
    plan, _ = parse_yaml(_map_of(path, study), SourcesFile)
    folder = path if path.is_dir() else path.parent
    names = (
        [*(table.file for table in plan.tables), *filter(None, [plan.corrections])] if plan else []
    )
    return [folder / name for name in names]


def _is_map(path: Path) -> bool:
    try:
        return path.is_dir() or path.suffix.lower() in (".yaml", ".yml")
    except OSError:  # a name that is too long, a folder that may not be entered
        return False


def _map_of(path: Path, study: Study) -> Path:
    """The sources.yaml of a folder, else the study's."""
    own = path / "sources.yaml" if path.is_dir() else path
    return own if own.is_file() else study.folder / "sources.yaml"


def _own_names(sheet: Sheet, study: Study) -> Text:
    numbers = np.arange(len(sheet.cells[0])) + sheet.first
    known = {*study.fields, *supplied_scores(study)}
    cells = {
        name: _labelled(texts, sheet, name, Mapped.model_validate({"from": [name]}), study, name)
        for name, texts in zip(sheet.header, sheet.cells, strict=True)
        if name in known
    }
    extra = [position for position, name in enumerate(sheet.header, 1) if name not in known]
    twice = sorted(
        {name for name in sheet.header if sheet.header.count(name) > 1 and name in known}
    )
    what = (
        f"{count(len(extra), 'column')} that the schema does not declare "
        f"({listed(extra, 'column')})"
    )
    problems = [what] * bool(extra) + [f"column '{name}' stands more than once" for name in twice]
    return Text(cells, dict.fromkeys(cells, numbers), problems=tuple(problems))


def _mapped(sheet: Sheet, table: SourceTable, study: Study) -> tuple[np.ndarray, Text]:
    """The ids of a table, and its columns under the dictionary's names."""
    wanted, header = columns_of(table, study), list(sheet.header)
    used = [column for one in wanted.values() for column in one.columns]
    often = sorted({column for column in used if used.count(column) > 1})
    absent = [column for column in used if column not in header]
    problems = [f"column '{name}', which sources.yaml names, is missing" for name in absent]
    problems += [] if table.id in header else [f"column '{table.id}', the id, is missing"]
    problems += [
        f"column '{name}' stands more than once"
        for name in {*used, table.id}
        if header.count(name) > 1
    ]
    problems += [f"column '{name}' is named for several variables" for name in often]
    others = {*header} - {*used} - {table.id}
    if others and table.others == "refuse":
        positions = [position for position, name in enumerate(header, 1) if name in others]
        problems.append(
            f"{count(len(positions), 'column')} not named in sources.yaml "
            f"({listed(positions, 'column')})"
        )
    ids = sheet.cells[header.index(table.id)] if table.id in header else np.array([], dtype=object)
    numbers = np.arange(len(ids)) + sheet.first
    twice = pd.Series(ids).duplicated(keep=False).to_numpy() & (ids != "")
    if twice.any():
        problems.append(
            f"{count(int(twice.sum()), 'row')} with an id that another row has "
            f"({listed(numbers[twice])})"
        )
    if (ids == "").any():
        problems.append(
            f"{count(int((ids == '').sum()), 'row')} without an id ({listed(numbers[ids == ''])})"
        )
    cells = {
        name: _joined(sheet, one, {**table.missing, **one.missing}, study, name)
        for name, one in wanted.items()
        if {*one.columns} <= {*header}
    }
    rows = dict.fromkeys([study.schema.primary_key[0], *cells], numbers)
    if table.id not in header:  # nothing can be merged, and none of its columns is missed again
        return ids, Text({}, {}, problems=tuple(problems))
    return ids, Text(cells, rows, problems=tuple(problems))


def _joined(
    sheet: Sheet, one: Mapped, missing: Mapping[str, str], study: Study, name: str
) -> np.ndarray:
    """A variable's cells; several columns of diagnosis codes become one list of codes."""
    one = one.model_copy(update={"missing": missing})
    parts = [
        _labelled(sheet.cells[sheet.header.index(c)], sheet, c, one, study, name)
        for c in one.columns
    ]
    if len(parts) == 1:
        return parts[0]
    codes = [
        [text for text in texts if text not in missing_codes(study, name)]
        for texts in zip(*parts, strict=True)
    ]
    return np.array(
        [";".join(texts) or first for texts, first in zip(codes, parts[0], strict=True)],
        dtype=object,
    )


def _labelled(
    texts: np.ndarray, sheet: Sheet, column: str, one: Mapped, study: Study, name: str
) -> np.ndarray:
    """Codes of the dictionary: as sources.yaml maps the code or its value label; else the label, if
    it is a level.

    Unmapped is what may mean something else than it seems to: a level where others are mapped, a
    missing code that the file labels otherwise, a number with a label, a value that the file's own
    program takes for missing.
    """
    levels, reasons, labels = (
        levels_of(study, name),
        missing_codes(study, name),
        sheet.labels.get(column, {}),
    )
    field = study.fields.get(name)
    item = field is not None and field.role == "item"  # whose answers are labelled numbers
    place, found = pd.factorize(texts)
    meant = []
    for text in found:
        label = labels.get(text, "")
        keys = [key for key in (text, label) if key or not text]
        known = next(
            (table[key] for table in (one.missing, one.values) for key in keys if key in table),
            None,
        )
        if known is not None:
            meant.append(known)
        elif text in reasons:
            meant.append(
                text if label.casefold() in ("", text, reasons[text].casefold()) else UNMAPPED
            )
        elif levels and label in levels:
            meant.append(label)
        else:
            number = not (levels or item) and label not in ("", text)
            unsure = text in sheet.missing.get(column, ()) or number or (levels and one.values)
            meant.append(UNMAPPED if unsure else text)
    return np.array(meant, dtype=object)[place]


def _merged(tables: list[tuple[np.ndarray, Text]], plan: SourcesFile, study: Study) -> Text:
    """All tables as one, a row per id of the first; a cell without a row in its table is missing
    for that reason.
    """
    ids, first = tables[0]
    key = study.schema.primary_key[0]
    numbers = first.rows[key]
    cells = {
        key: ids,
        **{name: np.full(len(ids), NOT_HELD, dtype=object) for name in plan.not_held},
    }
    rows, files, events = (
        dict.fromkeys(cells, numbers),
        dict.fromkeys(cells, plan.tables[0].file),
        list[Event](),
    )
    problems: list[str] = []
    for order, ((own, text), table) in enumerate(zip(tables, plan.tables, strict=True), 1):
        position = {one: number for number, one in enumerate(own)}
        place = (
            np.arange(len(ids)) if own is ids else np.array([position.get(one, -1) for one in ids])
        )
        # what a table that cannot be read would hold is not missed a second time
        unread = dict.fromkeys(
            [] if text.rows else names_in(table, study), np.array([NO_ROW], dtype=object)
        )
        for name, texts in {**text.cells, **unread}.items():
            cells[name] = np.where(place < 0, NO_ROW, texts[place])
            rows[name] = np.where(place < 0, 0, text.rows[name][place]) if text.rows else numbers
            files[name] = table.file
        unmatched = {"no_row_in_table": (place < 0).sum(), "row_left_out": len({*own} - {*ids})}
        for code, number in unmatched.items():
            events.append(Event("sources", code, "", int(number), str(order)))
        left = {_plain(one) for one in {*ids} - {*own}} & {_plain(one) for one in {*own} - {*ids}}
        if len(own) and (place < 0).all():
            problems.append(f"{table.file}: none of its ids is in the first table")
        elif left:
            ignored = "blanks, case, leading zeros and '.0' are ignored; write them alike"
            problems.append(
                f"{table.file}: {count(len(left), 'id')} in the first table only if {ignored}"
            )
    return Text(cells, rows, files, tuple(problems), tuple(events[2:]))


def _plain(one: str) -> str:
    """An id without what programs add or lose."""
    return one.strip().casefold().removesuffix(".0").lstrip("0")


def _corrected(text: Text, path: Path, study: Study) -> Text:
    """Cells changed as corrections.csv says, in order of its dates; its faults are among the
    problems.
    """
    try:
        sheet = read_file(path)
    except UnreadableError as error:
        return replace(text, problems=(*text.problems, f"{path.name}: {error}"))
    if sheet.header != CORRECTION:
        said = f"{path.name}: its columns must be {', '.join(CORRECTION)}"
        return replace(text, problems=(*text.problems, said))
    lines = sorted(enumerate(zip(*sheet.cells, strict=True), 2), key=lambda line: line[1][0])
    cells = {name: texts.copy() for name, texts in text.cells.items()}
    position = {one: number for number, one in enumerate(cells[study.schema.primary_key[0]])}
    faults: dict[str, list[int]] = {}
    events: dict[str, int] = {}
    for line, correction in lines:
        wrong = list(_wrong(correction, cells, position, study.schema.primary_key[0]))
        for fault in wrong:
            faults.setdefault(fault, []).append(line)
        if not wrong:
            _, one, variable, _, new, _ = correction
            cells[variable][position[one]] = new
            events[variable] = events.get(variable, 0) + 1
    problems = [
        f"{path.name}: {count(len(at), 'row')} {fault} ({listed(at)})"
        for fault, at in faults.items()
    ]
    applied = [
        Event("corrections", "cell_corrected", name, number) for name, number in events.items()
    ]
    files = dict(text.files) | {name: f"{text.files[name]}, as corrected" for name in events}
    events_now, faults_now = (*text.events, *applied), (*text.problems, *problems)
    return replace(text, cells=cells, files=files, problems=faults_now, events=events_now)


def _wrong(
    correction: tuple[str, ...],
    cells: Mapping[str, np.ndarray],
    position: Mapping[str, int],
    key: str,
) -> Iterator[str]:
    when, one, variable, old, new, reason = correction
    try:
        dated = date.fromisoformat(when).isoformat() == when
    except ValueError:
        dated = False
    if not dated:
        yield "without a date such as 2026-11-22"
    if one not in position:
        yield "with an id that the first table does not have"
    if variable not in cells or variable == key:
        yield "with a variable that the files do not hold, or the id"
    elif one in position and cells[variable][position[one]] != old:
        yield "whose old value is not the one in the data"
    if not reason.strip() or old == new:
        yield "without a reason, or that changes nothing"
