"""What a report is made from, read once: the release, what was written, what the group has said."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from mothers_margins.release.released import Released
from mothers_margins.report.report_file import Written, read_written
from mothers_margins.slides.feedback import Given, given
from mothers_margins.study.study import Study

SYNTHETIC = "synthetic"


@dataclass(frozen=True, eq=False)
class Material:
    """What a report is made from. given: topics of the meetings, the agreed list. changes: since
    the draft, as pairs of what and how; empty in a draft.
    """

    released: Released = field(repr=False)
    written: Written = field(repr=False)
    given: Given = field(repr=False)
    changes: tuple[tuple[str, str], ...] = ()

    @property
    def study(self) -> Study:
        """The study, with the list that was agreed; of a rehearsal with the invented one."""
        return self._study

    @cached_property
    def _study(self) -> Study:
        study = self.released.study
        if self.given.lock is None or study.file.lock is not None:
            return study
        file = study.file.model_copy(update={"lock": self.given.lock})
        return replace(study, file=file)

    @property
    def rehearsal(self) -> bool:
        """Whether the rows are made up: then the report is a rehearsal, whatever its status."""
        return self.released.manifest.rows_are == SYNTHETIC


def read_material(released: Released, folder: Path | None = None) -> Material:
    """All that a report is made from. folder: with what was written, by default the study's.

    Raises UsageError for a study that has no report, StudyError for faults of what was written.
    """
    written = read_written(released.study, folder)
    made_up = released.manifest.rows_are == SYNTHETIC
    return Material(released, written, given(released.study, made_up=made_up))
