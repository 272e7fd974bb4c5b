"""Hidden stays hidden: whatever is done to numbers that may not be shown, nothing that is printed
or drawn changes.
"""

import operator
import pickle
from functools import cache
from math import isnan, nan

import numpy as np
import pandas as pd
import pytest

import mothers_margins as mm
from mothers_margins.results.results import Results, names_of
from mothers_margins.results.shown import (
    Hidden,
    Missing,
    Number,
    StructuralZero,
    combined,
    is_hidden,
    is_known,
    percent_of,
    shown,
)
from mothers_margins.tables.table import Table
from tests.readable import BUILDERS, WITHOUT_RESULTS, Inputs, inputs, outcome_of

SUPPRESSED = {"status": "suppressed", "value": 7.0, "n": 7}

# ---- one value


def test_a_row_gives_a_number_a_zero_nothing_or_what_is_hidden():
    assert shown({"status": "shown", "n": 7}, "n") == 7
    assert type(shown({"status": "structural_zero", "n": 0}, "n")) is StructuralZero
    assert (
        type(shown({"status": "structural_zero", "n": 3}, "n")) is Number
    )  # its denominator is no zero
    assert type(shown({"status": "missing", "n": 7}, "n")) is Missing
    for empty in (None, nan, pd.NA, np.float64("nan")):
        assert type(shown({"status": "shown", "n": empty}, "n")) is Missing
        assert type(shown({"status": "suppressed", "n": empty}, "n")) is Hidden
    assert type(shown(SUPPRESSED, "n")) is Hidden


def test_of_a_missing_number_it_is_still_said_among_whom():
    """All seven of a group are not known: there is no share, and seven are missing."""
    row = {"status": "missing", "value": nan, "n": 0, "denominator": 0, "missing": 7}
    assert isnan(shown(row, "value"))
    assert (shown(row, "denominator"), shown(row, "missing")) == (0, 7)


BINARY = (
    *(
        operator.add,
        operator.sub,
        operator.mul,
        operator.truediv,
        operator.floordiv,
        operator.mod,
        operator.pow,
    ),
    *(operator.lt, operator.le, operator.gt, operator.ge),
)
UNARY = (operator.neg, operator.pos, abs, float, int, round, bool, "{:.1f}".format, operator.index)


@pytest.mark.parametrize("compute", BINARY)
def test_nothing_is_computed_from_a_hidden_number(compute):
    for left, right in (
        (Hidden(), 1),
        (1, Hidden()),
        (Hidden(), 1.5),
        (Number(2), Hidden()),
        (Hidden(), Hidden()),
    ):
        with pytest.raises(mm.UsageError, match="suppressed number was used"):
            compute(left, right)


@pytest.mark.parametrize("compute", UNARY)
def test_a_hidden_number_is_no_number_and_neither_true_nor_false(compute):
    with pytest.raises(mm.UsageError, match="suppressed number was used"):
        compute(Hidden())


def test_two_hidden_numbers_cannot_be_told_apart():
    few, many = shown(SUPPRESSED, "n"), shown(SUPPRESSED | {"n": 7000}, "n")
    assert few == many
    assert repr(few) == repr(many) == f"{few}"
    assert len({few, many}) == 1
    assert few != 7


def test_what_is_made_of_hidden_numbers_is_hidden_and_of_missing_ones_missing():
    add = operator.add
    assert combined(add, Number(2), Number(3)) == 5
    assert is_hidden(combined(add, Number(2), Hidden()))
    assert is_hidden(
        combined(add, Missing(), Hidden())
    )  # that one is hidden is not given away by the other
    assert isnan(combined(add, Number(2), Missing()))
    assert percent_of(Number(1), Number(4)) == 25
    assert isnan(percent_of(Number(0), Number(0)))
    assert is_hidden(percent_of(Number(0), Hidden()))
    assert is_known(combined(lambda: 0))


@pytest.mark.parametrize("value", [Number(2), StructuralZero(0), Missing(), Hidden()])
def test_values_survive_pickling(value):
    again = pickle.loads(pickle.dumps(value))  # noqa: S301 (what was just written)
    assert type(again) is type(value)
    assert repr(again) == repr(value)


# ---- everything that is read


