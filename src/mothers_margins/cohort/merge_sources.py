"""sources.yaml: how an analyst's own files become one table under the names of the dictionary.

Names and value labels are mapped, tables are merged on the id, dated corrections are applied; all
as text, before any cell is checked.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from mothers_margins.cohort import messages
from mothers_margins.cohort.cohort import Event
from mothers_margins.cohort.files import read_file, why_not_opened
from mothers_margins.cohort.sheet import A_DATE, ERRORS, Sheet, UnreadableError
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
from mothers_margins.cohort.who_counts import plain, rows_in_doubt
from mothers_margins.errors import count
from mothers_margins.study.study import Study
from mothers_margins.study.yaml_file import parse_yaml

# Text that no file can hold (a file with a NUL is refused), for cells that a table does not have.
NO_ROW = "\0no row"
NOT_SUPPLIED = "\0not supplied"
NOT_HELD = "\0not held"
UNMAPPED = "\0unmapped"
MISSING_IN_FILE = "\0missing"
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


@dataclass(frozen=True, repr=False)
class MappedTable:
    """One file under the dictionary's names: the id of each row, and the text of its columns.

    text: without columns and rows if the file cannot be read, or has no id to merge it on.
    """

    ids: np.ndarray
    text: Text

    def __repr__(self) -> str:
        """No id: a traceback with local variables would print it."""
        return f"Table of {len(self.text.cells)} columns"


def read_text(path: Path, study: Study) -> Text:
    """Read one file in the dictionary's own names, or, for a folder or a sources.yaml, the files
    that it maps.

    Raises UnreadableError with what keeps the first file from being read; all else is among the
    text's `problems`.
    """
    if not _is_map(path):
        return _own_names(read_file(path), study)
    written = path / "sources.yaml" if path.is_dir() else path
    why = why_not_opened(written)
    # a folder without a sources.yaml of its own is read by the study's
    if why and not (path.is_dir() and not written.exists()):
        raise UnreadableError(why)
    plan = _plan(path, study)
    folder = _folder_of(path)
    tables = [_table(folder, table, study) for table in plan.tables]
    problems = [
        f"{planned.file}: {problem}"
        for planned, table in zip(plan.tables, tables, strict=True)
        for problem in table.text.problems
    ]
    # the first table says who there is; what is wrong with another is told with all other problems
    if not tables[0].text.rows:
        raise UnreadableError("\n".join(problems))
    merged = _merged(tables, plan, study)
    if plan.corrections:
        merged = _corrected(merged, folder / plan.corrections, study)
    return replace(merged, problems=(*problems, *merged.problems))


def _plan(path: Path, study: Study) -> SourcesFile:
    """The sources.yaml of a path. Raises UnreadableError with every fault of it."""
    plan, faults = parse_yaml(_map_of(path, study), SourcesFile)
    if plan is not None:
        faults += faults_of(plan, study)
    if plan is None or faults:
        raise UnreadableError("\n".join(faults))
    return plan


def _table(folder: Path, table: SourceTable, study: Study) -> MappedTable:
    """One of the files that sources.yaml names; what keeps it from being read is a problem."""
    try:
        return _mapped(read_file(folder / table.file, table.sheet), table, study)
    except UnreadableError as error:
        return _without_cells(tuple(str(error).split("\n")))


def _without_cells(problems: tuple[str, ...]) -> MappedTable:
    return MappedTable(np.array([], dtype=object), Text({}, {}, problems=problems))


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
    if plan is None:
        return []
    names = [table.file for table in plan.tables]
    if plan.corrections:
        names.append(plan.corrections)
    return [_folder_of(path) / name for name in names]


def _folder_of(path: Path) -> Path:
    """Where the files stand that a sources.yaml names."""
    return path if path.is_dir() else path.parent


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
    """A file that has the dictionary's own names."""
    numbers = np.arange(len(sheet.cells[0])) + sheet.first
    known = {*study.fields, *supplied_scores(study)}
    cells = {
        name: _labelled(texts, sheet, name, Mapped.model_validate({"from": [name]}), study, name)
        for name, texts in zip(sheet.header, sheet.cells, strict=True)
        if name in known
    }
    problems = []
    undeclared = [position for position, name in enumerate(sheet.header, 1) if name not in known]
    if undeclared:
        problems.append(messages.of_columns(messages.UNDECLARED_COLUMNS, undeclared))
    repeated = {name for name in cells if sheet.header.count(name) > 1}
    problems += [messages.REPEATED_COLUMN.format(name=name) for name in sorted(repeated)]
    key = study.schema.primary_key[0]
    if key in cells:
        problems += rows_in_doubt(cells[key], numbers)
    return Text(cells, dict.fromkeys(cells, numbers), problems=tuple(problems))


