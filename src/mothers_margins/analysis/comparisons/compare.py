"""Two disjoint groups of a cohort compared, variable by variable, by the rules of the study."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from mothers_margins.absent import not_there
from mothers_margins.analysis.comparisons import two_group_tests
from mothers_margins.analysis.summarise import summarise, summarised
from mothers_margins.cohort.cohort import Cohort, column
from mothers_margins.cohort.conditions import chosen_groups, columns_of, group_mask, where_mask
from mothers_margins.errors import DisclosureError, UsageError, expect, expect_flags
from mothers_margins.results.results import About, Results, Row, tidy
from mothers_margins.study.conditions import AskedGroups, Condition

# Why nothing was tested, and why Fisher's test stands there: codes in `note`, whose words stand in
# `terms`.
UNTESTED = (
    "groups_made_from_it",
    "zero_by_definition",
    "nothing_varies",
    "no_value_in_a_group",
    "too_few_values",
    "too_many_tables",
)
BY_RULE = "small_expected_count"
ASKED_FOR = "asked_for"


def compare(
    cohort: Cohort,
    variables: Iterable[str] | None = None,
    between: AskedGroups = (),
    timepoint: int | None = None,
    *,
    exact: bool = False,
) -> Results:
    """Tests and differences of two groups that share no participant: kind comparisons.

    variables: as in `summarise`. between: two of the study's groups, or two new ones as {name:
    conditions}. timepoint: written to the results. exact: Fisher's exact test for all levels,
    whatever the expected counts. Levels: a row for chi-squared with Cramér's V, one for Fisher's
    test where an expected count is small, one for the standardised difference, and one per level
    with the difference in percentage points (the first group minus the second) and its Newcombe
    interval; each option of a multi-response set by itself. Numbers: the t-test with the difference
    of means, Wilcoxon's rank-sum test beside it where the study says so, the standardised
    difference; `distinct` is how many different values the group has that has fewer. Participants
    without a value are in neither group; `n` is those with one. A variable
    from which the groups are made, one with a structural zero in a group, and one without variation
    are not tested; `note` has the code of the reason (see UNTESTED). In the row of Fisher's test
    `note` says whether it stands there by rule or because it was asked for. Raises UsageError for
    unknown names and for groups that overlap or are empty, DisclosureError where rows are a
    reconstruction and the publication does not settle the numbers.
    """
    expect(cohort, Cohort, "compare", "a cohort, as derive returns it")
    expect_flags("compare", exact=exact)
    study = cohort.study
    if isinstance(variables, str) or not (variables is None or isinstance(variables, Iterable)):
        raise UsageError("compare: variables must be a list of names.")
    if (
        not isinstance(between, Sequence | Mapping)
        or isinstance(between, str)
        or len({*map(str, between)}) != 2
    ):
        raise UsageError(
            "compare: between must be two groups, by their names or as a mapping of two conditions."
        )
    groups = chosen_groups(study, between, "compare")
    names = summarised(study, variables)
    if not names:
        raise not_there("no_variable")
    if cohort.source.kind == "reconstructed":
        _settled(cohort, names, between)
    masks = {name: where_mask(cohort, group.where) for name, group in groups.items()}
    _disjoint(masks)
    # a variable that decides who is in which group differs between them by definition
    made_from = frozenset().union(*(study.decided_by(group.where) for group in groups.values()))
    a, b = masks
    rows: list[Row] = []
    for name in names:
        common: Row = {"variable": name, "level": "", "group_a": a, "group_b": b}
        rows += [common | row for row in _one_variable(cohort, name, masks, made_from, exact)]
    return tidy(rows, About("comparisons", study, cohort.source, groups), timepoint)


def _one_variable(
    cohort: Cohort,
    name: str,
    masks: Mapping[str, pd.Series],
    made_from: frozenset[str],
    exact: bool,
) -> Iterator[Row]:
    """Rows of one variable; made_from: what decides who is in the groups."""
    if cohort.study.recorded(name) & made_from:
        yield _untested("groups_made_from_it")
        return
    reason = _zero(cohort, name, masks)
    if reason:
        zero = _untested("zero_by_definition")
        yield zero | {"status": "structural_zero", "reason": reason}
        return
    yield from _compared(cohort, name, masks, exact)


def _settled(cohort: Cohort, names: Sequence[str], between: AskedGroups) -> None:
    """Refuse what a publication does not settle: its counts are asked for, and it prints no spread
    of a number.
    """
    unsettled = [name for name in names if not cohort.study.levels(name)]
    if unsettled:
        raise DisclosureError(
            "compare: the publication states no spread of a number, so none is tested.", unsettled
        )
    summarise(cohort, names, between)


def _disjoint(masks: Mapping[str, pd.Series]) -> None:
    a, b = masks.values()
    if (a & b).any():
        remedy = "Compare a group with the others: one of them without the members of the other."
        raise UsageError("compare: the groups overlap.", (), remedy)
    empty = [name for name, mask in masks.items() if not mask.any()]
    if empty:
        raise not_there("nobody", *empty)


def _untested(why: str) -> Row:
    """The row of a variable that is not tested."""
    return {"note": why, "status": "missing"}


def _zero(cohort: Cohort, name: str, masks: Mapping[str, pd.Series]) -> str:
    """Why a count in one of the groups is zero by definition, as the study words it; empty if none
    is.
    """
    for within, reason in _without_a_level(cohort, name):
        # also a group that lies within the one that cannot have the level
        if any(not (mask & ~within).any() for mask in masks.values()):
            return reason
    return ""


def _without_a_level(cohort: Cohort, name: str) -> Iterator[tuple[pd.Series, str]]:
    """Who cannot have one of a variable's levels, and why."""
    for impossible in cohort.study.file.impossible:
        condition = impossible.where.get(name)
        others = {key: other for key, other in impossible.where.items() if key != name}
        # without others the level cannot be at all, which says nothing of the groups
        if condition is None or not others or not _names_a_level(condition):
            continue
        if {*columns_of(cohort.study, others)} <= {*cohort.data}:
            yield where_mask(cohort, others), impossible.reason
    for zero in cohort.study.structural_zeros(name):
        yield group_mask(cohort, zero.group), zero.reason


