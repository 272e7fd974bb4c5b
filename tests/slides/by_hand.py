"""Releases and decks written by hand, and a notebook's cells as they are after it has run."""

import ast
import json
from math import nan
from pathlib import Path
from types import SimpleNamespace

import pandas as pd

import mothers_margins as mm
from mothers_margins import places
from mothers_margins.release.released import _READ, Released
from mothers_margins.slides.deck import Deck, deck_of
from mothers_margins.slides.slide import Meant, Slide

INVOLVED, NOT, EVERYONE = "involved_t1", "not_involved_t1", "all_t1"
FACT = "36 in 100 mothers"  # as the slide below says it
# Of 99 mothers with involvement and 179 without: how many.
COUNTS = {
    ("dv_any", "Yes"): (41, 47),
    ("ctq_physical_abuse_in_two", "moderate to extreme"): (60, 70),
    ("ctq_physical_neglect_in_two", "moderate to extreme"): (66, 70),
    ("substance_misuse", "Yes"): (29, 45),
    ("relationship", "single"): (20, 34),
    ("admissions_2y", "Yes"): (36, 47),
    ("learning_difficulties", "Yes"): (7, 9),  # too few: 7 of 99
}


def row(variable, level, group, statistic, value, status="shown", note="", **more):
    """A row of a released summary."""
    names = ("variable", "level", "group", "statistic", "value", "status", "note")
    cells = (variable, level, group, statistic, value, status, note)
    return {**dict(zip(names, cells, strict=True)), "n": nan, "missing": nan, **more}


def scored(variable, known, missing):
    """A score of all mothers, with how many have none."""
    return row(variable, None, EVERYONE, "mean", 40.0, n=float(known), missing=float(missing))


def counted(variable, level, group, yes, of):
    """A count and its share."""
    return [
        row(variable, level, group, "n", float(yes)),
        row(variable, level, group, "percent", 100 * yes / of),
    ]


def characteristics(timepoint, sizes, counts):
    """A table of characteristics: sizes and counts of all, involved, not involved."""
    groups = [f"{name}_t{timepoint}" for name in ("all", "involved", "not_involved")]
    everyone = (sizes[0] + sizes[1], *sizes)
    rows = [
        row("n", None, group, "n", float(size))
        for group, size in zip(groups, everyone, strict=True)
    ]
    for (variable, level), (yes, other) in counts.items():
        for group, part, of in zip(groups, (yes + other, yes, other), everyone, strict=True):
            rows += counted(variable, level, group, part, of)
    return rows


def predictions(pairs):
    """Expected shares with involvement, with something and without."""
    rows = []
    for variable, level, other, first, second in pairs:
        for method in ("imputed", "complete_case"):
            for one, share in ((level, first), (other, second)):
                rows.append(
                    {
                        "variable": variable, "level": one, "method": method, "estimate": share,
                        "conf_low": share - 0.08, "conf_high": share + 0.08,
                        "status": "shown", "note": "",
                    }
                )  # fmt: skip
    return rows


def released(*, rows_are="synthetic", study=None, **changed) -> Released:
    """A release of the study esmi whose numbers are those above."""
    course = [
        row("n", None, "everyone", "n", 258.0),
        row("involvement_course", "ended (timepoint 1 only)", "everyone", "percent", 23.0),
        row("involvement_course", "new (timepoint 2 only)", "everyone", "percent", 16.0),
    ]
    at_2 = characteristics(2, (70, 189), {("custody_lost_by_t2", "Yes"): (14, 12)})
    needs = characteristics(1, (99, 179), {("canm_06", "2"): (22, 28), ("canm_16", "2"): (20, 24)})
    adjusted = [
        ("dv_any", "Yes", "No", 0.48, 0.28),
        ("admissions_2y", "Yes", "No", 0.44, 0.31),
    ]
    tables = {
        "characteristics_t1": [
            *characteristics(1, (99, 179), COUNTS),
            scored("ctq_total", 249, 29),
            scored("cas_total", 235, 30),
            scored("bonding", 273, 5),  # too few are missing
        ],
        "characteristics_t2": at_2,
        "needs_t1": needs,
        "involvement_over_time_t1": course,
        "per_hundred_protocol_t1": predictions(adjusted),
        "per_hundred_protocol_t2": predictions([]),
        **changed,
    }
    made_up = rows_are == "synthetic"
    manifest = SimpleNamespace(
        rows_are=rows_are,
        policy={"threshold": 10},
        mark="SYNTHETIC DATA" if made_up else "",
        ledger=SimpleNamespace(on="" if made_up else "2022-01-20"),
    )
    results = {name: pd.DataFrame(rows) for name, rows in tables.items()}
    return Released(Path("release"), study or mm.read_study("esmi"), manifest, results, _READ)