def _mapped(sheet: Sheet, table: SourceTable, study: Study) -> MappedTable:
    """The ids of a table, and its columns under the dictionary's names."""
    wanted = columns_of(table, study)
    problems = list(_column_problems(sheet, table, wanted))
    if table.id not in sheet.header:
        # nothing can be merged, and none of its columns is missed again
        return _without_cells(tuple(problems))
    ids = _ids(sheet, table, study)
    numbers = np.arange(len(ids)) + sheet.first
    problems += _id_problems(ids, numbers)
    cells = {}
    for name, mapped in wanted.items():
        if {*mapped.columns} <= {*sheet.header}:
            # a variable's own codes of what is missing go before those of its whole table
            whole = mapped.model_copy(update={"missing": {**table.missing, **mapped.missing}})
            cells[name] = _joined(sheet, whole, study, name)
    rows = dict.fromkeys([study.schema.primary_key[0], *cells], numbers)
    return MappedTable(ids, Text(cells, rows, problems=tuple(problems)))


def _ids(sheet: Sheet, table: SourceTable, study: Study) -> np.ndarray:
    """The ids of a table; none where a file or the dictionary says that there is none."""
    ids = sheet.cells[sheet.header.index(table.id)]
    none = {*sheet.missing.get(table.id, ()), *missing_codes(study, study.schema.primary_key[0])}
    return np.where(np.isin(ids, [*none]), "", ids).astype(object)


def _column_problems(
    sheet: Sheet, table: SourceTable, wanted: Mapping[str, Mapped]
) -> Iterator[str]:
    """Columns that are missing, stand twice, are used twice, or that sources.yaml does not name."""
    used = [column for mapped in wanted.values() for column in mapped.columns]
    for column in used:
        if column not in sheet.header:
            yield messages.MAPPED_COLUMN_MISSING.format(name=column)
    if table.id not in sheet.header:
        yield messages.ID_COLUMN_MISSING.format(name=table.id)
    named = {*used, table.id}
    for column in named:
        if sheet.header.count(column) > 1:
            yield messages.REPEATED_COLUMN.format(name=column)
    for column in sorted({column for column in used if used.count(column) > 1}):
        yield messages.MAPPED_TWICE.format(name=column)
    others = [place for place, column in enumerate(sheet.header, 1) if column not in named]
    if others and table.others == "refuse":
        yield messages.of_columns(messages.NOT_NAMED_COLUMNS, others)


def _id_problems(ids: np.ndarray, numbers: np.ndarray) -> Iterator[str]:
    empty = ids == ""
    repeated = pd.Series(ids).duplicated(keep=False).to_numpy() & ~empty
    if repeated.any():
        yield messages.of_rows(messages.REPEATED_ID, numbers[repeated])
    if empty.any():
        yield messages.of_rows(messages.NO_ID, numbers[empty])
    is_error = np.array([ERRORS.fullmatch(identifier) is not None for identifier in ids])
    for message, wrong in ((messages.DATE, ids == A_DATE), (messages.ERROR, is_error)):
        if wrong.any():
            yield messages.of_rows(message, numbers[wrong])
    yield from rows_in_doubt(ids, numbers)


def _joined(sheet: Sheet, mapped: Mapped, study: Study, name: str) -> np.ndarray:
    """A variable's cells; several columns of diagnosis codes become one list of codes."""
    parts = [
        _labelled(sheet.cells[sheet.header.index(column)], sheet, column, mapped, study, name)
        for column in mapped.columns
    ]
    if len(parts) == 1:
        return parts[0]
    missing = missing_codes(study, name)
    lists = []
    for texts in zip(*parts, strict=True):
        recorded = [text for text in texts if text not in missing]
        # what one of them cannot mean, the list of all cannot either
        unusable = [text for text in recorded if text.startswith("\0")]
        lists.append(unusable[0] if unusable else ";".join(recorded) or texts[0])
    return np.array(lists, dtype=object)


