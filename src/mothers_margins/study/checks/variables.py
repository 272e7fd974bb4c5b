"""What cannot hold in the fields, instruments, scores and derived variables of a study."""

import math
import re
from collections import Counter
from collections.abc import Iterator

from mothers_margins.errors import near
from mothers_margins.study.participant_table import Constraints, Instrument, Score, Variable
from mothers_margins.study.study import ORDER, Study
from mothers_margins.study.study_file import Derived, Outcome


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
