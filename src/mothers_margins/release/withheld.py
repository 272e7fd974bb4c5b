"""What a release withholds of its results, as codes that the checker's page puts into words."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan

from mothers_margins.results.results import COLUMNS, Record, Row, codes, names_of
from mothers_margins.results.shown import is_known, shown
from mothers_margins.study.study import Study

N_HELD_BACK = "n_held_back"  # note: the numbers of participants are left out, nothing else
# Of two different values a mean is a share, so that it tells a count; of one it is everybody's.
LEAST_DISTINCT = 3


@dataclass(frozen=True)
class Withheld:
    """Something that is not released, and why.

    about: which of several numbers of the level: a group, a test, a model with its method. column:
    empty where all numbers of the row are withheld. code: why.
    """

    table: str
    variable: str
    level: str
    about: str
    code: str
    column: str = ""


def is_vetoed(study: Study, row: Record, groups: tuple[str, ...] = ()) -> bool:
    """Whether a person withholds a row: its table, its variable or its level; of a comparison also
    one of its groups.
    """
    declared = study.file.disclosure
    return declared is not None and any(
        veto.table in ("", row["table"])
        and veto.variable in ("", row["variable"])
        and veto.level in ("", row["level"])
        and veto.group in ("", *groups)
        for veto in declared.withhold
    )


def varies(row: Record) -> bool:
    """Whether a number has enough different values to be described. Where the row does not say how
    many, it has not.
    """
    distinct = shown(row, "distinct")
    return is_known(distinct) and distinct >= LEAST_DISTINCT


def numbers_of(kind: str) -> list[str]:
    """The columns of a kind that hold numbers."""
    named = names_of(kind)
    return [name for name in COLUMNS[kind] if name not in named]


def emptied(row: Record, kind: str) -> Row:
    """A suppressed row: no number of it is left, and no note, which could say what it was."""
    names = {str(name): value for name, value in row.items()}
    return names | dict.fromkeys(numbers_of(kind), nan) | {"status": "suppressed", "note": ""}


def with_numbers(row: Record, kind: str, numbers: Mapping[str, float], *notes: str) -> Row:
    """A released row: of all its numbers only these, and its notes with some more codes."""
    names = {str(name): value for name, value in row.items()}
    said = " ".join(dict.fromkeys([*codes(row), *notes]))
    return names | dict.fromkeys(numbers_of(kind), nan) | dict(numbers) | {"note": said}
