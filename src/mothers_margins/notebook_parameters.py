"""What a notebook's parameters may be given as. Papermill hands over some values as text.

Each is asked of the study: by the notebook's first cell, and by the batch before a kernel starts.
"""

from collections.abc import Callable, Iterator, Mapping

from mothers_margins.absent import Absent, absent
from mothers_margins.errors import UsageError, near
from mothers_margins.study.study import Study

BY_TEXT = {"true": True, "false": False}


def truth_of(text: str) -> bool | None:
    """'true' and 'false' as truth values, in any capitals; None for every other text."""
    return BY_TEXT.get(text.lower())


def true_or_false(name: str, given: object) -> bool:
    """The value of a notebook's parameter that is either true or false.

    `papermill -p percent false` hands over the text, which Python takes for true; only True and
    False arrive as truth values. Verbs take no texts: there a text is a slip of the analyst.

    name: of the parameter, for the message.
    given: True, False, or one of these words as a text, in any capitals.

    Raises UsageError for anything else: yes, no, 1 and 0 too.
    """
    if given is True or given is False:
        return bool(given)
    read = truth_of(given) if isinstance(given, str) else None
    if read is None:
        raise UsageError(
            f"{name}: must be true or false, in any capitals; "
            f"it was given {'another text' if isinstance(given, str) else type(given).__name__}."
        )
    return read


def timepoint_of(study: Study, given: object) -> int:
    """The timepoint that a notebook is run for: one of the study's.

    given: a whole number, or the same as a text. A study that names no timepoint has one, 1.

    Raises UsageError for anything else, with the timepoints there are.
    """
    by_text = {str(timepoint): timepoint for timepoint in study.timepoints}
    # True is 1 in Python, and no timepoint
    asked = "" if isinstance(given, bool) else str(given)
    if asked not in by_text:
        raise _refusal(study, "timepoint", given, list(by_text))
    return by_text[asked]


def outcome_of(study: Study, given: object) -> str | Absent:
    """The exploratory outcome that a notebook is run for.

    given: its name, or an empty text for the first that the study declares; where it declares none,
    that is the answer.

    Raises UsageError for anything else, with the outcomes there are.
    """
    declared = study.exploratory_outcomes
    names = [] if isinstance(declared, Absent) else list(declared)
    if given == "":
        return names[0] if names else absent("no_exploratory_outcome")
    if not isinstance(given, str) or given not in names:
        raise _refusal(study, "outcome", given, names)
    return given


def model_of(study: Study, given: object, outcome: str | Absent) -> str | Absent:
    """The model that a notebook is run for.

    given: its name, or an empty text for the first that lists explanatory variables of the outcome;
    where there is none, or no outcome, that is the answer.

    Raises UsageError for anything else, with the models there are.
    """
    names = list(study.file.models)
    if given != "" and (not isinstance(given, str) or given not in names):
        raise _refusal(study, "model", given, names)
    if isinstance(outcome, Absent):
        return outcome
    if not names:
        return absent("no_model")
    if given:
        return str(given)
    listing = [name for name in names if study.terms(name, outcome)]
    return next(iter(listing), absent("no_model_of", outcome=outcome))


# By name of the parameter: what refuses a value of it.
READINGS: Mapping[str, Callable[[Study, object], object]] = {
    "timepoint": timepoint_of,
    "outcome": outcome_of,
    "model": lambda study, given: model_of(study, given, absent("no_main_outcome")),
}


def refused(study: Study, given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Parameters that the study has no such value of, by name, with why."""
    for name, value in given.items():
        if name not in READINGS:
            continue
        try:
            READINGS[name](study, value)
        except UsageError as error:
            yield name, error.summary.removeprefix(f"{name}: ")


def _refusal(study: Study, name: str, given: object, names: list[str]) -> UsageError:
    """The error for a value that the study does not have, with those that are allowed."""
    if not names:
        return UsageError(f"{name}: study {study.name} declares none; leave it out.")
    asked = str(given) if isinstance(given, str | int) else type(given).__name__
    said = f"study {study.name} has no {name} '{asked}'{near(asked, names)}"
    end = "" if said.endswith("?") else "."
    return UsageError(f"{name}: {said}{end} Allowed: {', '.join(names)}.")
