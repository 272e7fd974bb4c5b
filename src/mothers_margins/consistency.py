"""What a study definition says that cannot hold: names that refer to nothing, rules that contradict
each other.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from mothers_margins.definition import Coding, Derived, Model, Outcome, Subtheme
from mothers_margins.plan_checks import in_missing_data
from mothers_margins.schema import Constraints, Instrument, Score, Variable
from mothers_margins.study import ORDER, Study, near


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


def _in_schema(study: Study) -> Iterator[str]:
    file = study.file.data.schema_file
    for name in study.schema.primary_key:
        if name not in study.fields or study.fields[name].role != "identifier":
            yield f"{file}: primaryKey '{name}' is not a field with x-role identifier"
    if [field.role for field in study.schema.fields].count("identifier") > 1:
        yield f"{file}: only one field can be the identifier"
    for field in study.schema.fields:
        place = f"{file}: {field.name}"
        codes_of_missing = study.missing_codes(field)
        missing = [code.value for code in codes_of_missing]
        for label, times in Counter(code.label for code in codes_of_missing).items():
            if times > 1:
                yield f"{place}: {times} missing codes have the reason '{label}'"
        codes = [*field.levels, *field.true_values, *field.false_values]
        for code, times in Counter([*missing, *codes]).items():
            if times > 1 and field.levels.count(code) < 2:
                yield f"{place}: '{code}' has two meanings"
        if field.multi_response and field.multi_response not in study.sets:
            yield (
                f"{place}: x-multi-response '{field.multi_response}' is not among "
                "x-multi-response-sets"
            )
        if (field.multi_response and field.type != "boolean") or (
            field.type == "boolean" and not field.multi_response
        ):
            yield (
                f"{place}: a yes/no field is type boolean with x-multi-response, or type "
                "string with two categories"
            )
        if field.type == "boolean" and not (field.true_values and field.false_values):
            yield f"{place}: a boolean needs trueValues and falseValues"
        if field.role in ("variable", "group") and field.type == "string" and not field.categories:
            yield f"{place}: a string variable needs categories"
        if field.categories and {*field.summary} - {"n"}:
            yield (
                f"{place}: x-summary {', '.join(field.summary)} needs a number; this variable "
                "has categories"
            )
        if (
            field.role == "variable"
            and field.type in ("integer", "number")
            and {*field.summary} <= {"n"}
        ):
            yield f"{place}: a number needs x-summary: mean, mean_sd or median_iqr"
        if (field.constraints.minimum or 0) > (field.constraints.maximum or math.inf):
            yield f"{place}: constraints.minimum is above the maximum"
        if field.constraints.pattern and not _compiles(field.constraints.pattern):
            yield f"{place}: constraints.pattern is not a regular expression"
        for name, levels in field.applies_where.items():
            if not {*levels} <= {*(study.fields[name].levels if name in study.fields else ())}:
                yield f"{place}: x-applies-where names no known field and levels ({name})"
        if field.applies_where and not any(code.not_applicable for code in field.missing_values):
            yield f"{place}: x-applies-where needs a missing code with x-not-applicable"
        yield from (f"{place}: x-{fault}" for fault in _in_zeros(study, field))
        for zero in field.structural_zeros:
            if zero.group in study.groups and not {*study.groups[zero.group].where} <= {
                *study.fields
            }:
                yield (
                    f"{place}: x-structural-zeros needs a group whose conditions are on "
                    "recorded variables"
                )


def _in_zeros(study: Study, variable: Variable | Derived) -> Iterator[str]:
    for zero in variable.structural_zeros:
        if zero.group not in study.groups:
            yield f"structural-zeros names no known group '{zero.group}'"
        if zero.level not in variable.levels:
            yield f"structural-zeros names no known level '{zero.level}'"


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _in_instruments(study: Study) -> Iterator[str]:
    for instrument in study.schema.instruments:
        place = f"{study.file.data.schema_file}: {instrument.name}"
        absent = [name for name in instrument.fields() if name not in study.fields]
        if absent:
            yield (
                f"{place}: {len(absent)} of its {instrument.items} items are no fields, the "
                f"first is '{absent[0]}'"
            )
            continue
        numbers = {*range(1, instrument.items + 1)}
        for number in sorted(
            {*instrument.reversed}.union(*(score.items for score in instrument.scores)) - numbers
        ):
            yield f"{place}: there is no item {number}"
        gate = instrument.gate
        if gate and (
            gate.variable not in study.fields or gate.level not in study.levels(gate.variable)
        ):
            yield f"{place}: its gate '{gate.variable}' with level '{gate.level}' is not declared"
        before: list[str] = []
        for score in instrument.scores:
            yield from (
                f"{place}.{score.name}: {fault}"
                for fault in _in_score(study, instrument, score, before)
            )
            before.append(score.name)


def _in_score(
    study: Study, instrument: Instrument, score: Score, before: list[str]
) -> Iterator[str]:
    if bool(score.items) == bool(score.sum_of) or (score.value and not score.items):
        yield "give either items (with or without a value to count) or sum_of"
    for name in score.sum_of:
        if name not in before:
            yield f"sum_of '{name}', which is no score of this instrument before it"
    if not score.summary or "n" in score.summary:
        yield "a score needs a summary: mean, mean_sd or median_iqr"
    if score.value and (score.rule or instrument.rule).items != "none":
        yield "a count is never scaled up; its rule must be items: none"
    for number in score.items:
        field = study.fields.get(instrument.item(number))
        limits = field.constraints if field else Constraints()
        if (
            field
            and not score.value
            and (field.type != "integer" or None in (limits.minimum, limits.maximum))
        ):
            yield (
                f"item {number} is not a whole number between a minimum and a maximum, so it "
                "cannot be summed"
            )
        if field and field.levels and score.value not in (*field.levels, "any"):
            yield f"item {number} has no level '{score.value}'"


def _in_derived(study: Study) -> Iterator[str]:
    known = {*study.fields, *study.sets, *study.scores}
    for variable in (*study.file.derived, *study.file.outcomes):
        place = f"study.yaml: derived {variable.name}"
        missing = [name for name in variable.sources if name not in known]
        if variable.source in missing:
            yield (
                f"{place}: from '{variable.source}' is no field, score or derived variable "
                "before it"
            )
        elif missing:
            yield from (
                f"{place}: no variable '{name}' before it{near(name, known)}" for name in missing
            )
        elif isinstance(variable, Outcome):
            yield from (
                f"study.yaml: outcomes {variable.name}: {fault}"
                for fault in _in_outcome(study, variable)
            )
        else:
            yield from (f"{place}: {fault}" for fault in _in_rule(study, variable))
        if any(
            ORDER[study.timepoint(name)] > ORDER[variable.timepoint] for name in variable.sources
        ):
            yield f"{place}: its timepoint is before that of a variable that it is made from"
        known.add(variable.name)


def _in_outcome(study: Study, outcome: Outcome) -> Iterator[str]:
    if bool(outcome.event_levels) == bool(outcome.any_of) or bool(outcome.source) != bool(
        outcome.event_levels
    ):
        yield "give either from with event_levels, or any_of"
    if (outcome.kind == "sensitivity") != (outcome.of in study.outcomes):
        yield "a sensitivity outcome, and no other, says with `of` for which outcome it stands"
    if outcome.timepoint is None:
        yield "an outcome needs its timepoint"
    for where in (*outcome.conditions, outcome.among, outcome.also_within):
        yield from study.where_faults(where, "its condition")
    if outcome.also_within and outcome.kind != "exploratory":
        yield "also_within is for exploratory outcomes"


def _in_rule(study: Study, variable: Derived) -> Iterator[str]:
    forms = (variable.bands, variable.merged, variable.any_of, variable.one_of, variable.fifths)
    rules = [bool(rule) for rule in forms]
    if sum(rules) != 1 or bool(variable.source) != bool(variable.bands or variable.merged):
        yield "give either bands or levels (with from), any_of, one_of, or fifths"
        return
    yield from _in_zeros(study, variable)
    for where in (*variable.any_of, *variable.one_of.values()):
        yield from study.where_faults(where, "its condition")
    gates = [
        name
        for name in variable.sources
        if name in study.instruments and study.instruments[name].gate
    ]
    if bool(variable.gated_out) != bool(gates and variable.any_of):
        yield (
            "gated_out must be said (no or exclude) where a score behind a gate is used, and "
            "only there"
        )
    if variable.fifths:
        field, index = study.fields.get(variable.fifths.rank), variable.fifths.index
        if (
            field is None
            or field.type != "integer"
            or {*study.levels(index)} != {*variable.fifths.areas}
        ):
            yield (
                "fifths need a whole-number rank, and the number of areas of every level of "
                "the index"
            )
    source = study.fields.get(variable.source)
    if variable.bands and source and source.type == "integer":
        yield from _in_bands(variable, source.constraints)
    elif variable.bands and (
        variable.source in study.scores or (source and source.type == "number")
    ):
        lows = [-math.inf if band.minimum is None else band.minimum for band in variable.bands]
        if lows != sorted({*lows}) or any(band.maximum is not None for band in variable.bands):
            yield (
                "bands that need not be of whole numbers have rising minima and no maximum: "
                "each ends below the next"
            )
    elif variable.bands:
        yield f"bands need a number, and {variable.source} is none"
    elif variable.merged and not (source and source.role == "codes"):
        used = [level for levels in variable.merged.values() for level in levels]
        levels = study.levels(variable.source)
        for level in {*levels} ^ {*used} | {
            name for name, times in Counter(used).items() if times > 1
        }:
            yield f"level '{level}' of {variable.source} must stand in exactly one merged level"


def _in_models(study: Study) -> Iterator[str]:
    for number, check in enumerate(study.file.impossible, 1):
        yield from study.where_faults(check.where, f"study.yaml: impossible {number}")
    for name, coding in study.file.coding.items():
        yield from (
            f"study.yaml: coding.{name}: {fault}" for fault in _in_coding(study, name, coding)
        )
    for name in study.file.descriptive_only:
        if name not in study.variables:
            yield f"study.yaml: descriptive_only: no variable '{name}'{near(name, study.variables)}"
    for name, model in study.file.models.items():
        place = f"study.yaml: models.{name}"
        faults = list(_in_model(study, name, model))
        yield from (f"{place}: {fault}" for fault in faults)
        for outcome in () if faults else study.outcomes:
            yield from (f"{place}.{outcome}: {fault}" for fault in _in_terms(study, name, outcome))


def _in_lock(study: Study) -> Iterator[str]:
    placed = Counter(name for block in study.file.explanatory for name in block.variables)
    for name, times in placed.items():
        if name not in study.variables:
            yield f"study.yaml: explanatory: no variable '{name}'{near(name, study.variables)}"
        elif times > 1:
            yield f"study.yaml: explanatory: '{name}' stands {times} times"
    lock = study.file.lock
    if lock and lock.model not in study.file.models:
        yield f"study.yaml: lock: no model '{lock.model}'{near(lock.model, study.file.models)}"
    for name, coding in lock.coding.items() if lock else ():
        yield from (
            f"study.yaml: lock.coding.{name}: {fault}" for fault in _in_coding(study, name, coding)
        )
    for outcome, terms in lock.terms.items() if lock else ():
        if outcome not in study.outcomes:
            yield f"study.yaml: lock: no outcome '{outcome}'{near(outcome, study.outcomes)}"
        for term in terms:
            if term not in study.variables:
                yield f"study.yaml: lock: no variable '{term}'{near(term, study.variables)}"


def _in_model(study: Study, name: str, model: Model) -> Iterator[str]:
    listed = [*study.file.models]
    earlier = listed[: listed.index(name)]
    if bool(model.departs_from) == bool(model.terms):
        yield "give either terms, or departs_from with add, replace or coding"
    for term, coding in model.coding.items():
        yield from (f"coding.{term}: {fault}" for fault in _in_coding(study, term, coding))
    if model.departs_from and model.departs_from not in earlier:
        yield f"departs_from '{model.departs_from}', which is no model before it"
    if model.departs_from and not (re.fullmatch(r"\d{4}-\d\d-\d\d", model.dated) and model.reason):
        yield "a departure needs its date (dated: 2023-02-11) and its reason"
    for outcome in {*model.terms, *model.add} - {*study.outcomes}:
        yield f"no outcome '{outcome}'{near(outcome, study.outcomes)}"
    if model.departs_from in earlier:
        used = {
            term for outcome in study.outcomes for term in study.terms(model.departs_from, outcome)
        }
        yield from (
            f"replaces '{term}', which {model.departs_from} lacks"
            for term in {*model.replace} - used
        )


def _in_terms(study: Study, model: str, outcome: str) -> Iterator[str]:
    terms = study.terms(model, outcome)
    yield from (
        f"'{term}' stands {times} times" for term, times in Counter(terms).items() if times > 1
    )
    for term in dict.fromkeys(terms):
        if term not in study.variables:
            yield f"no variable '{term}'{near(term, study.variables)}"
        elif term in study.file.descriptive_only:
            yield f"'{term}' is for description only: {study.file.descriptive_only[term]}"
        elif term not in study.file.coding:
            yield f"'{term}' has no coding"
        elif study.file.explanatory and not study.block(term):
            yield f"'{term}' stands under no heading of explanatory"
        elif study.timepoint(term) is None:
            yield f"'{term}' has no timepoint, so it could have been recorded after this outcome"
        elif ORDER[study.timepoint(term)] > ORDER[study.outcomes[outcome].timepoint]:
            yield f"'{term}' was recorded after this outcome"
        elif shared := study.recorded(term) & study.recorded(outcome):
            yield f"'{term}' is made from {', '.join(sorted(shared))}, as this outcome is"


def _in_coding(study: Study, name: str, coding: Coding) -> Iterator[str]:
    if name not in study.variables:
        yield f"no variable '{name}'{near(name, study.variables)}"
        return
    levels = study.levels(name)
    if [coding.per is not None, coding.linear is not None, bool(coding.reference)].count(True) != 1:
        yield (
            "give one of per (a number of units), linear (the order of levels) or reference (a "
            "level)"
        )
    if bool(levels) == (coding.per is not None):
        yield "per is for numbers; a variable with levels needs linear or reference"
    used = [level for merged in coding.merged.values() for level in merged]
    if coding.merged and (sorted(used) != sorted(levels) or not coding.reference):
        yield "levels that are put together must hold every level once, and need a reference"
    if coding.reference and coding.reference not in (coding.merged or levels):
        yield f"the reference '{coding.reference}' is no level"


def _in_bands(variable: Derived, limits: Constraints) -> Iterator[str]:
    first, last = variable.bands[0].minimum, variable.bands[-1].maximum
    if limits.minimum is not None and first is not None and first > limits.minimum:
        yield f"no band holds {limits.minimum:g}, which {variable.source} allows"
    if limits.maximum is not None and last is not None and last < limits.maximum:
        yield f"no band holds {limits.maximum:g}, which {variable.source} allows"
    for band in variable.bands:
        if (-math.inf if band.minimum is None else band.minimum) > (
            math.inf if band.maximum is None else band.maximum
        ):
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
                yield (
                    f"study.yaml: groups.{name}.difference: '{part}' is a difference itself; "
                    "name printed groups"
                )
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
                yield (
                    f"{place}: block '{block.title}' cannot choose among the answers of one "
                    "question"
                )
            known = [
                level
                for name in block.variables
                if name in study.variables
                for level in study.levels(name)
            ]
            yield from (
                f"{place}: '{level}' is no level of block '{block.title}'"
                for level in block.levels
                if level not in known
            )
        for cell in plan.printed_percentages:
            unplaced = {cell.group, *cell.base} - {*plan.groups}
            there = study.levels(cell.variable) if cell.variable in study.variables else ()
            if unplaced or cell.variable not in plan.variables or cell.level not in there:
                yield (
                    f"{place}: printed_percentages names a cell that the table does not have "
                    f"({cell.level})"
                )


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
