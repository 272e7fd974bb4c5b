"""The format of sources.yaml: what an analyst's own files call the variables of the dictionary, and
their codes.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from mothers_margins.errors import near
from mothers_margins.study.study import Study
from mothers_margins.study.yaml_file import Definition, Written, as_tuple


class Mapped(Definition):
    """Where one variable stands: a column, and what its codes or value labels mean in the
    dictionary.

    columns: several only for diagnosis codes, which are then joined. missing: codes that stand for
    a missing code of the dictionary.
    """

    columns: tuple[str, ...] = Field(alias="from", min_length=1)
    values: dict[str, str] = {}
    missing: dict[str, str] = {}


def _as_mapped(written: Written) -> Written:
    """A variable's columns with their key, from the short forms of one name or a list of names."""
    whole = written if isinstance(written, dict) else {"from": written}
    if not isinstance(whole.get("from"), str):
        return whole
    return {**whole, "from": as_tuple(whole["from"])}


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
    fifths = [name for name, derived in study.derived.items() if derived.fifths]
    return [*study.scores, *fifths]


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
        if instrument.name not in table.items:
            continue
        pattern = table.items[instrument.name]
        for number in range(1, instrument.items + 1):
            columns = tuple(_numbered(column, number) for column in pattern.columns)
            wanted[instrument.item(number)] = pattern.model_copy(update={"columns": columns})
    return wanted


def _numbered(column: str, number: int) -> str:
    """The column of one item."""
    return column.replace("{nn}", f"{number:02d}").replace("{n}", str(number))


def faults_of(plan: SourcesFile, study: Study) -> list[str]:
    """All that names nothing in the study, contradicts itself, or leaves out what every analysis
    needs.
    """
    faults: list[str] = []
    named: Counter[str] = Counter()
    for table in plan.tables:
        faults += [f"{table.file}: {fault}" for fault in _in_table(table, study)]
        named.update(names_in(table, study))
    faults += [f"{name} stands {times} times" for name, times in named.items() if times > 1]
    faults += [f"not_held: {fault}" for fault in _in_not_held(plan, named, study)]
    return [f"sources.yaml: {fault}" for fault in faults]


def _in_not_held(plan: SourcesFile, named: Collection[str], study: Study) -> Iterator[str]:
    needed = {study.schema.primary_key[0]}
    for outcome in study.file.outcomes:
        if outcome.kind == "primary":
            needed |= study.recorded(outcome.name)
    for name in plan.not_held:
        if name not in study.fields:
            yield f"no variable '{name}'{near(name, study.fields)}"
        elif name in needed:
            yield f"'{name}' is needed"
        elif name in named:
            yield f"'{name}' is mapped as well"


def _in_table(table: SourceTable, study: Study) -> Iterator[str]:
    known = [*study.fields, *supplied_scores(study)]
    first_items = {instrument.name: instrument.item(1) for instrument in study.schema.instruments}
    for name in table.variables:
        if name not in known:
            yield f"no variable '{name}'{near(name, known)}"
    if study.schema.primary_key[0] in table.variables:
        yield f"'{study.schema.primary_key[0]}' is named with `id`, not among the variables"
    if table.sheet and not table.file.lower().endswith(".xlsx"):
        yield "only a .xlsx file has a sheet"
    for name in table.items:
        if name not in first_items:
            yield f"no instrument '{name}'{near(name, first_items)}"
    codes = {code for name in study.fields for code in missing_codes(study, name)}
    for code in table.missing.values():
        if code not in codes:
            yield f"missing: '{code}' is no missing code"
    # what holds of an instrument's first item, holds of all
    items = {first_items[name]: own for name, own in table.items.items() if name in first_items}
    for name, mapped in {**table.variables, **items}.items():
        if name in known:
            yield from (f"{name}: {fault}" for fault in _in_mapped(mapped, name, study))


def _in_mapped(mapped: Mapped, name: str, study: Study) -> Iterator[str]:
    field = study.fields.get(name)
    levels = levels_of(study, name)
    codes = missing_codes(study, name)
    wrong = [level for level in mapped.values.values() if levels and level not in (*levels, *codes)]
    wrong += [code for code in mapped.missing.values() if code not in codes]
    yield from (f"'{level}' is no level or missing code" for level in wrong)
    if mapped.values and field and field.role == "data_status":
        yield "nothing can be mapped to the mark of made-up rows"
    if len(mapped.columns) > 1 and not (field and field.role == "codes"):
        yield "several columns can only be joined for diagnosis codes"
