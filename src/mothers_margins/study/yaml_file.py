"""One YAML file of a definition: no duplicate keys, all faults at once; and its base class."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from mothers_margins.errors import near


class Definition(BaseModel):
    """Base of everything read from YAML: frozen, and closed to keys that are not declared here."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)


# What YAML and JSON can hold.
Written = bool | int | float | str | None | Sequence["Written"] | Mapping[str, "Written"]
Several = TypeVar("Several")
AnyDefinition = TypeVar("AnyDefinition", bound=Definition)
DEEPEST = 50
# How much deeper what follows a token stands; a look-up, as a file has ten thousands of tokens.
DEEPER = {
    yaml.FlowSequenceStartToken: 1,
    yaml.FlowMappingStartToken: 1,
    yaml.BlockSequenceStartToken: 1,
    yaml.BlockMappingStartToken: 1,
    yaml.FlowSequenceEndToken: -1,
    yaml.FlowMappingEndToken: -1,
    yaml.BlockEndToken: -1,
}
SPECIAL = (yaml.TagToken, yaml.AliasToken)


def as_tuple(written: str | Several) -> tuple[str] | Several:
    """A list of one, where the file may say one name or several."""
    return (written,) if isinstance(written, str) else written


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the C parser is 6 times as fast
    """YAML 1.2's few implicit types (so `No`, `12:30` and `012` stay text), no key twice, no tags
    or aliases.
    """

    duplicates: list[str]

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, Written]:
        """A mapping whose keys are words; a key that stands twice is noted in `duplicates`."""
        first_line: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key must be a word", key.start_mark
                )
            if key.value in first_line:
                self.duplicates.append(
                    f"line {line}: key '{key.value}' stands already in line {first_line[key.value]}"
                )
            first_line.setdefault(key.value, line)
        mapping: dict[Hashable, Written] = super().construct_mapping(node, deep)
        return mapping


Loader.yaml_implicit_resolvers = {}


def parse_yaml(path: Path, model: type[AnyDefinition]) -> tuple[AnyDefinition | None, list[str]]:
    """Read one YAML file into `model`: the definition, or None, and the faults found, each with its
    place.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return None, [f"{path.name}: there is no such file"]
    except ValueError as error:  # wrong encoding
        return None, [_unreadable(path.name, error)]
    definition, faults = _parsed(path.name, text, model)
    return definition, list(faults)


# One process asks for the same definition many times (`check` and `run` for each study that may be
# meant). What the text says is frozen, so it can be shared; another text is read anew.
@lru_cache(maxsize=64)
def _parsed(
    name: str, text: str, model: type[AnyDefinition]
) -> tuple[AnyDefinition | None, tuple[str, ...]]:
    """The definition that a file of this name and text holds, and its faults."""
    try:
        _refuse_special(text)
        loader = Loader(text)
        loader.duplicates = []
        content = loader.get_single_data()
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a number too long
        return None, (_unreadable(name, error),)
    faults = [f"{name} {duplicate}" for duplicate in loader.duplicates]
    try:
        return model.model_validate(content), tuple(faults)
    except ValidationError as error:
        faults += [f"{name}: {fault}" for fault in _faults(error)]
        extra = [fault["loc"] for fault in error.errors() if fault["type"] == "extra_forbidden"]
    try:  # a key too many must not hide what else is wrong
        return model.model_validate(_without(content, extra)), tuple(faults)
    except ValidationError:
        return None, tuple(faults)


def _unreadable(name: str, error: Exception) -> str:
    """Why a file is no YAML, with its line where that is known."""
    mark = getattr(error, "problem_mark", None)
    place = f"{name} line {mark.line + 1}" if mark else name
    why = getattr(error, "problem", None) or type(error).__name__
    return f"{place}: not readable as UTF-8 YAML ({why})"


def _refuse_special(text: str) -> None:
    """Raise for tags and aliases, and for nesting so deep that it would exhaust the C parser's
    stack.
    """
    depth = 0
    for token in yaml.scan(text, Loader):
        kind = type(token)
        if kind in SPECIAL:
            raise yaml.constructor.ConstructorError(
                None, None, "no tags or aliases", token.start_mark
            )
        depth += DEEPER.get(kind, 0)
        if depth > DEEPEST:
            raise yaml.constructor.ConstructorError(
                None, None, "nested too deeply", token.start_mark
            )


# Any: the paths are those that pydantic has just walked in this content, so each step is there
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
        if fault["type"] == "extra_forbidden" and place in _GONE:
            yield f"{place}: {_GONE[place]}"
        elif fault["type"] == "extra_forbidden":
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


# keys that were part of the format, and what to write instead
_GONE = {
    "disclosure.merges": "is no key any more; write use: [release] at the derived variable that "
    "stands for another one in what is released"
}


def _keys() -> list[str]:
    """Every key of the format, for suggestions."""
    waiting = [Definition]
    keys: set[str] = set()
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        keys |= {field.alias or name for name, field in kind.model_fields.items()}
    return sorted(keys)
