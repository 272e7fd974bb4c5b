"""Which numbers in results are numbers of participants: of whom, and within what.

Disclosure control reads this and guesses nothing. It names, for every kind of results and every
engine of a log, the columns that count participants; all other columns hold statistics, settings,
numbers of chains, places or names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mothers_margins.results.results import COLUMNS, Results, checked
from mothers_margins.results.shown import Value, shown


@dataclass(frozen=True)
class Count:
    """A column that counts participants.

    whom: who is counted. within: the column of the same row that counts those among whom they are,
    `size` for all of the row's group (the row of variable n), `rows` for all of the study's rows,
    the region of the row (in its row of part region), or, in a flow, the step before. where: the
    rows in which it does, by column and values; in all if there are none. mean: whether it can be a
    mean over imputations, which is no whole number.
    """

    column: str
    whom: str
    within: str
    where: Mapping[str, frozenset[str]] = field(default_factory=dict)
    mean: bool = False


def _where(**columns: str) -> dict[str, frozenset[str]]:
    return {name: frozenset(values.split()) for name, values in columns.items()}


IN_MODEL = (
    Count("n", "those in the model", "rows"),
    Count("n_events", "those in the model with the outcome", "n"),
)
# Of a log the engine says who is counted, so a kind stands here once per engine.
COUNTED: dict[str, dict[str, tuple[Count, ...]]] = {
    "summaries": {
        "": (
            Count(
                "value",
                "the group's participants with the level",
                "denominator",
                _where(statistic="n"),
            ),
            Count(
                "n", "those behind the number: with the level, or with a known value", "denominator"
            ),
            Count("denominator", "the group's participants with a known value", "size"),
            Count(
                "missing",
                "the group's participants without one, whom the question concerns",
                "size",
            ),
        ),
    },
    "bins": {
        "": (
            Count("n", "the group's participants with a value in the bin", "denominator"),
            Count("denominator", "the group's participants with a known value", "rows"),
            Count(
                "missing",
                "the group's participants without one, whom the question concerns",
                "rows",
            ),
        ),
    },
    "published_check": {
        "": (
            Count(
                "value", "the group's participants with the level", "size", _where(statistic="n")
            ),
            Count("published", "the same, as printed", "size", _where(statistic="n")),
        ),
    },
    "themes": {"": ()},
    "plan_test": {"": ()},  # nobody: cohorts that were drawn
    "joint_counts": {
        "": (
            Count("n", "the participants of a region", "rows", _where(part="region")),
            Count(
                "n",
                "those of a region with the levels of an atom",
                "the region",
                _where(part="count"),
            ),
        ),
    },
    "flow": {"": (Count("n", "those left at the step, or set aside there", "the step before"),)},
    "events": {
        "data": (
            Count(
                "n",
                "the group's participants whose value is known, or missing for the reason",
                "denominator",
            ),
            Count("denominator", "the group's participants", "rows"),
        ),
        "scoring": (
            Count("n", "the group's participants whose score was made by the rule", "denominator"),
            Count("denominator", "the group's participants", "rows"),
        ),
        "check": (
            Count("n", "those with a combination that cannot be", "denominator"),
            Count("denominator", "all participants", "rows"),
        ),
        "sources": (
            Count(
                "n",
                "those without a row in a table, or the table's rows without one of them",
                "denominator",
            ),
            Count("denominator", "all participants", "rows"),
        ),
        "corrections": (
            Count(
                "n",
                "those with a corrected cell; a cell corrected twice counts twice",
                "denominator",
            ),
            Count("denominator", "all participants", "rows"),
        ),
        "pattern": (
            Count("n", "those for whom these variables are missing, and no others", "denominator"),
            Count("denominator", "all participants", "rows"),
        ),
        "run": (),
        "imputation": (
            Count("n", "those to whom it was done", "denominator"),
            Count("denominator", "those in the run, or all", "rows"),
        ),
        "chains": (),
        "cells": (
            Count(
                "n",
                "those in the model with the level, and with or without the outcome",
                "denominator",
                mean=True,
            ),
            Count("denominator", "those in the model with, or without, the outcome", "rows"),
        ),
        "model": (
            Count(
                "n", "those to whom it was done, or in the smaller cell", "denominator", mean=True
            ),
            Count("denominator", "those in the model", "rows"),
        ),
    },
    "comparisons": {"": (Count("n", "those of both groups with a known value", "size"),)},
    "estimates": {"": IN_MODEL},
    "predictions": {"": IN_MODEL},
    "chains": {"": ()},
    "convergence": {"": ()},
    "equations": {
        "": (
            Count("n", "those of them with the rarer answer", "denominator"),
            Count(
                "denominator",
                "those in the run with an observed value, whom the variable concerns",
                "rows",
            ),
        ),
    },
    "checks": {
        "": (
            Count("n", "those in the model, or in the tenth of the fitted probability", "rows"),
            Count("n_events", "those of them with the outcome", "n"),
            Count("n_beyond", "those who move a coefficient by more than 2/√n of its error", "n"),
        ),
    },
}


@dataclass(frozen=True)
class Counted:
    """One number of participants in a frame of results: its row (from 0), what it counts, and the
    number itself.
    """

    row: int
    count: Count
    value: Value


def counts_of(kind: str, engine: str = "") -> tuple[Count, ...]:
    """The columns of a kind that count participants. Raises KeyError for a kind or an engine that
    is not listed.
    """
    return COUNTED[kind][engine]


def counted(results: Results) -> Iterator[Counted]:
    """Every number of participants in results, those that are hidden or missing too.

    Raises UsageError if no verb returned them, KeyError for a log of an engine that is not listed.
    """
    about = checked(results, "counted")
    for place, row in enumerate(results.to_dict("records")):
        engine = str(row["engine"]) if "engine" in COLUMNS[about.kind] else ""
        for count in counts_of(about.kind, engine):
            if all(str(row[name]) in values for name, values in count.where.items()):
                yield Counted(place, count, shown(row, count.column))
