"""sources.yaml: how an analyst's own files become one table under the names of the dictionary.

Names and value labels are mapped, tables are merged on the id, dated corrections are applied; all as text, before any
cell is checked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator, Field

from mothers_margins.cohort import Event
from mothers_margins.dictionary import parse_yaml
from mothers_margins.errors import count, listed
from mothers_margins.files import Sheet, UnreadableError, read_file
from mothers_margins.schema import Definition
from mothers_margins.study import Study, near

# Text that no file can hold (a file with a NUL is refused), for cells that a table does not have.
NO_ROW, NOT_SUPPLIED, UNMAPPED = "\0no row", "\0not supplied", "\0unmapped"
CORRECTION = ("date", "id", "variable", "old", "new", "reason")


class Mapped(Definition):
    """Where one variable stands: a column, and what its codes or value labels mean in the dictionary."""

    column: str = Field(alias="from")
    values: dict[str, str] = {}


def _as_mapped(written: Any) -> Any:
    return {"from": written} if isinstance(written, str) else written


class SourceTable(Definition):
    """One file. items: for an instrument, how its columns are called, with {n} or {nn} for the item's number.

    others: what is done with columns that are not named here.
    """

    file: str = Field(pattern=r"^[^/\\]+$")  # beside sources.yaml: no path
    id: str
    sheet: str = ""
    variables: dict[str, Annotated[Mapped, BeforeValidator(_as_mapped)]] = {}
    items: dict[str, str] = {}
    others: str = Field("refuse", pattern="^(refuse|ignore)$")


class SourcesFile(Definition):
    """sources.yaml as written. The first table says which dyads there are; the others are merged on the id."""

    tables: tuple[SourceTable, ...] = Field(min_length=1)
    corrections: str = Field("", pattern=r"^[^/\\]*$")


@dataclass(frozen=True)
class Text:
    """All cells as text under names of the dictionary, with where each column stands in the analyst's files.

    cells, rows: per column, its text and the number of each row in its file. files: the file of each column, empty if
    there is one only. extra: positions of columns that are not declared.
    """

    cells: Mapping[str, np.ndarray]
    rows: Mapping[str, np.ndarray]
    files: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, list[int]] = field(default_factory=dict)
    twice: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()


def read_text(path: Path, study: Study) -> Text:
    """Read one file in the dictionary's own names, or, for a folder or a sources.yaml, the files that it maps.

    Raises UnreadableError with all that keeps the files from being read, one line each.
    """
    if not _is_map(path):
        return _own_names(read_file(path), study)
    plan, faults = parse_yaml(_map_of(path, study), SourcesFile)
    faults += _faults(plan, study) if plan else []
    if plan is None or faults:
        raise UnreadableError("\n".join(faults))
    folder, tables, problems = path if path.is_dir() else path.parent, [], []
    for table in plan.tables:
        try:
            tables.append(_mapped(read_file(folder / table.file, table.sheet), table, study))
        except UnreadableError as error:
            problems += [f"{table.file}: {line}" for line in str(error).split("\n")]
    if problems:
        raise UnreadableError("\n".join(problems))
    merged = _merged(tables, plan.tables, study)
    return _corrected(merged, folder / plan.corrections, study) if plan.corrections else merged


def files_read(path: Path, study: Study) -> list[Path]:
    """All files that `read_text` reads for a path, in order."""
    if not _is_map(path):
        return [path]
    plan, _ = parse_yaml(_map_of(path, study), SourcesFile)
    folder = path if path.is_dir() else path.parent
    names = [*(table.file for table in plan.tables), *filter(None, [plan.corrections])] if plan else []
    return [_map_of(path, study), *(folder / name for name in names)]


def _is_map(path: Path) -> bool:
    return path.is_dir() or path.suffix.lower() in (".yaml", ".yml")


def _map_of(path: Path, study: Study) -> Path:
    """The sources.yaml of a folder, else the study's."""
    own = path / "sources.yaml" if path.is_dir() else path
    return own if own.is_file() else study.folder / "sources.yaml"


