"""Reads participant files into a `Cohort`, or says in one error all that is wrong: counts and rows,
never a value.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from mothers_margins import places
from mothers_margins.cohort.cohort import Cohort
from mothers_margins.cohort.conditions import checks, holds
from mothers_margins.cohort.files import READERS, UnreadableError
from mothers_margins.cohort.merge_sources import (
    NO_ROW,
    NOT_HELD,
    NOT_SUPPLIED,
    UNMAPPED,
    Text,
    data_files,
    read_text,
)
from mothers_margins.cohort.scores import ONLY_SCORE
from mothers_margins.errors import DataError, UsageError, count, expect, listed, unknown
from mothers_margins.study.conditions import Condition
from mothers_margins.study.participant_table import Variable
from mothers_margins.study.read_study import read_study
from mothers_margins.study.study import Source, Study

WHOLE = re.compile(r"[-+]?[0-9]{1,15}")
NUMBER = re.compile(r"[-+]?([0-9]{1,15}\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,2})?")
# Why a combination cannot be, where the study gives no reason of its own.
UNREASONED = {
    "behind_open_gate": "only behind its closed gate are its items not asked",
    "not_the_sum": "it is not their sum",
}
# Why a cell that no file holds is missing: codes, whose words stand in `terms`.
ABSENT = {NO_ROW: "no_row_in_table", NOT_SUPPLIED: ONLY_SCORE, NOT_HELD: "not_held"}


def open_cohort(study: Study) -> Cohort:
    """The analyst's own file where one is named, else the demonstration data that are shipped.

    Restricted data are found through the environment variable MOTHERS_MARGINS_DATA or through
    local.yaml in the project's folder ({study: path}, not in git). A path is never a notebook
    parameter: papermill copies those. Raises DataError as `read_cohort` does, UsageError if
    local.yaml cannot be used.
    """
    expect(study, Study, "open_cohort", 'a study: mm.read_study("…")')
    named = os.environ.get(places.DATA) or _local_paths(study).get(study.name, places.DEMO)
    return read_cohort(
        study.folder / study.file.data.demo if named == places.DEMO else named, study
    )


def _local_paths(study: Study) -> Mapping[str, str]:
    path = places.project() / "local.yaml"
    try:
        content = (
            yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None
        ) or {}
    except (OSError, ValueError, yaml.YAMLError):
        content = None
    if not (
        isinstance(content, dict) and all(isinstance(value, str) for value in content.values())
    ):
        raise UsageError("local.yaml: must hold lines of the form  study: path")
    known = [folder.name for folder in study.folder.parent.iterdir()]
    wrong = [name for name in content if name not in known]
    if wrong:
        raise unknown("study", wrong, known, "local.yaml")
    return {name: str(Path(value).expanduser()) for name, value in content.items()}


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
    if (
        problems or cohort is None
    ):  # raised where no cell is at hand: a traceback can print local variables
        raise _refused(problems, study, path)
    return cohort


def _checked(path: Path, study: Study) -> tuple[Cohort | None, list[str]]:
    """The cohort as far as it can be made, and all problems of its files."""
    try:
        text = read_text(path, study)
    except UnreadableError as error:
        return None, str(error).split("\n")
    text, problems = _complete(text, study)
    if not text.cells:
        return None, problems
    columns = {name: _column(text, name, _field(study, name), study) for name in text.cells}
    problems += [
        f"{name}: {problem}" for name, column in columns.items() for problem in column.problems
    ]
    data = pd.DataFrame({name: column.values for name, column in columns.items()})
    reasons = pd.DataFrame({name: column.reasons for name, column in columns.items()})
    problems += _applied(data, reasons, text, study)
    source, unmarked = _source(data, study)
    cohort = Cohort(data, reasons, source, study, events=text.events)
    problems += [
        *unmarked,
        *_impossible(cohort, text, {name: column.wrong for name, column in columns.items()}),
    ]
    inside = any(places.inside_project(file) for file in data_files(path, study))
    if source.kind == "restricted" and inside:
        problems.append("it is restricted and lies inside the project's folder; move it out")
    return cohort, problems


@dataclass(frozen=True)
class _Column:
    """One column checked. wrong: rows with a cell that cannot be used."""

    values: pd.Series
    reasons: pd.Series
    wrong: np.ndarray
    problems: list[str]


def likely_study(path: Path) -> str:
    """The study whose fields the first line of a .csv names most of; esmi for any other kind of
    file.
    """
    try:
        with path.open(encoding="utf-8-sig") as lines:
            names = (
                {*lines.readline().strip().replace('"', "").split(",")}
                if path.suffix.lower() == ".csv"
                else set()
            )
    except (OSError, UnicodeDecodeError):
        names = set()
    folders = (places.project() / "data_dictionary").glob("*/study.yaml")
    shared = {
        name: len(names & {*read_study(name).fields})
        for name in sorted(path.parent.name for path in folders)
    }
    return max(shared, key=lambda name: (shared[name], name == "esmi"))


def missing_cells(cohort: Cohort) -> Iterator[str]:
    """What is missing, in a line per variable, or per instrument for items; what does not apply is
    counted apart.
    """
    study = cohort.study
    parts = {instrument.title: [*instrument.fields()] for instrument in study.schema.instruments}
    items = {name for names in parts.values() for name in names}
    parts |= {name: [name] for name in map(str, cohort.data) if name not in items}
    absent = cohort.data.isna()
    apply_not = absent & cohort.reasons.isin(study.not_applicable)
    for title, names in parts.items():
        known_not, not_asked = (
            int((absent & ~apply_not)[names].sum().sum()),
            int(apply_not[names].sum().sum()),
        )
        said = [f"{count(known_not, 'missing cell')}"] * bool(known_not) + [
            f"{not_asked} not applicable"
        ] * bool(not_asked)
        if said:
            yield f"{title}: {', '.join(said)}"


def _refused(problems: list[str], study: Study, path: Path) -> DataError:
    first = (
        "Row 1 holds the names"
        if path.suffix.lower() in (".csv", ".xlsx")
        else "Row 1 is the first participant"
    )
    if path.suffix.lower() not in READERS:
        first = (
            "In a .csv or .xlsx file row 1 holds the names; in any other it is the first "
            "participant"
        )
    unset = (
        f", or unset {places.DATA} to use the demonstration data"
        if os.environ.get(places.DATA)
        else ""
    )
    remedy = f"{first}. Correct the file, or data_dictionary/{study.name}/{unset}."
    return DataError(
        f"The data file: {count(len(problems), 'problem')}; nothing was analysed.", problems, remedy
    )


def _complete(text: Text, study: Study) -> tuple[Text, list[str]]:
    """The text with a column for every field, and what is wrong with its columns."""
    rows = next(iter(text.rows.values()), np.array([], dtype=int))
    cells, problems = dict(text.cells), []
    stand_ins = [
        (score.name, {*study.instruments[score.name].fields()}) for score in study.scores.values()
    ]
    stand_ins += [(name, {made.fifths.rank}) for name, made in study.derived.items() if made.fifths]
    absent = (
        {*study.fields}
        - {*cells}
        - {name for name, field in study.fields.items() if field.role == "data_status"}
    )
    for score, made_from in stand_ins:
        if score in cells and made_from <= absent | {
            name for name in cells if (cells[name] == NOT_SUPPLIED).all()
        }:
            cells |= dict.fromkeys(made_from, np.full(len(rows), NOT_SUPPLIED, dtype=object))
        elif score in cells:
            problems.append(
                f"column '{score}' is supplied beside what it is made from; leave one of them out"
            )
    missing = [name for name in study.fields if name in absent and name not in cells]
    for instrument in study.schema.instruments:
        items = [name for name in instrument.fields() if name in missing]
        if len(items) > 3:
            missing = [name for name in missing if name not in items]
            scores = ", ".join(score.name for score in instrument.scores)
            said = (
                f"{len(items)} of {instrument.items} columns {items[0]} to {items[-1]} are missing"
            )
            problems.append(f"{said}; if only a score was kept, name it one of: {scores}")
    problems += [f"column '{name}' is missing" for name in missing]
    ordered = {name: cells[name] for name in (*study.fields, *cells) if name in cells}
    numbers = {name: text.rows.get(name, rows) for name in ordered}
    return Text(ordered, numbers, text.files, events=text.events), [*problems, *text.problems]


def _field(study: Study, name: str) -> Variable:
    """A field as declared; for a score that is supplied in place of its items, what it may be."""
    if name in study.fields:
        return study.fields[name]
    made: dict[str, Any] = {"name": name, "title": study.label(name), "x-role": "variable"}
    if name in study.scores:
        low, high = study.limits(name)
        item = study.fields[next(study.instruments[name].fields())]
        codes = {code.value: code for code in (*study.schema.missing_values, *item.missing_values)}
        made |= {
            "type": "number",
            "constraints": {"minimum": low, "maximum": high},
            "missingValues": [*codes.values()],
        }
        return Variable.model_validate(made)
    return Variable.model_validate(
        {**made, "type": "string", "categories": study.levels(name), "categoriesOrdered": True}
    )


def _as_codes(text: str) -> str:
    """Diagnosis codes as they are declared: no blanks, with the point that some extracts leave out
    (F603, F60.3).
    """
    return re.sub(r"\b([A-Z][0-9]{2})([0-9]{1,2})X?\b", r"\1.\2", re.sub(r"\s", "", text))


def _column(text: Text, name: str, field: Variable, study: Study) -> _Column:
    """Typed values, reasons for missing cells, and problems of one column. It works on distinct
    texts.
    """
    cells = text.cells[name]
    if field.role == "codes" or field.empty:
        plain = field.role != "codes"
        written = {
            one: one if plain or one in ABSENT else _as_codes(one) for one in pd.unique(cells)
        }
        cells = np.array([written[one] or field.empty for one in cells], dtype=object)
    place, found = pd.factorize(cells)
    codes = {code.value: code.label for code in study.missing_codes(field)} | ABSENT
    limits, file, problems = field.constraints, text.files.get(name, ""), list[str]()
    judged = np.array([one not in codes for one in found], dtype=bool)  # what is still to be judged

    def report(wrong: np.ndarray, what: str) -> None:
        """Say in which rows the texts are `wrong`, and judge them no further."""
        nonlocal judged
        at = text.rows[name][(wrong & judged)[place]]
        if len(at):
            problems.append(
                f"{count(len(at), 'row')} {what} "
                f"({listed(at.tolist())}{' of ' + file if file else ''})"
            )
        judged &= ~wrong

    def each(test: re.Pattern[str]) -> np.ndarray:
        return np.array([test.fullmatch(one) is not None for one in found], dtype=bool)

    missing = ~judged
    if limits.required and missing.any():
        judged = missing.copy()
        report(missing, "without a value, which is required")
        judged = ~missing
    report(
        np.array([one == UNMAPPED for one in found], dtype=bool),
        "with a label that sources.yaml does not map",
    )
    report(
        np.array([_formula(one) for one in found], dtype=bool), "with a formula; paste its value"
    )
    if limits.unique:
        report(
            np.bincount(place, minlength=len(found)) > 1,
            "with a value that another row has too; it must be unique",
        )
    if limits.pattern:
        said = f"with a value that does not have the declared pattern {limits.pattern}"
        report(~each(re.compile(limits.pattern)), said)
    if field.levels:
        codes_of = {level: number for number, level in enumerate(field.levels)}
        known = np.array([codes_of.get(one, -1) for one in found], dtype=int)
        report(known < 0, f"with a code that is not {_declared(field.levels)}")
        kind = pd.CategoricalDtype(list(field.levels), ordered=field.categories_ordered)
        values = pd.Series(
            pd.Categorical.from_codes(np.where(judged, known, -1)[place], dtype=kind)
        )
    elif field.type == "boolean":
        yes, no = field.true_values, field.false_values
        report(
            ~np.isin(found.astype(str), [*yes, *no]),
            f"with a code that is not {_declared((*yes, *no))}",
        )
        values = pd.Series(
            pd.array(
                [one in yes if ok else None for one, ok in zip(found, judged, strict=True)],
                "boolean",
            )
        )
        values = values.take(place).reset_index(drop=True)
    elif field.type in ("integer", "number"):
        whole = field.type == "integer"
        report(
            ~each(WHOLE if whole else NUMBER),
            "without a whole number" if whole else "without a number",
        )
        numbers = np.array([float(one) if ok else 0 for one, ok in zip(found, judged, strict=True)])
        low = -np.inf if limits.minimum is None else limits.minimum
        high = np.inf if limits.maximum is None else limits.maximum
        report((numbers < low) | (numbers > high), f"outside {low:g} to {high:g}")
        masked = pd.array(np.where(judged, numbers, 0), dtype="Int64" if whole else "Float64")
        masked[~judged] = pd.NA
        values = pd.Series(masked.take(place))
    else:
        values = pd.Series(found[place], dtype="str").where(judged[place])
    reasons = np.array([codes.get(one) for one in found], dtype=object)[place]
    return _Column(values, pd.Series(reasons, dtype="str"), (~judged & ~missing)[place], problems)


def _applied(data: pd.DataFrame, reasons: pd.DataFrame, text: Text, study: Study) -> list[str]:
    """Empty cells of questions that do not concern a participant become not applicable, in place.

    Returns problems: cells that say so although the question concerns her.
    """
    problems = []
    for name, field in study.fields.items():
        if not field.applies_where or not {name, *field.applies_where} <= {*data}:
            continue
        where = {source: Condition(levels=levels) for source, levels in field.applies_where.items()}
        concerned = holds(data, study, where)
        said = reasons[name].isin(study.not_applicable)
        wrong = (said & concerned.fillna(False)).to_numpy(dtype=bool)
        if wrong.any():
            at = listed(text.rows[name][wrong].tolist())
            problems.append(
                f"{name}: {count(int(wrong.sum()), 'row')} that say it does not apply, though it "
                f"does ({at})"
            )
        label = next(code.label for code in field.missing_values if code.not_applicable)
        empty = (text.cells[name] == "") & (~concerned).fillna(False).to_numpy(dtype=bool)
        reasons[name] = reasons[name].mask(empty, label)
    return problems


def _formula(text: str) -> bool:
    """Whether a spreadsheet program would calculate the cell."""
    return text[:1] in ("=", "@") or (
        text[:1] in ("+", "-") and NUMBER.fullmatch(text) is None and text != "-"
    )


def _declared(levels: tuple[str, ...]) -> str:
    return "declared (declared: " + ", ".join(f"'{level}'" for level in levels) + ")"


def _impossible(cohort: Cohort, text: Text, unusable: Mapping[str, np.ndarray]) -> Iterator[str]:
    """Rows with combinations that cannot be; not where one of the cells is unusable, which has been
    said already.
    """
    rows = text.rows.get(cohort.study.schema.primary_key[0], np.arange(len(cohort)) + 2)
    for check in checks(cohort):
        wrong = check.rows.to_numpy() & ~np.logical_or.reduce(
            [unusable[name] for name in check.variables]
        )
        if wrong.any():
            where = f"{count(int(wrong.sum()), 'row')} {check.what}"
            reason = check.reason or UNREASONED[check.code]
            yield f"{where}, which cannot be: {reason} ({listed(rows[wrong].tolist())})"


def _source(data: pd.DataFrame, study: Study) -> tuple[Source, list[str]]:
    """Where the rows come from, and what contradicts it."""
    declared = study.file.data
    problems: list[str] = []
    marks = [
        name for name, field in study.fields.items() if field.role == "data_status" and name in data
    ]
    for name, field in study.fields.items():
        prefix = field.made_up_prefix
        if not prefix or name not in data:
            continue
        made_up = (
            data[name].str.casefold().str.startswith(prefix.casefold()).fillna(False).astype(bool)
        )
        if made_up.any() and not marks:
            problems.append(
                "it holds made-up rows without the column that marks them; put that column back"
            )
        if marks and not made_up.all():
            said = f"{count(int((~made_up).sum()), 'row')} with ids that do not begin with {prefix}"
            problems.append(f"{marks[0]}: {said}, so they are not made up; leave the column out")
    if not marks:
        statement = "Not yet through disclosure control: for the research team only."
        return Source("restricted", len(data), statement), problems
    if data[marks[0]].nunique(dropna=False) != 1 or data[marks[0]].iloc[0] != declared.demo_status:
        problems.append(
            f"{marks[0]}: every row must say '{declared.demo_status}', or the column must be "
            "left out"
        )
    return Source(declared.demo_status, len(data), declared.statement), problems
