"""The rules under which numbers are released: presets by name, and a person's veto.

Nothing that weighs privacy against use has a silent default: who is not known, who was followed up,
which table comes first, who decided it and why must be said.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from difflib import get_close_matches

LEAST = 3  # fewer participants, or fewer possible values, are no protection against one insider
CHOICES = ("protected", "shown")
ALREADY_PUBLIC = "already_public"
LONGEST_SYMBOL = 10
# What stands in study.yaml under `disclosure:` for each field that has no silent default.
LINES = {
    "not_known": "not_known: protected  # or shown: how many are not known is no secret",
    "follow_up": "follow_up: protected  # or shown: who is known at one timepoint only",
    "precedence": "precedence: [TABLE_1, TABLE_2]  # a later one costs no cell of an earlier one",
    "author": "decided_by: NAME",
    "reason": "reason: WHY",
}
KEYS = {"name": "policy", "author": "decided_by"}  # fields that study.yaml calls otherwise


class PolicyError(ValueError):
    """A policy or a veto that is not complete: all that is missing or wrong, and the lines to add.

    summary: in one sentence. problems: one for each field. lines: YAML, ready to be pasted.
    """

    def __init__(self, summary: str, problems: tuple[str, ...] = (), lines: str = "") -> None:
        self.summary = summary
        self.problems = problems
        self.lines = lines
        super().__init__(summary, problems, lines)  # so that it travels between processes whole

    def __str__(self) -> str:
        parts = [self.summary, *(f"  {problem}" for problem in self.problems), self.lines]
        return "\n".join(part for part in parts if part)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The rules under which numbers are released.

    threshold: a count below it is hidden. feasible: a hidden count has at least so many possible
    values. symbol: what stands for a hidden number. counts: whether counts are printed; if not,
    whole numbers in 100. smallest_group: a smaller group is no column. not_known, follow_up:
    `protected` or `shown`; counts of those not known, and of those known at one timepoint only.
    precedence: tables, the first first. mean_from, median_from, quartiles_from: the least number of
    participants that each may describe. minimum_and_maximum: never, but of what is public.
    author, reason: who decided it, and why.
    """

    name: str
    threshold: int
    feasible: int
    symbol: str
    counts: bool
    smallest_group: int
    not_known: str = ""
    follow_up: str = ""
    precedence: tuple[str, ...] = ()
    mean_from: int = 10
    median_from: int = 20
    quartiles_from: int = 40
    minimum_and_maximum: bool = False
    author: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.precedence, list):  # as YAML gives it
            object.__setattr__(self, "precedence", tuple(self.precedence))
        wrong = dict(_wrong(self))
        if wrong:
            raise _incomplete(self.name, wrong)

    @property
    def is_public(self) -> bool:
        """Whether it is of numbers that were published before, which protects nothing."""
        return self.name == ALREADY_PUBLIC

    def fields(self) -> dict[str, object]:
        """All that it says, for a manifest or the ledger."""
        return asdict(self)


PRESETS: Mapping[str, Mapping[str, object]] = {
    "threshold_10": {
        "threshold": 10,
        "feasible": 3,
        "symbol": "[c]",
        "counts": True,
        "smallest_group": 10,
    },
    "leag_slides": {
        "threshold": 10,
        "feasible": 3,
        "symbol": "[c]",
        "counts": False,
        "smallest_group": 50,
    },
    ALREADY_PUBLIC: {
        "threshold": 3,
        "feasible": 3,
        "symbol": "[c]",
        "counts": True,
        "smallest_group": 0,
    },
}


def preset(
    name: str,
    *,
    not_known: str = "",
    follow_up: str = "",
    precedence: tuple[str, ...] = (),
    author: str = "",
    reason: str = "",
) -> Policy:
    """A policy by its name: `threshold_10`, `leag_slides` or `already_public`.

    Of what is already public nothing is protected: `not_known`, `follow_up` and `precedence` say
    nothing there and are left out. Raises PolicyError, with all that is missing or wrong and the
    lines to add.
    """
    said: dict[str, object] = {
        "not_known": not_known,
        "follow_up": follow_up,
        "precedence": precedence,
        "author": author,
        "reason": reason,
    }
    if name not in tuple(PRESETS):  # a tuple: what YAML gives may have no hash
        raise _unknown(name, said)
    return _made(name, said)


def _made(name: str, said: Mapping[str, object]) -> Policy:
    rules = PRESETS[name]
    return Policy(name=name, **rules, **said)  # type: ignore[arg-type]  # it checks them itself


@dataclass(frozen=True, kw_only=True)
class Veto:
    """What a person withholds, whatever the rules allow. Empty is all of it: a veto that names only
    a table is of the whole table.

    table, variable, level, group: of the cells. who, when (a date: 2026-11-27), why: all needed.
    """

    table: str = ""
    variable: str = ""
    level: str = ""
    group: str = ""
    who: str = ""
    when: str = ""
    why: str = ""

    def __post_init__(self) -> None:
        wrong = dict(_wrong_veto(self))
        if wrong:
            raise _incomplete_veto(wrong)

    def covers(self, table: str, variable: str, level: str, group: str) -> bool:
        """Whether a cell is withheld."""
        cell = (table, variable, level, group)
        own = (self.table, self.variable, self.level, self.group)
        return all(name in ("", of_cell) for name, of_cell in zip(own, cell, strict=True))


# ---- what is wrong with them