def _own_names(sheet: Sheet, study: Study) -> Text:
    numbers = np.arange(len(sheet.cells[0])) + sheet.first
    known = {*study.fields, *supplied_scores(study)}
    cells = {
        name: _labelled(texts, sheet.labels.get(name, {}), {}, study, name)
        for name, texts in zip(sheet.header, sheet.cells, strict=True)
        if name in known
    }
    extra = [position for position, name in enumerate(sheet.header, 1) if name not in known]
    twice = tuple(sorted({name for name in sheet.header if sheet.header.count(name) > 1 and name in known}))
    return Text(cells, dict.fromkeys(cells, numbers), extra={"": extra} if extra else {}, twice=twice)


def supplied_scores(study: Study) -> list[str]:
    """What a file may hold in place of what it is made from: scores of instruments, and fifths of deprivation."""
    return [*study.scores, *(name for name, made in study.derived.items() if made.fifths)]


def _faults(plan: SourcesFile, study: Study) -> list[str]:
    known = [*study.fields, *supplied_scores(study)]
    instruments = [instrument.name for instrument in study.schema.instruments]
    faults = []
    for table in plan.tables:
        place = f"sources.yaml: {table.file}"
        faults += [f"{place}: no variable '{name}'{near(name, known)}" for name in table.variables if name not in known]
        faults += [f"{place}: no instrument '{name}'" for name in table.items if name not in instruments]
        for name, mapped in table.variables.items():
            wrong = [level for level in mapped.values.values() if level not in _allowed(study, name)]
            faults += [f"{place}: {name}: '{level}' is no level or missing code" for level in wrong]
    named = [name for table in plan.tables for name in (*table.variables, *(f"items of {i}" for i in table.items))]
    faults += [f"sources.yaml: {name} stands {named.count(name)} times" for name in {*named} if named.count(name) > 1]
    return faults


def _allowed(study: Study, name: str) -> list[str]:
    declared = study.fields.get(name)
    codes = [code.value for code in (declared and declared.missing_values) or study.schema.missing_values]
    levels = study.levels(name) if name in study.declared else ()
    return [*levels, *(declared.true_values if declared else ()), *(declared.false_values if declared else ()), *codes]


def _mapped(sheet: Sheet, table: SourceTable, study: Study) -> tuple[np.ndarray, Text]:
    """The ids of a table, and its columns under the dictionary's names."""
    wanted = dict(table.variables)
    for instrument in study.schema.instruments:
        pattern = table.items.get(instrument.name)
        for number in range(1, instrument.items + 1) if pattern else ():
            written = str(pattern).replace("{nn}", f"{number:02d}").replace("{n}", str(number))
            wanted[instrument.item(number)] = Mapped.model_validate({"from": written})
    header = list(sheet.header)
    absent = [one.column for one in wanted.values() if one.column not in header]
    problems = [f"column '{name}', which sources.yaml names, is missing" for name in absent]
    problems += [] if table.id in header else [f"column '{table.id}', the id, is missing"]
    problems += [f"column '{name}' stands more than once" for name in {*header} if header.count(name) > 1]
    others = {*header} - {one.column for one in wanted.values()} - {table.id}
    if others and table.others == "refuse":
        positions = [position for position, name in enumerate(header, 1) if name in others]
        problems.append(f"{count(len(others), 'column')} not named in sources.yaml ({listed(positions, 'column')})")
    ids = sheet.cells[header.index(table.id)] if table.id in header else np.array([], dtype=object)
    numbers = np.arange(len(ids)) + sheet.first
    _, times = np.unique(ids.astype(str), return_counts=True)
    if (times > 1).any():
        problems.append(f"{count(int((times > 1).sum()), 'id')} with more than one row")
    if (ids == "").any():
        problems.append(f"{count(int((ids == '').sum()), 'row')} without an id ({listed(list(numbers[ids == '']))})")
    if problems:
        raise UnreadableError("\n".join(problems))
    cells = {
        name: _labelled(
            sheet.cells[header.index(one.column)], sheet.labels.get(one.column, {}), one.values, study, name
        )
        for name, one in wanted.items()
    }
    return ids, Text(cells, dict.fromkeys(cells, numbers), dict.fromkeys(cells, table.file))


