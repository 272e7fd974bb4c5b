"""Estimates by what they are of: which outcome, model and method, variable and level. The model
table and the annex table of odds ratios are both made from them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from mothers_margins.absent import not_there
from mothers_margins.errors import UsageError
from mothers_margins.release.released import Released, released_or_given
from mothers_margins.results.results import About, Record, Results, checked, codes
from mothers_margins.results.shown import is_known, shown
from mothers_margins.study.study import Study
from mothers_margins.wording.events_of_all import RowsKey, frames_of
from mothers_margins.wording.head_and_foot import lock_note
from mothers_margins.wording.methods import base

JOINT = "joint_test"
BY_PROFILE = ("profile", "clip")  # where the profile's interval is the primary one


class FitKey(NamedTuple):
    """What a pair of columns holds: one model, with one method of missing data."""

    outcome: str
    specification: str
    model: str
    method: str

    @property
    def rows(self) -> RowsKey:
        """On whose rows it is."""
        return RowsKey(self.outcome, self.specification, base(self.method))


Key = tuple[FitKey, str, str]  # with the variable and the level of a row


@dataclass(frozen=True)
class Estimates:
    """The estimates of a table, by what they are of, and what the agreed list says of each."""

    rows: tuple[Record, ...]
    rows_by_key: dict[Key, Record]
    joint: dict[Key, Record]
    lock_notes: dict[FitKey, str]

    @classmethod
    def of(cls, frames: list[Results], abouts: list[About]) -> "Estimates":
        """The estimates of several frames; of several outcomes or models, the adjusted ones."""
        rows: list[Record] = []
        lock_notes: dict[FitKey, str] = {}
        for frame, about in zip(frames, abouts, strict=True):
            own = frame.to_dict("records")
            rows += own
            lock_notes |= {fit_key(row): lock_note(about) for row in own}
        if len({fit_key(row)[:2] for row in rows}) > 1:
            rows = [row for row in rows if row["model"] == "adjusted"]
        by_key: dict[Key, Record] = {}
        joint: dict[Key, Record] = {}
        for row in rows:
            key = (fit_key(row), str(row["variable"]), str(row["level"]))
            if row["variable"]:
                (joint if is_joint(row) else by_key)[key] = row
        return cls(tuple(rows), by_key, joint, lock_notes)

    @property
    def fits(self) -> tuple[FitKey, ...]:
        """What the pairs of columns hold, in order."""
        return tuple(dict.fromkeys(key[0] for key in self.rows_by_key))

    @property
    def several(self) -> bool:
        """Whether there are several outcomes or models, of which only the adjusted estimates are
        shown.
        """
        return len({fit[:2] for fit in self.fits}) > 1

    def variables(self) -> list[str]:
        """Explanatory variables in their order in the model."""
        return list(dict.fromkeys(key[1] for key in self.rows_by_key))

    def levels(self, variable: str) -> list[str]:
        """Levels of a variable that have an estimate; an empty one for a number."""
        return list(dict.fromkeys(key[2] for key in self.rows_by_key if key[1] == variable))

    def first(self, variable: str, level: str) -> Record:
        """An estimate of a level, for what it is called and compared with."""
        return next(row for key, row in self.rows_by_key.items() if key[1:] == (variable, level))

    def has_levels(self, fit: FitKey, variable: str) -> bool:
        """Whether a variable is in a fit by its levels."""
        return any(key[:2] == (fit, variable) and key[2] for key in self.rows_by_key)

    def of_fit(self, fit: FitKey) -> list[Record]:
        """The estimates of a pair of columns, without joint tests and constants."""
        return [row for key, row in self.rows_by_key.items() if key[0] == fit]


def read_estimates(
    results: Results | Iterable[Results] | Released, who: str, name: str | None
) -> tuple[About, Estimates]:
    """What was given to a verb, in whose name errors speak, as estimates, and what they are about.

    Raises UsageError for results of another kind, and where there is no estimate of a variable.
    """
    frames = frames_of(released_or_given(results, who, name))
    if isinstance(results, list | tuple) and not results:
        raise not_there("no_estimates")
    if not frames:
        raise UsageError(f"{who}: needs estimates, as fit.to_frame() returns them.")
    abouts = [checked(frame, who, "estimates") for frame in frames]
    about = abouts[0]
    if any(other.lock == "open" for other in abouts):
        about = replace(about, lock="open")
    estimates = Estimates.of(frames, abouts)
    if not estimates.rows_by_key:
        raise UsageError(f"{who}: there is no estimate of an explanatory variable.")
    return about, estimates


def is_joint(row: Record) -> bool:
    """Whether a row is the test of all levels of a variable together: by its code, or, where that
    is held back with the row, because it has no level of its own though there is a reference.
    """
    return JOINT in codes(row) or bool(row["reference"] and not row["level"])


def fit_key(row: Record) -> FitKey:
    """Which model and method a row is of."""
    return FitKey(
        str(row["outcome"]), str(row["specification"]), str(row["model"]), str(row["method"])
    )


def by_heading(study: Study, variables: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Variables of the estimates under the study's headings, in their order in the model."""
    titles = [*dict.fromkeys(block.title for block in study.file.explanatory), ""]
    for title in titles:
        inside = [name for name in variables if study.block(name) == title]
        if inside:
            yield title, inside


def has_profile_beside(row: Record) -> bool:
    """Whether a row has the interval of the profile likelihood beside another, primary one."""
    return row["interval"] not in BY_PROFILE and is_known(shown(row, "profile_low"))