def _wrong(policy: Policy) -> Iterator[tuple[str, str]]:
    """Each field that is missing or wrong, with what is wrong."""
    if not _is_name(policy.name):
        yield "name", "must be a name"
    for field in ("threshold", "feasible"):
        if not _is_whole(getattr(policy, field), LEAST):
            yield field, f"must be a whole number, at least {LEAST}"
    if not _is_whole(policy.smallest_group, 0):
        yield "smallest_group", "must be a whole number, at least 0"
    if not _is_symbol(policy.symbol):
        yield "symbol", "must be a short text without digits, and no beginning of a formula"
    for field in ("counts", "minimum_and_maximum"):
        if not isinstance(getattr(policy, field), bool):
            yield field, "must be true or false"
    if policy.minimum_and_maximum is True and policy.name != ALREADY_PUBLIC:
        yield "minimum_and_maximum", "are single participants' values and are never released"
    yield from _wrong_numbers_from(policy)
    yield from _wrong_choices(policy)
    for field in ("author", "reason"):
        if not _is_said(getattr(policy, field)):
            yield field, "is missing"


def _wrong_numbers_from(policy: Policy) -> Iterator[tuple[str, str]]:
    """From how many participants on a mean, a median and quartiles are shown."""
    least = LEAST
    for field in ("mean_from", "median_from", "quartiles_from"):
        number = getattr(policy, field)
        if not _is_whole(number, least):
            yield field, f"must be a whole number, at least {least}"
            return
        least = number


def _wrong_choices(policy: Policy) -> Iterator[tuple[str, str]]:
    """Fields without a silent default, beside author and reason."""
    if policy.name == ALREADY_PUBLIC:
        for field in ("not_known", "follow_up", "precedence"):
            if getattr(policy, field) not in ("", None, ()):
                yield field, f"says nothing of what is {ALREADY_PUBLIC}; leave it out"
        return
    for field in ("not_known", "follow_up"):
        choice = getattr(policy, field)
        if choice in ("", None):
            yield field, "is missing"
        elif choice not in CHOICES:
            yield field, f"must be {' or '.join(CHOICES)}"
    tables = policy.precedence
    if tables in ("", None, ()):
        yield "precedence", "is missing"
    elif not isinstance(tables, tuple) or not all(_is_name(table) for table in tables):
        yield "precedence", "must be a list of names of tables"
    elif len({*tables}) < len(tables):
        yield "precedence", "names a table twice"


def _wrong_veto(veto: Veto) -> Iterator[tuple[str, str]]:
    for field in ("table", "variable", "level", "group"):
        if not isinstance(getattr(veto, field), str):
            yield field, "must be a text; leave it out for all of it"
    if (veto.table, veto.variable, veto.group) == ("", "", ""):
        yield "table", "is missing; name a table, a variable or a group"
    if veto.level and not veto.variable:
        yield "variable", "is missing; a level is one of a variable"
    for field in ("who", "why"):
        if not _is_said(getattr(veto, field)):
            yield field, "is missing"
    if not _is_date(veto.when):
        yield "when", "must be a date such as 2026-11-27"


def _is_whole(number: object, least: int) -> bool:
    is_whole = isinstance(number, int) and not isinstance(number, bool)
    return is_whole and isinstance(number, int) and number >= least


def _is_said(text: object) -> bool:
    """Whether a text says something, in characters that can be printed."""
    if not isinstance(text, str) or not text.strip():
        return False
    return all(character.isprintable() or character == "\n" for character in text)


def _is_name(name: object) -> bool:
    return isinstance(name, str) and _is_said(name) and name == name.strip()


def _is_symbol(symbol: object) -> bool:
    if not isinstance(symbol, str) or not _is_name(symbol) or len(symbol) > LONGEST_SYMBOL:
        return False
    return symbol[0] not in "=+-@" and not any(character.isdigit() for character in symbol)


def _is_date(text: object) -> bool:
    if not isinstance(text, str):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


# ---- the errors


def _incomplete(name: object, wrong: Mapping[str, str]) -> PolicyError:
    """The error for a policy, with the lines for study.yaml."""
    called = f" '{name}'" if _is_name(name) else ""
    problems = tuple(f"{KEYS.get(field, field)}: {what}" for field, what in wrong.items())
    needed = [
        f"  {line}"
        for field, line in LINES.items()
        if field in wrong and not wrong[field].endswith("leave it out")
    ]
    lines = "\n".join(["Add to study.yaml:", "disclosure:", *needed]) if needed else ""
    return PolicyError(f"The disclosure policy{called} is not complete.", problems, lines)


def _unknown(name: object, said: Mapping[str, object]) -> PolicyError:
    """The error for a name that is no preset, with what else is missing beside it."""
    known = ", ".join(PRESETS)
    close = get_close_matches(name, list(PRESETS), n=1) if isinstance(name, str) else []
    better = close[0] if close else "threshold_10"
    problems = [f"policy: must be one of {known}"]
    lines = ["Write in study.yaml:", "disclosure:", f"  policy: {better}"]
    try:
        _made(better, said)
    except PolicyError as error:
        problems += error.problems
        lines += [line for line in error.lines.splitlines() if line.startswith("  ")]
    summary = "There is no disclosure policy of this name."
    return PolicyError(summary, tuple(problems), "\n".join(lines))


def _incomplete_veto(wrong: Mapping[str, str]) -> PolicyError:
    said = {
        "table": "table: TABLE",
        "variable": "variable: VARIABLE",
        "who": "who: NAME",
        "when": "when: 2026-11-27",
        "why": "why: REASON",
    }
    problems = tuple(f"{field}: {what}" for field, what in wrong.items())
    needed = [f"      {line}" for field, line in said.items() if field in wrong]
    lines = ["Add to the entry of withhold in study.yaml:", *needed] if needed else []
    return PolicyError("What is to be withheld is not complete.", problems, "\n".join(lines))
