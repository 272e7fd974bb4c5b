"""Released numbers as slides say them: shares of groups, and pairs of them that may be shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

from mothers_margins.release.released import Released
from mothers_margins.results.shown import Value, is_known, shown
from mothers_margins.study.leag_file import Phrase
from mothers_margins.wording.plain import MANY, Range, in_100, whole

WIDEST = 20  # points in 100: a wider interval shows no pair
Z = 1.959963984540054  # of a 95% interval
Key = tuple[str, str, str]  # variable, level, group


@dataclass(frozen=True)
class Share:
    """A share of a group that passed the door. yes: how many, where that may be said; of: how many
    the group are; percent: the share.
    """

    percent: float
    yes: int | None
    of: int

    @property
    def in_100(self) -> int:
        """As a whole number in 100."""
        return whole(self.percent)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers in which it may be said."""
        tenths = whole(self.percent / 10)
        said = {self.in_100, tenths, 100 - self.in_100, self.of}
        if self.yes is not None:
            said.add(self.yes)
        return tuple(sorted(str(number) for number in said))

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

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers in which it may be said."""
        ends = (whole(abs(self.likely.low)), whole(abs(self.likely.high)))
        return (*self.first.numbers, *self.second.numbers, *(str(end) for end in ends))


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

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers in which it may be said."""
        shares = (self.first, self.second, self.full_first, self.full_second)
        return tuple(str(share.in_100) for share in shares if share)


def table_at(timepoint: int) -> str:
    """The name of the released characteristics."""
    return f"characteristics_t{timepoint}"


def shares(released: Released, table: str) -> dict[Key, Share]:
    """Shares of a released table by variable, level and group: those that are shown, and of which
    neither the count nor what is left of the group is below the threshold.
    """
    results = released.results(table)
    threshold = int(str(released.manifest.policy["threshold"]))
    values: dict[Key, dict[str, Value]] = {}
    sizes: dict[str, int] = {}
    for row in results.to_dict("records"):
        key = (str(row["variable"]), _text(row["level"]), str(row["group"]))
        values.setdefault(key, {})[str(row["statistic"])] = shown(row, "value")
        if row["variable"] == "n" and is_known(shown(row, "value")):
            sizes[key[2]] = int(float(row["value"]))
    found: dict[Key, Share] = {}
    for key, of_row in values.items():
        share = _share(of_row, sizes.get(key[2], 0), threshold)
        if share and key[1]:
            found[key] = share
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
    """The phrases of leag.yaml that are shown: those without an option, or with one that is on."""
    leag = released.study.leag
    for phrase in leag.phrases if leag else ():
        if phrase.option is None or phrase.option in options:
            yield phrase


def pairs(released: Released, timepoint: int, options: tuple[str, ...]) -> list[Compared]:
    """Pairs that may be shown, the widest difference first: all four cells behind them are
    released, both groups have 50 mothers, and neither interval is wider than 20 points.
    """
    known = shares(released, table_at(timepoint))
    found = []
    for phrase in phrases(released, options):
        first = known.get((phrase.variable, phrase.level, f"involved_t{timepoint}"))
        second = known.get((phrase.variable, phrase.level, f"not_involved_t{timepoint}"))
        if first and second and _has_cells(first, second):
            found.append(Compared(phrase, first, second))
    return sorted(found, key=lambda one: -abs(one.difference))


def _has_cells(first: Share, second: Share) -> bool:
    """Whether two shares have counts, many mothers, and intervals that are narrow enough."""
    for share in (first, second):
        if share.yes is None or share.of < MANY or share.interval.width > WIDEST:
            return False
    return True


def without_pair(released: Released, timepoint: int, options: tuple[str, ...]) -> list[Phrase]:
    """Phrases of which no pair may be shown."""
    told = {one.phrase for one in pairs(released, timepoint, options)}
    return [phrase for phrase in phrases(released, options) if phrase not in told]


def adjusted_pairs(released: Released, timepoint: int, options: tuple[str, ...]) -> list[Adjusted]:
    """Adjusted pairs that may be shown, the widest difference first: the pair of counts may be
    shown too, and neither interval is wider than 20 points.
    """
    name = f"per_hundred_protocol_t{timepoint}"
    if name not in released.names:
        return []
    expected = _expected(released, name)
    found = []
    for pair in pairs(released, timepoint, options):
        phrase = pair.phrase
        levels = released.study.levels(phrase.variable)
        if len(levels) != 2:
            continue
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


def unmet_needs(released: Released) -> list[tuple[str, Share]]:
    """Areas of life in which help was needed and not given, of all mothers, the largest first."""
    leag = released.study.leag
    known = shares(released, "needs_t1") if "needs_t1" in released.names else {}
    found = []
    for variable, name in (leag.needs if leag else {}).items():
        share = known.get((variable, "2", "all_t1"))
        if share:
            found.append((name, share))
    return sorted(found, key=lambda one: -one[1].percent)


def said_in_100(share: Share) -> str:
    """'36 in 100'."""
    return in_100(share.percent)
