"""Results as files of a run's folder."""

import json
import re
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from mothers_margins import places
from mothers_margins.errors import UsageError
from mothers_margins.results.results import Results, checked
from mothers_margins.study.source import Source


def save(results: Results, name: str) -> Path:
    """Write results as internal/STUDY/NAME.csv of the run's folder, and a .json that says what they
    are.

    Returns the CSV's path as it may be printed (relative to the project). In JupyterLab the run's
    folder is outputs/interactive/, or the one that MOTHERS_MARGINS_OUT names. Of restricted results
    only the owner can read the files. Raises UsageError for a name that is no plain word, a frame
    that lost its origin, results of a plain data frame, which have no study, or restricted results
    that would land inside the project.
    """
    plain_word(name, "save")
    about = checked(results, "save")
    if not about.study.name:
        raise UsageError(
            "save: these results are of a data frame; a run's folder holds results of studies.",
            (),
            "Write them with results.to_csv, where you answer for the rows.",
        )
    study, restricted = about.study.name, about.source.kind == "restricted"
    target = inside_run(study, f"{name}.csv", about.source, "save")
    for ending, text in reversed(as_files(results, name).items()):
        places.write_whole(
            places.staged(of_study(study, f"{name}.{ending}")),
            lambda part, text=text: part.write_text(text, encoding="utf-8", newline="\n"),  # type: ignore[misc]
            private=restricted,
        )
    return Path(places.shown(target))


def as_files(results: Results, name: str) -> dict[str, str]:
    """The texts of the two files by their endings: csv, with the marks of the rows before each
    note, and json, which says what they are.
    """
    about = checked(results, "save")
    description = {
        "name": name,
        "kind": about.kind,
        "study": about.study.name,
        "source": {**asdict(about.source), "mark": about.source.mark},
        "groups": {key: group.model_dump(mode="json") for key, group in about.groups.items()},
        "lock": about.lock,
        "released": about.released,
    }
    marked = [": ".join((*about.marks, note) if note else about.marks) for note in results["note"]]
    frame = pd.DataFrame(results).assign(table=name, note=marked)
    return {
        "csv": frame.to_csv(index=False, lineterminator="\n"),
        "json": json.dumps(description, indent=2, ensure_ascii=False) + "\n",
    }


def plain_word(name: str, who: str) -> None:
    """Raise UsageError, in the name of `who`, for a name of a file that is no plain word."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise UsageError(
            f"{who}: a name is lower-case letters, digits and underscores, and begins with a "
            "letter."
        )


def of_study(study: str, name: str) -> str:
    """A file's place in a run's folder: each study's own, so that none overwrites another's."""
    return f"internal/{study}/{name}"


def inside_run(study: str, name: str, source: Source, who: str) -> Path:
    """Path of a study's file in the run's folder, as it will be when the run has finished.

    Raises UsageError, in the name of `who`, where what comes of restricted data would land inside
    the project.
    """
    target = places.out_folder() / of_study(study, name)
    if source.kind == "restricted" and places.inside_project(target):
        remedy = (
            f"Set the environment variable {places.OUT} to a folder outside, then start "
            "JupyterLab again."
        )
        raise UsageError(
            f"{who}: results of restricted data stay outside the project's folder.", (), remedy
        )
    return target
