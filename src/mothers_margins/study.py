"""The study: what its definition says, ready to be asked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Literal

from mothers_margins.definition import (
    Derived,
    Fact,
    Group,
    MultiResponseSet,
    StudyFile,
    TablePlan,
    TableSchema,
    Themes,
    Variable,
    Where,
)
from mothers_margins.errors import UsageError


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """One study, read and checked. `margins` maps (variable, level, group, statistic) to the published value."""

    folder: Path
    file: StudyFile
    schema: TableSchema
    themes: Themes | None
    facts: tuple[Fact, ...]
    margins: dict[tuple[str, str, str, str], float]

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

    @property
    def tables(self) -> dict[str, TablePlan]:
        """Planned tables by name."""
        return self.file.tables

    @cached_property
    def fields(self) -> dict[str, Variable]:
        """Fields of the participant file by name."""
        return {variable.name: variable for variable in self.schema.fields}

    @cached_property
    def derived(self) -> dict[str, Derived]:
        """Derived variables by name."""
        return {variable.name: variable for variable in self.file.derived}

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
    def variables(self) -> tuple[str, ...]:
        """What can be summarised: variables, derived variables and multi-response sets, in declared order."""
        single = [f.name for f in self.schema.fields if f.role in ("variable", "group") and not f.multi_response]
        return (*single, *self.derived, *self.sets)

    def levels(self, name: str) -> tuple[str, ...]:
        """Levels of a variable or options of a multi-response set, in declared order; empty for a number."""
        if name in self.sets:
            return tuple(option.title for option in self.sets[name])
        declared = self.derived.get(name) or self.fields.get(name)
        if declared is None:
            raise unknown("variable", [name], self.variables, f"study {self.name}")
        return declared.levels

    def label(self, name: str) -> str:
        """A variable's title as printed."""
        declared = self.set_titles.get(name) or self.derived.get(name) or self.fields[name]
        return declared.title

    def where_faults(self, where: Where, place: str) -> Iterator[str]:
        """What a condition names that the study does not have."""
        for name, condition in where.items():
            if name not in self.variables:
                yield f"{place}: no variable '{name}'{near(name, self.variables)}"
                continue
            declared = self.levels(name)
            for level in condition.levels:
                if level not in declared:
                    yield f"{place}: '{level}' is no level of {name} (declared: {', '.join(declared)})"

    def plan(self, table: str) -> TablePlan:
        """The plan of a table. Raises UsageError, naming the tables there are."""
        if table not in self.tables:
            raise unknown("table", [table], self.tables, f"study {self.name}")
        return self.tables[table]

    def __repr__(self) -> str:
        return f"Study {self.name}: {self.title}"


@dataclass(frozen=True)
class Source:
    """Where the rows come from. Travels with every result, so that the mark of made-up data is never lost."""

    kind: Literal["synthetic", "reconstructed", "restricted", "published"]
    rows: int
    statement: str

    @property
    def mark(self) -> str:
        """The mark that everything made from these rows carries; empty for restricted data."""
        return {
            "synthetic": "SYNTHETIC DATA",
            "reconstructed": "SYNTHETIC ROWS, reconstructed from published totals",
        }.get(self.kind, "")


def unknown(kind: str, names: Iterable[str], known: Iterable[str], where: str) -> UsageError:
    """The error for names that do not exist, with the nearest that do."""
    known = list(known)
    problems = [f"no {kind} '{name}'{near(name, known)}" for name in names]
    return UsageError(f"{where}: a {kind} that it does not have.", problems, f"Known: {', '.join(known)}.")


def near(name: str, known: Iterable[str]) -> str:
    """'; did you mean …?' when a known name is close, else nothing."""
    by_case = {other.lower(): other for other in known}
    close = get_close_matches(name.lower(), list(by_case), n=1)
    return f"; did you mean '{by_case[close[0]]}'?" if close else ""