def _labelled(
    texts: np.ndarray, sheet: Sheet, column: str, mapped: Mapped, study: Study, name: str
) -> np.ndarray:
    """Codes of the dictionary: as sources.yaml maps the code or its value label; else the label, if
    it is a level. What may mean something else than it seems to is unmapped.
    """
    field = study.fields.get(name)
    codes = _Codes(
        mapped=mapped,
        levels=levels_of(study, name),
        reasons=missing_codes(study, name),
        missing_in_file=sheet.missing.get(column, frozenset()),
        labels_are_usual=field is not None and field.role == "item",
    )
    labels = sheet.labels.get(column, {})
    # each distinct text is looked up once: files are long, and have few
    of_row, distinct = pd.factorize(texts)
    meanings = [codes.meaning(text, labels.get(text, "")) for text in distinct]
    return np.array(meanings, dtype=object)[of_row]


@dataclass(frozen=True)
class _Codes:
    """What a column's texts can mean.

    reasons: by missing code. missing_in_file: texts that the file's own program takes for missing.
    labels_are_usual: of an item, whose answers are numbers with labels.
    """

    mapped: Mapped
    levels: tuple[str, ...]
    reasons: Mapping[str, str]
    missing_in_file: frozenset[str]
    labels_are_usual: bool

    def meaning(self, text: str, label: str) -> str:
        """The dictionary's code for a text and its value label."""
        mapped = self._as_mapped(text, label)
        if mapped is not None:
            return mapped
        if text in self.reasons:
            same_reason = label.casefold() in ("", text, self.reasons[text].casefold())
            return text if same_reason else UNMAPPED
        # also where its label is a level: the file says that it is none
        if text in self.missing_in_file:
            return MISSING_IN_FILE
        if self.levels and label in self.levels:
            return label
        return UNMAPPED if self._is_unsure(text, label) else text

    def _as_mapped(self, text: str, label: str) -> str | None:
        # what is mapped as missing goes before what is mapped as a value, a code before its label;
        # an empty cell has no label that could be meant
        keys = [key for key in (text, label) if key or not text]
        for meanings in (self.mapped.missing, self.mapped.values):
            for key in keys:
                if key in meanings:
                    return meanings[key]
        return None

    def _is_unsure(self, text: str, label: str) -> bool:
        """Whether a text may mean something else than it seems to: a number with a label, a level
        where others are mapped.
        """
        labelled = label not in ("", text)
        # an answer to an item has a label too, but none that says why there is no answer
        is_reason = label.casefold() in {reason.casefold() for reason in self.reasons.values()}
        labelled_number = labelled and not self.levels and (is_reason or not self.labels_are_usual)
        level_beside_mapped = bool(self.levels and self.mapped.values)
        return labelled_number or level_beside_mapped


def _merged(tables: list[MappedTable], plan: SourcesFile, study: Study) -> Text:
    """All tables as one, a row per id of the first; a cell without a row in its table is missing
    for that reason.
    """
    first = tables[0]
    key = study.schema.primary_key[0]
    cells = {key: first.ids}
    cells |= {name: np.full(len(first.ids), NOT_HELD, dtype=object) for name in plan.not_held}
    rows = dict.fromkeys(cells, first.text.rows[key])
    files = dict.fromkeys(cells, plan.tables[0].file)
    events: list[Event] = []
    problems: list[str] = []
    for order, (table, planned) in enumerate(zip(tables, plan.tables, strict=True), 1):
        # the first table's rows stay where they are, also those whose id is repeated
        place = np.arange(len(first.ids)) if table is first else _places(first.ids, table.ids)
        if table.text.rows:
            aligned = _aligned(table.text, place)
        else:
            aligned = _unread(names_in(planned, study), first.text.rows[key])
        cells |= aligned.cells
        rows |= aligned.rows
        files |= dict.fromkeys(aligned.cells, planned.file)
        if table is not first:
            events += _unmatched(place < 0, first.ids, table.ids, str(order))
        problems += _id_differences(first.ids, table.ids, planned.file)
    return Text(cells, rows, files, tuple(problems), tuple(events))


def _aligned(text: Text, place: np.ndarray) -> Text:
    """A table's columns in another order of rows, by the place of each; without a row where that is
    negative.
    """
    no_row = place < 0
    cells = {name: np.where(no_row, NO_ROW, texts[place]) for name, texts in text.cells.items()}
    rows = {name: np.where(no_row, 0, text.rows[name][place]) for name in cells}
    return Text(cells, rows)


def _unread(names: Iterable[str], numbers: np.ndarray) -> Text:
    """What a table that cannot be read would hold, without a row for anybody: told once already, it
    is not to be missed a second time.
    """
    cells = {name: np.full(len(numbers), NO_ROW, dtype=object) for name in names}
    return Text(cells, dict.fromkeys(cells, numbers))