def _labelled(
    texts: np.ndarray, labels: Mapping[str, str], values: Mapping[str, str], study: Study, name: str
) -> np.ndarray:
    """Codes of the dictionary: as sources.yaml maps the code or its value label; else the label, if it is a level."""
    if not labels and not values:
        return texts
    allowed = _allowed(study, name)
    codes = [code.value for code in study.schema.missing_values] + allowed[len(study.levels(name)) :]
    meant = {}
    for text in {*texts}:
        label = labels.get(text, "")
        if text in values or label in values:
            meant[text] = values[text] if text in values else values[label]
        elif text in codes:
            meant[text] = text
        elif values:
            meant[text] = UNMAPPED
        else:
            meant[text] = label if label in allowed else text
    return np.array([meant[text] for text in texts], dtype=object)


def _merged(tables: list[tuple[np.ndarray, Text]], plans: tuple[SourceTable, ...], study: Study) -> Text:
    """All tables as one, a row per id of the first; a cell without a row in its table is missing for that reason."""
    ids = tables[0][0]
    key = study.schema.primary_key[0]
    cells, rows, files, events = {key: ids}, {key: np.arange(len(ids)) + 1}, {key: plans[0].file}, []
    for (own, text), plan in zip(tables, plans, strict=True):
        position = {one: number for number, one in enumerate(own)}
        place = np.array([position.get(one, -1) for one in ids])
        for name, texts in text.cells.items():
            cells[name] = np.where(place < 0, NO_ROW, texts[place])
            rows[name] = np.where(place < 0, 0, text.rows[name][place])
            files[name] = plan.file
            rows[key] = text.rows[name] if own is ids else rows[key]
        unmatched = {"dyad without a row in": (place < 0).sum(), "row left out of": len({*own} - {*ids})}
        events += [Event("sources", f"{what} {plan.file}", "", int(number)) for what, number in unmatched.items()]
    return Text(cells, rows, files, events=tuple(events[2:]))


def _corrected(text: Text, path: Path, study: Study) -> Text:
    """Cells changed as corrections.csv says, in order of its dates. Raises UnreadableError with all faults."""
    try:
        sheet = read_file(path)
    except UnreadableError as error:
        raise UnreadableError(f"{path.name}: {error}") from None
    if sheet.header != CORRECTION:
        raise UnreadableError(f"{path.name}: its columns must be {', '.join(CORRECTION)}")
    lines = sorted(enumerate(zip(*sheet.cells, strict=True), 2), key=lambda line: line[1][0])
    cells = {name: texts.copy() for name, texts in text.cells.items()}
    position = {one: number for number, one in enumerate(cells[study.schema.primary_key[0]])}
    faults: dict[str, list[int]] = {}
    events: dict[str, int] = {}
    for line, correction in lines:
        wrong = list(_wrong(correction, cells, position))
        for fault in wrong:
            faults.setdefault(fault, []).append(line)
        if not wrong:
            _, one, variable, _, new, _ = correction
            cells[variable][position[one]] = new
            events[variable] = events.get(variable, 0) + 1
    if faults:
        problems = (f"{path.name}: {count(len(at), 'row')} {fault} ({listed(at)})" for fault, at in faults.items())
        raise UnreadableError("\n".join(problems))
    applied = [Event("corrections", "cell corrected", name, number) for name, number in events.items()]
    return replace(text, cells=cells, events=(*text.events, *applied))


def _wrong(correction: tuple[str, ...], cells: Mapping[str, np.ndarray], position: Mapping[str, int]) -> Iterator[str]:
    when, one, variable, old, new, reason = correction
    try:
        date.fromisoformat(when)
    except ValueError:
        yield "without a date such as 2026-11-22"
    if one not in position:
        yield "with an id that the first table does not have"
    if variable not in cells:
        yield "with a variable that the files do not hold"
    elif one in position and cells[variable][position[one]] != old:
        yield "whose old value is not the one in the data"
    if not reason or old == new:
        yield "without a reason, or that changes nothing"
