"""The rows that are shipped, and the file that they stand in."""

from pathlib import Path

from mothers_margins import places
from mothers_margins.cohort.cohort import Cohort
from mothers_margins.cohort.read_cohort import read_cohort
from mothers_margins.demo.reconstruct import reconstruct
from mothers_margins.demo.synthetic import synthetic_rows
from mothers_margins.errors import UsageError
from mothers_margins.study.read_study import read_study
from mothers_margins.study.study import Study


def demo_cohort(name: str) -> Cohort:
    """The demonstration cohort of a study: synthetic or reconstructed rows, marked as such.

    Raises UsageError if there is no such study, DataError if its file does not match the
    definition.
    """
    study = read_study(name)
    return read_cohort(study.folder / study.file.data.demo, study)


def write_demo(study: Study, target: Path | None = None, rows: int | None = None) -> Path:
    """Make the demonstration file of a study anew: in its place in data_dictionary/, or at
    `target`.

    rows: of a synthetic file that is written elsewhere, how many. Raises UsageError where rows
    cannot be chosen.
    """
    synthetic = study.file.data.demo_status == "synthetic"
    if rows is not None and not (synthetic and target and rows > 0):
        raise UsageError(
            "demo-data: a number of rows needs a synthetic study and a file to write to (--to)."
        )
    frame = synthetic_rows(study, rows) if synthetic else reconstruct(study)
    target = target or study.folder / study.file.data.demo
    return places.write_whole(
        target, lambda part: frame.to_csv(part, index=False, lineterminator="\n")
    )