def _names_a_level(condition: Condition) -> bool:
    """Whether a condition is on levels, or on whether there is a value at all. A range of a number
    (a rank that its index does not have) is a check of the file: inside it the number varies, and
    is tested.
    """
    return bool(condition.levels) or condition.known is True


def _compared(
    cohort: Cohort, name: str, masks: Mapping[str, pd.Series], exact: bool
) -> Iterator[Row]:
    study = cohort.study
    if name in study.sets:
        for option in study.sets[name]:
            table = _counts(column(cohort, option.name), (True, False), masks)
            for row in _levels(cohort, table, [option.title], exact):
                yield row | {"level": option.title}
        return
    values = column(cohort, name)
    levels = study.levels(name)
    if levels:
        yield from _levels(cohort, _counts(values, levels, masks), levels, exact)
        return
    a, b = (values[mask].dropna().to_numpy(dtype=float) for mask in masks.values())
    fewest = min(len(np.unique(a)), len(np.unique(b)))
    known: Row = {"n": len(a) + len(b), "distinct": fewest}
    for row in _numbers(cohort, name, a, b):
        yield known | row


def _counts(
    values: pd.Series, levels: Sequence[str | bool], masks: Mapping[str, pd.Series]
) -> np.ndarray:
    """How many in each group have each level: levels by groups."""
    return np.array(
        [[int((values[mask] == level).sum()) for mask in masks.values()] for level in levels]
    )


def _numbers(cohort: Cohort, name: str, a: np.ndarray, b: np.ndarray) -> Iterator[Row]:
    """Tests of a number, whose known values in the two groups are a and b."""
    rules = cohort.study.file.tests
    if not (len(a) and len(b)):
        yield _untested("no_value_in_a_group")
        return
    # a variance needs two values in each group, and a test some variance
    if min(len(a), len(b)) < 2 or np.ptp(np.concatenate([a, b])) == 0:
        yield _untested("too_few_values")
        return
    equal = rules.variances == "equal"
    yield two_group_tests.numbers(a, b, equal=equal, confidence=rules.confidence)
    is_skewed = "median_iqr" in cohort.study.declared[name].summary
    if rules.rank_sum == "skewed" and is_skewed:
        yield two_group_tests.ranks(a, b, correction=rules.rank_sum_correction)
    apart = two_group_tests.standardised(a, b)
    if apart:
        yield apart


def _levels(cohort: Cohort, table: np.ndarray, levels: Sequence[str], exact: bool) -> Iterator[Row]:
    """Rows of one table of counts, levels by groups; of two rows only the first is named, if
    `levels` is one.
    """
    rules = cohort.study.file.tests
    known: Row = {"n": int(table.sum())}
    # a level that nobody has would add a degree of freedom and expected counts of zero
    seen = table[table.sum(axis=1) > 0]
    sizes = table.sum(axis=0)
    if len(seen) < 2 or not sizes.all():
        yield known | _untested("nothing_varies" if sizes.all() else "no_value_in_a_group")
    else:
        try:
            below = np.inf if exact else rules.fisher_below
            for row in two_group_tests.categories(seen, yates=rules.yates, fisher_below=below):
                if row["test"] == "fisher_exact":
                    row["note"] = ASKED_FOR if exact else BY_RULE
                yield known | row
        except OverflowError:  # Fisher's test lists more tables than can be counted through
            yield known | _untested("too_many_tables") | {"test": "fisher_exact"}
        apart = two_group_tests.standardised_levels(seen)
        if apart:
            yield known | apart
    if not sizes.all():
        return
    for level, (a, b) in zip(levels, table, strict=False):
        difference = two_group_tests.difference(a, sizes[0], b, sizes[1], rules.confidence)
        yield known | difference | {"level": level}
