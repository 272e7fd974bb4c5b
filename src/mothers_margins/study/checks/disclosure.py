"""What the disclosure part of a study definition says that cannot hold."""

import re
from collections import Counter
from collections.abc import Iterator

from mothers_margins.errors import near
from mothers_margins.study.study import Study
from mothers_margins.study.study_file import Disclosure, Withheld


def in_disclosure(study: Study) -> Iterator[str]:
    """Names in the disclosure part that refer to nothing, and choices that contradict each other.

    What it leaves out is no fault: a release is refused then, the reading is not.
    """
    said = study.file.disclosure
    if said is None:
        return
    faults = (
        *_in_precedence(study, said),
        *_in_accepted(study, said),
        *_in_forms(study, said),
    )
    yield from (f"study.yaml: disclosure.{fault}" for fault in faults)
    for number, withheld in enumerate(said.withhold, 1):
        for fault in _in_withheld(study, withheld):
            yield f"study.yaml: disclosure.withhold {number}: {fault}"


def _in_precedence(study: Study, said: Disclosure) -> Iterator[str]:
    placed = Counter(table for equals in said.precedence for table in equals)
    for table, times in placed.items():
        if table not in study.tables:
            yield f"precedence: no table '{table}'{near(table, study.tables)}"
        elif times > 1:
            yield f"precedence: '{table}' stands {times} times"
    if placed:
        for table in study.tables:
            if table not in placed:
                yield f"precedence: table '{table}' has no place in it"


def _in_accepted(study: Study, said: Disclosure) -> Iterator[str]:
    for table in said.accept_hidden:
        if table not in study.tables:
            yield f"accept_hidden: no table '{table}'{near(table, study.tables)}"


def _in_forms(study: Study, said: Disclosure) -> Iterator[str]:
    for name in said.forms:
        fault = _why_not_printed(study, name)
        if fault:
            yield f"forms: {fault}"


def _why_not_printed(study: Study, name: str) -> str:
    """Why a variable cannot be released, as no table prints it; empty if one does."""
    if name in study.printed_variables:
        return ""
    if name in study.variables:
        return f"no table prints '{name}'"
    return f"no variable '{name}'{near(name, study.printed_variables)}"


def _in_withheld(study: Study, withheld: Withheld) -> Iterator[str]:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", withheld.when):
        yield "say when it was decided (when: 2026-11-27)"
    if withheld.level and not withheld.variable:
        yield "a level needs its variable"
    if withheld.table not in study.tables:
        yield f"no table '{withheld.table}'{near(withheld.table, study.tables)}"
        return
    columns = study.columns_of(withheld.table)
    if withheld.group and withheld.group not in columns:
        yield f"{withheld.table} has no group '{withheld.group}'{near(withheld.group, columns)}"
    printed = study.tables[withheld.table].variables
    name = withheld.variable
    if name and name not in printed:
        yield f"{withheld.table} has no variable '{name}'{near(name, printed)}"
    elif withheld.level and name in study.variables and withheld.level not in study.levels(name):
        declared = ", ".join(study.levels(name))
        yield f"'{withheld.level}' is no level of {name} (declared: {declared})"
