"""A report of sixty made-up people: its prose in a folder, and the release that it is made from."""

import shutil
from pathlib import Path

import pytest

import mothers_margins as mm
from mothers_margins import places
from mothers_margins.disclosure.ledger_file import begin_ledger
from mothers_margins.release.write_release import release
from mothers_margins.slides.feedback import COLUMNS, FOLDER
from tests.release.small_release import STUDY, Sixty

MODEL = """
outcomes:
  - {name: smoker, title: Smokes now, kind: primary, timepoint: 1, from: smokes,
    event_levels: ["Yes"]}
coding: {works: {reference: "No"}}
models:
  planned: {title: Planned, terms: {smoker: [works]}}
"""
LOCK = """
lock: {locked_on: 2022-02-01, agreed_with: the group, model: planned, terms: {smoker: [works]}}
"""
LEAG = """
meetings:
  - {title: First, month: May, purpose: To begin.}
  - {title: Last, month: June, purpose: To end.}
banned: {sample: people}
"""
REPORT = """
title: Sixty people and what they do
short_title: Sixty people
credits:
  - {what: Author, who: Ada Example}
registration:
  - {what: Registration, who: "nowhere, https://example.org/sixty"}
chapters:
  - {file: 00_about.md, kind: front}
  - {file: 01_key.md, kind: key_findings}
  - {file: 02_summary.md, kind: summary}
  - {file: 03_plain.md, kind: plain_summary}
  - {file: 10_findings.md}
  - {file: 20_more.md, kind: annex}
exhibits:
  people: {show: characteristics, of: [people]}
  facts: {show: facts}
  allowed: {show: allowed}
  leag: {show: leag_changes}
  rules: {show: rules}
  changed: {show: changed_since_draft}
  strobe: {show: checklist, of: [checklist_strobe]}
"""
FACTS = """
sources:
  example_2001: {short: "Example, 2001", text: "Example A. A book. 2001."}
facts:
  towns: {figure: 12 of 20, population: towns, place: Anywhere, period: "2001",
    source: example_2001, page: "7", checked: true, stays_out_of: [summary]}
allowed:
  - {text: visit 1, meaning: the first visit}
"""
STROBE = """
title: A checklist
source: Nowhere
items:
  - {number: "1", asks: What was found, where: [10_findings]}
"""
PLAIN = "We asked many people what they do. They told us. We wrote it down with care.\n\n" * 30
TEXTS = {
    "00_about.md": "# About\n\nWhat this is.\n",
    "01_key.md": "# Key findings\n\n- {{size: people; left}} people are left.\n",
    "02_summary.md": "# Summary\n\nOf {{size: people; everyone}} people, {{size: people; left}} "
    "are left ({{see: people}}).\n",
    "03_plain.md": f"# Plain summary\n\n{PLAIN}",
    "10_findings.md": "# Findings\n\n## Who\n\nAt visit 1 they were on average "
    "{{mean: people; age_years; ; everyone}} years old ({{section: 20_more}}).\n\n"
    "- {{if shown}} Walking: {{cell: people; walks; Yes; everyone}}.\n\n{{show: people}}\n\n"
    "{{show: leag}}\n",
    "20_more.md": "# More\n\n{{fact: towns}} towns ({{cite: example_2001}}).\n\n"
    "{{list: references}}\n\n{{show: facts}}\n\n{{show: allowed}}\n\n"
    "{{show: rules}}\n\n{{show: changed}}\n\n"
    "{{show: strobe}}\n",
}
TOPIC = {
    "topic": "A topic",
    "kind": "word",
    "what_was_said": "Say it in short",
    "how": "room",
    "keep": "1",
    "leave_out": "0",
    "not_sure": "0",
    "decision": "Done",
    "reason": "It is short now",
    "decided_on": "2022-08-01",
}


class Small:
    """The study with its report, in a folder of its own."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, *, locked: bool = True) -> None:
        self.sixty = Sixty(folder / "project")
        self.patch = patch
        self.feedback = folder / "feedback"
        before, found, after = STUDY.partition("rounding:")
        lock = LOCK if locked else ""
        self.sixty.define(before + (MODEL + lock).lstrip() + found + after)
        schema = self.sixty.home / "people.schema.yaml"
        dated = schema.read_text(encoding="utf-8").replace(
            '"No"], x-role: variable}', '"No"], x-role: variable, x-timepoint: 1}'
        )
        schema.write_text(dated, encoding="utf-8")
        (self.sixty.home / "leag.yaml").write_text(LEAG, encoding="utf-8")
        self.written = self.sixty.home / "report"
        self.written.mkdir()
        for name, content in {
            "report.yaml": REPORT,
            "facts.yaml": FACTS,
            "checklist_strobe.yaml": STROBE,
            **TEXTS,
        }.items():
            (self.written / name).write_text(content, encoding="utf-8")
        patch.setattr(places, "project", lambda: self.sixty.folder)
        patch.setattr("mothers_margins.release.released.read_study", lambda _: self.sixty.study)

    def change(self, file: str, old: str, new: str) -> None:
        """One text in one of its files, changed."""
        path = self.written / file
        text = path.read_text(encoding="utf-8")
        assert old in text, "nothing was changed"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def released(self, *, restricted: bool = False) -> mm.Released:
        """Its release, of made-up rows or of restricted ones."""
        internal = self.sixty.run(self.patch, restricted=restricted)
        to = internal.parents[1] / "release" / "sixty"
        ledger = None
        if restricted:
            place = self.sixty.folder.parent / "ledger"
            shutil.rmtree(place, ignore_errors=True)
            ledger = begin_ledger(place)
        release(internal, to, ledger=ledger)
        return mm.read_release(to, self.sixty.study)

    def say(self, meeting: int, **changed: str) -> None:
        """Feedback of a meeting, in a folder outside the project."""
        self.feedback.mkdir(exist_ok=True)
        topic = {"meeting": str(meeting), **TOPIC, **changed}
        lines = [",".join(COLUMNS), ",".join(topic[name] for name in COLUMNS)]
        path = self.feedback / f"meeting_{meeting}.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.patch.setenv(FOLDER, str(self.feedback))