def _places(ids: np.ndarray, own: np.ndarray) -> np.ndarray:
    """The position of each id among a table's own; -1 where it has no row."""
    position = {identifier: number for number, identifier in enumerate(own)}
    return np.array([position.get(identifier, -1) for identifier in ids])


def _unmatched(no_row: np.ndarray, ids: np.ndarray, own: np.ndarray, table: str) -> Iterator[Event]:
    yield Event("sources", "no_row_in_table", "", int(no_row.sum()), table)
    yield Event("sources", "row_left_out", "", len({*own} - {*ids}), table)


def _id_differences(ids: np.ndarray, own: np.ndarray, file: str) -> Iterator[str]:
    """Ids of a table that are none of the first table's, or are so only as they are written."""
    if len(own) and {*own}.isdisjoint(ids):
        yield messages.NO_COMMON_ID.format(file=file)
        return
    only_in_first = {plain(identifier) for identifier in {*ids} - {*own}}
    only_in_own = {plain(identifier) for identifier in {*own} - {*ids}}
    alike = only_in_first & only_in_own
    if alike:
        yield messages.ID_WRITTEN_OTHERWISE.format(file=file, ids=count(len(alike), "id"))


@dataclass(frozen=True, repr=False)
class _Correction:
    """One row of corrections.csv, in the order of its columns."""

    date: str
    id: str
    variable: str
    old: str
    new: str
    reason: str

    def __repr__(self) -> str:
        """No cell: a traceback with local variables would print it."""
        return "Correction"


def _corrected(text: Text, path: Path, study: Study) -> Text:
    """Cells changed as corrections.csv says, in order of its dates; its faults are among the
    problems.
    """
    try:
        sheet = read_file(path)
    except UnreadableError as error:
        return replace(text, problems=(*text.problems, f"{path.name}: {error}"))
    if sheet.header != CORRECTION:
        fault = messages.CORRECTION_COLUMNS.format(file=path.name, columns=", ".join(CORRECTION))
        return replace(text, problems=(*text.problems, fault))
    text, faulty_rows, corrected = _apply(_by_date(sheet), text, study.schema.primary_key[0])
    problems = [
        messages.of_rows(fault, rows, file=path.name) for fault, rows in faulty_rows.items()
    ]
    events = [
        Event("corrections", "cell_corrected", name, number) for name, number in corrected.items()
    ]
    return replace(
        text,
        files={**text.files, **{name: f"{text.files[name]}, as corrected" for name in corrected}},
        problems=(*text.problems, *problems),
        events=(*text.events, *events),
    )


def _apply(
    corrections: list[tuple[int, _Correction]], text: Text, key: str
) -> tuple[Text, dict[str, list[int]], Counter[str]]:
    """The text with its cells changed; by fault the rows of corrections.csv that have it; by
    variable the number of cells changed.
    """
    cells = {name: texts.copy() for name, texts in text.cells.items()}
    position = {identifier: number for number, identifier in enumerate(cells[key])}
    faulty_rows: dict[str, list[int]] = {}
    corrected: Counter[str] = Counter()
    for row, correction in corrections:
        faults = list(_faults(correction, cells, position, key))
        for fault in faults:
            faulty_rows.setdefault(fault, []).append(row)
        if not faults:
            cells[correction.variable][position[correction.id]] = correction.new
            corrected[correction.variable] += 1
    return replace(text, cells=cells), faulty_rows, corrected


def _by_date(sheet: Sheet) -> list[tuple[int, _Correction]]:
    """The rows of corrections.csv with their numbers, in order of their dates."""
    rows = [_Correction(*cells) for cells in zip(*sheet.cells, strict=True)]
    return sorted(enumerate(rows, 2), key=lambda numbered: numbered[1].date)


def _faults(
    correction: _Correction,
    cells: Mapping[str, np.ndarray],
    position: Mapping[str, int],
    key: str,
) -> Iterator[str]:
    """The messages that apply to a row of corrections.csv."""
    known_id = correction.id in position
    known_variable = correction.variable in cells and correction.variable != key
    if not _is_date(correction.date):
        yield messages.NO_DATE
    if not known_id:
        yield messages.UNKNOWN_ID
    if not known_variable:
        yield messages.UNKNOWN_VARIABLE
    elif known_id and cells[correction.variable][position[correction.id]] != correction.old:
        yield messages.OTHER_OLD_VALUE
    if not correction.reason.strip() or correction.old == correction.new:
        yield messages.NOTHING_CHANGED


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
