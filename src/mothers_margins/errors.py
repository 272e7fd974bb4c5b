"""What can go wrong, by kind. Every error lists all its problems and never holds a participant's
value or id.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class MothersMarginsError(Exception):
    """Base of all errors we raise: a summary, the problems found (all at once) and what to do."""

    exit_code = 1

    def __init__(self, summary: str, problems: Iterable[str] = (), remedy: str = "") -> None:
        self.summary = summary
        self.problems = tuple(problems)
        self.remedy = remedy
        super().__init__(
            summary, self.problems, remedy
        )  # the three arguments, so that pickling between workers works

    def __str__(self) -> str:
        lines = [self.summary, *(f"  {problem}" for problem in self.problems), self.remedy]
        return "\n".join(line for line in lines if line)


class UsageError(MothersMarginsError):
    """A command, parameter or call names something that does not exist or is not allowed."""

    exit_code = 2


class StudyError(UsageError):
    """The study definition in data_dictionary/ contradicts itself or the format."""


class DataError(MothersMarginsError):
    """A data file does not match the study definition; nothing was analysed."""

    exit_code = 3


class DisclosureError(MothersMarginsError):
    """The numbers asked for may not be given."""

    exit_code = 4


def expect(given: object, kind: type, who: str, what: str) -> None:
    """Raise UsageError, in the name of the verb `who`, if it was given something else than it
    needs.
    """
    if not isinstance(given, kind):
        raise UsageError(f"{who}: needs {what}; it was given a {type(given).__name__}.")


def expect_flags(who: str, **flags: object) -> None:
    """Raise UsageError, in the name of the verb `who`, for flags that are neither True nor False.

    A text is refused, because 'false' is true in Python. What papermill hands to a notebook as text
    is read there (notebook_parameters).
    """
    wrong = [name for name, given in flags.items() if given is not True and given is not False]
    if wrong:
        given = [f"{name} was given a {type(flags[name]).__name__}" for name in wrong]
        raise UsageError(f"{who}: {' and '.join(wrong)} must be True or False.", given)


def count(number: int, one: str, many: str = "") -> str:
    """'1 problem', '3 problems': a number with its noun."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(places: Sequence[int | str], noun: str = "row") -> str:
    """'rows 2, 5, 9 and 14 more': the places of a problem."""
    more = f" and {len(places) - 8} more" if len(places) > 8 else ""
    return f"{noun if len(places) == 1 else noun + 's'} {', '.join(map(str, places[:8]))}{more}"


def unknown(kind: str, names: Iterable[str], known: Iterable[str], where: str) -> UsageError:
    """The error for names that do not exist, with the nearest that do."""
    known = list(known)
    problems = [f"no {kind} '{name}'{near(name, known)}" for name in names]
    return UsageError(
        f"{where}: {'an' if kind[0] in 'aeiou' else 'a'} {kind} that it does not have.",
        problems,
        f"Known: {', '.join(known)}.",
    )


def near(name: str, known: Iterable[str]) -> str:
    """'; did you mean …?' when a known name is close, else nothing."""
    by_case = {other.lower(): other for other in known}
    close = get_close_matches(name.lower(), list(by_case), n=1)
    return f"; did you mean '{by_case[close[0]]}'?" if close else ""
