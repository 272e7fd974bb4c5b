"""What of a release is ready to be read: its tables and figures, in the order of the study."""

from collections.abc import Iterator
from dataclasses import dataclass

from mothers_margins.errors import UsageError
from mothers_margins.figures.figure import Figure
from mothers_margins.figures.forest import forest
from mothers_margins.release.released import Released
from mothers_margins.results.results import Results
from mothers_margins.tables.characteristics import characteristics
from mothers_margins.tables.imputation import per_hundred
from mothers_margins.tables.needs import needs
from mothers_margins.tables.odds_ratios import odds_ratios
from mothers_margins.tables.table import Table
from mothers_margins.tables.themes import themes

# The planned models, as the notebooks name their results; sensitivity runs have other names.
PLANNED, IN_100 = "estimates_", "per_hundred_"
MAIN = ("primary", "secondary")  # kinds of outcomes whose results come first
LEVELS_SIDE_BY_SIDE = 3  # two levels fit into one column


@dataclass(frozen=True, eq=False)
class Ready:
    """Something to be read. name: of the results that it is made from. title: what it shows."""

    name: str
    title: str
    shown: Table | Figure


def main_figures(released: Released) -> Iterator[Ready]:
    """One picture for each planned model of a primary or secondary outcome, in the order of the
    study's outcomes; none of estimates that are all held back.
    """
    for name in planned_models(released):
        results = released.results(name)
        if _outcome_kind(released, results) not in MAIN:
            continue
        try:
            figure = forest(released, names=[name])
        except UsageError:  # no adjusted estimate has passed the door
            continue
        yield Ready(name, odds_ratios(released, name=name).caption, figure)


def tables(released: Released) -> Iterator[Ready]:
    """Every table of a release that is laid out for readers: the declared ones, themes, odds ratios
    and expected numbers in 100. What is left lies beside as numbers.
    """
    for name in _declared(released):
        table = _declared_table(released, name)
        yield Ready(name, table.caption, table)
    for name in released.names:
        if released.results(name).about.kind == "themes":
            table = themes(released.results(name))
            yield Ready(name, table.caption, table)
    for name in planned_models(released):
        table = odds_ratios(released, name=name)
        yield Ready(name, table.caption, table)
    for name in released.names:
        if name.startswith(IN_100):
            table = per_hundred(released, name=name)
            yield Ready(name, table.caption, table)


def planned_models(released: Released) -> list[str]:
    """Names of released estimates of planned models, in the order of the study's outcomes."""
    outcomes = list(released.study.outcomes)
    place = {}
    for name in released.names:
        results = released.results(name)
        if results.about.kind == "estimates" and name.startswith(PLANNED) and len(results):
            place[name] = outcomes.index(str(results["outcome"].iloc[0]))
    return sorted(place, key=lambda name: (place[name], name))


def _outcome_kind(released: Released, results: Results) -> str:
    return released.study.outcomes[str(results["outcome"].iloc[0])].kind


def _declared(released: Released) -> list[str]:
    return [name for name in released.study.tables if name in released.names]


def _declared_table(released: Released, name: str) -> Table:
    """A declared table with the comparisons of its columns, if they were released."""
    comparisons = _comparisons_of(released, name)
    if _has_levels_side_by_side(released, name):
        return needs(released, name, comparisons)
    return characteristics(released, name, comparisons=comparisons)


def _has_levels_side_by_side(released: Released, name: str) -> bool:
    """Whether all variables of a table have the same levels, more than two."""
    study = released.study
    levels = {study.levels(variable) for variable in study.plan(name).variables}
    return len(levels) == 1 and len(*levels) >= LEVELS_SIDE_BY_SIDE


def _comparisons_of(released: Released, name: str) -> str | None:
    """The name of the released comparisons of a table's own variables between two of its columns;
    None if there are none.
    """
    plan = released.study.plan(name)
    shown = {*released.results(name)["variable"]} - {"n"}
    for other in released.names:
        results = released.results(other)
        if results.about.kind != "comparisons":
            continue
        between = {*results["group_a"], *results["group_b"]}
        if between <= {*plan.groups} and {*results["variable"]} >= shown:
            return other
    return None
