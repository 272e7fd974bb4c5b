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
    broken = _broken(cohort)
    if broken:
        raise DataError(
            "These rows do not agree with the publication that they claim to rebuild.", broken
        )
    declared = {name: _declared(study, group) for name, group in groups.items()}
    # a dict, as a set that keeps the order of the rows
    unstated = dict.fromkeys(
        f"{row['variable']} within {row['group']}"
        for row in rows
        if not _is_stated(study, declared[str(row["group"])], row)
    )
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


def _broken(cohort: Cohort) -> list[str]:
    """What the publication states and the rows do not bear out."""
    study = cohort.study
    # facts may be about what `derive` adds, and rows can be summarised without it
    whole = derive(cohort)
    # a soft fact is ours, not the publication's: plausible, to build the rows by
    firm = {fact.id for fact in study.facts if fact.kind != "soft"}
    facts = [f"fact {name}" for name in broken_facts(whole) if name in firm]
    return broken_relations(whole, study.groups) + broken_margins(whole) + facts


def _is_stated(study: Study, group: str, row: Row) -> bool:
    """Whether the publication settles the number of a row. group: as the study names it, else
    empty.
    """
    variable, level, statistic = (str(row[key]) for key in ("variable", "level", "statistic"))
    if variable == "n":
        settled = published_size(study, group)
    elif statistic in ("n", "percent"):
        settled = published_count(study, group, variable, level)
    else:
        settled = study.margins.get((variable, level, group, statistic))
    # a percentage stands beside its count; a mean was compared, as it is rounded, with all margins
    return settled is not None and (statistic != "n" or settled == row["value"])


def _declared(study: Study, group: Group) -> str:
    """Name of the study's group with the same condition; empty if there is none."""
    return next((name for name, other in study.groups.items() if other.where == group.where), "")
