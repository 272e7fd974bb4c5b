"""What cannot hold in a study definition, from all its parts; the names that two of them give."""

from collections import Counter
from collections.abc import Iterable, Iterator

from mothers_margins.study.checks.body_tables import in_body_tables
from mothers_margins.study.checks.disclosure import in_disclosure
from mothers_margins.study.checks.leag import in_leag
from mothers_margins.study.checks.missing_data_plan import in_missing_data
from mothers_margins.study.checks.plans import in_groups, in_lock, in_models, in_tables
from mothers_margins.study.checks.uses import in_uses
from mothers_margins.study.checks.variables import in_derived, in_instruments, in_schema
from mothers_margins.study.study import Study
from mothers_margins.study.study_file import Subtheme


def contradictions(study: Study) -> list[str]:
    """Every name that refers to nothing and every definition that cannot hold."""
    return [
        *_twice(study),
        *in_schema(study),
        *in_instruments(study),
        *in_derived(study),
        *in_uses(study),
        *in_groups(study),
        *in_tables(study),
        *in_body_tables(study),
        *in_models(study),
        *in_lock(study),
        *in_missing_data(study),
        *in_disclosure(study),
        *in_leag(study),
        *_in_published(study),
    ]


def _twice(study: Study) -> Iterator[str]:
    """Names that stand more than once where each must be of its own."""
    lists = [
        *_names_in_schema(study),
        *_names_in_study(study),
        *_levels_of_fields(study),
        *_levels_of_derived(study),
        *_items_of_scores(study),
        *_names_of_themes(study),
    ]
    for place, names in lists:
        for name, times in Counter(names).items():
            if times > 1:
                yield f"{place}: '{name}' stands {times} times"


NamesOfPlace = tuple[str, Iterable[str]]


def _names_in_schema(study: Study) -> Iterator[NamesOfPlace]:
    file = study.file.data.schema_file
    sets = study.schema.multi_response_sets
    yield f"{file}: x-multi-response-sets", (declared.name for declared in sets)
    yield f"{file}: fields", (field.name for field in study.schema.fields)


def _names_in_study(study: Study) -> Iterator[NamesOfPlace]:
    names = [*study.fields, *study.sets]
    for instrument in study.schema.instruments:
        names += [score.name for score in instrument.scores]
    names += [variable.name for variable in (*study.file.derived, *study.file.outcomes)]
    yield "study.yaml: derived", names
    letters = [group.letter for group in study.groups.values()]
    yield "study.yaml: letters of groups", filter(None, letters)
    yield "published_facts.yaml: facts", (fact.id for fact in study.facts)


def _levels_of_fields(study: Study) -> Iterator[NamesOfPlace]:
    file = study.file.data.schema_file
    for field in study.schema.fields:
        yield f"{file}: {field.name}.categories", field.levels
    for name in study.sets:
        yield f"{file}: {name}", study.levels(name)


def _levels_of_derived(study: Study) -> Iterator[NamesOfPlace]:
    for variable in study.file.derived:
        yield f"study.yaml: derived {variable.name}", (band.level for band in variable.bands)


def _items_of_scores(study: Study) -> Iterator[NamesOfPlace]:
    for instrument in study.schema.instruments:
        place = f"{study.file.data.schema_file}: {instrument.name}"
        for score in instrument.scores:
            yield f"{place}.{score.name}.items", map(str, score.items)


def _names_of_themes(study: Study) -> Iterator[NamesOfPlace]:
    if study.themes is None:
        return
    printed: list[Subtheme] = []
    for theme in study.themes.themes:
        printed += [theme, *theme.subthemes]
    yield "themes.yaml: labels", [part.label for part in printed]
    yield "themes.yaml: ids", [part.id for part in printed]


def _in_published(study: Study) -> Iterator[str]:
    for fact in study.facts:
        if fact.group not in study.groups:
            yield f"published_facts.yaml: {fact.id}: no group '{fact.group}'"
        yield from study.where_faults(fact.where, f"published_facts.yaml: {fact.id}")
    file = study.file.published.margins if study.file.published else ""
    for variable, level, group, statistic in study.margins:
        if variable == "n" and group in study.groups:
            continue
        if statistic == "mean" and (
            level or variable not in study.fields or study.fields[variable].levels
        ):
            yield f"{file}: a mean of '{variable}', which is not a number"
            continue
        if variable not in study.variables or group not in study.groups:
            yield f"{file}: '{variable}' for '{group}' is not a known variable and group"
        elif level and level not in study.levels(variable):
            yield f"{file}: '{level}' is no level of {variable}"
