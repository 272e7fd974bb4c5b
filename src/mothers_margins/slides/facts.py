"""Released numbers as slides say them: shares of groups, and pairs of them that may be shown."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import sqrt

from mothers_margins.release.released import Released
from mothers_margins.results.results import codes
from mothers_margins.results.shown import Value, is_known, shown
from mothers_margins.study.leag_file import Factor
from mothers_margins.study.study import Study
from mothers_margins.wording.plain import MANY, Range, in_100, whole

WIDEST = 20  # points in 100: a wider interval shows no pair
Z = 1.959963984540054  # of a 95% interval
OR_NOT_KNOWN = "or_not_known"  # the door's note of a level with which the not known are counted
Key = tuple[str, str, str]  # variable, level, group


@dataclass(frozen=True)
class Phrase:
    """What the dictionary says of one level, after "mothers who": with it, and without it where the
    variable has two levels. everyone: it may stand among what all mothers were living with.
    """

    variable: str
    level: str
    with_it: str
    without: str
    everyone: bool

    @property
    def short(self) -> str:
        """As a row of a chart."""
        return self.with_it[0].upper() + self.with_it[1:]


@dataclass(frozen=True)
class Share:
    """A share of a group that passed the door. yes: how many, where that may be said; of: how many
    the group are; percent: the share. or_not_known: those whose answer is not known are counted
    with it, because the door shows them no other way.
    """

    percent: float
    yes: int | None
    of: int
    or_not_known: bool = False

    @property
    def in_100(self) -> int:
        """As a whole number in 100."""
        return whole(self.percent)

    @property
    def interval(self) -> Range:
        """Wilson's interval (95%), in points of 100; from 0 to 100 where no count is known."""
        if self.yes is None:
            return Range(0, 100)
        share, n = self.yes / self.of, self.of
        centre = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z / (1 + Z * Z / n) * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
        return Range(100 * (centre - half), 100 * (centre + half))


@dataclass(frozen=True)
class Compared:
    """Two shares of one thing, of mothers with involvement and without."""

    phrase: Phrase
    first: Share
    second: Share

    @property
    def difference(self) -> float:
        """In points of 100."""
        return self.first.percent - self.second.percent

    @property
    def likely(self) -> Range:
        """Newcombe's interval of the difference (95%), from the two of Wilson."""
        one, other = self.first.interval, self.second.interval
        first, second = self.first.percent, self.second.percent
        below = sqrt((first - one.low) ** 2 + (other.high - second) ** 2)
        above = sqrt((one.high - first) ** 2 + (second - other.low) ** 2)
        return Range(self.difference - below, self.difference + above)


@dataclass(frozen=True)
class Adjusted:
    """Two shares with involvement if all else was alike: of mothers with something and without.
    Of complete cases too, where they were released.
    """

    phrase: Phrase
    first: Share
    second: Share
    full_first: Share | None = None
    full_second: Share | None = None

    @property
    def difference(self) -> float:
        """In points of 100."""
        return self.first.percent - self.second.percent


def table_at(timepoint: int) -> str:
    """The name of the released characteristics."""
    return f"characteristics_t{timepoint}"


def shares(released: Released, table: str) -> dict[Key, Share]:
    """Shares of a released table by variable, level and group: those that are shown, and of which
    neither the count nor what is left of the group is below the threshold.

    Some are of a level and of those not known together (`or_not_known`).
    """
    results = released.results(table)
    threshold = int(str(released.manifest.policy["threshold"]))
    values: dict[Key, dict[str, Value]] = {}
    sizes: dict[str, int] = {}
    with_unknown: set[Key] = set()
    for row in results.to_dict("records"):
        key = (str(row["variable"]), _text(row["level"]), str(row["group"]))
        values.setdefault(key, {})[str(row["statistic"])] = shown(row, "value")
        if OR_NOT_KNOWN in codes(row):
            with_unknown.add(key)
        if row["variable"] == "n" and is_known(shown(row, "value")):
            sizes[key[2]] = int(float(row["value"]))
    found: dict[Key, Share] = {}
    for key, of_row in values.items():
        share = _share(of_row, sizes.get(key[2], 0), threshold)
        if share and key[1]:
            found[key] = replace(share, or_not_known=key in with_unknown)
    return found


def _text(level: object) -> str:
    """A level as text; what has none is empty."""
    return level if isinstance(level, str) else ""


def _share(values: dict[str, Value], of: int, threshold: int) -> Share | None:
    """A share that may be said, or None."""
    percent, count = values.get("percent"), values.get("n")
    if percent is None or not is_known(percent) or not of:
        return None
    known = float(percent)
    if count is None or not is_known(count):
        return Share(known, None, of)
    yes = int(float(count))
    if min(yes, of - yes) < threshold:
        return None
    return Share(known, yes, of)


def group_share(released: Released, timepoint: int) -> Share | None:
    """How many mothers had social care involved, of those for whom it is known."""
    sizes = {}
    for row in released.results(table_at(timepoint)).to_dict("records"):
        if row["variable"] == "n" and is_known(shown(row, "value")):
            sizes[str(row["group"])] = int(float(row["value"]))
    everyone, involved = sizes.get(f"all_t{timepoint}"), sizes.get(f"involved_t{timepoint}")
    if not everyone or not involved:
        return None
    return Share(100 * involved / everyone, involved, everyone)


def phrases(released: Released, options: tuple[str, ...]) -> Iterator[Phrase]:
    """What the dictionary says of the levels that leag.yaml lists: of those without an option, or
    with one that is on.
    """
    leag = released.study.leag
    for factor in leag.factors if leag else ():
        if factor.option is None or factor.option in options:
            yield phrase_of(released.study, factor)


