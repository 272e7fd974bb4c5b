"""The format of <table>.schema.yaml: a Data Package v2 Table Schema with our x- keys, one frozen
type per thing.
"""

from collections.abc import Iterator
from math import inf
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from mothers_margins.study.yaml_file import Definition, Written, as_tuple


class Level(Definition):
    """One level of a categorical variable, as coded in the file; `label` says more where the code
    does not speak.
    """

    value: str
    label: str = ""


def _as_mapping(level: Written | Level) -> Written | Level:
    return level if isinstance(level, dict | Level) else {"value": level}


Levels = tuple[Annotated[Level, BeforeValidator(_as_mapping)], ...]


class MissingValue(Definition):
    """A code that stands for a missing cell, with the reason that it records.

    not_applicable: there is nothing to know; such a cell is never imputed.
    """

    value: str
    label: str
    not_applicable: bool = Field(False, alias="x-not-applicable")


class Constraints(Definition):
    """What a cell must satisfy (Table Schema `constraints`)."""

    required: bool = False
    unique: bool = False
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None

    @property
    def lowest(self) -> float:
        """The least that a number may be; a limit of 0 is one, and none is infinitely far away."""
        return -inf if self.minimum is None else self.minimum

    @property
    def highest(self) -> float:
        """The most that a number may be."""
        return inf if self.maximum is None else self.maximum


class StructuralZero(Definition):
    """A level that a group cannot have by definition: a zero that is neither found nor tested."""

    group: str
    level: str
    reason: str


SummaryKind = Literal["n", "mean", "mean_sd", "median_iqr"]
Timepoint = Literal[1, 2, "between"]


class Summarised(Definition):
    """What is said of anything that can be summarised.

    summary: for a number, what is shown of it, in order; a skewed score has its median added, never
    substituted. plain_label: wording for people who are not researchers, proposed until the LEAG
    has agreed it. said: of a variable with levels, a phrase for each of them that can
    follow "the mother" and "mothers who": "had learning difficulties recorded"; proposed as well.
    timepoint: when it was recorded; `between` the two, as a re-admission is.
    """

    title: str
    description: str = ""
    summary: Annotated[tuple[SummaryKind, ...], BeforeValidator(as_tuple)] = ()
    row_label: str = ""
    plain_label: str = ""
    said: dict[str, str] = {}
    unit: str = ""
    timepoint: Timepoint | None = None
    assumption: str = ""


def _key(name: str) -> str:
    """A property's key in the file: as the standard has it, else beginning with x-."""
    standard = ("name", "title", "description", "type", "categories", "constraints")
    return name if name in standard else f"x-{name.replace('_', '-')}"


class Variable(Summarised):
    """A field of the participant file: its Table Schema properties and what we say beyond them (x-
    keys).

    role: an `item` only counts towards a score; `codes` is a list of diagnosis codes separated by
    semicolons. applies_where: whom the question concerns; for others an empty cell is not
    applicable. empty: the value that an empty cell stands for, where it does not stand for a
    missing one.
    """

    model_config = ConfigDict(alias_generator=_key)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    type: Literal["string", "integer", "number", "boolean"]
    categories: Levels = ()
    categories_ordered: bool = Field(False, alias="categoriesOrdered")
    true_values: tuple[str, ...] = Field((), alias="trueValues")
    false_values: tuple[str, ...] = Field((), alias="falseValues")
    missing_values: tuple[MissingValue, ...] = Field((), alias="missingValues")
    constraints: Constraints = Constraints()
    role: Literal["identifier", "data_status", "group", "variable", "item", "codes"]
    made_up_prefix: str = ""
    multi_response: str = ""
    block: str = ""
    structural_zeros: tuple[StructuralZero, ...] = ()
    applies_where: dict[str, tuple[str, ...]] = {}
    empty: str = ""

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels in declared order; empty for a number."""
        return tuple(level.value for level in self.categories)


class MultiResponseSet(Definition):
    """Yes/no fields that answer one question, of which a participant can have several."""

    name: str
    title: str
    note: str


class ItemRule(Definition):
    """What is done when some items of a score are missing.

    prorate: the mean of the answered items times their number. single_impute: each missing item
    gets the mean of that item in the file (so it depends on who else is there). observed: the
    answered items are added up as they are, the least that the score can be. These need the share
    `answered` of the items. none: nothing is filled in; a sum needs all its items, a count is of
    those that were answered, if these are at least that share.
    """

    items: Literal["prorate", "single_impute", "observed", "none"]
    answered: float = Field(gt=0, le=1)


class Score(Summarised):
    """One score of an instrument: a sum of items, of other scores, or a count of items with one
    value.

    items: item numbers; sum_of: scores that must all be known; value: the items that have it
    (`any`: a known one; none is 0) are counted, not summed. rule: where it differs from the
    instrument's.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    items: tuple[int, ...] = ()
    value: str = ""
    sum_of: tuple[str, ...] = ()
    rule: ItemRule | None = None

    @property
    def levels(self) -> tuple[str, ...]:
        """None: a score is a number."""
        return ()


class Gate(Definition):
    """A question before an instrument: with this answer its items are not asked, and its scores do
    not apply.
    """

    variable: str
    level: str
    reason: str


class Instrument(Definition):
    """A questionnaire: its items are the fields `<prefix>01`, `<prefix>02` … and its wording is
    nowhere (copyright).
    """

    name: str
    title: str
    source: str
    items: int = Field(gt=0)
    prefix: str
    reversed: tuple[int, ...] = ()
    rule: ItemRule
    gate: Gate | None = None
    scores: tuple[Score, ...] = Field(min_length=1)
    assumption: str = ""

    def item(self, number: int) -> str:
        """Field of one item."""
        return f"{self.prefix}{number:02d}"

    def fields(self) -> Iterator[str]:
        """Fields of all items in order."""
        return (self.item(number) for number in range(1, self.items + 1))


class TableSchema(Definition):
    """One participant file: its fields, its missing codes, its multi-response sets and
    instruments.
    """

    standard: Literal["https://datapackage.org/profiles/2.0/tableschema.json"] = Field(
        alias="$schema"
    )
    name: str
    title: str
    description: str = ""
    primary_key: tuple[str] = Field(alias="primaryKey")
    missing_values: tuple[MissingValue, ...] = Field(alias="missingValues")
    fields: tuple[Variable, ...]
    multi_response_sets: tuple[MultiResponseSet, ...] = Field((), alias="x-multi-response-sets")
    instruments: tuple[Instrument, ...] = Field((), alias="x-instruments")
