"""Checks one column: typed values, why cells are missing, and what is wrong, in numbers of rows."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mothers_margins.cohort import messages
from mothers_margins.cohort.merge_sources import (
    MISSING_IN_FILE,
    NO_ROW,
    NOT_HELD,
    NOT_SUPPLIED,
    UNMAPPED,
    Text,
)
from mothers_margins.cohort.scores import ONLY_SCORE
from mothers_margins.cohort.sheet import A_DATE, ERRORS
from mothers_margins.study.participant_table import Variable
from mothers_margins.study.study import Study

WHOLE = re.compile(r"[-+]?[0-9]{1,15}")
NUMBER = re.compile(r"[-+]?([0-9]{1,15}\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,2})?")
# What is said of a cell whose text was replaced, because it may mean something else than it seems.
NOT_USABLE = {
    UNMAPPED: messages.LABEL_NOT_MAPPED,
    MISSING_IN_FILE: messages.MISSING_IN_FILE,
    A_DATE: messages.DATE,
}
# Why a cell that no file holds is missing: codes, whose words stand in `terms`.
ABSENT = {NO_ROW: "no_row_in_table", NOT_SUPPLIED: ONLY_SCORE, NOT_HELD: "not_held"}


@dataclass(frozen=True)
class Column:
    """One column checked. wrong: rows with a cell that cannot be used."""

    values: pd.Series
    reasons: pd.Series
    wrong: np.ndarray
    problems: list[str]


class DistinctTexts:
    """The distinct texts of a column while they are judged: in 100,000 rows there are few.

    texts: each once. of_row: the position in `texts` of each row's cell. sound: which texts have
    passed every check so far; one that fails is reported once and judged no further.
    """

    def __init__(self, cells: np.ndarray, row_numbers: np.ndarray, file: str) -> None:
        self.of_row, self.texts = pd.factorize(cells)
        self.sound = np.ones(len(self.texts), dtype=bool)
        self.problems: list[str] = []
        self._row_numbers = row_numbers
        self._file = file

    def report(self, texts: np.ndarray, message: str, **details: str | float) -> None:
        """Say in which rows these texts stand, if they do in any."""
        rows = self._row_numbers[texts[self.of_row]]
        if len(rows):
            self.problems.append(messages.of_rows(message, rows, self._file, **details))

    def refuse(self, wrong: np.ndarray, message: str, **details: str | float) -> None:
        """Report the texts that are wrong and were sound until now; they are sound no longer."""
        self.report(wrong & self.sound, message, **details)
        self.sound = self.sound & ~wrong

    def which(self, test: Callable[[str], object]) -> np.ndarray:
        """Which of the texts meet a test."""
        return np.array([bool(test(text)) for text in self.texts], dtype=bool)


def check_column(text: Text, name: str, field: Variable, study: Study) -> Column:
    """Typed values, reasons for missing cells, and problems of one column."""
    reason_of = {code.value: code.label for code in study.missing_codes(field)} | ABSENT
    column = DistinctTexts(
        _as_declared(text.cells[name], field), text.rows[name], text.files.get(name, "")
    )
    missing = column.which(lambda cell: cell in reason_of)
    if field.constraints.required or field.role == "identifier":
        column.report(missing, messages.REQUIRED)
    column.sound = ~missing
    for marker, message in NOT_USABLE.items():
        column.refuse(column.texts == marker, message)
    column.refuse(column.which(_is_formula), messages.FORMULA)
    column.refuse(column.which(ERRORS.fullmatch), messages.ERROR)
    _refuse_by_constraints(column, field)
    values = _values(column, field)
    reasons = np.array([reason_of.get(cell) for cell in column.texts], dtype=object)
    return Column(
        values=values,
        reasons=pd.Series(reasons[column.of_row], dtype="str"),
        wrong=(~column.sound & ~missing)[column.of_row],
        problems=column.problems,
    )


def _as_declared(cells: np.ndarray, field: Variable) -> np.ndarray:
    """Cells with diagnosis codes as they are declared, and empty ones as what they stand for."""
    if field.role != "codes" and not field.empty:
        return cells
    declared: dict[str, str] = {cell: cell for cell in pd.unique(cells)}
    if field.role == "codes":
        declared = {cell: cell if cell.startswith("\0") else _with_point(cell) for cell in declared}
    return np.array([declared[cell] or field.empty for cell in cells], dtype=object)


def _with_point(text: str) -> str:
    """Diagnosis codes without blanks, with the point that some extracts leave out (F603, F60.3)."""
    return re.sub(r"\b([A-Z][0-9]{2})([0-9]{1,2})X?\b", r"\1.\2", re.sub(r"\s", "", text))


def _is_formula(text: str) -> bool:
    """Whether a spreadsheet program would calculate the cell."""
    if text[:1] in ("=", "@"):
        return True
    return text[:1] in ("+", "-") and NUMBER.fullmatch(text) is None and text != "-"


def _refuse_by_constraints(column: DistinctTexts, field: Variable) -> None:
    if field.constraints.unique or field.role == "identifier":
        times = np.bincount(column.of_row, minlength=len(column.texts))
        column.refuse(times > 1, messages.NOT_UNIQUE)
    if field.constraints.pattern:
        fits = column.which(re.compile(field.constraints.pattern).fullmatch)
        column.refuse(~fits, messages.PATTERN, pattern=field.constraints.pattern)


def _values(column: DistinctTexts, field: Variable) -> pd.Series:
    """A value per row, of the field's type; missing where the text is not sound."""
    if field.levels:
        return _levels(column, field)
    if field.type == "boolean":
        return _booleans(column, field)
    if field.type in ("integer", "number"):
        return _numbers(column, field)
    texts = pd.Series(column.texts[column.of_row], dtype="str")
    return texts.where(column.sound[column.of_row])


