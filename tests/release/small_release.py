"""A made-up study of sixty people with a policy, and runs of it, for tests of the door."""

import hashlib
import json
import random
import shutil
from pathlib import Path

import pytest

import mothers_margins as mm
from mothers_margins import places
from tests.conftest import mm_read

YES_NO = ("smokes", "works", "drives", "reads", "sings", "walks")
ID = "CANARY-ID"
SCHEMA = """
$schema: https://datapackage.org/profiles/2.0/tableschema.json
name: people
title: Sixty people
primaryKey: [person_id]
missingValues:
  - {value: "", label: not asked}
fields:
  - {name: person_id, title: Id, type: string, x-role: identifier,
     constraints: {required: true, unique: true}}
  - {name: data_status, title: Status, type: string, x-role: data_status}
  - {name: side, title: Side, type: string, categories: [left, right], x-role: group}
  - {name: age_years, title: Age, type: integer, x-role: variable, x-summary: mean_sd,
     constraints: {minimum: 16, maximum: 99}}
  - {name: house, title: House, type: string, categories: [own, rent, other], x-role: variable}
  - {name: mood, title: Mood, type: string, categories: [low, fair, good], x-role: variable}
""" + "".join(
    f'  - {{name: {name}, title: {name.title()}, type: string, categories: ["Yes", "No"], '
    "x-role: variable}\n"
    for name in YES_NO
)
DISCLOSURE = """disclosure:
  policy: threshold_10
  decided_by: nobody
  reason: made up
  not_known: shown
  follow_up: shown
  precedence: [[people]]
  accept_hidden: {people: sixty are few}
"""
STUDY = f"""
name: sixty
title: Sixty people
citation: {{text: nowhere}}
unit: {{one: person, many: people}}
data: {{schema: people.schema.yaml, demo: sixty.csv, demo_status: synthetic, statement: Made up.}}
groups:
  everyone: {{label: All, where: {{}}, contains: [left]}}
  left: {{label: Left, where: {{side: left}}}}
derived:
  - {{name: feeling, title: Feeling, from: mood,
     levels: {{"@low": [low], fair: [fair], good: [good]}}}}
tables:
  people:
    title: People
    groups: [everyone, left]
    blocks:
      - {{title: All, variables: [age_years, house, feeling, {", ".join(YES_NO)}]}}
rounding: {{rule: half_up, percent: 0, mean: 1}}
tests: {{reported: none, reason: none}}
{DISCLOSURE}"""


def rows() -> list[dict[str, str]]:
    """The people, always the same; with ids that must not leave."""
    drawn = random.Random(7)  # noqa: S311
    people = []
    for number in range(60):
        answers = {name: drawn.choice(("Yes", "Yes", "No")) for name in YES_NO}
        people.append(
            {
                "person_id": f"{ID}-{number}",
                "side": "left" if number < 34 else "right",
                "age_years": str(drawn.randint(18, 60)),
                "house": drawn.choice(("own", "own", "own", "rent", "rent", "other")),
                "mood": drawn.choice(("low", "fair", "fair", "good", "good")),
                **answers,
            }
        )
    return people


class Sixty:
    """The study in a folder, whose rows are restricted unless they say that they are made up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "data_dictionary" / "sixty"
        self.home.mkdir(parents=True)
        (self.home / "people.schema.yaml").write_text(SCHEMA, encoding="utf-8")
        self.define(STUDY)

    @property
    def study(self) -> mm.Study:
        return mm_read(self.home)

    def define(self, text: str) -> None:
        (self.home / "study.yaml").write_text(text, encoding="utf-8")

    def run(
        self,
        monkeypatch: pytest.MonkeyPatch,
        people: list[dict[str, str]] | None = None,
        *,
        name: str = "run",
        restricted: bool = True,
    ) -> Path:
        """A run's folder with the table and its joint counts; returns its internal/sixty."""
        out = self.folder.parent / name
        shutil.rmtree(out, ignore_errors=True)
        monkeypatch.setenv(places.OUT, str(out))
        cohort = mm.derive(mm.read_cohort(self._file(people or rows(), restricted), self.study))
        plan = self.study.plan("people")
        summary = mm.summarise(cohort, plan.variables, plan.groups)
        mm.save(summary, "people")
        mm.save(mm.missingness(cohort), "missingness")
        mm.save(mm.joint_counts(cohort), "joint_counts")
        fingerprint = hashlib.sha256(repr(people).encode()).hexdigest()
        record(out, "sixty", fingerprint)
        return out / "internal" / "sixty"

    def _file(self, people: list[dict[str, str]], restricted: bool) -> Path:
        status = {} if restricted else {"data_status": "synthetic"}
        lines = [{**person, **status} for person in people]
        text = "\n".join([",".join(lines[0]), *(",".join(line.values()) for line in lines)])
        path = self.folder.parent / "sixty.csv"
        path.write_text(text + "\n", encoding="utf-8")
        return path


def record(out: Path, study: str, fingerprint: str) -> None:
    """The manifest of a run, as far as the door reads it."""
    paths = sorted((out / "internal" / study).glob("*.*"))
    outputs = {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
    }
    data = {study: {"fingerprint": fingerprint}}
    entry = {"status": "done", "studies": [study], "outputs": outputs, "data": data}
    (out / "manifest.json").write_text(json.dumps({"entries": [entry]}), encoding="utf-8")
