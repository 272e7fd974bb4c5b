"""Which variables of a table were recorded later than most of it, in words."""

from collections import Counter
from collections.abc import Sequence

from mothers_margins.study.outcomes import ORDER
from mothers_margins.study.participant_table import Timepoint
from mothers_margins.study.study import Study

WHEN: dict[Timepoint, str] = {
    1: "at timepoint 1",
    "between": "after timepoint 1",
    2: "at timepoint 2",
}


def later_than_most(study: Study, variables: Sequence[str]) -> dict[str, str]:
    """By variable, when it was recorded, for those recorded later than most of some variables.

    A title that names its timepoint says so itself, and a variable without a declared timepoint is
    later than none.
    """
    times = [time for name in variables if (time := study.timepoint(name)) is not None]
    if not times:
        return {}
    usual = Counter(times).most_common(1)[0][0]
    later = {}
    for name in variables:
        when = study.timepoint(name)
        if when is None or ORDER[when] <= ORDER[usual]:
            continue
        if f"timepoint {when}" not in study.label(name):
            later[name] = WHEN[when]
    return later
