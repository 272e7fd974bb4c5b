"""The format of data_dictionary/<study>/report/: what the report holds, and what its prose may say
without a result: facts with their sources, and numbers that have a meaning.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from mothers_margins.errors import StudyError, UsageError
from mothers_margins.study.study import Study
from mothers_margins.study.yaml_file import Definition, parse_yaml

FOLDER = "report"
SUMMARIES = ("key_findings", "summary", "plain_summary")
ChapterKind = Literal["front", "key_findings", "summary", "plain_summary", "body", "annex"]
Show = Literal[
    "characteristics",
    "course",
    "needs",
    "model_table",
    "odds_ratios",
    "per_hundred",
    "forest",
    "flow",
    "missing_answers",
    "departures_run",
    "overview",
    "explanatory",
    "leag_changes",
    "checklist",
    "facts",
    "allowed",
    "references",
    "rules",
    "reproducibility",
    "plan_test",
    "changed_since_draft",
]
TITLE = re.compile(r"# (.+)")


class Chapter(Definition):
    """One Markdown file. kind: what holds for it: summaries have rules of their own, annexes are
    lettered; key findings are left out where the rows are made up.
    """

    file: str = Field(pattern=r"^[0-9]{2}_[a-z0-9_]+\.md$")
    kind: ChapterKind = "body"

    @property
    def name(self) -> str:
        """Its file without ending: what links and bookmarks call it."""
        return self.file.removesuffix(".md")


class Exhibit(Definition):
    """A table or figure that the prose shows by its name.

    show: what makes it. of: the released results that it is made from, in the order that its maker
    takes them, or a part of the definition, or a file. beside: comparisons that stand in it.
    table: the planned table that says how results are laid out, where it has another name. caption:
    its own, where its maker has none.
    """

    show: Show
    of: tuple[str, ...] = ()
    beside: str = ""
    table: str = ""
    caption: str = ""


class Credit(Definition):
    """A line of the front matter: who, and what for."""

    what: str
    who: str


class ReportFile(Definition):
    """report.yaml as written. credits: authors, advisers, the funder; left out of a rehearsal."""

    title: str
    short_title: str
    credits: tuple[Credit, ...]
    registration: tuple[Credit, ...]
    chapters: tuple[Chapter, ...] = Field(min_length=1)
    exhibits: dict[str, Exhibit]


class Source(Definition):
    """A publication. short: as prose names it; text: as the list of references has it."""

    short: str
    text: str


class StatedFact(Definition):
    """A figure that is not a result of this study.

    source: its primary source, by name; page: where it stands there, or that this has still to be
    looked up; read_in: the document in which it was read, where that is another. checked: whether
    somebody has compared it with the primary source; a final report needs that. stays_out_of: kinds
    of chapters that do not name it.
    """

    figure: str
    population: str
    place: str
    period: str
    source: str
    page: str
    read_in: str = ""
    checked: bool = False
    stays_out_of: tuple[ChapterKind, ...] = ()


class Allowed(Definition):
    """A text with digits that is no result, and what it means."""

    text: str
    meaning: str


class FactsFile(Definition):
    """facts.yaml as written."""

    sources: dict[str, Source]
    facts: dict[str, StatedFact]
    allowed: tuple[Allowed, ...]


class Item(Definition):
    """An item of a checklist. where: names of chapters that answer it."""

    number: str
    asks: str
    where: tuple[str, ...] = ()
    answer: str = ""


class Checklist(Definition):
    """A checklist of a reporting guideline, as a file of the folder."""

    title: str
    source: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Written:
    """Everything that a person has written for the report of a study.

    texts: of each chapter, by its name. checklists: by file name without ending.
    """

    folder: Path
    file: ReportFile
    facts: FactsFile
    texts: Mapping[str, str]
    checklists: Mapping[str, Checklist]

    def title_of(self, chapter: Chapter) -> str:
        """The title of a chapter: the first line of its file."""
        found = TITLE.match(self.texts[chapter.name])
        return found[1].strip() if found else chapter.name

    def chapter(self, name: str) -> Chapter | None:
        """The chapter of a name, if there is one."""
        return next((one for one in self.file.chapters if one.name == name), None)


def read_written(study: Study, folder: Path | None = None) -> Written:
    """What was written for the report of a study.

    folder: where it lies, by default the folder report/ of the study. Raises UsageError for a study
    without one, StudyError with every fault of its files.
    """
    folder = folder or study.folder / FOLDER
    if not folder.is_dir():
        remedy = f"Write data_dictionary/{study.name}/{FOLDER}/; docs/report.md says what it holds."
        raise UsageError(f"final_report: study {study.name} has no report.", (), remedy)
    file, faults = parse_yaml(folder / "report.yaml", ReportFile)
    facts, faults_of_facts = parse_yaml(folder / "facts.yaml", FactsFile)
    faults += faults_of_facts
    checklists: dict[str, Checklist] = {}
    for path in sorted(folder.glob("checklist_*.yaml")):
        checklist, faults_of_list = parse_yaml(path, Checklist)
        faults += faults_of_list
        if checklist:
            checklists[path.stem] = checklist
    texts: dict[str, str] = {}
    for chapter in file.chapters if file else ():
        path = folder / chapter.file
        if path.is_file():
            texts[chapter.name] = path.read_text(encoding="utf-8")
            faults += _faults_of_text(chapter.file, texts[chapter.name])
        else:
            faults.append(f"{chapter.file}: there is no such file")
    if facts:
        faults += _faults_of_facts(facts)
    if file is None or facts is None or faults:
        raise StudyError(f"The report of study {study.name} cannot be read.", faults)
    return Written(folder, file, facts, texts, checklists)


def _faults_of_text(file: str, text: str) -> Iterator[str]:
    """A file has one title, which is its first line."""
    if not TITLE.match(text):
        yield f"{file}: its first line must be a title: # Title"
    if len(re.findall(r"^# ", text, re.MULTILINE)) > 1:
        yield f"{file}: it has more than one title (#); sections begin with ##"


def _faults_of_facts(facts: FactsFile) -> Iterator[str]:
    """Sources that are named and not there."""
    for name, fact in facts.facts.items():
        if fact.source not in facts.sources:
            yield f"facts.yaml: {name}: there is no source '{fact.source}'"
