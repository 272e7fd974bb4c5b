"""Slides with a number. Each takes its numbers from `Released` through `facts`, its sentences from
`wording.plain`, its picture from `figures.slides`.
"""

from collections.abc import Sequence

from mothers_margins.errors import UsageError
from mothers_margins.figures.slides.drawing import Chart
from mothers_margins.figures.slides.icons import Grid, icon_array, icon_pair
from mothers_margins.figures.slides.rows import Bar, Pair, bar_list, dumbbell, paired_dots
from mothers_margins.release.released import Released
from mothers_margins.slides import facts
from mothers_margins.slides.facts import Adjusted, Compared, Share
from mothers_margins.slides.slide import Slide, picture_of
from mothers_margins.study.leag_file import Phrase
from mothers_margins.wording import leag as words
from mothers_margins.wording import plain

GROUPS = ("mothers with involvement", "mothers without")
HAD = "had social care involved"
Options = tuple[str, ...]


def _finding(
    title: str,
    lines: Sequence[str] = (),
    *,
    chart: Chart | None = None,
    remember: str,
    notes: Sequence[str] = (),
    numbers: Sequence[str] = (),
    counted: int = 0,
    by_factor: bool = False,
    part: str = "body",
    option: str = "",
) -> Slide:
    """A slide with a number: its chart in words, and a pause, stand in its notes."""
    said = (chart.said,) if chart else ()
    return Slide(
        "finding",
        title,
        tuple(lines),
        picture=picture_of(chart) if chart else None,
        remember=remember,
        notes=(*notes, *said, words.PAUSE),
        minutes=3 if chart else 2,
        numbers=tuple(dict.fromkeys(numbers)),
        counted=counted,
        by_factor=by_factor,
        part="optional" if part == "optional" else "body",
        option=option,
    )


def _needed(share: Share | None, what: str) -> Share:
    """A number without which there is no slide. Raises UsageError if it was not released."""
    if share is None:
        raise UsageError(f"The slide needs {what}, which was not released.")
    return share


def who_is_in(released: Released, mark: str, *, picture: bool) -> Slide:
    """How many mothers are in the study, and how many had social care involved."""
    share = _needed(facts.group_share(released, 1), "how many mothers had involvement")
    chart = icon_array("who_is_in", Grid(share.in_100, "mothers"), HAD, mark)
    several = plain.how_many(share.yes or 0, share.of)
    lines = (
        f"We know about {share.of} mothers and their babies.",
        "All were in urgent mental health care after the birth.",
        f"{several} {HAD} at that time.",
    )
    return _finding(
        "Who the numbers are about",
        () if picture else lines,
        chart=chart if picture else None,
        remember=f"{several} {HAD}.",
        notes=(*lines, "They agreed to take part. No names are known to us."),
        numbers=share.numbers,
        counted=1,
    )


def living_with(released: Released, mark: str, options: Options, most: int) -> Slide:
    """What mothers were living with, all together, the most frequent first."""
    known = facts.shares(released, facts.table_at(1))
    found = []
    for phrase in facts.phrases(released, options):
        share = known.get((phrase.variable, phrase.level, "all_t1"))
        if share and phrase.everyone:
            found.append((phrase, share))
    found.sort(key=lambda one: -one[1].percent)
    return _of_everyone(
        "What mothers were living with",
        [(phrase.short, share) for phrase, share in found[:most]],
        mark,
        "These are things mothers lived with. They are no fault of theirs.",
        ("This is about all mothers in the study, whether or not social workers were involved.",),
    )


def unmet_needs(released: Released, mark: str, most: int) -> Slide:
    """Help that was needed and not given, of all mothers, the most frequent first."""
    return _of_everyone(
        "Help that was needed and not given",
        facts.unmet_needs(released)[:most],
        mark,
        "These are gaps in help. They are no fault of mothers.",
        ("This says what services did not give. It is not about what mothers did.",),
    )


def _of_everyone(
    title: str, found: list[tuple[str, Share]], mark: str, remember: str, notes: Sequence[str]
) -> Slide:
    """Shares of all mothers as bars."""
    if not found:
        return _finding(title, (plain.TOO_FEW,), remember=remember, notes=notes)
    bars = [Bar(name, share.in_100) for name, share in found]
    name = title.lower().replace(" ", "_")
    return _finding(
        title,
        chart=bar_list(name, bars, "all mothers", mark),
        remember=remember,
        notes=notes,
        numbers=[number for _, share in found for number in share.numbers],
        counted=len(found),
    )


def _wide_pairs(released: Released, options: Options) -> list[Compared]:
    """Pairs at least 10 in 100 apart."""
    found = facts.pairs(released, 1, options)
    return [pair for pair in found if abs(pair.difference) >= plain.LEAST_GAP]


