"""What a study, or its rows, do not have: every public verb answers it in one way, an `Absent`.

Inside the library a verb raises `AbsenceError`. The door of the package (`__init__.py`) hands out
each verb as `answering` makes it: what is not there comes back as a value that prints one sentence,
and a verb that is given it answers with it. So a notebook asks each question once, of any study,
and holds no `if`. A mistake (an unknown name, a wrong type) is an error as ever.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import ParamSpec, TypeVar, cast

from mothers_margins.errors import UsageError

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

# The words, each once. They stand here because an error has to say them on every floor.
WHY = {
    "not_declared": "This study declares none: {part}.",
    "nothing_impossible": "This study declares nothing impossible.",
    "no_main_outcome": "This study declares no primary or secondary outcome.",
    "no_outcome_at": "This study declares no main outcome at timepoint {timepoint}.",
    "no_later_outcome": "This study declares one primary or secondary outcome only.",
    "no_exploratory_outcome": "This study declares no exploratory outcome.",
    "no_model": "This study declares no model.",
    "no_model_of": "No model of this study lists explanatory variables of {outcome}.",
    "no_terms": "No model is fitted: model {model} lists no explanatory variable of {outcome}.",
    "all_or_none": "No model is fitted: of the complete cases all or none have the outcome.",
    "few_rows": "No model is fitted: {columns} columns for {rows} complete cases.",
    "dependent": "No model is fitted: among its rows a column follows from those before it.",
    "no_scores": "This study has no instruments, so there are no scores.",
    "no_table": "This study plans no table of {shows} at timepoint {timepoint}.",
    "no_body_table": "This study plans no table for one page; the whole table follows.",
    "longer_than_a_page": "Body table {table} does not fit one page: it has {too_much}; the whole "
    "table shows all.",
    "no_course": "This study plans no table over time.",
    "no_exploratory_table": "This study plans no table for its exploratory outcomes.",
    "no_pair": "The table has no two groups that by definition share nobody, so none are compared.",
    "no_within": "Outcome {outcome} declares no second comparison (also_within).",
    "no_crossing": "This study names no two variables to be shown side by side (side_by_side).",
    "nobody": "Nothing is compared, because nobody is in a group.",
    "no_variable": "There is no variable to describe.",
    "nothing_to_show": "There is nothing to show here.",
    "nothing_to_draw": "There is nothing to draw here.",
    "no_numbers": "None of the variables is a number with a declared minimum and maximum.",
    "no_yes_or_no": "None of the variables is a Yes or a No.",
    "everything_known": "Every value that the analysis needs is known, so nothing is imputed.",
    "no_plan_for_missing": "This study declares no plan for missing data, so nothing is imputed.",
    "no_run": "The plan for missing data declares no run of {outcome}, so nothing is imputed.",
    "no_composites": "The plan for missing data names no composite of this model.",
    "no_shifts": "The plan for missing data declares no shifts.",
    "no_estimates": "There is no estimate to show: none was made, or none was given.",
    "model_longer_than_a_page": "The model table does not fit one page: it has {too_much}; the "
    "annex table (odds_ratios) shows all.",
    "nothing_pooled": "Nothing was imputed: there is no pooled adjusted estimate.",
    "not_both": "There are no estimates of both complete cases and imputed values to compare.",
}
# What a table can do without: where this is absent, the rest is shown.
LEFT_OUT = frozenset({"cells", "log", "others", "convergence"})
# What verbs take as it is, because they say what is absent in it.
PASSED_ON = frozenset({"comparisons", "made"})


class AbsenceError(UsageError):
    """A study, or its rows, do not have what is asked for; nobody has made a mistake."""


def not_there(code: str, /, *problems: str, **named: object) -> AbsenceError:
    """The error of a code of `WHY`. problems: what it is about; named: what its sentence names."""
    return AbsenceError(WHY[code].format(**named), problems)


@dataclass(frozen=True)
class Absent:
    """What is not there, and why, as one sentence; it is false, and empty.

    Whatever is asked of it, or made from it, is absent for the same reason: its attributes, items
    and calls are itself.
    """

    why: str

    def __bool__(self) -> bool:
        return False

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator[object]:
        return iter(())

    def __getitem__(self, key: object) -> "Absent":
        return self

    def __getattr__(self, name: str) -> "Absent":
        # Jupyter and copy ask for names like these, and must hear that there are none
        if name.startswith("_"):
            raise AttributeError(name)
        return self

    def __call__(self, *given: object, **named: object) -> "Absent":
        """What is asked of it by a method: itself."""
        return self

    def __repr__(self) -> str:
        return self.why

    __str__ = __repr__

    def _repr_markdown_(self) -> str:
        return self.why


def absent(code: str, /, **named: object) -> Absent:
    """The answer of a code of `WHY`."""
    return Absent(WHY[code].format(**named))


def answering(verb: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """A verb that answers with `Absent` where it raises `AbsenceError`, and where it is given it.

    Of a list, and of arguments that can be any number, absent ones are left out; where none is
    left, that is the answer. What a table can do without (`LEFT_OUT`) is left out too, and what a
    verb reads itself (`PASSED_ON`) stays.
    """
    asked = signature(verb)

    @wraps(verb)
    def answer(*given: Given.args, **named: Given.kwargs) -> Answer:
        try:
            bound = asked.bind(*given, **named)
        except TypeError:
            return verb(*given, **named)  # it says itself what is wrong
        missing = _taken_out(bound.arguments, asked)
        if missing is not None:
            return cast("Answer", missing)
        try:
            return verb(*bound.args, **bound.kwargs)
        except AbsenceError as error:
            return cast("Answer", Absent(_in_one_line(error)))

    return answer


def _taken_out(arguments: dict[str, object], asked: Signature) -> Absent | None:
    """Take absent things out of the arguments of a verb; returns what it then has to answer."""
    for name, value in list(arguments.items()):
        present, missing = _present(value)
        if missing is None or name in PASSED_ON:
            continue
        is_any_number = asked.parameters[name].kind is Parameter.VAR_POSITIONAL
        if present:
            arguments[name] = present
        elif name in LEFT_OUT or (is_any_number and _asks_for_more(asked, name)):
            del arguments[name]
        else:
            return missing
    return None


def _asks_for_more(asked: Signature, name: str) -> bool:
    """Whether a verb needs something else too, so that it has an answer without this argument."""
    others = [parameter for other, parameter in asked.parameters.items() if other != name]
    return any(parameter.default is Parameter.empty for parameter in others)


def _present(value: object) -> tuple[object, Absent | None]:
    """What of an argument is there (nothing, of a condition that names something absent), and
    what is not.
    """
    if isinstance(value, Absent):
        return None, value
    if isinstance(value, list | tuple):
        parts = [_present(part) for part in value]
        missing = next((part for _, part in parts if part is not None), None)
        kept = [part for part, lacks in parts if lacks is None or part]
        return (kept if isinstance(value, list) else tuple(kept)), missing
    if isinstance(value, Mapping):
        inside = [_present(part)[1] for entry in value.items() for part in entry]
        missing = next((part for part in inside if part is not None), None)
        return (value if missing is None else None), missing
    return value, None


def _in_one_line(error: AbsenceError) -> str:
    """An error as one sentence: what it says, and of what."""
    if not error.problems:
        return error.summary
    return f"{error.summary.removesuffix('.')}: {', '.join(error.problems)}."
