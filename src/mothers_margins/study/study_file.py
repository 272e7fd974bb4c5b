"""The format of data_dictionary/<study>/study.yaml and its companions: one frozen type per thing
that they can say.

`participant_table.py` is the format of the participant file, `read_study.py` reads all, `study.py`
is what they say together.
"""

from typing import Annotated, Literal

from pydantic import Field

from mothers_margins.study.analysis_plan import Coding, Lock, MissingData, Model, Regression, Tests
from mothers_margins.study.conditions import Condition, Group, Where
from mothers_margins.study.participant_table import StructuralZero, Summarised, SummaryKind
from mothers_margins.study.yaml_file import Definition


class Band(Definition):
    """One level of a banded number, from `minimum` to `maximum` inclusive; None is open.

    Of a score, which need not be a whole number, only `minimum` is said: the band ends below the
    next one's.
    """

    level: str
    minimum: float | None = None
    maximum: float | None = None


class Fifths(Definition):
    """Fifths of a nation's areas ranked by deprivation (rank 1 is the most deprived), within the
    index ranked by.

    areas: number of areas that each index ranks.
    """

    rank: str
    index: str
    areas: dict[str, int] = Field(min_length=1)


# Where a variable stands for the one that it is made `from`.
Use = Literal["analysis", "report", "release"]


class Derived(Summarised):
    """A variable made from others by exactly one rule.

    bands of the number `from`; `levels` of `from` merged; `any_of` several conditions (Yes, No, or
    missing by three-valued logic: a true one decides, and all must be known to be false for a No);
    `one_of`: the level whose condition holds; `fifths` of areas. gated_out: what a closed gate of
    an instrument means for `any_of`: no, or exclude (missing, not applicable). use: where it
    stands for the variable that it is made `from`: in models (`analysis`, the levels of a term),
    in body tables (`report`), in what is released (`release`). to_decide: what the study team has
    still to decide of it; notebook 00 lists it, and no table says it.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    source: str = Field("", alias="from")
    bands: tuple[Band, ...] = ()
    merged: dict[str, tuple[str, ...]] = Field({}, alias="levels")
    any_of: tuple[Where, ...] = ()
    one_of: dict[str, Where] = {}
    gated_out: Literal["no", "exclude"] | None = None
    fifths: Fifths | None = None
    structural_zeros: tuple[StructuralZero, ...] = ()
    use: tuple[Use, ...] = ()
    to_decide: str = ""

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels in declared order; a fifth is named by its number, 1 the most deprived."""
        if self.fifths:
            return ("1", "2", "3", "4", "5")
        return (
            tuple(band.level for band in self.bands)
            or tuple(self.merged)
            or tuple(self.one_of)
            or ("Yes", "No")
        )

    @property
    def conditions(self) -> tuple[Where, ...]:
        """The conditions of which one must hold."""
        return self.any_of

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the variables that it is made from."""
        named = [self.source] if self.source else []
        if self.fifths:
            named = [self.fifths.rank, self.fifths.index]
        for where in (*self.conditions, *self.one_of.values()):
            named += where
        return tuple(dict.fromkeys(named))


class Outcome(Derived):
    """What a model explains, as Yes or No: `from` is one of `event_levels`, or one of several
    conditions holds.

    of: the outcome that a sensitivity outcome stands in for. among: whom it concerns; for others it
    does not apply. also_within: an exploratory outcome is compared with all without it, and with
    those of them who meet this.
    """

    kind: Literal["primary", "secondary", "exploratory", "sensitivity"]
    event_levels: tuple[str, ...] = ()
    of: str = ""
    among: Where = {}
    also_within: Where = {}

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the variables that it is made from."""
        return tuple(dict.fromkeys([*super().sources, *self.among]))

    @property
    def conditions(self) -> tuple[Where, ...]:
        """The conditions of which one must hold."""
        if self.event_levels:
            return ({self.source: Condition(levels=self.event_levels)},)
        return self.any_of


class Impossible(Definition):
    """A combination of values that cannot be: a file that holds it is refused."""

    where: Where = Field(min_length=1)
    reason: str


class Block(Definition):
    """A titled part of a table and the variables under it; `levels`, if given, are the only ones
    printed.
    """

    title: str
    variables: tuple[str, ...] = Field(min_length=1)
    levels: tuple[str, ...] = ()


