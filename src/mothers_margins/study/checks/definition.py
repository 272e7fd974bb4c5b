"""What cannot hold in a study definition, from all its parts; the names that two of them give."""

from collections import Counter
from collections.abc import Iterable, Iterator

from mothers_margins.study.checks.missing_data_plan import in_missing_data
from mothers_margins.study.checks.plans import _in_groups, _in_lock, _in_models, _in_tables
from mothers_margins.study.checks.variables import _in_derived, _in_instruments, _in_schema
from mothers_margins.study.study import Study
from mothers_margins.study.study_file import Subtheme


def contradictions(study: Study) -> list[str]:
    """Every name that refers to nothing and every definition that cannot hold."""
    return [
        *_twice(study),
        *_in_schema(study),
        *_in_instruments(study),
        *_in_derived(study),
        *_in_groups(study),
        *_in_tables(study),
        *_in_models(study),
        *_in_lock(study),
        *in_missing_data(study),
        *_in_published(study),
    ]


def _made(study: Study) -> Iterator[str]:
    """Names of all scores, derived variables and outcomes, as often as they are declared."""
    yield from (
        score.name for instrument in study.schema.instruments for score in instrument.scores
    )
    yield from (variable.name for variable in (*study.file.derived, *study.file.outcomes))


def _twice(study: Study) -> Iterator[str]:
    named: list[tuple[str, Iterable[str]]] = [
        (
            f"{study.file.data.schema_file}: x-multi-response-sets",
            (declared.name for declared in study.schema.multi_response_sets),
        ),
        (f"{study.file.data.schema_file}: fields", (field.name for field in study.schema.fields)),
        ("study.yaml: derived", (*study.fields, *study.sets, *_made(study))),
        (
            "study.yaml: letters of groups",
            (group.letter for group in study.groups.values() if group.letter),
        ),
        ("published_facts.yaml: facts", (fact.id for fact in study.facts)),
    ]
    named += [
        (f"{study.file.data.schema_file}: {f.name}.categories", f.levels)
        for f in study.schema.fields
    ]
    named += [(f"{study.file.data.schema_file}: {name}", study.levels(name)) for name in study.sets]
    named += [
        (f"study.yaml: derived {d.name}", (band.level for band in d.bands))
        for d in study.file.derived
    ]
    named += [
        (
            f"{study.file.data.schema_file}: {instrument.name}.{score.name}.items",
            map(str, score.items),
        )
        for instrument in study.schema.instruments
        for score in instrument.scores
    ]
    if study.themes:
        printed: list[Subtheme] = [
            part for theme in study.themes.themes for part in (theme, *theme.subthemes)
        ]
        named += [("themes.yaml: labels", [part.label for part in printed])]
        named += [("themes.yaml: ids", [part.id for part in printed])]
    for place, names in named:
        for name, times in Counter(names).items():
            if times > 1:
                yield f"{place}: '{name}' stands {times} times"


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
