"""The cohort: participant rows that match the study definition, with where they come from and why cells are missing."""

import csv
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

import pandas as pd
import yaml

from mothers_margins import places
from mothers_margins.definition import Condition, Variable, Where
from mothers_margins.errors import DataError, UsageError, count, expect
from mothers_margins.study import Source, Study, unknown

WHOLE = r"[-+]?[0-9]{1,15}"
NUMBER = r"[-+]?([0-9]{1,15}\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,2})?"
FIRST_ROW = 2  # row numbers in messages are those of the file as a spreadsheet shows it: row 1 holds the names


@dataclass(frozen=True, eq=False, repr=False)
class Cohort:
    """Participants of one study, one row each.

    data: rows in file order, one column per variable; categorical with declared levels, Int64, Float64 or boolean.
    reasons: same shape; why a cell of `data` is missing, as the schema labels the code, else missing itself.
    """

    data: pd.DataFrame
    reasons: pd.DataFrame
    source: Source
    study: Study

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        """No row is ever shown: what a notebook displays is an output."""
        mark = self.source.mark or f"{self.source.kind.upper()} DATA"
        return f"{mark}. {count(len(self), 'row')} of study {self.study.name}. {self.source.statement}"

    def _repr_html_(self) -> str:
        style = "border-left:6px solid #5b3a7d;background:#f5f0fa;color:#1d1d1b;padding:.6em 1em;margin:.5em 0"
        return f'<div role="note" style="{style}"><strong>{escape(repr(self))}</strong></div>'


def open_cohort(study: Study) -> Cohort:
    """The analyst's own file where one is named, else the demonstration data that are shipped.

    Restricted data are found through the environment variable MOTHERS_MARGINS_DATA or through local.yaml in the
    project's folder ({study: path}, not in git). A path is never a notebook parameter: papermill copies those.
    Raises DataError as `read_cohort` does, UsageError if local.yaml cannot be used.
    """
    expect(study, Study, "open_cohort", 'a study: mm.read_study("…")')
    named = os.environ.get(places.DATA) or _local_paths(study).get(study.name, places.DEMO)
    return read_cohort(study.folder / study.file.data.demo if named == places.DEMO else named, study)


def _local_paths(study: Study) -> Mapping[str, str]:
    path = places.project() / "local.yaml"
    try:
        content = (yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None) or {}
    except (OSError, ValueError, yaml.YAMLError):
        content = None
    if not (isinstance(content, dict) and all(isinstance(value, str) for value in content.values())):
        raise UsageError("local.yaml: must hold lines of the form  study: path")
    known = [folder.name for folder in study.folder.parent.iterdir()]
    wrong = [name for name in content if name not in known]
    if wrong:
        raise unknown("study", wrong, known, "local.yaml")
    return {name: str(Path(value).expanduser()) for name, value in content.items()}


def read_cohort(path: str | Path, study: Study) -> Cohort:
    """Read a participant file (CSV in UTF-8) and check it against the study.

    Returns a `Cohort`; a file without the study's data_status column is restricted.
    Raises DataError with every problem of the file: counts and row numbers, never a value or an id.
    """
    expect(study, Study, "read_cohort", 'a study: mm.read_study("…")')
    path = Path(path)
    text = _read_text(path, study)
    problems = list(_columns(text, study))
    if not problems:
        parts = {name: _column(text[name], study.fields[name], study) for name in text.columns}
        problems = [f"{name}: {problem}" for name, (_, _, found) in parts.items() for problem in found]
    if problems:
        raise _refused(problems, study)
    data = pd.DataFrame({name: values for name, (values, _, _) in parts.items()})
    reasons = pd.DataFrame({name: why for name, (_, why, _) in parts.items()})
    cohort = Cohort(data, reasons, _source(data, study), study)
    problems = list(_impossible(cohort))
    if cohort.source.kind == "restricted" and places.inside_project(path):
        problems.append("it is restricted and lies inside the project's folder; move it out")
    if problems:
        raise _refused(problems, study)
    return cohort


