"""Whether rows agree with the totals that a publication prints and the facts that it states."""

import operator

from mothers_margins.cohort.cohort import Cohort, column
from mothers_margins.cohort.conditions import group_mask, where_mask
from mothers_margins.study.conditions import Condition
from mothers_margins.study.published_numbers import agrees
from mothers_margins.study.study_file import Fact

RELATIONS = {"==": operator.eq, ">=": operator.ge, "<=": operator.le}


def fact_count(cohort: Cohort, fact: Fact) -> int:
    """Number of participants of the fact's group who meet its conditions."""
    return int((group_mask(cohort, fact.group) & where_mask(cohort, fact.where)).sum())


def broken_facts(cohort: Cohort) -> list[str]:
    """Ids of the facts that these rows do not agree with."""
    return [
        fact.id
        for fact in cohort.study.facts
        if not RELATIONS[fact.relation](fact_count(cohort, fact), fact.count)
    ]


def broken_margins(cohort: Cohort) -> list[str]:
    """Printed numbers that these rows do not agree with, as 'variable level within group'."""
    broken = []
    in_group = {group: group_mask(cohort, group) for _, _, group, _ in cohort.study.margins}
    for (variable, level, group, statistic), printed in cohort.study.margins.items():
        mask = in_group[group]
        if statistic == "mean":
            value = float(column(cohort, variable)[mask].mean())
        else:
            where = {} if variable == "n" else {variable: Condition(levels=(level,))}
            value = float((mask & where_mask(cohort, where)).sum())
        if not agrees(cohort.study, statistic, value, printed):
            broken.append(" ".join(part for part in (variable, level, "within", group) if part))
    return broken
