"""A study's outcomes: which are the main ones, when, and the groups that they make."""

from collections.abc import Iterator

from mothers_margins.absent import Absent, absent, answering, not_there
from mothers_margins.errors import unknown
from mothers_margins.study.conditions import Condition, Where
from mothers_margins.study.participant_table import Timepoint
from mothers_margins.study.variables import Variables

ORDER: dict[Timepoint | None, int] = {None: 0, 1: 1, "between": 2, 2: 3}


class Outcomes(Variables):
    """Questions about outcomes and timepoints."""

    @property
    def main_outcomes(self) -> dict[Timepoint | None, str]:
        """The primary and the secondary outcome by timepoint."""
        return {
            outcome.timepoint: outcome.name
            for outcome in self.file.outcomes
            if outcome.kind in ("primary", "secondary")
        }

    @property
    def timepoints(self) -> tuple[int, ...]:
        """The timepoints of main outcomes and of tables, in order; a study that names none has one,
        1.
        """
        named = {*self.main_outcomes, *(plan.timepoint for plan in self.tables.values())}
        return tuple(sorted(when for when in named if isinstance(when, int))) or (1,)

    @property
    def first_outcome(self) -> str | Absent:
        """The main outcome of the first timepoint."""
        return next(self._main_in_order(), absent("no_main_outcome"))

    @property
    def last_outcome(self) -> str | Absent:
        """The main outcome of the last timepoint, which may be the first too."""
        return next(reversed([*self._main_in_order()]), absent("no_main_outcome"))

    @property
    def later_outcome(self) -> str | Absent:
        """The main outcome of the last timepoint, where that is another than the first."""
        later = [*self._main_in_order()][1:]
        if not later:
            return self.first_outcome and absent("no_later_outcome")
        return later[-1]

    def _main_in_order(self) -> Iterator[str]:
        main = self.main_outcomes
        yield from (main[when] for when in sorted(main, key=ORDER.__getitem__))

    def main_outcome(self, timepoint: int) -> str | Absent:
        """The primary or secondary outcome at a timepoint; absent where there is a table of it and
        no outcome. Raises UsageError for a timepoint that the study does not have.
        """
        if not self.main_outcomes:
            return absent("no_main_outcome")
        main = {str(when): name for when, name in self.main_outcomes.items()}
        asked = str(timepoint)
        if asked not in main and timepoint in self.timepoints:
            return absent("no_outcome_at", timepoint=asked)
        if asked not in main:
            raise unknown("timepoint with a main outcome", [asked], main, f"study {self.name}")
        return main[asked]

    @property
    def exploratory_outcomes(self) -> tuple[str, ...] | Absent:
        """Outcomes that are compared with all others, and with those nearer to them."""
        named = [one.name for one in self.file.outcomes if one.kind == "exploratory"]
        return tuple(named) or absent("no_exploratory_outcome")

    @answering
    def sides(self, outcome: str) -> dict[str, dict[str, str]]:
        """Those with an outcome and those without it, as groups of their own."""
        return {f"{self.label(outcome)}: {level}": {outcome: level} for level in ("Yes", "No")}

    @answering
    def known_or_not(self, outcome: str) -> dict[str, dict[str, dict[str, bool]]]:
        """Those whose outcome is known and those for whom it is not, as groups of their own."""
        title = self.label(outcome)
        return {
            f"{title}: known": {outcome: {"known": True}},
            f"{title}: not known": {outcome: {"known": False}},
        }

    @answering
    def contrasts(self, outcome: str) -> dict[str, dict[str, Where]]:
        """Pairs of disjoint groups of an outcome: those with it and all others; and the others who
        meet `also_within`.

        Keyed by what the comparison is with. Dyads whose outcome is not known are in none. Absent
        where the outcome declares no `also_within`. Raises UsageError for an unknown one.
        """
        if outcome not in self.outcomes:
            raise unknown("outcome", [outcome], self.outcomes, f"study {self.name}")
        within = self.outcomes[outcome].also_within
        if not within:
            raise not_there("no_within", outcome=outcome)
        title = self.label(outcome)
        with_it = {outcome: Condition(levels=("Yes",))}
        without_it = {outcome: Condition(levels=("No",))}
        return {
            "all others": {title: with_it, "All others": without_it},
            "involved": {title: with_it, "Involved, without it": {**without_it, **within}},
        }
