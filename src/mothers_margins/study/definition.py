"""What a study's files declare, by name: read once, asked by everything above."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mothers_margins.study.conditions import Group
from mothers_margins.study.leag_file import LeagFile
from mothers_margins.study.participant_table import (
    Instrument,
    MultiResponseSet,
    Score,
    TableSchema,
    Variable,
)
from mothers_margins.study.study_file import (
    Derived,
    Fact,
    Outcome,
    StudyFile,
    TablePlan,
    Themes,
    Use,
)

BODY = "body"  # what a table shows that fits one page; the table it is of is then the annex's


@dataclass(frozen=True, eq=False, repr=False)
class Definition:
    """What was read and checked.

    margins: by (variable, level, group, statistic) the published value.
    """

    folder: Path
    file: StudyFile
    schema: TableSchema
    themes: Themes | None
    facts: tuple[Fact, ...]
    margins: dict[tuple[str, str, str, str], float]
    leag: LeagFile | None = None

    @property
    def name(self) -> str:
        """The study's name, which is its folder in data_dictionary/."""
        return self.file.name

    @property
    def title(self) -> str:
        """The study's title."""
        return self.file.title

    @property
    def groups(self) -> dict[str, Group]:
        """Groups by name, in declared order."""
        return self.file.groups

    @cached_property
    def tables(self) -> dict[str, TablePlan]:
        """Planned tables by name, each with results of its own; body tables are none of them."""
        return {name: plan for name, plan in self.file.tables.items() if plan.shows != BODY}

    @cached_property
    def body_tables(self) -> dict[str, TablePlan]:
        """Body tables by name, each with the groups and the timepoint of the table that it is
        of.
        """
        plans = {name: plan for name, plan in self.file.tables.items() if plan.shows == BODY}
        for name, plan in plans.items():
            whole = self.tables.get(plan.of)
            if whole:
                own = {"groups": whole.groups, "timepoint": whole.timepoint}
                plans[name] = plan.model_copy(update=own)
        return plans

    @cached_property
    def fields(self) -> dict[str, Variable]:
        """Fields of the participant file by name."""
        return {variable.name: variable for variable in self.schema.fields}

    @cached_property
    def scores(self) -> dict[str, Score]:
        """Scores of the instruments by name, in declared order."""
        return {
            score.name: score
            for instrument in self.schema.instruments
            for score in instrument.scores
        }

    @cached_property
    def instruments(self) -> dict[str, Instrument]:
        """The instrument of each score, by the score's name."""
        return {
            score.name: instrument
            for instrument in self.schema.instruments
            for score in instrument.scores
        }

    @cached_property
    def outcomes(self) -> dict[str, Outcome]:
        """Outcomes by name."""
        return {outcome.name: outcome for outcome in self.file.outcomes}

    @cached_property
    def derived(self) -> dict[str, Derived]:
        """Variables derived after the scores, by name: those of study.yaml, then the outcomes."""
        return {variable.name: variable for variable in (*self.file.derived, *self.file.outcomes)}

    def standing_in(self, use: Use) -> dict[str, str]:
        """By variable, the derived one that stands for it where a use is asked."""
        return {one.source: one.name for one in self.file.derived if use in one.use}

    @cached_property
    def sets(self) -> dict[str, tuple[Variable, ...]]:
        """Multi-response sets by name: their options in declared order."""
        return {
            name: tuple(field for field in self.schema.fields if field.multi_response == name)
            for name in self.set_titles
        }

    @property
    def set_titles(self) -> dict[str, MultiResponseSet]:
        """Multi-response sets by name: their title and note."""
        return {declared.name: declared for declared in self.schema.multi_response_sets}

    @cached_property
    def declared(self) -> dict[str, Variable | Score | Derived]:
        """Everything that is a column of a derived cohort, by name."""
        return {**self.fields, **self.scores, **self.derived}

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """What can be summarised: variables, scores, derived variables and multi-response sets, in
        declared order.
        """
        single = [
            field.name
            for field in self.schema.fields
            if field.role in ("variable", "group") and not field.multi_response
        ]
        return (*single, *self.scores, *self.derived, *self.sets)
