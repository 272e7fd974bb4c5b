"""What cannot hold in the fields, instruments, scores and derived variables of a study."""

import math
import re
from collections import Counter
from collections.abc import Iterator

from mothers_margins.errors import near
from mothers_margins.study.outcomes import ORDER
from mothers_margins.study.participant_table import Constraints, Instrument, Score, Variable
from mothers_margins.study.study import Study
from mothers_margins.study.study_file import Derived, Fifths, Outcome


def in_schema(study: Study) -> Iterator[str]:
    """Fields that contradict themselves or each other."""
    file = study.file.data.schema_file
    for name in study.schema.primary_key:
        if name not in study.fields or study.fields[name].role != "identifier":
            yield f"{file}: primaryKey '{name}' is not a field with x-role identifier"
    if [field.role for field in study.schema.fields].count("identifier") > 1:
        yield f"{file}: only one field can be the identifier"
    for field in study.schema.fields:
        faults = (
            *_in_codes(study, field),
            *_in_type(study, field),
            *_in_summary(field),
            *(f"x-{fault}" for fault in _in_said(field)),
            *_in_constraints(field),
            *_in_applies_where(study, field),
            *(f"x-{fault}" for fault in _in_zeros(study, field)),
            *_in_groups_of_zeros(study, field),
        )
        yield from (f"{file}: {field.name}: {fault}" for fault in faults)


def _in_codes(study: Study, field: Variable) -> Iterator[str]:
    missing = study.missing_codes(field)
    for label, times in Counter(code.label for code in missing).items():
        if times > 1:
            yield f"{times} missing codes have the reason '{label}'"
    codes = [*field.levels, *field.true_values, *field.false_values]
    for code, times in Counter([*(code.value for code in missing), *codes]).items():
        if times > 1 and field.levels.count(code) < 2:
            yield f"'{code}' has two meanings"


def _in_type(study: Study, field: Variable) -> Iterator[str]:
    if field.multi_response and field.multi_response not in study.sets:
        yield f"x-multi-response '{field.multi_response}' is not among x-multi-response-sets"
    if bool(field.multi_response) != (field.type == "boolean"):
        yield (
            "a yes/no field is type boolean with x-multi-response, or type string with two "
            "categories"
        )
    if field.type == "boolean" and not (field.true_values and field.false_values):
        yield "a boolean needs trueValues and falseValues"
    if field.role in ("variable", "group") and field.type == "string" and not field.categories:
        yield "a string variable needs categories"


def _in_summary(field: Variable) -> Iterator[str]:
    as_number = {*field.summary} - {"n"}
    if field.categories and as_number:
        summary = ", ".join(field.summary)
        yield f"x-summary {summary} needs a number; this variable has categories"
    if field.role == "variable" and field.type in ("integer", "number") and not as_number:
        yield "a number needs x-summary: mean, mean_sd or median_iqr"


def _in_said(variable: Variable | Derived) -> Iterator[str]:
    """Phrases are of every level and of nothing else, or a sentence would name some of them."""
    if variable.said and {*variable.said} != {*variable.levels}:
        yield f"said needs one phrase for each of: {', '.join(variable.levels) or 'no level'}"


def _in_constraints(field: Variable) -> Iterator[str]:
    constraints = field.constraints
    if constraints.lowest > constraints.highest:
        yield "constraints.minimum is above the maximum"
    if constraints.pattern and not _compiles(constraints.pattern):
        yield "constraints.pattern is not a regular expression"


def _in_applies_where(study: Study, field: Variable) -> Iterator[str]:
    for name, levels in field.applies_where.items():
        declared = study.fields[name].levels if name in study.fields else ()
        if not {*levels} <= {*declared}:
            yield f"x-applies-where names no known field and levels ({name})"
    if field.applies_where and not any(code.not_applicable for code in field.missing_values):
        yield "x-applies-where needs a missing code with x-not-applicable"


def _in_groups_of_zeros(study: Study, field: Variable) -> Iterator[str]:
    for zero in field.structural_zeros:
        group = study.groups.get(zero.group)
        if group and not {*group.where} <= {*study.fields}:
            yield "x-structural-zeros needs a group whose conditions are on recorded variables"


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


