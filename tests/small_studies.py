"""Small made-up studies that have only some of what a study can have, and notebooks run on them.

A notebook's code cells are run in this process, one after the other, as an analyst's script would:
what the last line of each shows is kept as JupyterLab would show it.
"""

import ast
import json
import random
from pathlib import Path

from tests.small_project import REPOSITORY

SCHEMA = """
$schema: https://datapackage.org/profiles/2.0/tableschema.json
name: people
title: People
primaryKey: [person_id]
missingValues:
  - {value: "", label: not asked}
fields:
  - {name: person_id, title: Id, type: string, x-role: identifier,
     constraints: {required: true, unique: true}}
  - {name: data_status, title: Status, type: string, x-role: data_status}
  - {name: side, title: Side, type: string, categories: [left, right], x-role: group,
     x-timepoint: 1}
  - {name: age_years, title: Age, type: integer, x-role: variable, x-summary: mean_sd,
     x-timepoint: 1, constraints: {minimum: 16, maximum: 99}}
  - {name: smokes, title: Smokes, type: string, categories: ["Yes", "No"], x-role: variable,
     x-timepoint: 1}
  - {name: help_t1, title: Help at the first visit, type: string,
     categories: [none, some, much], x-role: variable, x-timepoint: 1}
  - {name: help_t2, title: Help at the second visit, type: string,
     categories: [none, some, much], x-role: variable, x-timepoint: 2}
"""
# Twenty lines: what is required, and no more.
TWENTY_LINES = """name: small
title: A small study
citation: {text: nowhere}
unit: {one: person, many: people}
data:
  schema: people.schema.yaml
  demo: people.csv
  demo_status: synthetic
  statement: Made up.
groups:
  all: {label: All, where: {}, contains: [left]}
  left: {label: Left, where: {side: left}}
tables:
  people:
    title: People
    groups: [all, left]
    blocks: [{title: People, variables: [age_years, smokes]}]
rounding: {rule: half_up, percent: 0, mean: 1}
tests: {reported: none, reason: none}
disclosure: {policy: threshold_10, decided_by: nobody, reason: made up}
"""
TWO_SIDES = TWENTY_LINES.replace(
    "  left: {label: Left, where: {side: left}}\n",
    "  left: {label: Left, where: {side: left}}\n  right: {label: Right, where: {side: right}}\n",
).replace("groups: [all, left]", "groups: [all, left, right]")
WITH_OUTCOMES = (
    TWO_SIDES
    + """outcomes:
  - {name: helped_t1, title: Helped at the first visit, kind: primary, timepoint: 1, from: help_t1,
     event_levels: [some, much]}
  - {name: helped_t2, title: Helped at the second visit, kind: secondary, timepoint: 2,
     from: help_t2, event_levels: [some, much]}
  - {name: much_t1, title: Much help at the first visit, kind: exploratory, timepoint: 1,
     from: help_t1, event_levels: [much], also_within: {helped_t1: "Yes"}}
coding:
  age_years: {per: 5, label: per 5 years}
  smokes: {reference: "No"}
models:
  main:
    title: Age and smoking
    terms: {helped_t1: [age_years, smokes], helped_t2: [age_years, smokes]}
missing_data:
  m: 3
  burnin: 2
  seed: 1
  sensitivity_m: 2
  df_rule: rubin
  assumption: Made up.
  outcomes: {helped_t1: {}, helped_t2: {}}
"""
).replace(
    "rounding:",
    """  exploratory:
    title: People by a rare outcome
    groups: [all]
    blocks: [{title: People, variables: [age_years, smokes]}]
rounding:""",
)
# Twenty people a parameter: more than 25 rows have.
NEEDS_MANY = WITH_OUTCOMES + "regression: {few_events: 20}\n"
# By name: the definition, how many rows, how many of 100 answers and of later outcomes are missing.
STUDIES: dict[str, tuple[str, int, int, int]] = {
    "twenty lines": (TWENTY_LINES, 60, 10, 10),
    "no outcomes": (TWO_SIDES, 60, 10, 10),
    "followed up completely": (WITH_OUTCOMES, 120, 15, 0),
    "nothing missing": (WITH_OUTCOMES, 120, 0, 0),
    "25 rows": (NEEDS_MANY, 25, 10, 20),
}


def write_study(project: Path, which: str) -> None:
    """One of the studies, named small, in the data_dictionary/ of a project."""
    definition, rows, unanswered, lost = STUDIES[which]
    folder = project / "data_dictionary" / "small"
    folder.mkdir(parents=True)
    (folder / "people.schema.yaml").write_text(SCHEMA, encoding="utf-8")
    (folder / "study.yaml").write_text(definition, encoding="utf-8")
    (folder / "people.csv").write_text(_rows(rows, unanswered, lost), encoding="utf-8")


def _rows(number: int, unanswered: int, lost: int) -> str:
    drawn = random.Random(11)  # noqa: S311
    lines = ["person_id,data_status,side,age_years,smokes,help_t1,help_t2"]
    help_of = ("none", "none", "some", "some", "much")
    for person in range(number):
        asked = [str(drawn.randint(18, 60)), drawn.choice(("Yes", "No"))]
        answers = ["" if drawn.random() * 100 < unanswered else answer for answer in asked]
        later = "" if drawn.random() * 100 < lost else drawn.choice(help_of)
        side = drawn.choice(("left", "right"))
        cells = [f"SYN-{person}", "synthetic", side, *answers, drawn.choice(help_of), later]
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


def code_cells(notebook: str) -> list[str]:
    return _cells(notebook, "code")


def prose_cells(notebook: str) -> list[str]:
    return _cells(notebook, "markdown")


def _cells(notebook: str, kind: str) -> list[str]:
    path = REPOSITORY / "notebooks" / f"{notebook}.ipynb"
    content = json.loads(path.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in content["cells"] if cell["cell_type"] == kind]


def shown_by(notebook: str, **parameters: object) -> list[str]:
    """What each code cell of a notebook shows, as text; its parameters are put in after the cell
    that declares them, as papermill does.
    """
    shown: list[str] = []

    def display(*values: object) -> None:
        """As in JupyterLab: what is given is shown."""
        shown.extend(_as_jupyter(value) for value in values)

    names: dict[str, object] = {"display": display}
    for place, source in enumerate(code_cells(notebook)):
        lines = ast.parse(source).body
        last = lines.pop() if isinstance(lines[-1], ast.Expr) else None
        exec(compile(ast.Module(lines, []), notebook, "exec"), names)  # noqa: S102
        if place == 0:
            names |= parameters
        if last is not None:
            value = eval(compile(ast.Expression(last.value), notebook, "eval"), names)  # noqa: S307
            shown.append(_as_jupyter(value))
    return shown


def _as_jupyter(value: object) -> str:
    """The text of what a cell shows; a picture is drawn, as Jupyter would."""
    for way in ("_repr_mimebundle_", "_repr_html_", "_repr_markdown_"):
        if draw := getattr(value, way, None):
            draw()
    return "" if value is None else repr(value)