def with_and_without(released: Released, mark: str, options: Options, most: int) -> Slide:
    """The factors that differ most between mothers with and without involvement."""
    wide = _wide_pairs(released, options)[:most]
    if not wide:
        return _finding(
            "Mothers with and without involvement",
            ("We saw little or no difference in what we can show.",),
            remember=words.NOT_CAUSED,
            by_factor=True,
        )
    sure = all(plain.differs(pair.likely, pair.difference) for pair in wide)
    rows = [Pair(one.phrase.short, one.first.in_100, one.second.in_100) for one in wide]
    gaps = [f"{one.phrase.short}: {plain.gap(one.likely)}" for one in wide]
    return _finding(
        "Where we saw a difference" if sure else "Mothers with and without involvement",
        chart=dumbbell("with_and_without", rows, GROUPS, mark),
        remember=words.NOT_CAUSED,
        notes=(words.HELP_WAS_MISSING, *gaps),
        numbers=[number for one in wide for number in one.numbers],
        counted=2 * len(rows),
        by_factor=True,
    )


def little_difference(released: Released, options: Options) -> Slide:
    """Factors that differ little or not, named together, and those too few to show."""
    same = [
        one.phrase.short
        for one in facts.pairs(released, 1, options)
        if abs(one.difference) < plain.LEAST_GAP
    ]
    hidden = [phrase.short for phrase in facts.without_pair(released, 1, options)]
    lines = [f"{name}." for name in same[:3]]
    lines += [f"{plain.HIDDEN.capitalize()}: {name.lower()}." for name in hidden[:2]]
    notes = [f"Little or no difference too: {name.lower()}." for name in same[3:]]
    notes += [f"{plain.HIDDEN.capitalize()}: {name.lower()}." for name in hidden[2:]]
    return _finding(
        "Here we saw little or no difference",
        lines or (plain.TOO_FEW,),
        remember="No difference here does not mean it does not matter.",
        notes=notes,
        by_factor=True,
    )


def one_difference(released: Released, mark: str, options: Options) -> Slide:
    """The widest difference, as two grids, with how sure it is."""
    wide = _wide_pairs(released, options)
    title = "One difference, up close"
    if not wide:
        text = "We saw no difference that is wide enough to draw."
        return _finding(title, (text,), remember=words.NOT_CAUSED, by_factor=True)
    one = wide[0]
    grids = (Grid(one.first.in_100, GROUPS[0]), Grid(one.second.in_100, GROUPS[1], involved=False))
    return _finding(
        title,
        chart=icon_pair("one_difference", grids, one.phrase.with_it, mark),
        remember=plain.gap(one.likely),
        notes=(words.NOT_CAUSED, words.HELP_WAS_MISSING),
        numbers=one.numbers,
        counted=2,
        by_factor=True,
    )


def one_year_later(released: Released) -> Slide:
    """How many mothers had social care involved at the two times."""
    first = _needed(facts.group_share(released, 1), "involvement in urgent care")
    later = _needed(facts.group_share(released, 2), "involvement 1 year later")
    lines = (
        f"1 year later, {facts.said_in_100(later)} mothers {HAD}.",
        "For some mothers we do not know what came later.",
    )
    before = f"When they were in urgent care it was {facts.said_in_100(first)}."
    return _finding(
        "One year later",
        lines,
        remember="Involvement does not stay the same.",
        notes=(before, f"1 year later we know about {later.of} mothers."),
        numbers=(*first.numbers, *later.numbers),
        counted=1,
    )


def ended(released: Released) -> Slide:
    """How often involvement had ended 1 year later, and how often it had begun."""
    known = facts.shares(released, "involvement_over_time_t1")
    over = known.get(("involvement_course", "ended (timepoint 1 only)", "everyone"))
    began = known.get(("involvement_course", "new (timepoint 2 only)", "everyone"))
    lines = [plain.TOO_FEW]
    if over is not None:
        lines = [f"For {facts.said_in_100(over)} mothers it had ended 1 year later."]
    notes = ["The number is of all mothers in the study, not only those with involvement."]
    if began is not None:
        notes.append(f"For {facts.said_in_100(began)} mothers it had begun 1 year later.")
    return _finding(
        "Involvement can end",
        lines,
        remember="Social care can step back again.",
        notes=notes,
        numbers=[number for share in (over, began) if share for number in share.numbers],
        counted=1 if over else 0,
    )


def answers_we_lack(released: Released) -> Slide:
    """Answers that are not there. How many is said only where the release says it."""
    lines = (
        "Some questions were not answered, or not asked.",
        "We do not show how many, so that nobody can be found.",
        "We filled gaps in a careful way, and also looked at full answers only.",
    )
    return _finding(
        "Answers we do not have",
        lines,
        remember="A gap can be a choice. It is not a fault of a mother.",
    )


