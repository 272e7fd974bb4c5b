"""Reads data_dictionary/<study>/ into a `Study`, and lists every fault at once."""

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from mothers_margins import places
from mothers_margins.definition import (
    Constraints,
    Definition,
    Derived,
    Fact,
    FactsFile,
    StudyFile,
    Subtheme,
    TableSchema,
    Themes,
)
from mothers_margins.errors import StudyError, count
from mothers_margins.study import Study, near, unknown

AnyDefinition = TypeVar("AnyDefinition", bound=Definition)
Margins = dict[tuple[str, str, str, str], float]
_MODELS: dict[str, type[Definition]] = {"themes.yaml": Themes, "published_facts.yaml": FactsFile}
MARGIN_COLUMNS = ["variable", "level", "group", "statistic", "value"]


class _Loader(yaml.SafeLoader):
    """YAML 1.2's few implicit types (so `No`, `12:30` and `012` stay text), no key twice, no tags or aliases."""

    duplicates: list[str]

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        first: dict[Any, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be a word", key.start_mark)
            if key.value in first:
                self.duplicates.append(f"line {line}: key '{key.value}' stands already in line {first[key.value]}")
            first.setdefault(key.value, line)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {}
for tag, pattern, start in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", "n~"),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?", "-+0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(start))


def parse_yaml(path: Path, model: type[AnyDefinition]) -> tuple[AnyDefinition | None, list[str]]:
    """Read one YAML file into `model`: the definition, or None, and the faults found, each with its place."""
    try:
        text = path.read_text(encoding="utf-8")
        special = [token for token in yaml.scan(text) if isinstance(token, yaml.TagToken | yaml.AliasToken)]
        if special:
            raise yaml.constructor.ConstructorError(None, None, "no tags or aliases", special[0].start_mark)
        loader = _Loader(text)
        loader.duplicates = []
        content = loader.get_single_data()
    except OSError:
        return None, [f"{path.name}: there is no such file"]
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: wrong encoding, or a number too long
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
            yield f"{place}: this key is not part of the format" + near(str(fault["loc"][-1]), _keys())
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
            model = _MODELS.get(path.name, TableSchema if path.name.endswith(".schema.yaml") else None)
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
    faults += _contradictions(study)
    if file.name != name:
        faults.append(f"study.yaml: name is '{file.name}', the folder is '{name}'")
    if faults:
        raise _refused(folder, faults)
    return study


def _refused(folder: Path, faults: list[str]) -> StudyError:
    summary = f"data_dictionary/{folder.name}: {count(len(faults), 'fault')} in the study definition; nothing was read."
    return StudyError(summary, faults, "The format is described in data_dictionary/README.md.")


def _margins(path: Path) -> tuple[Margins, list[str]]:
    """Published values by (variable, level, group, statistic), and the faults of their file."""
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")), strict=True))
    except (OSError, ValueError, csv.Error):
        return {}, [f"{path.name}: there is no such file in UTF-8"]
    if not rows or list(rows[0]) != MARGIN_COLUMNS:
        return {}, [f"{path.name}: the columns must be {', '.join(MARGIN_COLUMNS)}, with at least one row"]
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


def _contradictions(study: Study) -> list[str]:
    """Every name that refers to nothing and every definition that cannot hold."""
    return [
        *_twice(study),
        *_in_schema(study),
        *_in_derived(study),
        *_in_groups(study),
        *_in_tables(study),
        *_in_published(study),
    ]


def _twice(study: Study) -> Iterator[str]:
    named: list[tuple[str, Iterable[str]]] = [
        (
            f"{study.file.data.schema_file}: x-multi-response-sets",
            (declared.name for declared in study.schema.multi_response_sets),
        ),
        (f"{study.file.data.schema_file}: fields", (field.name for field in study.schema.fields)),
        ("study.yaml: derived", (*study.fields, *study.sets, *(variable.name for variable in study.file.derived))),
        ("study.yaml: letters of groups", (group.letter for group in study.groups.values() if group.letter)),
        ("published_facts.yaml: facts", (fact.id for fact in study.facts)),
    ]
    named += [(f"{study.file.data.schema_file}: {f.name}.categories", f.levels) for f in study.schema.fields]
    named += [(f"{study.file.data.schema_file}: {name}", study.levels(name)) for name in study.sets]
    named += [(f"study.yaml: derived {d.name}", (band.level for band in d.bands)) for d in study.file.derived]
    if study.themes:
        printed: list[Subtheme] = [part for theme in study.themes.themes for part in (theme, *theme.subthemes)]
        named += [("themes.yaml: labels", [part.label for part in printed])]
        named += [("themes.yaml: ids", [part.id for part in printed])]
    for place, names in named:
        for name, times in Counter(names).items():
            if times > 1:
                yield f"{place}: '{name}' stands {times} times"


def _in_schema(study: Study) -> Iterator[str]:
    file = study.file.data.schema_file
    for name in study.schema.primary_key:
        if name not in study.fields or study.fields[name].role != "identifier":
            yield f"{file}: primaryKey '{name}' is not a field with x-role identifier"
    if [field.role for field in study.schema.fields].count("identifier") > 1:
        yield f"{file}: only one field can be the identifier"
    for field in study.schema.fields:
        place = f"{file}: {field.name}"
        missing = [code.value for code in field.missing_values or study.schema.missing_values]
        codes = [*field.levels, *field.true_values, *field.false_values]
        for code, times in Counter([*missing, *codes]).items():
            if times > 1 and field.levels.count(code) < 2:
                yield f"{place}: '{code}' has two meanings"
        if field.multi_response and field.multi_response not in study.sets:
            yield f"{place}: x-multi-response '{field.multi_response}' is not among x-multi-response-sets"
        if (field.multi_response and field.type != "boolean") or (field.type == "boolean" and not field.multi_response):
            yield f"{place}: a yes/no field is type boolean with x-multi-response, or type string with two categories"
        if field.type == "boolean" and not (field.true_values and field.false_values):
            yield f"{place}: a boolean needs trueValues and falseValues"
        if field.role in ("variable", "group") and field.type == "string" and not field.categories:
            yield f"{place}: a string variable needs categories"
        if field.categories and field.summary not in (None, "n"):
            yield f"{place}: x-summary '{field.summary}' needs a number; this variable has categories"
        if field.role == "variable" and field.type in ("integer", "number") and field.summary in (None, "n"):
            yield f"{place}: a number needs x-summary: mean, mean_sd or median_iqr"
        if (field.constraints.minimum or 0) > (field.constraints.maximum or math.inf):
            yield f"{place}: constraints.minimum is above the maximum"
        if field.constraints.pattern and not _compiles(field.constraints.pattern):
            yield f"{place}: constraints.pattern is not a regular expression"
        for zero in field.structural_zeros:
            if zero.group not in study.groups:
                yield f"{place}: x-structural-zeros names no known group '{zero.group}'"
            elif not {*study.groups[zero.group].where} <= {*study.fields}:
                yield f"{place}: x-structural-zeros needs a group whose conditions are on recorded variables"
            if zero.level not in field.levels:
                yield f"{place}: x-structural-zeros names no known level '{zero.level}'"


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _in_derived(study: Study) -> Iterator[str]:
    for variable in study.file.derived:
        place = f"study.yaml: derived {variable.name}"
        source = study.fields.get(variable.source)
        if source is None:
            yield f"{place}: from '{variable.source}' is not a field of {study.file.data.schema_file}"
        elif bool(variable.bands) == bool(variable.merged):
            yield f"{place}: give either bands or levels"
        elif variable.bands and source.type != "integer":
            yield f"{place}: bands need whole numbers, and {source.name} is type {source.type}"
        elif variable.bands:
            yield from (f"{place}: {fault}" for fault in _in_bands(variable, source.constraints))
        else:
            used = [level for levels in variable.merged.values() for level in levels]
            for level in {*source.levels} ^ {*used} | {name for name, times in Counter(used).items() if times > 1}:
                yield f"{place}: level '{level}' of {source.name} must stand in exactly one merged level"


def _in_bands(variable: Derived, limits: Constraints) -> Iterator[str]:
    first, last = variable.bands[0].minimum, variable.bands[-1].maximum
    if limits.minimum is not None and first is not None and first > limits.minimum:
        yield f"no band holds {limits.minimum:g}, which {variable.source} allows"
    if limits.maximum is not None and last is not None and last < limits.maximum:
        yield f"no band holds {limits.maximum:g}, which {variable.source} allows"
    for band in variable.bands:
        if (-math.inf if band.minimum is None else band.minimum) > (math.inf if band.maximum is None else band.maximum):
            yield f"band '{band.level}' ends before it begins"
    for before, after in zip(variable.bands, variable.bands[1:], strict=False):
        high = math.inf if before.maximum is None else before.maximum
        low = -math.inf if after.minimum is None else after.minimum
        if low <= high:
            yield f"bands '{before.level}' and '{after.level}' overlap"
        elif low > high + 1:
            yield f"bands '{before.level}' and '{after.level}' leave a gap"


def _in_groups(study: Study) -> Iterator[str]:
    for name, group in study.groups.items():
        yield from study.where_faults(group.where, f"study.yaml: groups.{name}.where")
        of = (group.difference.of, *group.difference.minus) if group.difference else ()
        for part in (*group.contains, *of):
            if part == name:
                yield f"study.yaml: groups.{name} refers to itself"
            elif part not in study.groups:
                yield f"study.yaml: groups.{name} refers to no known group '{part}'"
            elif part in of and study.groups[part].difference:
                yield f"study.yaml: groups.{name}.difference: '{part}' is a difference itself; name printed groups"
    labels = Counter(group.label for group in study.groups.values())
    for label, times in labels.items():
        if times > 1:
            yield f"study.yaml: groups: label '{label}' stands {times} times"


def _in_tables(study: Study) -> Iterator[str]:
    for name, plan in study.tables.items():
        place = f"study.yaml: tables.{name}"
        for group in plan.groups:
            if group not in study.groups:
                yield f"{place}: no group '{group}' (known: {', '.join(study.groups)})"
        for variable in plan.variables:
            if variable not in study.variables:
                yield f"{place}: no variable '{variable}'" + near(variable, study.variables)
        for block in plan.blocks:
            if block.levels and {*block.variables} & {*study.sets}:
                yield f"{place}: block '{block.title}' cannot choose among the answers of one question"
            known = [level for name in block.variables if name in study.variables for level in study.levels(name)]
            yield from (
                f"{place}: '{level}' is no level of block '{block.title}'"
                for level in block.levels
                if level not in known
            )
        for cell in plan.printed_percentages:
            unplaced = {cell.group, *cell.base} - {*plan.groups}
            there = study.levels(cell.variable) if cell.variable in study.variables else ()
            if unplaced or cell.variable not in plan.variables or cell.level not in there:
                yield f"{place}: printed_percentages names a cell that the table does not have ({cell.level})"


def _in_published(study: Study) -> Iterator[str]:
    for fact in study.facts:
        if fact.group not in study.groups:
            yield f"published_facts.yaml: {fact.id}: no group '{fact.group}'"
        yield from study.where_faults(fact.where, f"published_facts.yaml: {fact.id}")
    file = study.file.published.margins if study.file.published else ""
    for variable, level, group, statistic in study.margins:
        if variable == "n" and group in study.groups:
            continue
        if statistic == "mean" and (level or variable not in study.fields or study.fields[variable].levels):
            yield f"{file}: a mean of '{variable}', which is not a number"
            continue
        if variable not in study.variables or group not in study.groups:
            yield f"{file}: '{variable}' for '{group}' is not a known variable and group"
        elif level and level not in study.levels(variable):
            yield f"{file}: '{level}' is no level of {variable}"
