"""What a release knows, made up or read from `tests/data/release`: results, and what becomes of
every cell.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

import mothers_margins as mm
from mothers_margins.disclosure.policy import preset
from mothers_margins.disclosure.printed import Variable
from mothers_margins.disclosure.request import Decided
from mothers_margins.disclosure.universe import NOT_CONCERNED, NOT_KNOWN, Universe
from mothers_margins.release.plan import ReleasePlan
from mothers_margins.release.protected import WITHHELD, ProtectedStudy
from mothers_margins.results.results import NAMES, About, Results, names_of, tidy
from mothers_margins.study.source import Source

DATA = Path(__file__).parents[1] / "data" / "release"
ESMI = mm.read_study("esmi")
SYNTHETIC = Source("synthetic", 279, "Made up.")
POLICY = preset(
    "threshold_10",
    not_known="protected",
    follow_up="shown",
    precedence=("characteristics_t1",),
    author="a test",
    reason="a test",
)
REST = (NOT_KNOWN, NOT_CONCERNED)
A, B = "involved_t1", "not_involved_t1"


@dataclass(frozen=True)
class Facts:
    """A variable as it is released. cells: by group and level the count, and whether it is
    hidden.
    """

    form: str
    levels: tuple[str, ...]
    cells: Mapping[str, Mapping[str, tuple[int, bool]]]
    zeros: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, eq=False)
class Made(ProtectedStudy):
    """A protected study whose answers are given."""

    facts: Mapping[str, Facts] = field(default_factory=dict)

    def variable(self, name):
        if name not in self.facts:
            return None
        own = self.facts[name]
        return Variable(name, own.levels, dict.fromkeys(own.cells, 0), own.zeros)

    def form(self, name):
        return self.facts[name].form if name in self.facts else "withheld"

    def decided(self, name, level, group):
        if name not in self.facts or level not in self.facts[name].cells.get(group, {}):
            return WITHHELD
        return Decided(self.facts[name].cells[group][level][1])

    def count(self, name, level, group):
        return self.facts[name].cells[group].get(level, (0, False))[0]

    def has_base(self, name, group):
        if self.form(name) != "counts":
            return False
        cells = self.facts[name].cells[group]
        return not any(cells[rest][1] and cells[rest][0] for rest in REST if rest in cells)


def protected_of(facts: Mapping[str, Facts], sizes: Mapping[str, int]) -> Made:
    """A protected study of groups that share nobody, or are all of a timepoint."""
    names = tuple(sizes)
    parts = [name for name in names if not name.startswith("all_")]
    inside = np.array(
        [[part == name or name == f"all_{part[-2:]}" for part in parts] for name in names]
    )
    universe = Universe(names, inside, np.array([sizes[part] for part in parts]), {})
    merged = ESMI.standing_in("release")
    plan = ReleasePlan(ESMI, POLICY, universe, (), merged)
    return Made(plan, (), {}, facts)


def demo_protected() -> Made:
    """What becomes of the demo's cells in the groups of its two timepoints."""
    stored = json.loads((DATA / "protected.json").read_text(encoding="utf-8"))
    facts = {
        name: Facts(
            own["form"],
            tuple(own["levels"]),
            {
                group: {level: (count, hidden) for level, (count, hidden) in levels.items()}
                for group, levels in own["cells"].items()
            },
            frozenset((level, group) for level, group in own["zeros"]),
        )
        for name, own in stored["variables"].items()
    }
    return protected_of(facts, stored["sizes"])


def demo_results(name: str, kind: str) -> Results:
    """Results of the demo, as they were saved."""
    named = names_of(kind) | (NAMES & {"status", "note"})
    texts = dict.fromkeys(named, str)
    frame = pd.read_csv(
        DATA / f"{name}.csv", dtype=texts, keep_default_na=False, na_values={"n": [""]}
    )
    for column in frame:
        if column not in named:
            frame[column] = pd.to_numeric(frame[column])
    rows = frame.to_dict("records")
    return tidy(rows, About(kind, ESMI, SYNTHETIC, dict(ESMI.groups)), int(name[-1]))


def made_results(kind: str, rows: list[dict]) -> Results:
    return tidy(rows, About(kind, ESMI, SYNTHETIC, dict(ESMI.groups)), 1)


def cells_of_table(variable: str, table: Mapping[str, tuple[float, float]], **more) -> list[dict]:
    """Rows of `Fit.tabulated`. table: by level those with and without the outcome."""
    common = {
        "engine": "cells",
        "event": "in_level",
        "method": "complete_case",
        "outcome": "involved_t1",
        "specification": "protocol",
        "variable": variable,
    }
    return [
        common | more | {"level": level, "group": side, "n": number}
        for level, sides in table.items()
        for side, number in zip(("yes", "no"), sides, strict=True)
    ]
