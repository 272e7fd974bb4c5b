"""What cannot hold in the uses of derived variables, which stand for what they are made from."""

from collections.abc import Iterator
from typing import get_args

from mothers_margins.study.study import Study
from mothers_margins.study.study_file import Derived, Use


def in_uses(study: Study) -> Iterator[str]:
    """Derived variables that cannot stand for another one where they say so, or of which two do."""
    for variable in study.file.derived:
        place = f"study.yaml: derived {variable.name}: use"
        if variable.use and not (variable.merged or variable.bands):
            yield f"{place}: only levels or bands of one variable (from) can stand for it"
            continue
        for use in variable.use:
            yield from (f"{place}: {use}: {fault}" for fault in _in_use(study, variable, use))
    for use in get_args(Use):
        yield from _in_place_of_one(study, use)


def _in_use(study: Study, variable: Derived, use: Use) -> Iterator[str]:
    source = variable.source
    if use == "report":
        return
    if not variable.merged:
        yield f"needs levels that are put together (from, levels); bands of {source} are none"
    elif use == "analysis" and source not in study.file.coding:
        yield f"'{source}' has no coding, so it enters no model"
    elif use == "release" and source not in study.printed_variables:
        yield f"no table prints '{source}'"


def _in_place_of_one(study: Study, use: Use) -> Iterator[str]:
    """Variables for which more than one stands in the same use."""
    standing: dict[str, list[str]] = {}
    for variable in study.file.derived:
        if use in variable.use:
            standing.setdefault(variable.source, []).append(variable.name)
    for source, names in standing.items():
        if len(names) > 1:
            yield (
                f"study.yaml: derived: {' and '.join(names)} stand for {source} in the same use "
                f"({use}); only one can"
            )
