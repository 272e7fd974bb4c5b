"""The format of sources.yaml: what an analyst's own files call the variables of the dictionary, and
their codes.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from mothers_margins.errors import near
from mothers_margins.study.study import Study
from mothers_margins.study.yaml_file import Definition


class Mapped(Definition):
    """Where one variable stands: a column, and what its codes or value labels mean in the
    dictionary.

    columns: several only for diagnosis codes, which are then joined. missing: codes that stand for
    a missing code of the dictionary.
    """

    columns: tuple[str, ...] = Field(alias="from", min_length=1)
    values: dict[str, str] = {}
    missing: dict[str, str] = {}


def _as_mapped(written: Any) -> Any:
    whole = written if isinstance(written, dict) else {"from": written}
    return {**whole, "from": [whole["from"]]} if isinstance(whole.get("from"), str) else whole


MappedColumns = dict[str, Annotated[Mapped, BeforeValidator(_as_mapped)]]


class SourceTable(Definition):
    """One file. items: for an instrument, how its columns are called, with {n} or {nn} for the
    item's number.

    missing: codes of the whole file that stand for a missing code of the dictionary. others: what
    is done with columns that are not named here.
    """

    file: str = Field(pattern=r"^[^/\\\r\n]+$")  # beside sources.yaml: no path
    id: str
    sheet: str = ""
    variables: MappedColumns = {}
    items: MappedColumns = {}
    missing: dict[str, str] = {}
    others: Literal["refuse", "ignore"] = "refuse"


class SourcesFile(Definition):
    """sources.yaml as written. The first table says which dyads there are; the others are merged on
    the id.

    not_held: fields of the dictionary that no file holds.
    """

    tables: tuple[SourceTable, ...] = Field(min_length=1)
    corrections: str = Field("", pattern=r"^[^/\\\r\n]*$")
    not_held: tuple[str, ...] = ()


def supplied_scores(study: Study) -> list[str]:
    """What a file may hold in place of what it is made from: scores of instruments, and fifths of
    deprivation.
    """
    return [*study.scores, *(name for name, made in study.derived.items() if made.fifths)]


def levels_of(study: Study, name: str) -> tuple[str, ...]:
    """What a cell may hold if it is no number and no text."""
    field = study.fields.get(name)
    return (
        *study.levels(name),
        *(field.true_values if field else ()),
        *(field.false_values if field else ()),
    )


def missing_codes(study: Study, name: str) -> dict[str, str]:
    """Missing codes of a variable, with their reasons."""
    field = study.fields.get(name)
    return {
        code.value: code.label
        for code in (study.missing_codes(field) if field else study.schema.missing_values)
    }


def names_in(table: SourceTable, study: Study) -> list[str]:
    """Variables that a table is to hold."""
    chosen = [
        instrument for instrument in study.schema.instruments if instrument.name in table.items
    ]
    return [*table.variables, *(name for instrument in chosen for name in instrument.fields())]


def columns_of(table: SourceTable, study: Study) -> dict[str, Mapped]:
    """Every variable of a table with its columns; items of an instrument by their numbers."""
    wanted = dict(table.variables)
    for instrument in study.schema.instruments:
        if instrument.name in table.items:
            one = table.items[instrument.name]
            for number in range(1, instrument.items + 1):
                named = tuple(
                    text.replace("{nn}", f"{number:02d}").replace("{n}", str(number))
                    for text in one.columns
                )
                wanted[instrument.item(number)] = one.model_copy(update={"columns": named})
    return wanted


def faults_of(plan: SourcesFile, study: Study) -> list[str]:
    """All that names nothing in the study, contradicts itself, or leaves out what every analysis
    needs.
    """
    faults = [
        f"sources.yaml: {table.file}: {fault}"
        for table in plan.tables
        for fault in _in_table(table, study)
    ]
    named = Counter(name for table in plan.tables for name in names_in(table, study))
    faults += [
        f"sources.yaml: {name} stands {times} times" for name, times in named.items() if times > 1
    ]
    key = study.schema.primary_key[0]
    needed = {key}.union(
        *(study.recorded(o.name) for o in study.file.outcomes if o.kind == "primary")
    )
    for name in plan.not_held:
        if name not in study.fields:
            faults.append(f"sources.yaml: not_held: no variable '{name}'{near(name, study.fields)}")
        elif name in needed or name in named:
            faults.append(
                f"sources.yaml: not_held: '{name}' is "
                f"{'needed' if name in needed else 'mapped as well'}"
            )
    return faults


def _in_table(table: SourceTable, study: Study) -> Iterator[str]:
    known = [*study.fields, *supplied_scores(study)]
    prefixes = {instrument.name: instrument.item(1) for instrument in study.schema.instruments}
    yield from (
        f"no variable '{name}'{near(name, known)}" for name in table.variables if name not in known
    )
    if study.schema.primary_key[0] in table.variables:
        yield f"'{study.schema.primary_key[0]}' is named with `id`, not among the variables"
    if table.sheet and not table.file.lower().endswith(".xlsx"):
        yield "only a .xlsx file has a sheet"
    yield from (
        f"no instrument '{name}'{near(name, prefixes)}"
        for name in table.items
        if name not in prefixes
    )
    every = {code for name in study.fields for code in missing_codes(study, name)}
    yield from (
        f"missing: '{code}' is no missing code"
        for code in table.missing.values()
        if code not in every
    )
    items = {prefixes[name]: one for name, one in table.items.items() if name in prefixes}
    for name, one in {**table.variables, **items}.items():
        if name in known:
            yield from (f"{name}: {fault}" for fault in _in_mapped(one, name, study))


def _in_mapped(one: Mapped, name: str, study: Study) -> Iterator[str]:
    field, levels, codes = (
        study.fields.get(name),
        levels_of(study, name),
        missing_codes(study, name),
    )
    wrong = [level for level in one.values.values() if levels and level not in (*levels, *codes)]
    wrong += [code for code in one.missing.values() if code not in codes]
    yield from (f"'{level}' is no level or missing code" for level in wrong)
    if one.values and field and field.role == "data_status":
        yield "nothing can be mapped to the mark of made-up rows"
    if len(one.columns) > 1 and not (field and field.role == "codes"):
        yield "several columns can only be joined for diagnosis codes"
