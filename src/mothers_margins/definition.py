"""The format of data_dictionary/<study>/: one frozen type per thing that its YAML files can say.

`dictionary.py` reads the files into these types, `study.py` is what they say together.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Definition(BaseModel):
    """Base of everything read from YAML: frozen, and closed to keys that are not declared here."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)


# ---- <table>.schema.yaml: Data Package v2 Table Schema with our x- keys


class Level(Definition):
    """One level of a categorical variable, as coded in the file; `label` says more where the code does not speak."""

    value: str
    label: str = ""


def _as_mapping(level: Any) -> Any:
    return level if isinstance(level, dict | Level) else {"value": level}


Levels = tuple[Annotated[Level, BeforeValidator(_as_mapping)], ...]


class MissingValue(Definition):
    """A code that stands for a missing cell, with the reason that it records."""

    value: str
    label: str


class Constraints(Definition):
    """What a cell must satisfy (Table Schema `constraints`)."""

    required: bool = False
    unique: bool = False
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None


class StructuralZero(Definition):
    """A level that a group cannot have by definition: a zero that is neither found nor tested."""

    group: str
    level: str
    reason: str


SummaryKind = Literal["n", "mean", "mean_sd", "median_iqr"]


class Variable(Definition):
    """A field of the participant file: its Table Schema properties and what we say beyond them (x- keys)."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    description: str = ""
    type: Literal["string", "integer", "number", "boolean"]
    categories: Levels = ()
    categories_ordered: bool = Field(False, alias="categoriesOrdered")
    true_values: tuple[str, ...] = Field((), alias="trueValues")
    false_values: tuple[str, ...] = Field((), alias="falseValues")
    missing_values: tuple[MissingValue, ...] = Field((), alias="missingValues")
    constraints: Constraints = Constraints()
    role: Literal["identifier", "data_status", "group", "variable"] = Field(alias="x-role")
    made_up_prefix: str = Field("", alias="x-made-up-prefix")
    summary: SummaryKind | None = Field(None, alias="x-summary")
    row_label: str = Field("", alias="x-row-label")
    unit: str = Field("", alias="x-unit")
    multi_response: str = Field("", alias="x-multi-response")
    block: str = Field("", alias="x-block")
    structural_zeros: tuple[StructuralZero, ...] = Field((), alias="x-structural-zeros")
    assumption: str = Field("", alias="x-assumption")

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels in declared order; empty for a number."""
        return tuple(level.value for level in self.categories)


class MultiResponseSet(Definition):
    """Yes/no fields that answer one question, of which a participant can have several."""

    name: str
    title: str
    note: str


class TableSchema(Definition):
    """One participant file: its fields, its missing codes and its multi-response sets."""

    standard: Literal["https://datapackage.org/profiles/2.0/tableschema.json"] = Field(alias="$schema")
    name: str
    title: str
    description: str = ""
    primary_key: tuple[str] = Field(alias="primaryKey")
    missing_values: tuple[MissingValue, ...] = Field(alias="missingValues")
    fields: tuple[Variable, ...]
    multi_response_sets: tuple[MultiResponseSet, ...] = Field((), alias="x-multi-response-sets")


# ---- study.yaml


class Condition(Definition):
    """Has any of these levels or options; if `excluded`, none of them. Written as a level, a list or {not: list}."""

    levels: tuple[str, ...] = Field(min_length=1)
    excluded: bool = False


def _as_condition(written: Any) -> Any:
    if isinstance(written, Condition):
        return written
    if isinstance(written, dict) and set(written) == {"not"}:
        return {"levels": written["not"], "excluded": True}
    return {"levels": written if isinstance(written, list | tuple) else (written,)}


Where = dict[str, Annotated[Condition, BeforeValidator(_as_condition)]]


class Difference(Definition):
    """A group that is another one without some of its parts; its counts follow by subtraction."""

    of: str
    minus: tuple[str, ...]


class Group(Definition):
    """A set of participants, by conditions on variables. Groups are free to overlap."""

    label: str
    letter: str = ""
    description: str = ""
    where: Where
    contains: tuple[str, ...] = ()
    difference: Difference | None = None