def phrase_of(study: Study, factor: Factor) -> Phrase:
    """What the dictionary says of one level, and of the other one if there are two."""
    said = study.declared[factor.variable].said
    others = [text for level, text in said.items() if level != factor.level]
    without = others[0] if len(others) == 1 else ""
    return Phrase(factor.variable, factor.level, said[factor.level], without, factor.everyone)


def expected_factors(study: Study) -> tuple[str, ...]:
    """What the plan lists as explanatory variables of the first outcome, in plain words."""
    outcome = str(study.first_outcome)
    terms = study.terms(str(study.first_model(outcome)), outcome)
    return tuple(plain_label(study, term) for term in terms)


def plain_label(study: Study, name: str) -> str:
    """What a variable is called for people who are not researchers; else its title."""
    return study.declared[name].plain_label or study.label(name)


def pairs(released: Released, timepoint: int, options: tuple[str, ...]) -> list[Compared]:
    """Pairs that may be shown, the widest difference first: all four cells behind them are
    released, both groups have 50 mothers, and neither interval is wider than 20 points.
    """
    known = shares(released, table_at(timepoint))
    found = []
    for phrase in phrases(released, options):
        first = known.get((phrase.variable, phrase.level, f"involved_t{timepoint}"))
        second = known.get((phrase.variable, phrase.level, f"not_involved_t{timepoint}"))
        if first and second and has_cells(first, second) and is_narrow(first, second):
            found.append(Compared(phrase, first, second))
    return sorted(found, key=lambda one: -abs(one.difference))


def has_cells(first: Share, second: Share) -> bool:
    """Whether all four cells behind two shares were released, of groups with many mothers, and
    count nobody of whom it is not known.
    """
    for share in (first, second):
        if share.yes is None or share.of < MANY or share.or_not_known:
            return False
    return True


def is_narrow(first: Share, second: Share) -> bool:
    """Whether neither interval is wider than 20 points."""
    return max(first.interval.width, second.interval.width) <= WIDEST


def without_pair(released: Released, timepoint: int, options: tuple[str, ...]) -> list[Phrase]:
    """Phrases of which no pair may be shown."""
    told = {one.phrase for one in pairs(released, timepoint, options)}
    return [phrase for phrase in phrases(released, options) if phrase not in told]


def adjusted_pairs(released: Released, timepoint: int, options: tuple[str, ...]) -> list[Adjusted]:
    """Adjusted pairs that may be shown, the widest difference first: the four cells behind them are
    released, and neither of their own intervals is wider than 20 points.

    The intervals of the counts are of another question (how many of each group have it), so they
    forbid no adjusted pair.
    """
    name = f"per_hundred_protocol_t{timepoint}"
    if name not in released.names:
        return []
    known = shares(released, table_at(timepoint))
    expected = _expected(released, name)
    found = []
    for phrase in phrases(released, options):
        with_it = known.get((phrase.variable, phrase.level, f"involved_t{timepoint}"))
        without = known.get((phrase.variable, phrase.level, f"not_involved_t{timepoint}"))
        if not (phrase.without and with_it and without and has_cells(with_it, without)):
            continue
        levels = released.study.levels(phrase.variable)
        other = next(level for level in levels if level != phrase.level)
        shares_of = [
            expected.get((phrase.variable, level, method))
            for method in ("imputed", "complete_case")
            for level in (phrase.level, other)
        ]
        first, second, full_first, full_second = shares_of
        if first and second:
            found.append(Adjusted(phrase, first, second, full_first, full_second))
    return sorted(found, key=lambda one: -abs(one.difference))


def _expected(released: Released, name: str) -> dict[Key, Share]:
    """Expected shares by variable, level and method, where the interval is narrow enough."""
    found: dict[Key, Share] = {}
    for row in released.results(name).to_dict("records"):
        estimate, low, high = (shown(row, one) for one in ("estimate", "conf_low", "conf_high"))
        if not (is_known(estimate) and is_known(low) and is_known(high)):
            continue
        # 0.58 - 0.38 is a hair more than 0.20 as doubles
        width = 100 * (float(high) - float(low))
        if round(width, 6) > WIDEST:
            continue
        key = (str(row["variable"]), _text(row["level"]), str(row["method"]))
        found[key] = Share(100 * float(estimate), None, MANY)
    return found


def not_known(released: Released, timepoint: int) -> list[tuple[str, Share]]:
    """What is not known of how many of all mothers, where the release says it and they are not too
    few, the most frequent first: of scores that have a plain label.
    """
    threshold = int(str(released.manifest.policy["threshold"]))
    found: dict[str, Share] = {}
    for row in released.results(table_at(timepoint)).to_dict("records"):
        name, missing = str(row["variable"]), shown(row, "missing")
        is_told = row["group"] == f"all_t{timepoint}" and row["statistic"] == "mean"
        if not is_told or not is_known(missing) or float(missing) < threshold:
            continue
        label = released.study.declared[name].plain_label
        count, known = int(float(missing)), int(float(row["n"]))
        if label:
            found[label] = Share(100 * count / (known + count), count, known + count)
    return sorted(found.items(), key=lambda one: -one[1].percent)


def unmet_needs(released: Released) -> list[tuple[str, Share]]:
    """Areas of life in which help was needed and not given, of all mothers, the largest first."""
    leag = released.study.leag
    known = shares(released, "needs_t1") if "needs_t1" in released.names else {}
    found = []
    for variable in leag.needs if leag else ():
        share = known.get((variable, "2", "all_t1"))
        if share:
            found.append((plain_label(released.study, variable), share))
    return sorted(found, key=lambda one: -one[1].percent)


def said_in_100(share: Share) -> str:
    """'36 in 100'."""
    return in_100(share.percent)