def _levels(column: DistinctTexts, field: Variable) -> pd.Series:
    position = {level: number for number, level in enumerate(field.levels)}
    positions = np.array([position.get(text, -1) for text in column.texts], dtype=int)
    column.refuse(positions < 0, messages.UNKNOWN_CODE, declared=_quoted(field.levels))
    levels = pd.CategoricalDtype(list(field.levels), ordered=field.categories_ordered)
    sound = np.where(column.sound, positions, -1)
    return pd.Series(pd.Categorical.from_codes(sound[column.of_row], dtype=levels))


def _booleans(column: DistinctTexts, field: Variable) -> pd.Series:
    codes = (*field.true_values, *field.false_values)
    known = column.which(lambda text: text in codes)
    column.refuse(~known, messages.UNKNOWN_CODE, declared=_quoted(codes))
    answers = [
        text in field.true_values if sound else None
        for text, sound in zip(column.texts, column.sound, strict=True)
    ]
    values = pd.Series(pd.array(answers, "boolean"))
    return values.take(column.of_row).reset_index(drop=True)


def _numbers(column: DistinctTexts, field: Variable) -> pd.Series:
    whole = field.type == "integer"
    if whole:
        column.refuse(~column.which(WHOLE.fullmatch), messages.NOT_WHOLE)
    else:
        column.refuse(~column.which(NUMBER.fullmatch), messages.NOT_A_NUMBER)
    numbers = np.zeros(len(column.texts))
    numbers[column.sound] = [float(text) for text in column.texts[column.sound]]
    low = field.constraints.lowest
    high = field.constraints.highest
    outside = (numbers < low) | (numbers > high)
    column.refuse(outside, messages.OUT_OF_RANGE, low=low, high=high)
    values = pd.array(np.where(column.sound, numbers, 0), dtype="Int64" if whole else "Float64")
    values[~column.sound] = pd.NA
    return pd.Series(values.take(column.of_row))


def _quoted(codes: tuple[str, ...]) -> str:
    return ", ".join(f"'{code}'" for code in codes)