def adjusted(released: Released, mark: str, options: Options, timepoint: int, most: int) -> Slide:
    """Shares with involvement if everything else was alike, the widest difference first."""
    found = facts.adjusted_pairs(released, timepoint, options)[:most]
    when = {1: "", 2: " a year later"}[timepoint]
    title = f"Had social care{when}, all else alike"
    if not found:
        return _finding(title, (plain.TOO_FEW,), remember=words.WHY_HIDDEN, by_factor=True)
    rows = [Pair(one.phrase.short, one.first.in_100, one.second.in_100) for one in found]
    groups = ("mothers of whom this is true", "all others")
    return _finding(
        title,
        chart=dumbbell(f"adjusted_{timepoint}", rows, groups, mark),
        remember=words.NOT_CAUSED,
        notes=[_in_words(one) for one in found],
        numbers=[number for one in found for number in one.numbers],
        counted=2 * len(rows),
        by_factor=True,
    )


def _in_words(one: Adjusted) -> str:
    """An adjusted pair as sentences."""
    phrase: Phrase = one.phrase
    first, second = one.first.percent, one.second.percent
    return plain.adjusted(first, second, f"who {phrase.with_it}", f"who {phrase.without}")


def how_sure(released: Released, mark: str, options: Options, most: int) -> Slide:
    """Shares with gaps filled in beside those of full answers only."""
    found = [
        (one, one.full_first)
        for one in facts.adjusted_pairs(released, 1, options)
        if one.full_first is not None
    ][:most]
    title = "Two ways to treat gaps"
    remember = "Both ways have gaps. We show them side by side."
    if not found:
        text = "With full answers only, there were too few mothers to show."
        return _finding(title, (text,), remember=remember, by_factor=True)
    rows = [Pair(one.phrase.short, one.first.in_100, full.in_100) for one, full in found]
    return _finding(
        title,
        chart=paired_dots("how_sure", rows, mark),
        remember=remember,
        notes=("Each row is of mothers of whom this is true: how many in 100 had social care.",),
        numbers=[number for one, _ in found for number in one.numbers],
        counted=2 * len(rows),
        by_factor=True,
    )


def most_serious(released: Released) -> Slide:
    """Babies who were not living with their mother 1 year later: one number at most."""
    known = facts.shares(released, facts.table_at(2))
    share = known.get(("custody_lost_by_t2", "Yes", "all_t2"))
    line = plain.TOO_FEW
    if share is not None:
        line = f"For {facts.said_in_100(share)} mothers the baby was not living with her."
    return _finding(
        "Babies who live apart from their mothers",
        ("You can step out for this slide.", line, "This was 1 year after urgent care."),
        remember="Few numbers can say what this means.",
        notes=("Say before it comes what it is about. Leave it out if one person asks.",),
        numbers=share.numbers if share else (),
        counted=1 if share else 0,
        part="optional",
        option="most_serious",
    )


def few_factors(released: Released, factors: int) -> Slide:
    """Why not everything can be looked at together: mothers with involvement for each factor.

    factors: how many the plan lists, at least 1.
    """
    share = _needed(facts.group_share(released, 1), "how many mothers had involvement")
    involved = share.yes or 0
    each = involved // factors
    lines = (
        f"{involved} mothers {HAD}.",
        f"The plan lists {factors} factors. That makes {each} mothers for each.",
        "With fewer mothers for each, we can be less sure.",
    )
    return _finding(
        "Why we cannot include everything",
        lines,
        remember="Each factor we add makes all the others less sure.",
        notes=("No result is shown here. This is about how many factors the data can carry.",),
        numbers=(str(involved), str(factors), str(each)),
        counted=3,
    )


def story(released: Released, options: Options, title: str, *, by_factor: bool) -> Slide:
    """The whole in a few sentences, each from released numbers. by_factor: also what goes together
    with involvement, which waits until a list is locked.
    """
    first = _needed(facts.group_share(released, 1), "involvement in urgent care")
    lines = [f"{plain.how_many(first.yes or 0, first.of)} {HAD}."]
    numbers = [*first.numbers]
    wide = [one for one in _wide_pairs(released, options) if not one.likely.holds_zero]
    for one in wide[:2] if by_factor else ():
        phrase = one.phrase.with_it
        lines.append(f"Mothers with involvement more often {phrase}.")
    known = facts.shares(released, "involvement_over_time_t1")
    over = known.get(("involvement_course", "ended (timepoint 1 only)", "everyone"))
    if over is not None:
        lines.append(f"For {facts.said_in_100(over)} mothers it had ended 1 year later.")
        numbers += over.numbers
    lines.append("We cannot say what caused what.")
    return _finding(
        title,
        lines,
        remember=words.NOT_CAUSED,
        numbers=numbers,
        counted=2 if over else 1,
        by_factor=by_factor,
    )
