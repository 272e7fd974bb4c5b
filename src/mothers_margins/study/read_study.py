"""Reads data_dictionary/<study>/ into a `Study`, and lists every fault at once."""

import csv
import io
import math
import re
from pathlib import Path

from mothers_margins import places
from mothers_margins.errors import StudyError, count, unknown
from mothers_margins.study.checks.definition import contradictions
from mothers_margins.study.leag_file import LeagFile
from mothers_margins.study.participant_table import TableSchema
from mothers_margins.study.study import Study
from mothers_margins.study.study_file import Fact, FactsFile, StudyFile, Themes
from mothers_margins.study.yaml_file import Definition, Loader, parse_yaml

Margins = dict[tuple[str, str, str, str], float]
MARGIN_COLUMNS = ["variable", "level", "group", "statistic", "value"]
LEAG = "leag.yaml"
FORMATS: dict[str, type[Definition]] = {
    "themes.yaml": Themes,
    "published_facts.yaml": FactsFile,
    LEAG: LeagFile,
}
# The only texts that are no text in YAML 1.2, with the characters that they can begin with.
NO_TEXT = {
    "bool": (r"true|false", "tf"),
    "null": (r"null|~|", "n~"),
    "int": (r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    "float": (r"[-+]?[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?", "-+0123456789"),
}
for kind, (pattern, beginnings) in NO_TEXT.items():
    Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{kind}", re.compile(f"^(?:{pattern})$"), list(beginnings)
    )


def read_study(name: str, folder: Path | None = None) -> Study:
    """Read and check one study.

    name: its folder in data_dictionary/; `folder` names another place that holds the files.
    Raises UsageError if there is no such study, StudyError with every fault of its files.
    """
    folder = folder or _folder_of(name)
    file, faults = parse_yaml(folder / "study.yaml", StudyFile)
    if file is None:
        raise _refused(folder, faults + _faults_of_companions(folder))
    schema, faults_of_schema = parse_yaml(folder / file.data.schema_file, TableSchema)
    faults += faults_of_schema
    themes: Themes | None = None
    facts: tuple[Fact, ...] = ()
    margins: Margins = {}
    if file.themes:
        themes, faults_of_themes = parse_yaml(folder / file.themes.file, Themes)
        faults += faults_of_themes
    if file.published:
        facts_file, faults_of_facts = parse_yaml(folder / file.published.facts, FactsFile)
        facts = facts_file.facts if facts_file else ()
        margins, faults_of_margins = _margins(folder / file.published.margins)
        faults += faults_of_facts + faults_of_margins
    leag: LeagFile | None = None
    if (folder / LEAG).is_file():
        leag, faults_of_leag = parse_yaml(folder / LEAG, LeagFile)
        faults += faults_of_leag
    if schema is None:
        raise _refused(folder, faults)
    study = Study(folder, file, schema, themes, facts, margins, leag)
    faults += contradictions(study)
    if file.name != name:
        faults.append(f"study.yaml: name is '{file.name}', the folder is '{name}'")
    if faults:
        raise _refused(folder, faults)
    return study


def _folder_of(name: str) -> Path:
    """The study's folder in data_dictionary/. Raises UsageError if there is none."""
    home = places.project() / "data_dictionary"
    known = sorted(path.parent.name for path in home.glob("*/study.yaml"))
    if name not in known:
        raise unknown("study", [name], known, "data_dictionary")
    return home / name


def _faults_of_companions(folder: Path) -> list[str]:
    """Faults of the files beside a study.yaml that cannot be read, so that they are listed too."""
    faults: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        if path.name in FORMATS:
            faults += parse_yaml(path, FORMATS[path.name])[1]
        elif path.name.endswith(".schema.yaml"):
            faults += parse_yaml(path, TableSchema)[1]
    return faults


def _refused(folder: Path, faults: list[str]) -> StudyError:
    summary = (
        f"data_dictionary/{folder.name}: {count(len(faults), 'fault')} in the study "
        "definition; nothing was read."
    )
    return StudyError(summary, faults, "The format is described in data_dictionary/README.md.")


def _margins(path: Path) -> tuple[Margins, list[str]]:
    """Published values by (variable, level, group, statistic), and the faults of their file."""
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")), strict=True))
    except (OSError, ValueError, csv.Error):
        return {}, [f"{path.name}: there is no such file in UTF-8"]
    if not rows or list(rows[0]) != MARGIN_COLUMNS:
        return {}, [
            f"{path.name}: the columns must be {', '.join(MARGIN_COLUMNS)}, with at least one row"
        ]
    margins: Margins = {}
    faults = []
    for line, row in enumerate(rows, start=2):
        key = (row["variable"], row["level"], row["group"], row["statistic"])
        if key in margins:
            faults.append(f"{path.name} line {line}: the same cell stands in an earlier line")
        try:
            margins[key] = float(row["value"])
        except (TypeError, ValueError):
            margins[key] = math.nan
        if not math.isfinite(margins[key]):
            faults.append(f"{path.name} line {line}: value is not a number")
        if row["statistic"] not in ("n", "mean"):
            faults.append(f"{path.name} line {line}: statistic must be n or mean")
    return margins, faults
