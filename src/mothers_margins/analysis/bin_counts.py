"""How many values of a number lie in each bin, by group: what a figure of distributions draws."""

from collections.abc import Iterator, Sequence
from math import floor, inf

import numpy as np

from mothers_margins.absent import not_there
from mothers_margins.cohort.cohort import Cohort, column, gap, only_recorded
from mothers_margins.cohort.conditions import chosen_groups, where_mask
from mothers_margins.errors import UsageError, unknown
from mothers_margins.results.results import About, Results, Row, tidy
from mothers_margins.study.conditions import AskedGroups
from mothers_margins.study.study import Study

MOST_BINS = 24
STEPS = (1, 2, 5)  # the width of a bin is one of these, or ten, a hundred … times one


def bin_counts(
    cohort: Cohort,
    variables: Sequence[str],
    groups: AskedGroups | None = None,
    timepoint: int | None = None,
) -> Results:
    """Participants by bins of a number, within groups: kind bins, one row per bin.

    variables: names of numbers and scores whose least and largest value the definition declares.
    groups: names of the study's groups, or new ones as {name: {variable: level}}; by default those
    of the study's first table. timepoint: written to the results. A bin holds its lower limit and
    not its upper. Bins are equal and follow from the declared limits alone (see `edges`), never
    from a row. `n` is of the bin, `denominator` the group's participants with a known value,
    `missing` those without one, whom the question concerns. Of a group without a known value the
    rows are missing. Raises UsageError for unknown names and for what has no declared limits,
    DisclosureError for rows rebuilt from a publication.
    """
    study = only_recorded(cohort, "bin_counts").study
    names = _asked(study, variables)
    first = next(iter(study.tables.values()))
    chosen = chosen_groups(study, first.groups if groups is None else groups, "bin_counts")
    rows: list[Row] = []
    for name in names:
        for group, declared in chosen.items():
            inside = where_mask(cohort, declared.where).to_numpy(dtype=bool)
            rows += [{"group": group, **row} for row in _of_variable(cohort, name, inside)]
    return tidy(rows, About("bins", study, cohort.source, chosen), timepoint)


def _asked(study: Study, variables: Sequence[str]) -> list[str]:
    """The names that are asked for. Raises UsageError for one that cannot be put into bins."""
    if isinstance(variables, str):
        raise UsageError(f"bin_counts: variables must be a list of names: ['{variables}'].")
    names = list(variables)
    strange = [str(name) for name in names if name not in study.declared]
    if strange:
        raise unknown("variable", strange, study.variables, f"study {study.name}")
    without = [name for name in names if not study.has_limits(name)]
    if without:
        wrong = "bin_counts: bins need a number with a declared minimum and maximum."
        raise UsageError(wrong, without, "Declare constraints in the schema, or leave it out.")
    if not names:
        raise not_there("no_numbers")
    return names


def edges(lowest: float, highest: float) -> list[float]:
    """The limits of equal bins over what is allowed: of a width of 1, 2 or 5, or ten, a hundred …
    times that, the least with which there are no more than 24.
    """
    scale = 1.0
    while True:
        for step in STEPS:
            width = step * scale
            first = floor(lowest / width)
            bins = floor(highest / width) - first + 1  # the last one holds the largest value
            if bins <= MOST_BINS:
                return [width * (first + place) for place in range(bins + 1)]
        scale *= 10


def _of_variable(cohort: Cohort, name: str, inside: np.ndarray) -> Iterator[Row]:
    """The bins of one variable among the participants inside a group."""
    limits = edges(*cohort.study.limits_of(name))
    values = column(cohort, name)[inside].dropna().astype(float)
    # the last bin of numpy holds its upper limit too, so another is put behind it
    counts = np.histogram(values.to_numpy(), [*limits, inf])[0][:-1]
    missing = int(gap(cohort, name)[inside].sum())
    for lower, upper, n in zip(limits[:-1], limits[1:], counts, strict=True):
        yield {
            "variable": name,
            "lower": lower,
            "upper": upper,
            "n": int(n),
            "denominator": len(values),
            "missing": missing,
            "status": "shown" if len(values) else "missing",
        }
