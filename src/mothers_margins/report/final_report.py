"""The final report of a study, in all its formats, from what was released."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from tempfile import TemporaryDirectory

from mothers_margins import places
from mothers_margins.errors import StudyError, UsageError, unknown
from mothers_margins.release.released import Released, only_released
from mothers_margins.report.chapters import Told, told_chapters
from mothers_margins.report.exhibits import Made, Numbered, exhibits
from mothers_margins.report.front import Front, front_of
from mothers_margins.report.material import Material, read_material
from mothers_margins.report.printed import pdf_of
from mothers_margins.report.report_file import SUMMARIES
from mothers_margins.report.status import (
    RECORD,
    Status,
    lacking,
    record_of,
    refuse_unfinished,
    status_of,
    with_changes,
)
from mothers_margins.report.summaries import faults_of_summaries, reading_of
from mothers_margins.report.web_page import page_of
from mothers_margins.report.word_document import write_document

FOLDER = "release/report"
FORMATS = ("html", "docx", "pdf")


def final_report(
    released: Released,
    status: str = "draft",
    *,
    folder: Path | None = None,
) -> "Report":
    """The report of a study.

    released: from `read_release`. status: draft or final. folder: with what was written for it, by
    default the folder report/ of the study. Raises UsageError for anything else than a release, a
    study without a report, and a final report that lacks something; StudyError with every problem
    of the prose: references that stand for nothing, typed numbers, summaries that are too long or
    hard to read.
    """
    release = only_released(released, "final_report")
    chosen = status_of(status)
    material = read_material(release, folder)
    if chosen == "final":
        refuse_unfinished(material)
        made = exhibits(material)
        material = with_changes(material, record_of(chosen, told_chapters(material, made)))
    chapters = told_chapters(material, exhibits(material))
    faults = faults_of_summaries(material, chapters)
    if faults:
        raise StudyError("The summaries of the report are not as they must be.", faults)
    return Report(material, chosen, chapters)


@dataclass(frozen=True, eq=False)
class Report:
    """A report that can be written. chapters: as they are printed."""

    material: Material = field(repr=False)
    status: Status
    chapters: tuple[Told, ...] = field(repr=False)

    @cached_property
    def front(self) -> Front:
        """Its first page, and what every page says."""
        return front_of(self.material, self.status)

    @property
    def exhibits(self) -> tuple[Numbered, ...]:
        """Its tables and figures in their order."""
        return tuple(part.exhibit for told in self.chapters for part in told.parts if part.exhibit)

    def exhibit(self, name: str) -> Made:
        """One of its tables or figures. Raises UsageError for a name that it does not show."""
        by_name = {one.name: one.made for one in self.exhibits}
        if name not in by_name:
            raise unknown("exhibit", [name], by_name, "the report")
        return by_name[name]

    @property
    def problems(self) -> tuple[str, ...]:
        """What a final report would lack; a draft may lack it."""
        return lacking(self.material)

    @property
    def quoted(self) -> tuple[str, ...]:
        """Every number of the summaries, with the table that it stands in."""
        labels = {one.name: one.label for one in self.exhibits}
        return tuple(
            f"{told.title}: {quote.text} ({labels[quote.exhibit]})"
            for told in self.chapters
            if told.chapter.kind in SUMMARIES
            for quote in told.quoted
        )

    @property
    def left_out(self) -> int:
        """How many sentences were left out because a number in them is held back."""
        return sum(told.left_out for told in self.chapters)

    def html(self) -> bytes:
        """The report as one page without scripts."""
        return page_of(self.front, self.chapters)

    def pdf(self) -> bytes:
        """The report as a tagged PDF (PDF/UA-1)."""
        return pdf_of(self.front, self.chapters)

    def docx(self) -> bytes:
        """The report as a Word document."""
        with TemporaryDirectory() as folder:
            path = write_document(self.front, self.chapters, Path(folder) / "report.docx")
            return path.read_bytes()

    def files(self, formats: tuple[str, ...] = FORMATS) -> Mapping[str, bytes]:
        """Its files by name; the last is the record that the next report is compared with.

        Raises UsageError for a format that there is not.
        """
        makers = {"html": self.html, "docx": self.docx, "pdf": self.pdf}
        if strange := [one for one in formats if one not in makers]:
            raise UsageError(f"report: {', '.join(strange)} is none of {', '.join(FORMATS)}.")
        made = {f"report.{one}": makers[one]() for one in formats}
        record = json.dumps(record_of(self.status, self.chapters), indent=1, sort_keys=True)
        return {**made, RECORD: record.encode() + b"\n"}

    def save(self, formats: tuple[str, ...] = FORMATS) -> tuple[str, ...]:
        """Write the files of the report into release/report of the run's folder, and return their
        paths as they may be printed.
        """
        private = self.material.released.manifest.rows_are == "restricted"
        written = []
        for name, content in self.files(formats).items():
            path = places.staged(f"{FOLDER}/{name}")
            places.write_whole(path, partial(_fill, content), private=private)
            written.append(f"{FOLDER}/{name}")
        return tuple(written)

    def __repr__(self) -> str:
        """What it is, how long, how it reads: one line for each chapter."""
        lines = [f"{self.front.title} ({self.status})"]
        lines += [f"  {told.heading}: {reading_of(told)}" for told in self.chapters]
        return "\n".join(lines)

    def _repr_markdown_(self) -> str:
        title, *lines = repr(self).splitlines()
        return "\n".join([f"**{title}**", "", *(f"- {line.strip()}" for line in lines)])


def _fill(content: bytes, part: Path) -> None:
    part.write_bytes(content)
