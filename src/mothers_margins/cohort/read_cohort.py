"""Reads participant files into a `Cohort`, or says in one error all that is wrong: counts and rows,
never a value.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from mothers_margins import places
from mothers_margins.cohort import messages
from mothers_margins.cohort.check_column import check_column
from mothers_margins.cohort.cohort import Cohort
from mothers_margins.cohort.conditions import checks, concerned
from mothers_margins.cohort.files import READERS
from mothers_margins.cohort.merge_sources import (
    NO_ROW,
    NOT_HELD,
    NOT_SUPPLIED,
    Text,
    data_files,
    read_text,
)
from mothers_margins.cohort.sheet import UnreadableError
from mothers_margins.cohort.who_counts import rows_of_nothing
from mothers_margins.errors import DataError, UsageError, count, expect, unknown
from mothers_margins.study.participant_table import Score, Variable
from mothers_margins.study.read_study import read_study
from mothers_margins.study.source import Source
from mothers_margins.study.study import Study

# Why a combination cannot be, where the study gives no reason of its own.
UNREASONED = {
    "behind_open_gate": "only behind its closed gate are its items not asked",
    "not_the_sum": "it is not their sum",
}


def open_cohort(study: Study) -> Cohort:
    """The analyst's own file where one is named, else the demonstration data that are shipped.

    Restricted data are found through the environment variable MOTHERS_MARGINS_DATA or through
    local.yaml in the project's folder ({study: path}, not in git). A path is never a notebook
    parameter: papermill copies those. Raises DataError as `read_cohort` does, UsageError if
    local.yaml cannot be used.
    """
    expect(study, Study, "open_cohort", 'a study: mm.read_study("…")')
    named = os.environ.get(places.DATA) or _local_paths(study).get(study.name, places.DEMO)
    if named == places.DEMO:
        return read_cohort(study.folder / study.file.data.demo, study)
    return read_cohort(named, study)


def _local_paths(study: Study) -> dict[str, str]:
    """The analyst's own files by study, as local.yaml names them; none if there is no such file."""
    path = places.project() / "local.yaml"
    if not path.is_file():
        return {}
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, ValueError, yaml.YAMLError):
        content = None
    if not isinstance(content, dict) or not all(isinstance(own, str) for own in content.values()):
        raise UsageError("local.yaml: must hold lines of the form  study: path")
    known = [folder.name for folder in study.folder.parent.iterdir()]
    wrong = [name for name in content if name not in known]
    if wrong:
        raise unknown("study", wrong, known, "local.yaml")
    return {name: str(Path(own).expanduser()) for name, own in content.items()}


def read_cohort(path: str | Path, study: Study) -> Cohort:
    """Read participant files and check them against the study.

    path: one .csv (UTF-8), .dta, .xlsx, .parquet or .sav file with the dictionary's own names; or a
    sources.yaml, or a folder, whose files have names of their own (the folder's sources.yaml, else
    the study's, says what they mean). Returns a `Cohort`; files without the study's data_status
    column are restricted. An instrument's items may be absent where one of its scores is supplied
    in their place. Raises DataError with every problem of the files: counts and row numbers, never
    a value or an id.
    """
    expect(study, Study, "read_cohort", 'a study: mm.read_study("…")')
    path = Path(path)
    cohort, problems = _checked(path, study)
    # raised where no cell is at hand: a traceback can print local variables
    if problems or cohort is None:
        raise _refused(problems, study, path)
    return cohort


def _checked(path: Path, study: Study) -> tuple[Cohort | None, list[str]]:
    """The cohort as far as it can be made, and all problems of its files."""
    try:
        text = read_text(path, study)
    except UnreadableError as error:
        return None, str(error).split("\n")
    empty_rows = _empty_rows(text, study)
    text, problems = _complete(text, study)
    problems += empty_rows
    if not text.cells:
        return None, problems
    columns = {name: check_column(text, name, _field(study, name), study) for name in text.cells}
    for name, column in columns.items():
        problems += [f"{name}: {problem}" for problem in column.problems]
    data = pd.DataFrame({name: column.values for name, column in columns.items()})
    reasons = pd.DataFrame({name: column.reasons for name, column in columns.items()})
    problems += _apply_questions(data, reasons, text, study)
    source = _source(data, study)
    problems += _false_marks(data, study)
    cohort = Cohort(data, reasons, source, study, events=text.events)
    unusable = {name: column.wrong for name, column in columns.items()}
    problems += _impossible(cohort, text, unusable)
    if source.kind == "restricted" and any(map(places.inside_project, data_files(path, study))):
        problems.append(messages.INSIDE_PROJECT)
    return cohort, problems


