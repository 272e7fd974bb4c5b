"""Rows rebuilt from a publication give back only what it settles, if they agree with it."""

from collections.abc import Iterable, Mapping

from mothers_margins.cohort.cohort import Cohort
from mothers_margins.cohort.conditions import broken_relations
from mothers_margins.cohort.derive import derive
from mothers_margins.cohort.published_totals import broken_facts, broken_margins
from mothers_margins.errors import DataError, DisclosureError
from mothers_margins.results.results import Row
from mothers_margins.study.conditions import Group
from mothers_margins.study.published_numbers import published_count, published_size
from mothers_margins.study.study import Study


def only_published(cohort: Cohort, groups: Mapping[str, Group], rows: Iterable[Row]) -> None:
    """Refuse summaries of rebuilt rows that the publication does not settle; such a row says
    nothing else.

    A group counts as published by its condition, whatever it is called. Raises DataError if the
    rows do not agree with every printed number and fact, DisclosureError naming what was asked and
    is not stated.
    """
    study = cohort.study
    # derived again: this is the guard, so it trusts no column that was made before
    whole = derive(cohort)
    firm = {fact.id for fact in study.facts if fact.kind != "soft"}
    broken = broken_relations(whole, study.groups) + broken_margins(whole)
    broken += [f"fact {name}" for name in broken_facts(whole) if name in firm]
    if broken:
        raise DataError(
            "These rows do not agree with the publication that they claim to rebuild.", broken
        )
    declared = {name: _declared(study, group) for name, group in groups.items()}
    unstated: dict[str, None] = {}
    for row in rows:
        variable, level, group, statistic = (
            str(row[key]) for key in ("variable", "level", "group", "statistic")
        )
        if variable == "n":
            settled = published_size(study, declared[group])
        elif statistic in ("n", "percent"):
            settled = published_count(study, declared[group], variable, level)
        else:
            settled = study.margins.get((variable, level, declared[group], statistic))
        if settled is None or (statistic == "n" and settled != row["value"]):
            unstated[f"{variable} within {group}"] = None
    if unstated:
        reason = (
            "The publication does not state these numbers, and rows rebuilt from it agree "
            "with many answers:"
        )
        remedy = (
            "Whatever these rows gave would be made up. Ask for what is printed: the tables "
            "in study.yaml."
        )
        raise DisclosureError(f"Refused. {reason}", unstated, remedy)


def _declared(study: Study, group: Group) -> str:
    """Name of the study's group with the same condition; empty if there is none."""
    return next((name for name, other in study.groups.items() if other.where == group.where), "")