def in_instruments(study: Study) -> Iterator[str]:
    """Instruments whose items, gate or scores are not declared, or cannot be summed."""
    for instrument in study.schema.instruments:
        place = f"{study.file.data.schema_file}: {instrument.name}"
        absent = [name for name in instrument.fields() if name not in study.fields]
        if absent:
            yield (
                f"{place}: {len(absent)} of its {instrument.items} items are no fields, the "
                f"first is '{absent[0]}'"
            )
            continue
        for number in _numbers_of_no_item(instrument):
            yield f"{place}: there is no item {number}"
        gate = instrument.gate
        if gate and (
            gate.variable not in study.fields or gate.level not in study.levels(gate.variable)
        ):
            yield f"{place}: its gate '{gate.variable}' with level '{gate.level}' is not declared"
        before: list[str] = []
        for score in instrument.scores:
            for fault in _in_score(study, instrument, score, before):
                yield f"{place}.{score.name}: {fault}"
            before.append(score.name)


def _numbers_of_no_item(instrument: Instrument) -> list[int]:
    named = {*instrument.reversed}.union(*(score.items for score in instrument.scores))
    return sorted(named - {*range(1, instrument.items + 1)})


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
        if field is None:
            continue
        if not score.value and not _can_be_summed(field):
            yield (
                f"item {number} is not a whole number between a minimum and a maximum, so it "
                "cannot be summed"
            )
        if field.levels and score.value not in (*field.levels, "any"):
            yield f"item {number} has no level '{score.value}'"


def _can_be_summed(field: Variable) -> bool:
    limits = (field.constraints.minimum, field.constraints.maximum)
    return field.type == "integer" and None not in limits


def in_derived(study: Study) -> Iterator[str]:
    """Derived variables and outcomes that are made from what there is not, or later than they."""
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
        if variable.use and isinstance(variable, Outcome):
            yield f"study.yaml: outcomes {variable.name}: an outcome stands for no variable (use)"
        if any(
            ORDER[study.timepoint(name)] > ORDER[variable.timepoint] for name in variable.sources
        ):
            yield f"{place}: its timepoint is before that of a variable that it is made from"
        known.add(variable.name)


def _in_outcome(study: Study, outcome: Outcome) -> Iterator[str]:
    by_levels = bool(outcome.event_levels)
    if by_levels == bool(outcome.any_of) or by_levels != bool(outcome.source):
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
    rules = (variable.bands, variable.merged, variable.any_of, variable.one_of, variable.fifths)
    number = [bool(rule) for rule in rules].count(True)
    if number != 1 or bool(variable.source) != bool(variable.bands or variable.merged):
        yield "give either bands or levels (with from), any_of, one_of, or fifths"
        return
    yield from _in_zeros(study, variable)
    for where in (*variable.any_of, *variable.one_of.values()):
        yield from study.where_faults(where, "its condition")
    if bool(variable.gated_out) != bool(variable.any_of and _is_gated(study, variable)):
        yield (
            "gated_out must be said (no or exclude) where a score behind a gate is used, and "
            "only there"
        )
    if variable.fifths and not _can_be_ranked(study, variable.fifths):
        yield "fifths need a whole-number rank, and the number of areas of every level of the index"
    if variable.bands:
        yield from _in_banded(study, variable)
    if variable.merged:
        yield from _in_merged(study, variable)


def _is_gated(study: Study, variable: Derived) -> bool:
    """Whether one of its sources is a score behind a gate."""
    instruments = [study.instruments.get(name) for name in variable.sources]
    return any(instrument.gate for instrument in instruments if instrument)


def _can_be_ranked(study: Study, fifths: Fifths) -> bool:
    rank = study.fields.get(fifths.rank)
    whole = rank is not None and rank.type == "integer"
    return whole and {*study.levels(fifths.index)} == {*fifths.areas}


def _in_banded(study: Study, variable: Derived) -> Iterator[str]:
    source = study.fields.get(variable.source)
    if source and source.type == "integer":
        yield from _in_bands(variable, source.constraints)
    elif variable.source in study.scores or (source and source.type == "number"):
        lows = [-math.inf if band.minimum is None else band.minimum for band in variable.bands]
        if lows != sorted({*lows}) or any(band.maximum is not None for band in variable.bands):
            yield (
                "bands that need not be of whole numbers have rising minima and no maximum: "
                "each ends below the next"
            )
    else:
        yield f"bands need a number, and {variable.source} is none"


def _in_merged(study: Study, variable: Derived) -> Iterator[str]:
    source = study.fields.get(variable.source)
    if source and source.role == "codes":
        return  # any code may be asked for
    used = Counter(level for levels in variable.merged.values() for level in levels)
    repeated = {level for level, times in used.items() if times > 1}
    for level in {*study.levels(variable.source)} ^ {*used} | repeated:
        yield f"level '{level}' of {variable.source} must stand in exactly one merged level"


def _in_bands(variable: Derived, limits: Constraints) -> Iterator[str]:
    first = variable.bands[0].minimum
    last = variable.bands[-1].maximum
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