def _empty_rows(text: Text, study: Study) -> list[str]:
    """Rows with an id, of which nothing is recorded in any file."""
    key = study.schema.primary_key[0]
    if key not in text.cells:
        return []
    others = {
        name: texts
        for name, texts in text.cells.items()
        if name != key and (name not in study.fields or study.fields[name].role != "data_status")
    }
    positions = rows_of_nothing(others, (NO_ROW, NOT_HELD))
    # without an id too it is told already that it has none
    named = [position for position in positions if text.cells[key][position].strip()]
    return [messages.of_rows(messages.ONLY_ID, text.rows[key][named])] if named else []


def likely_study(path: Path) -> str:
    """The study whose fields the first line of a .csv names most of; esmi for any other kind of
    file.
    """
    names = _names_in_first_line(path)
    folders = (places.project() / "data_dictionary").glob("*/study.yaml")
    shared = {
        name: len(names & {*read_study(name).fields})
        for name in sorted(path.parent.name for path in folders)
    }
    return max(shared, key=lambda name: (shared[name], name == "esmi"))


def _names_in_first_line(path: Path) -> set[str]:
    """Names of the columns of a .csv; none of any other file, or of one that is no text."""
    try:
        if path.suffix.lower() != ".csv" or not path.is_file():
            return set()
        with path.open(encoding="utf-8-sig") as lines:
            return {*lines.readline().strip().replace('"', "").split(",")}
    except (OSError, UnicodeDecodeError):
        return set()


def missing_cells(cohort: Cohort) -> Iterator[str]:
    """What is missing, in a line per variable, or per instrument for items; what does not apply is
    counted apart.
    """
    study = cohort.study
    names_of = {instrument.title: [*instrument.fields()] for instrument in study.schema.instruments}
    items = {name for names in names_of.values() for name in names}
    names_of |= {name: [name] for name in map(str, cohort.data) if name not in items}
    absent = cohort.data.isna()
    not_applicable = absent & cohort.reasons.isin(study.not_applicable)
    for title, names in names_of.items():
        apply_not = int(not_applicable[names].sum().sum())
        unknown_cells = int(absent[names].sum().sum()) - apply_not
        counts = []
        if unknown_cells:
            counts.append(count(unknown_cells, "missing cell"))
        if apply_not:
            counts.append(f"{apply_not} not applicable")
        if counts:
            yield f"{title}: {', '.join(counts)}"


def _refused(problems: list[str], study: Study, path: Path) -> DataError:
    remedy = (
        f"{_first_row(path)}. Correct the file, or data_dictionary/{study.name}/{_other_source()}."
    )
    return DataError(
        f"The data file: {count(len(problems), 'problem')}; nothing was analysed.", problems, remedy
    )


def _first_row(path: Path) -> str:
    """What row 1 is, so that the row numbers can be found."""
    kind = path.suffix.lower()
    if kind not in READERS:
        return (
            "In a .csv or .xlsx file row 1 holds the names; in any other it is the first "
            "participant"
        )
    if kind in (".csv", ".xlsx"):
        return "Row 1 holds the names"
    return "Row 1 is the first participant"


def _other_source() -> str:
    if not os.environ.get(places.DATA):
        return ""
    return f", or unset {places.DATA} to use the demonstration data"


def _complete(text: Text, study: Study) -> tuple[Text, list[str]]:
    """The text with a column for every field, and what is wrong with its columns."""
    rows = next(iter(text.rows.values()), np.array([], dtype=int))
    cells = dict(text.cells)
    problems: list[str] = []
    absent = {
        name
        for name, field in study.fields.items()
        if name not in cells and field.role != "data_status"
    }
    for score, parts in _stand_ins(study).items():
        if score not in text.cells:
            continue
        if parts <= absent:
            cells |= dict.fromkeys(parts, np.full(len(rows), NOT_SUPPLIED, dtype=object))
        else:
            problems.append(messages.SUPPLIED_BESIDE_PARTS.format(name=score))
    problems += _missing_columns(absent - {*cells}, study)
    in_order = {name: cells[name] for name in (*study.fields, *cells) if name in cells}
    numbers = {name: text.rows.get(name, rows) for name in in_order}
    return Text(in_order, numbers, text.files, events=text.events), [*problems, *text.problems]


def _stand_ins(study: Study) -> dict[str, set[str]]:
    """What a file may hold in place of some fields, by name, with these fields."""
    fields_of = {name: {*study.instruments[name].fields()} for name in study.scores}
    for name, derived in study.derived.items():
        if derived.fifths:
            fields_of[name] = {derived.fifths.rank}
    return fields_of


