"""What of a release is ready to be read: its figures, and its tables in the order of the study."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from mothers_margins.absent import AbsenceError
from mothers_margins.errors import UsageError
from mothers_margins.figures.figure import Figure
from mothers_margins.figures.forest import forest
from mothers_margins.front_page.hidden import without_hidden_columns
from mothers_margins.release.released import Released
from mothers_margins.results.results import Results
from mothers_margins.study.outcomes import ORDER
from mothers_margins.study.study_file import TablePlan
from mothers_margins.tables.characteristics import characteristics
from mothers_margins.tables.imputation import per_hundred
from mothers_margins.tables.model_table import model_table
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
    """Something to be read. name: of what it is made from; of a body table its own. main: whether
    it comes first, as in a paper; else it stands in the annex.
    """

    name: str
    shown: Table | Figure
    main: bool = True

    @property
    def title(self) -> str:
        """What it shows, of whom, when and of how many."""
        return self.shown.caption


def main_figures(released: Released) -> Iterator[Ready]:
    """One picture for each planned model of a primary or secondary outcome, in the order of the
    study's outcomes; none of estimates that are all held back.
    """
    for name in main_models(released):
        try:
            figure = forest(released, names=[name])
        except UsageError:  # no adjusted estimate has passed the door
            continue
        yield Ready(name, figure)


def tables(released: Released) -> list[Ready]:
    """Every table of a release that is laid out for readers, the main ones first; among them those
    of the first timepoint. What is left lies beside as numbers.
    """
    found = [*_of_groups(released), *_of_themes(released), *_of_models(released)]
    in_order = sorted(found, key=lambda ready: (not ready.main, _when(released, ready.name)))
    return [
        replace(ready, shown=without_hidden_columns(ready.shown))
        for ready in in_order
        if isinstance(ready.shown, Table)
    ]


def planned_models(released: Released) -> list[str]:
    """Names of released estimates of planned models, in the order of the study's outcomes."""
    outcomes = list(released.study.outcomes)
    place = {}
    for name in released.names:
        results = released.results(name)
        if results.about.kind == "estimates" and name.startswith(PLANNED) and len(results):
            place[name] = outcomes.index(str(results["outcome"].iloc[0]))
    return sorted(place, key=lambda name: (place[name], name))


def main_models(released: Released) -> list[str]:
    """Those planned models that explain a primary or secondary outcome."""
    return [
        name
        for name in planned_models(released)
        if _outcome_kind(released, released.results(name)) in MAIN
    ]


def _outcome_kind(released: Released, results: Results) -> str:
    return released.study.outcomes[str(results["outcome"].iloc[0])].kind


def _when(released: Released, name: str) -> int:
    """The place of a table's timepoint in the order of timepoints; 0 of one that names none."""
    body = released.study.body_tables.get(name)
    found = {*released.results(body.of if body else name)["timepoint"].dropna()}
    places = {str(timepoint): place for timepoint, place in ORDER.items()}
    return min((places.get(str(timepoint), 0) for timepoint in found), default=0)


def _of_groups(released: Released) -> Iterator[Ready]:
    """The declared tables, those of many levels last: the pages of a paper that fit, beside which
    the whole stands in the annex.
    """
    side_by_side = {name: _has_levels_side_by_side(released, name) for name in _declared(released)}
    for name in sorted(side_by_side, key=side_by_side.__getitem__):
        comparisons = _comparisons_of(released, name)
        pages = list(_pages(released, name, comparisons))
        yield from pages
        if side_by_side[name]:
            yield Ready(name, needs(released, name, comparisons), main=False)
            continue
        published = released.results(name).about.source.kind == "reconstructed"
        whole = characteristics(
            released, name, percent=not (published or comparisons), comparisons=comparisons
        )
        yield Ready(name, whole, main=not pages)


def _pages(released: Released, name: str, comparisons: str | None) -> Iterator[Ready]:
    """The body tables of a declared table that fit a page."""
    for page, plan in released.study.body_tables.items():
        if plan.of == name and _has_all(released, plan):
            table = _if_it_fits(characteristics, released, page, comparisons=comparisons)
            if table:
                yield Ready(page, table)


def _has_all(released: Released, plan: TablePlan) -> bool:
    """Whether anything that a body table shows was released."""
    merges = released.study.standing_in("release")
    there = {*released.results(plan.of)["variable"]}
    return any({name, merges.get(name)} & there for name in plan.variables)


def _of_themes(released: Released) -> Iterator[Ready]:
    for name in released.names:
        if released.results(name).about.kind == "themes":
            yield Ready(name, themes(released.results(name)))


def _of_models(released: Released) -> Iterator[Ready]:
    """Of each planned model the page of a paper, if its outcome is a main one, and all its
    estimates; then expected numbers in 100.
    """
    main = main_models(released)
    for name in planned_models(released):
        page = _if_it_fits(model_table, released, name=name) if name in main else None
        if page:
            yield Ready(name, page)
        yield Ready(name, odds_ratios(released, name=name), main=name in main and not page)
    for name in released.names:
        if name.startswith(IN_100):
            yield Ready(name, per_hundred(released, name=name), main=False)


def _if_it_fits(build: Callable[..., Table], *given: object, **named: object) -> Table | None:
    """A body table; None where it is longer than a page."""
    try:
        return build(*given, **named)
    except AbsenceError:
        return None


def _declared(released: Released) -> list[str]:
    return [name for name in released.study.tables if name in released.names]


def _has_levels_side_by_side(released: Released, name: str) -> bool:
    """Whether all variables of a table have the same levels, more than two."""
    study = released.study
    levels = {study.levels(variable) for variable in study.plan(name).variables}
    return len(levels) == 1 and len(*levels) >= LEVELS_SIDE_BY_SIDE


def _comparisons_of(released: Released, name: str) -> str | None:
    """The name of the released comparisons of a table's own variables between two of its columns;
    None if there are none. Variables that were made for the release are compared nowhere.
    """
    plan = released.study.plan(name)
    made = released.study.standing_in("release").values()
    needed = {*released.results(name)["variable"]} - {"n", *made}
    for other in released.names:
        results = released.results(other)
        if results.about.kind != "comparisons":
            continue
        between = {*results["group_a"], *results["group_b"]}
        if between <= {*plan.groups} and {*results["variable"]} >= needed:
            return other
    return None