def _impossible(cohort: Cohort) -> Iterator[str]:
    """Levels that a group cannot have by definition."""
    for name, declared in cohort.study.fields.items():
        for zero in declared.structural_zeros:
            wrong = group_mask(cohort, zero.group) & (cohort.data[name] == zero.level)
            if wrong.any():
                rows = f"{count(int(wrong.sum()), 'row')} of {zero.group} with '{zero.level}'"
                yield f"{name}: {rows}, which cannot be: {zero.reason} ({_listed(_numbers(wrong))})"


def _numbers(wrong: pd.Series) -> list[int]:
    """Row numbers in the file: row 1 holds the names."""
    return [int(position) + FIRST_ROW for position in wrong.to_numpy().nonzero()[0]]


def _refused(problems: list[str], study: Study) -> DataError:
    unset = f", or unset {places.DATA} to use the demonstration data" if os.environ.get(places.DATA) else ""
    remedy = f"Row 1 holds the names. Correct the file, or data_dictionary/{study.name}/{unset}."
    return DataError(f"The data file: {count(len(problems), 'problem')}; nothing was analysed.", problems, remedy)


def _read_text(path: Path, study: Study) -> pd.DataFrame:
    """All cells as text, exactly as they stand in the file."""
    if path.suffix.lower() != ".csv":
        raise _refused(["it is not a .csv file, the only kind that is read"], study)
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.reader(lines, strict=True))
    except OSError:
        raise _refused(["there is no such file, or it may not be read"], study) from None
    except (UnicodeDecodeError, csv.Error):
        # not `from error`: a decoding error carries the bytes of the file
        raise _refused(["it is not comma-separated text in UTF-8"], study) from None
    if len(rows) < FIRST_ROW:
        raise _refused(["it holds no rows of data"], study)
    header, body = rows[0], rows[1:]
    uneven = [number for number, row in enumerate(body, FIRST_ROW) if len(row) != len(header)]
    if uneven:
        raise _refused([f"{count(len(uneven), 'row')} with too many or too few cells ({_listed(uneven)})"], study)
    return pd.DataFrame(body, columns=header, dtype="str")


def _columns(text: pd.DataFrame, study: Study) -> Iterator[str]:
    optional = {name for name, field in study.fields.items() if field.role == "data_status"}
    if len(text.columns) == 1 and set(text.columns[0]) & set(";\t|"):
        yield "it has one column only; cells must be separated by commas"
        return
    for name in sorted({*study.fields} - {*text.columns} - optional):
        yield f"column '{name}' is missing"
    extra = [position for position, name in enumerate(text.columns, 1) if name not in study.fields]
    if extra:
        yield f"{count(len(extra), 'column')} that the schema does not declare ({_listed(extra, 'column')})"
    for name in sorted(set(text.columns[text.columns.duplicated()]) & {*study.fields}):
        yield f"column '{name}' stands more than once"


def _column(text: pd.Series, field: Variable, study: Study) -> tuple[pd.Series, pd.Series, list[str]]:
    """Typed values, reasons for missing cells, and problems of one column."""
    codes = {code.value: code.label for code in field.missing_values or study.schema.missing_values}
    reasons = text.map(codes).astype("str")
    known = ~text.isin(list(codes))
    limits = field.constraints
    problems = []
    values: pd.Series = text.where(known)

    def report(wrong: pd.Series, what: str) -> None:
        if wrong.any():
            problems.append(f"{count(int(wrong.sum()), 'row')} {what} ({_listed(_numbers(wrong))})")

    if limits.required:
        report(~known, "without a value, which is required")
    if limits.unique:
        report(known & text.duplicated(keep=False), "with a value that another row has too; it must be unique")
    if limits.pattern:
        report(known & ~text.str.fullmatch(limits.pattern), "with a value that does not have the declared pattern")
    if field.levels:
        report(known & ~text.isin(field.levels), f"with a code that is not {_declared(field.levels)}")
        kind = pd.CategoricalDtype(list(field.levels), ordered=field.categories_ordered)
        values = text.where(text.isin(field.levels)).astype(kind)
    elif field.type == "boolean":
        yes, no = field.true_values, field.false_values
        report(known & ~text.isin([*yes, *no]), f"with a code that is not {_declared((*yes, *no))}")
        values = text.map({**dict.fromkeys(yes, True), **dict.fromkeys(no, False)}).astype("boolean")
    elif field.type in ("integer", "number"):
        whole = field.type == "integer"
        numeric = text.str.fullmatch(WHOLE if whole else NUMBER)
        report(known & ~numeric, "without a whole number" if whole else "without a number")
        values = pd.to_numeric(text.where(known & numeric)).astype("Int64" if whole else "Float64")
        low = -float("inf") if limits.minimum is None else limits.minimum
        high = float("inf") if limits.maximum is None else limits.maximum
        report(~values.between(low, high).fillna(True).astype(bool), f"outside {low:g} to {high:g}")
    return values, reasons, problems