def _missing_columns(missing: set[str], study: Study) -> Iterator[str]:
    """A problem per missing column; one for an instrument of which more than three are missing."""
    told: set[str] = set()
    for instrument in study.schema.instruments:
        items = [name for name in instrument.fields() if name in missing - told]
        if len(items) > 3:
            told.update(items)
            yield messages.ITEMS_MISSING.format(
                number=len(items),
                items=instrument.items,
                first=items[0],
                last=items[-1],
                scores=", ".join(score.name for score in instrument.scores),
            )
    for name in study.fields:
        if name in missing and name not in told:
            yield messages.COLUMN_MISSING.format(name=name)


def _field(study: Study, name: str) -> Variable:
    """A field as declared; for a score that is supplied in place of its items, what it may be."""
    if name in study.fields:
        return study.fields[name]
    if name in study.scores:
        return _field_of_score(study, study.scores[name])
    return Variable.model_validate(
        {
            "name": name,
            "title": study.label(name),
            "x-role": "variable",
            "type": "string",
            "categories": study.levels(name),
            "categoriesOrdered": True,
        }
    )


def _field_of_score(study: Study, score: Score) -> Variable:
    low, high = study.limits(score.name)
    item = study.fields[next(study.instruments[score.name].fields())]
    # a code of the items has their reason where the file gives it another
    codes = {code.value: code for code in (*study.schema.missing_values, *item.missing_values)}
    return Variable.model_validate(
        {
            "name": score.name,
            "title": study.label(score.name),
            "x-role": "variable",
            "type": "number",
            "constraints": {"minimum": low, "maximum": high},
            "missingValues": [*codes.values()],
        }
    )


def _apply_questions(
    data: pd.DataFrame, reasons: pd.DataFrame, text: Text, study: Study
) -> list[str]:
    """Empty cells of questions that do not concern a participant become not applicable, in place.

    Returns problems: cells that say so although the question concerns her.
    """
    problems = []
    for name, field in study.fields.items():
        if not field.applies_where or not {name, *field.applies_where} <= {*data}:
            continue
        concerns = concerned(data, study, field)
        apply_not = reasons[name].isin(study.not_applicable)
        wrong = (apply_not & concerns.fillna(False)).to_numpy(dtype=bool)
        if wrong.any():
            rows = text.rows[name][wrong]
            problems.append(messages.of_rows(messages.APPLIES_AFTER_ALL, rows, name=name))
        label = next(code.label for code in field.missing_values if code.not_applicable)
        empty = (text.cells[name] == "") & (~concerns).fillna(False).to_numpy(dtype=bool)
        reasons[name] = reasons[name].mask(empty, label)
    return problems


def _impossible(cohort: Cohort, text: Text, unusable: Mapping[str, np.ndarray]) -> Iterator[str]:
    """Rows with combinations that cannot be; not where one of the cells is unusable, which has been
    said already.
    """
    numbers = text.rows.get(cohort.study.schema.primary_key[0], np.arange(len(cohort)) + 2)
    for check in checks(cohort):
        told_already = np.logical_or.reduce([unusable[name] for name in check.variables])
        wrong = check.rows.to_numpy() & ~told_already
        if wrong.any():
            reason = check.reason or UNREASONED[check.code]
            yield messages.of_rows(
                messages.IMPOSSIBLE, numbers[wrong], what=check.what, reason=reason
            )


def _marks(data: pd.DataFrame, study: Study) -> list[str]:
    """The column, if there is one, that says that the rows are made up."""
    fields = study.fields.items()
    return [name for name, field in fields if field.role == "data_status" and name in data]


def _source(data: pd.DataFrame, study: Study) -> Source:
    """Where the rows come from, as far as they say so."""
    if _marks(data, study):
        return Source(study.file.data.demo_status, len(data), study.file.data.statement)
    statement = "Not yet through disclosure control: for the research team only."
    return Source("restricted", len(data), statement)


def _false_marks(data: pd.DataFrame, study: Study) -> Iterator[str]:
    """What contradicts the source: ids of made-up rows without the mark, or the other way round."""
    marks = _marks(data, study)
    for name, field in study.fields.items():
        prefix = field.made_up_prefix
        if not prefix or name not in data:
            continue
        begins = data[name].str.casefold().str.startswith(prefix.casefold())
        made_up = begins.fillna(False).astype(bool)
        if made_up.any() and not marks:
            yield messages.UNMARKED
        if marks and not made_up.all():
            rows = count(int((~made_up).sum()), "row")
            yield messages.NOT_MADE_UP.format(mark=marks[0], rows=rows, prefix=prefix)
    status = study.file.data.demo_status
    for mark in marks[:1]:
        if data[mark].nunique(dropna=False) != 1 or data[mark].iloc[0] != status:
            yield messages.NOT_ALL_MARKED.format(mark=mark, status=status)
