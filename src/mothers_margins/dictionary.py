"""Reads data_dictionary/<study>/ into a `Study`, and lists every fault at once."""

import csv
import io
import math
import re
from collections.abc import Hashable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from mothers_margins import places
from mothers_margins.consistency import contradictions
from mothers_margins.definition import Fact, FactsFile, StudyFile, Themes
from mothers_margins.errors import StudyError, count
from mothers_margins.schema import Definition, TableSchema
from mothers_margins.study import Study, near, unknown

AnyDefinition = TypeVar("AnyDefinition", bound=Definition)
Margins = dict[tuple[str, str, str, str], float]
_MODELS: dict[str, type[Definition]] = {"themes.yaml": Themes, "published_facts.yaml": FactsFile}
DEEPEST = 50
OPENS = (
    yaml.FlowSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.BlockMappingStartToken,
)
CLOSES = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken, yaml.BlockEndToken)
MARGIN_COLUMNS = ["variable", "level", "group", "statistic", "value"]


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the C parser is 6 times as fast
    """YAML 1.2's few implicit types (so `No`, `12:30` and `012` stay text), no key twice, no tags
    or aliases.
    """

    duplicates: list[str]

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        first: dict[Any, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key must be a word", key.start_mark
                )
            if key.value in first:
                self.duplicates.append(
                    f"line {line}: key '{key.value}' stands already in line {first[key.value]}"
                )
            first.setdefault(key.value, line)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


_Loader.yaml_implicit_resolvers = {}
for tag, pattern, start in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", "n~"),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?", "-+0123456789"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(start)
    )


def parse_yaml(path: Path, model: type[AnyDefinition]) -> tuple[AnyDefinition | None, list[str]]:
    """Read one YAML file into `model`: the definition, or None, and the faults found, each with its
    place.
    """
    try:
        text = path.read_text(encoding="utf-8")
        _refuse_special(text)
        loader = _Loader(text)
        loader.duplicates = []
        content = loader.get_single_data()
    except OSError:
        return None, [f"{path.name}: there is no such file"]
    except (
        yaml.YAMLError,
        ValueError,
    ) as error:  # ValueError: wrong encoding, or a number too long
        mark = getattr(error, "problem_mark", None)
        place = f"{path.name} line {mark.line + 1}" if mark else path.name
        why = getattr(error, "problem", None) or type(error).__name__
        return None, [f"{place}: not readable as UTF-8 YAML ({why})"]
    faults = [f"{path.name} {duplicate}" for duplicate in loader.duplicates]
    try:
        return model.model_validate(content), faults
    except ValidationError as error:
        faults += [f"{path.name}: {fault}" for fault in _faults(error)]
        extra = [fault["loc"] for fault in error.errors() if fault["type"] == "extra_forbidden"]
    try:  # a key too many must not hide what else is wrong
        return model.model_validate(_without(content, extra)), faults
    except ValidationError:
        return None, faults


def _refuse_special(text: str) -> None:
    """Raise for tags and aliases, and for nesting so deep that it would exhaust the C parser's
    stack.
    """
    depth = 0
    for token in yaml.scan(text, _Loader):
        if isinstance(token, yaml.TagToken | yaml.AliasToken):
            raise yaml.constructor.ConstructorError(
                None, None, "no tags or aliases", token.start_mark
            )
        depth += isinstance(token, OPENS) - isinstance(token, CLOSES)
        if depth > DEEPEST:
            raise yaml.constructor.ConstructorError(
                None, None, "nested too deeply", token.start_mark
            )


def _without(content: Any, places_of_keys: Iterable[tuple[int | str, ...]]) -> Any:
    """YAML content without some of its keys."""
    for *path, key in places_of_keys:
        inner = content
        for step in path:
            inner = inner[step]
        inner.pop(key, None)
    return content


def _faults(error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_url=False, include_context=True):
        place = ".".join(str(step) for step in fault["loc"]) or "the file"
        if fault["type"] == "extra_forbidden":
            yield f"{place}: this key is not part of the format" + near(
                str(fault["loc"][-1]), _keys()
            )
        elif fault["type"] in _PLAIN:
            yield f"{place}: {_PLAIN[fault['type']]}"
        else:
            yield f"{place}: {fault['msg'][0].lower()}{fault['msg'][1:]}"


# pydantic's words where they would not help somebody who writes YAML
_PLAIN = {
    "missing": "is missing",
    "string_type": "must be text; put it in quotes",
    "tuple_type": "must be a list",
    "dict_type": "must hold keys",
    "model_type": "must hold keys",
    "too_short": "must not be empty",
}


def _keys() -> list[str]:
    """Every key of the format, for suggestions."""
    waiting, keys = [Definition], set()
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        keys |= {field.alias or name for name, field in kind.model_fields.items()}
    return sorted(keys)


def read_study(name: str, folder: Path | None = None) -> Study:
    """Read and check one study.

    name: its folder in data_dictionary/; `folder` names another place that holds the files.
    Raises UsageError if there is no such study, StudyError with every fault of its files.
    """
    if folder is None:
        home = places.project() / "data_dictionary"
        known = sorted(path.parent.name for path in home.glob("*/study.yaml"))
        if name not in known:
            raise unknown("study", [name], known, "data_dictionary")
        folder = home / name
    file, faults = parse_yaml(folder / "study.yaml", StudyFile)
    if file is None:  # the other files are read all the same, so that their faults are listed too
        for path in sorted(folder.glob("*.yaml")):
            model = _MODELS.get(
                path.name, TableSchema if path.name.endswith(".schema.yaml") else None
            )
            faults += parse_yaml(path, model)[1] if model else []
        raise _refused(folder, faults)
    schema, more = parse_yaml(folder / file.data.schema_file, TableSchema)
    faults += more
    themes: Themes | None = None
    facts: tuple[Fact, ...] = ()
    margins: Margins = {}
    if file.themes:
        themes, more = parse_yaml(folder / file.themes.file, Themes)
        faults += more
    if file.published:
        facts_file, more = parse_yaml(folder / file.published.facts, FactsFile)
        facts = facts_file.facts if facts_file else ()
        margins, problems = _margins(folder / file.published.margins)
        faults += more + problems
    if schema is None:
        raise _refused(folder, faults)
    study = Study(folder, file, schema, themes, facts, margins)
    faults += contradictions(study)
    if file.name != name:
        faults.append(f"study.yaml: name is '{file.name}', the folder is '{name}'")
    if faults:
        raise _refused(folder, faults)
    return study


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