def _listed(numbers: list[int], noun: str = "row") -> str:
    """'rows 2, 5, 9 and 14 more'."""
    more = f" and {len(numbers) - 8} more" if len(numbers) > 8 else ""
    return f"{noun if len(numbers) == 1 else noun + 's'} {', '.join(map(str, numbers[:8]))}{more}"


def _declared(levels: tuple[str, ...]) -> str:
    return "declared (declared: " + ", ".join(f"'{level}'" for level in levels) + ")"


def _source(data: pd.DataFrame, study: Study) -> Source:
    declared = study.file.data
    marks = [name for name, field in study.fields.items() if field.role == "data_status" and name in data]
    for name, field in study.fields.items():
        prefix = field.made_up_prefix
        if prefix and not marks and data[name].str.startswith(prefix).any():
            raise _refused(["it holds made-up rows without the column that marks them; put that column back"], study)
    if not marks:
        statement = "Not yet through disclosure control: for the research team only."
        return Source("restricted", len(data), statement)
    if data[marks[0]].nunique(dropna=False) != 1 or data[marks[0]].iloc[0] != declared.demo_status:
        allowed = f"every row must say '{declared.demo_status}', or the column must be left out"
        raise _refused([f"{marks[0]}: {allowed}"], study)
    return Source(declared.demo_status, len(data), declared.statement)


def group_mask(cohort: Cohort, name: str) -> pd.Series:
    """True for the rows of a declared group; a row with a missing condition is not in it."""
    if name not in cohort.study.groups:
        raise unknown("group", [name], cohort.study.groups, f"study {cohort.study.name}")
    return where_mask(cohort, cohort.study.groups[name].where)


def broken_relations(cohort: Cohort, names: Iterable[str]) -> list[str]:
    """What the study says of how groups relate and these rows do not bear out."""
    groups = cohort.study.groups
    broken = []
    for name in names:
        whole = group_mask(cohort, name)
        outside = [part for part in groups[name].contains if (group_mask(cohort, part) & ~whole).any()]
        broken += [f"{name} does not contain {part}" for part in outside]
        difference = groups[name].difference
        if difference:
            rest = group_mask(cohort, difference.of)
            for part in difference.minus:
                rest &= ~group_mask(cohort, part)
            if (rest != whole).any():
                broken.append(f"{name} is not {difference.of} without {' and '.join(difference.minus)}")
    return broken


def where_mask(cohort: Cohort, where: Where) -> pd.Series:
    """True for the rows that meet every condition; a missing value meets none."""
    mask = pd.Series(True, index=cohort.data.index)
    for name, condition in where.items():
        mask &= _meets(cohort, name, condition)
    return mask


def _meets(cohort: Cohort, name: str, condition: Condition) -> pd.Series:
    if name in cohort.study.sets:
        asked = [option.name for option in cohort.study.sets[name] if option.title in condition.levels]
        answers = cohort.data[asked]
        any_of = answers.any(axis=1).astype(bool)
        return ~any_of & answers.notna().all(axis=1) if condition.excluded else any_of
    values = column(cohort, name)
    found = values.isin(condition.levels)
    return (~found & values.notna()) if condition.excluded else found


def column(cohort: Cohort, name: str) -> pd.Series:
    """Values of one variable. Raises UsageError if it is unknown or not derived yet."""
    if name not in cohort.study.fields and name not in cohort.study.derived:
        raise unknown("variable", [name], cohort.study.variables, f"study {cohort.study.name}")
    if name not in cohort.data:
        raise UsageError(f"'{name}' is derived: call mm.derive(cohort) first.")
    return cohort.data[name]
