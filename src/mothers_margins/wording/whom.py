"""Whom a question concerns, where it is not everybody, in words."""

from mothers_margins.study.study import Study

OF_THOSE = "among those concerned"


def concerns_only_some(study: Study, name: str) -> bool:
    """Whether a variable is declared not to apply to some: a question that concerns only those who
    gave another answer, a score behind a gate, or what leaves out those behind one.
    """
    field = study.fields.get(name)
    if field is not None:
        return bool(field.applies_where)
    outcome = study.outcomes.get(name)
    if outcome is not None:
        return bool(outcome.among)
    derived = study.derived.get(name)
    if derived is not None:
        return derived.gated_out == "exclude"
    instrument = study.instruments.get(name)
    return instrument is not None and instrument.gate is not None
