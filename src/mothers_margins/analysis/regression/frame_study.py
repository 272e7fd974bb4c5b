"""What results of a plain data frame are about: a study that declares nothing but its columns, so
that tables and checks can ask it as any other.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mothers_margins.analysis.regression.fit import Column
from mothers_margins.results.results import About
from mothers_margins.study.analysis_plan import Tests
from mothers_margins.study.participant_table import Level, TableSchema, Variable
from mothers_margins.study.source import Source
from mothers_margins.study.study import Study
from mothers_margins.study.study_file import Citation, Data, Rounding, StudyFile, Unit

NOT_SAID = "not declared: a data frame"


def about_frame(data: pd.DataFrame, columns: Sequence[Column], outcome: str) -> About:
    """What estimates of a data frame are about.

    Nothing says whose the rows are, so they count as restricted. They are under no lock, because
    there is no plan to lock.
    """
    source = Source("restricted", len(data), "The rows are those of a data frame.")
    return About("estimates", _study(columns, outcome), source, {})


def _study(columns: Sequence[Column], outcome: str) -> Study:
    """A study without a name or a file, whose variables are those of a model; its rules are the
    defaults.
    """
    # a term that is no single column is no variable, and is printed as it is written
    single = [column.variable for column in columns if column.named == (column.variable,)]
    names = dict.fromkeys([outcome, *single])
    fields = tuple(_variable(name, columns) for name in names)
    # constructed, not read: nothing is checked, because a column may be called anything
    schema = TableSchema.model_construct(
        standard="https://datapackage.org/profiles/2.0/tableschema.json",
        name="",
        title="",
        primary_key=("",),
        missing_values=(),
        fields=fields,
    )
    file = StudyFile.model_construct(
        name="",
        title="Data frame",
        citation=Citation(text="none, rows of a data frame"),
        unit=Unit(one="row", many="rows"),
        data=Data.model_construct(
            schema_file="", demo="", demo_status="synthetic", statement=NOT_SAID
        ),
        groups={},
        tables={},
        rounding=Rounding(rule="half_up", percent=1, mean=1),
        tests=Tests(reported="none", reason=NOT_SAID),
    )
    return Study(Path(), file, schema, None, (), {})


def _variable(name: str, columns: Sequence[Column]) -> Variable:
    """A column of the data frame under its own name; with its levels, if it has any."""
    levels: dict[str, None] = {}
    for column in columns:
        if column.variable == name and column.level:
            levels |= dict.fromkeys(filter(None, (column.reference, column.level)))
    return Variable.model_construct(
        name=name,
        title=name,
        type="string" if levels else "number",
        categories=tuple(Level(value=level) for level in levels),
        role="variable",
    )