# ---- notebooks


def cells_of(number: int) -> list[dict]:
    """The cells of a meeting's notebook as they are stored."""
    (path,) = places.project().glob(f"notebooks/08_{number}_*.ipynb")
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def executed(cells: list[dict], release: Released, monkeypatch) -> list[dict]:
    """Cells with the slides that they show, run in this process; plus what a cell prints."""
    monkeypatch.setattr(mm, "read_release", lambda *_: release, raising=False)
    names: dict[str, object] = {}
    return [_run(cell, names) if cell["cell_type"] == "code" else cell for cell in cells]


def _run(cell: dict, names: dict[str, object]) -> dict:
    *before, last = ast.parse("".join(cell["source"])).body
    exec(compile(ast.Module(before, []), "cell", "exec"), names)  # noqa: S102
    if not isinstance(last, ast.Expr):
        exec(compile(ast.Module([last], []), "cell", "exec"), names)  # noqa: S102
        return {**cell, "outputs": []}
    shown = eval(compile(ast.Expression(last.value), "cell", "eval"), names)  # noqa: S307
    outputs = [_output(shown)] if isinstance(shown, Slide) else []
    return {**cell, "outputs": outputs}


def _output(slide: Slide) -> dict:
    bundle = slide._repr_mimebundle_()
    return {"output_type": "execute_result", "data": json.loads(json.dumps(bundle))}


def code(*slides: Slide, tags=()) -> dict:
    """A code cell that shows slides."""
    metadata = {"tags": list(tags)}
    outputs = [_output(one) for one in slides]
    return {"cell_type": "code", "source": "", "metadata": metadata, "outputs": outputs}


def words(text: str, kind: str = "slide", tags=()) -> dict:
    """A Markdown cell of a slide type."""
    metadata = {"slideshow": {"slide_type": kind}, "tags": list(tags)}
    return {"cell_type": "markdown", "source": text, "metadata": metadata}


def opening(**meant) -> list[dict]:
    """The first two slides of every deck."""
    about = {
        "meeting": 1,
        "title": "A meeting",
        "mark": "REHEARSAL.",
        "rehearsal": True,
        "locked": True,
    }
    first = Slide(
        "title",
        "A meeting",
        ("We meet.",),
        notes=("Say hello.",),
        minutes=10,
        meant=Meant(**{**about, **meant}),
    )
    second = Slide(
        "words", "Before we start", ("Nobody has to speak.",), notes=("Read it.",), minutes=5
    )
    return [code(first), code(second)]


def closing() -> list[dict]:
    """The break, a talk, and the last slide."""
    last = Slide(
        "closing", "How are you leaving?", ("One word.",), notes=("Thank them.",), minutes=10
    )
    return [
        words("# Break\n\nBack in ten.", tags=("break", "minutes:10")),
        words("Say when.", "notes"),
        words("# What do you see?\n\nSay it or write it.", tags=("talk",)),
        words("Wait.", "notes"),
        code(last),
    ]


def finding(title: str = "What we saw", **more) -> Slide:
    """A slide with a number that was released."""
    given = {
        "lines": (f"{FACT}.",), "remember": "Linked is not caused.", "notes": ("Pause.",),
        "minutes": 3, "says": (FACT,), "counted": 1, **more,
    }  # fmt: skip
    return Slide("finding", title, **given)


def a_deck(*between: Slide, **meant) -> Deck:
    """A deck that has no fault, with further slides after the opening."""
    return deck_of([*opening(**meant), *(code(one) for one in between), *closing()])