@cache
def with_rows_hidden(share: float, seed: int) -> Inputs:
    """Results in which some rows, chosen at random, are suppressed; their numbers stay in their
    cells.
    """
    choice, changed = np.random.default_rng(seed), {}
    for name, frame in inputs().items():
        hidden = choice.random(len(frame)) < share
        status = frame["status"].mask(hidden, "suppressed")
        changed[name] = frame.assign(status=status)
        changed[name].about = frame.about
    return changed


@cache
def with_other_numbers(share: float, seed: int, put) -> Inputs:
    """Results in which every number of a suppressed row is another one."""
    changed = {}
    for name, frame in with_rows_hidden(share, seed).items():
        hidden = (frame["status"] == "suppressed").to_numpy()
        columns = {}
        for column in {*frame.columns} - names_of(frame.about.kind) - {"timepoint", "agrees"}:
            columns[column] = put(frame[column].astype("Float64"), hidden)
        changed[name] = frame.assign(**columns)
        changed[name].about = frame.about
        assert isinstance(changed[name], Results)
    return changed


@cache
def of_hidden(builder: str, share: float, seed: int) -> str:
    return outcome_of(builder, with_rows_hidden(share, seed))


def blanked(numbers: pd.Series, hidden: np.ndarray) -> pd.Series:
    return numbers.mask(hidden)


def lowered(numbers: pd.Series, hidden: np.ndarray) -> pd.Series:
    return numbers.mask(hidden, numbers * 0 + 1)


def raised(numbers: pd.Series, hidden: np.ndarray) -> pd.Series:
    return numbers.mask(hidden, numbers.abs() * 3 + 1000)


FIGURES = (
    "bars",
    "diagram",
    "forest",
    "traces",
    "fmi",
)  # they take a second each, so they are tried less often
TRIED = [(builder, 1.0, 0) for builder in BUILDERS] + [(builder, 0.4, 1) for builder in BUILDERS]
TRIED += [
    (name, share, 2)
    for name in BUILDERS
    for share in (0.15, 0.05)
    if not any(kind in name for kind in FIGURES)
]


@pytest.mark.parametrize(("builder", "share", "seed"), TRIED)
def test_a_hidden_number_changes_nothing_that_is_read(builder, share, seed):
    """The same page, picture and alt text, or the same refusal, whatever the hidden numbers are."""
    kept = of_hidden(builder, share, seed)
    for put in (blanked, lowered, raised):
        assert outcome_of(builder, with_other_numbers(share, seed, put)) == kept


NOTHING_TO_DRAW = {
    "traces",
    "fmi by m",
}  # no line is left; the others say [c] where a bar or an interval was


@pytest.mark.parametrize("builder", sorted({*BUILDERS} - {"themes"}))
def test_where_all_is_hidden_a_symbol_stands_in_every_place(builder):
    hidden = with_rows_hidden(1.0, 0)
    text = of_hidden(builder, 1.0, 0)
    if builder in NOTHING_TO_DRAW:
        assert text.startswith("refused: ")
        assert text.endswith("nothing to draw. Left out: suppressed values ([c]).")
        return
    assert "[c]" in text
    readable = BUILDERS[builder][1](hidden)
    if not isinstance(readable, Table):
        return
    assert {column.size_text for column in readable.columns} <= {"", "n = [c]"}
    numbered = [
        cell
        for section in readable.sections
        for row in section.rows
        for cell in row.cells
        if cell.numbers
    ]
    assert numbered
    assert {readable.print(cell) for cell in numbered} == {"[c]"}


@cache
def all_missing() -> Inputs:
    missing = {}
    for name, frame in inputs().items():
        missing[name] = frame.assign(status="missing")
        missing[name].about = frame.about
    return missing


@pytest.mark.parametrize("builder", sorted({*BUILDERS} - {"themes"}))
def test_hidden_and_missing_look_different(builder):
    text = outcome_of(builder, all_missing())
    assert "[c]" not in text
    assert text != of_hidden(builder, 1.0, 0)


def test_every_verb_that_makes_something_to_read_is_tried():
    """A new builder of tables, figures or prose must be added to `readable.BUILDERS`."""
    makers = set()
    for name in mm.__all__:
        returned = getattr(getattr(mm, name), "__annotations__", {}).get("return")
        if returned in (mm.Table, mm.Figure) or getattr(returned, "__name__", "") == "Prose":
            makers.add(name)
    assert makers - WITHOUT_RESULTS == {verb for verb, _ in BUILDERS.values()} - {"in_words"}
