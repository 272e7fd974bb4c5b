"""Conditions on variables, and groups: {variable: level | {not: …} | {at_least: …}}."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from mothers_margins.study.yaml_file import Definition, Written


class Condition(Definition):
    """What a value must be. Written as a level, a list of levels (any of them), {not: list} (known
    and none of them), {at_least: 2}, {codes: [F10-F19], but: [F17]} (a recorded code begins so), or
    {known: false}."""

    levels: tuple[str, ...] = Field((), min_length=1)
    excluded: bool = False
    at_least: float | None = None
    codes: tuple[str, ...] = Field((), min_length=1)
    but: tuple[str, ...] = ()
    known: bool | None = None

    @model_validator(mode="after")
    def _one_form(self) -> "Condition":
        forms = (
            bool(self.levels),
            self.at_least is not None,
            bool(self.codes),
            self.known is not None,
        )
        if sum(forms) != 1 or (self.but and not self.codes):
            raise ValueError(
                "a condition is a level, a list, {not: …}, {at_least: …}, {codes: …} or {known: …}"
            )
        return self


def _as_condition(written: Written | Condition) -> Written | Condition:
    """A condition with its keys, from the short forms {variable: level | list | {not: …}}."""
    if isinstance(written, Condition):
        return written
    if isinstance(written, dict):
        if {*written} - {"not"}:
            return written
        return {"levels": written.get("not"), "excluded": True}
    return {"levels": written if isinstance(written, list | tuple) else (written,)}


Where = dict[str, Annotated[Condition, BeforeValidator(_as_condition)]]
# Groups as somebody asks for them in a call: by the study's names, or new ones by their conditions,
# in the short forms or made already.
AskedGroups = Sequence[str] | Mapping[str, Mapping[str, Written | Condition]]


class Difference(Definition):
    """A group that is another one without some of its parts; its counts follow by subtraction."""

    of: str
    minus: tuple[str, ...]


class Group(Definition):
    """A set of participants, by conditions on variables. Groups are free to overlap."""

    label: str
    letter: str = ""
    description: str = ""
    where: Where
    contains: tuple[str, ...] = ()
    difference: Difference | None = None