class Band(Definition):
    """One level of a banded number; bounds are inclusive, None is open."""

    level: str
    minimum: float | None = None
    maximum: float | None = None


class Derived(Definition):
    """A variable made from another: bands of a number, or levels merged."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    source: str = Field(alias="from")
    bands: tuple[Band, ...] = ()
    merged: dict[str, tuple[str, ...]] = Field({}, alias="levels")

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels in declared order."""
        return tuple(band.level for band in self.bands) or tuple(self.merged)


class Block(Definition):
    """A titled part of a table and the variables under it; `levels`, if given, are the only ones printed."""

    title: str
    variables: tuple[str, ...] = Field(min_length=1)
    levels: tuple[str, ...] = ()


class PrintedPercentage(Definition):
    """A cell to which the published table adds a percentage, with the groups that its base adds together."""

    group: str
    variable: str
    level: str
    base: tuple[str, ...] = Field(min_length=1)
    show_own: bool = False


class TablePlan(Definition):
    """What a characteristics table shows: groups are its columns."""

    title: str
    groups: tuple[str, ...] = Field(min_length=1)
    blocks: tuple[Block, ...] = Field(min_length=1)
    printed_percentages: tuple[PrintedPercentage, ...] = ()
    notes: tuple[str, ...] = ()
    notes_of_print: tuple[str, ...] = ()  # true of rows rebuilt from the publication only

    @property
    def variables(self) -> tuple[str, ...]:
        """All variables of the table in order."""
        return tuple(name for block in self.blocks for name in block.variables)


class Citation(Definition):
    """Where the study is published."""

    text: str
    doi: str


class Unit(Definition):
    """What one row is, in words."""

    one: str
    many: str


class Data(Definition):
    """The participant file: its schema, and the demonstration file that is shipped."""

    schema_file: str = Field(alias="schema")
    demo: str
    demo_status: Literal["synthetic", "reconstructed"]
    statement: str


class Published(Definition):
    """Files with the published totals and the facts stated in the text."""

    margins: str
    facts: str


class ThemesFile(Definition):
    """The qualitative part: its file, and the name its table is saved under."""

    file: str
    table: str


class Rounding(Definition):
    """How numbers become text: rule and decimals."""

    rule: Literal["half_up", "half_even"]
    percent: int = Field(ge=0, le=4)
    mean: int = Field(ge=0, le=4)


class Tests(Definition):
    """Which tests are reported, and why."""

    reported: Literal["none"]
    reason: str


class Disclosure(Definition):
    """The disclosure policy by name, who decided it, and why."""

    policy: Literal["already_public"]
    decided_by: str
    reason: str


class StudyFile(Definition):
    """study.yaml as written."""

    name: str
    title: str
    citation: Citation
    unit: Unit
    about: dict[str, str] = {}
    data: Data
    groups: dict[str, Group]
    derived: tuple[Derived, ...] = ()
    published: Published | None = None
    tables: dict[str, TablePlan] = Field(min_length=1)
    themes: ThemesFile | None = None
    rounding: Rounding
    tests: Tests
    disclosure: Disclosure


# ---- published_facts.yaml and themes.yaml


class Fact(Definition):
    """A count of participants of a group who meet conditions, as the publication states it or as follows from it."""

    id: str
    kind: Literal["stated", "margin_check", "derived", "soft"]
    group: str
    where: Where
    relation: Literal["==", ">=", "<="] = Field(alias="is")
    count: int = Field(ge=0)


class FactsFile(Definition):
    """published_facts.yaml as written."""

    facts: tuple[Fact, ...]


class Subtheme(Definition):
    """A sub-theme with its label as printed."""

    id: str
    label: str


class Theme(Subtheme):
    """A theme with its label as printed, and its sub-themes."""

    subthemes: tuple[Subtheme, ...]


class Themes(Definition):
    """themes.yaml as written."""

    title: str
    method: str
    note: str
    themes: tuple[Theme, ...]