class PrintedPercentage(Definition):
    """A cell to which the published table adds a percentage, with the groups that its base adds
    together.
    """

    group: str
    variable: str
    level: str
    base: tuple[str, ...] = Field(min_length=1)
    show_own: bool = False


class TablePlan(Definition):
    """What a planned table shows: groups are its columns.

    shows: characteristics; needs, each met or not; the course of participants over time; or the
    `body` of a text: what of another table, which is then in the annex, fits one page. With
    timepoint a notebook finds the tables of the timepoint that it is run for; a table without one
    belongs to all. A body table says of which table it is (`of`), whose groups and timepoint it
    has, and may say which of its summaries a number shows (`numbers`; by default the first).
    """

    title: str
    shows: Literal["characteristics", "needs", "course", "body"] = "characteristics"
    timepoint: Literal[1, 2] | None = None
    of: str = ""
    groups: tuple[str, ...] = ()
    numbers: dict[str, SummaryKind] = {}
    blocks: tuple[Block, ...] = Field(min_length=1)
    printed_percentages: tuple[PrintedPercentage, ...] = ()
    notes: tuple[str, ...] = ()
    notes_of_print: tuple[str, ...] = ()  # true of rows rebuilt from the publication only

    @property
    def variables(self) -> tuple[str, ...]:
        """All variables of the table in order."""
        return tuple(name for block in self.blocks for name in block.variables)


class SideBySide(Definition):
    """Two variables that say nearly the same, shown side by side before one of them is chosen: the
    levels of one are rows, those of the other columns.
    """

    rows: str
    columns: str


class Citation(Definition):
    """Where the study is published."""

    text: str
    doi: str = ""

    def __str__(self) -> str:
        return f"{self.text} doi:{self.doi}" if self.doi else self.text


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
    recipe: str = ""  # of a synthetic file: how it is drawn


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
    odds_ratio: int = Field(2, ge=1, le=4)
    p_value: int = Field(3, ge=2, le=4)


class Withheld(Definition):
    """What a person withholds although the rules would let it pass: a cell, a row, a column or a
    whole table.

    variable, level, group: what they do not say, they hold for all of. who decided it, when
    (2026-11-27) and why.
    """

    table: str
    variable: str = ""
    level: str = ""
    group: str = ""
    who: str = Field(min_length=1)
    when: str
    why: str = Field(min_length=1)


Choice = Literal["protected", "shown"]
Form = Literal["counts", "share_of_all", "percent", "withheld"]


class Disclosure(Definition):
    """The disclosure policy by name, who decided it, and why; and what it leaves to the study.

    not_known: whether the number of those not known is a count to protect. follow_up: whether that
    of those known at one timepoint only is. precedence: the tables in order, so that a later one
    never costs a cell of an earlier one; those of one list are equal. withhold: see `Withheld`.
    accept_hidden: why a table may be released although more than a quarter of it is hidden. forms:
    how a variable is printed, the same in all its columns. A study may leave all of these out; then
    a release is refused, not the reading.
    """

    policy: Literal["already_public", "threshold_10", "leag_slides"]
    decided_by: str
    reason: str
    not_known: Choice | None = None
    follow_up: Choice | None = None
    precedence: tuple[tuple[str, ...], ...] = ()
    withhold: tuple[Withheld, ...] = ()
    accept_hidden: dict[str, Annotated[str, Field(min_length=1)]] = {}
    forms: dict[str, Form] = {}


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
    outcomes: tuple[Outcome, ...] = ()
    impossible: tuple[Impossible, ...] = ()
    coding: dict[str, Coding] = {}
    models: dict[str, Model] = {}
    quartiles: Literal["interpolated", "averaged"] = "interpolated"
    # explanatory variables under the headings that tables and figures print
    explanatory: tuple[Block, ...] = ()
    lock: Lock | None = None
    regression: Regression = Regression()
    missing_data: MissingData | None = None
    descriptive_only: dict[str, str] = {}  # variable: why it enters no model
    to_decide: dict[str, str] = {}  # of the study team, beside that of derived variables
    published: Published | None = None
    tables: dict[str, TablePlan] = Field(min_length=1)
    side_by_side: SideBySide | None = None
    themes: ThemesFile | None = None
    rounding: Rounding
    tests: Tests
    disclosure: Disclosure | None = None  # without one nothing can be released


# ---- published_facts.yaml and themes.yaml


class Fact(Definition):
    """A count of participants of a group who meet conditions, as the publication states it or as
    follows from it.
    """

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
