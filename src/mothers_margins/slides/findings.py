"""Slides with a number. Each takes its numbers from `Released` through `facts`, its sentences from
`wording.plain`, its picture from `figures.slides`.
"""

from collections.abc import Sequence

from mothers_margins.errors import UsageError
from mothers_margins.figures.slides import tokens
from mothers_margins.figures.slides.drawing import Chart
from mothers_margins.figures.slides.icons import Grid, icon_array, icon_pair
from mothers_margins.figures.slides.rows import (
    Bar,
    Pair,
    bar_list,
    dumbbell,
    missing_bars,
    paired_dots,
)
from mothers_margins.release.released import Released
from mothers_margins.slides import facts
from mothers_margins.slides.facts import Adjusted, Compared, Share
from mothers_margins.slides.slide import Slide, picture_of
from mothers_margins.wording import leag as words
from mothers_margins.wording import plain

GROUPS = ("mothers with involvement", "mothers without")
WHO = ("mothers of whom this is true", "all others")
HAD = "had social care involved"
# Levels of the course of involvement, as study.yaml names them.
ENDED, BEGAN = "ended (timepoint 1 only)", "new (timepoint 2 only)"
LEAST_ROWS = (
    2  # of a comparison of methods: alone, a factor would stand out for no reason of its own
)
IN_100_OF_ROW = "how many in 100 had social care"
Options = tuple[str, ...]


def _finding(
    title: str,
    lines: Sequence[str] = (),
    *,
    chart: Chart | None = None,
    remember: str,
    notes: Sequence[str] = (),
    says: Sequence[str] = (),
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
        says=tuple(dict.fromkeys(says)),
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


def _of_grid(share: Share, who: str, phrase: str) -> tuple[str, ...]:
    """A share as a grid of 100 figures says it: in its alt text, and in notes."""
    in_alt_text = f"{share.in_100} of 100 {who} {phrase}"
    return "of 100 figures", in_alt_text, f"{share.in_100} in 100 {who} {phrase}"


def _of_pair(label: str, first: Share, second: Share) -> str:
    """Two shares as a row of a chart says them."""
    return f"{label}: {first.in_100} and {second.in_100} in 100"


def who_is_in(released: Released, mark: str, *, picture: bool) -> Slide:
    """How many mothers are in the study, and how many had social care involved."""
    share = _needed(facts.group_share(released, 1), "how many mothers had involvement")
    chart = icon_array("who_is_in", Grid(share.in_100, "mothers"), HAD, mark)
    several = plain.how_many(share.yes or 0, share.of)
    about = f"The numbers are about {share.of} mothers and their babies."
    lines = (
        about,
        "They agreed to take part. We do not know their names.",
        "All were in urgent mental health care after the birth.",
        f"{several} {HAD} at that time.",
    )
    return _finding(
        "Who the numbers are about",
        () if picture else lines,
        chart=chart if picture else None,
        remember=f"{several} {HAD}.",
        notes=lines,
        says=(about, f"{several} {HAD}", *_of_grid(share, "mothers", HAD)),
        counted=1,
    )


def living_with(released: Released, mark: str, options: Options, most: int) -> Slide:
    """What mothers were living with, all together, the most frequent first."""
    known = facts.shares(released, facts.table_at(1))
    found = []
    for phrase in facts.phrases(released, options):
        share = known.get((phrase.variable, phrase.level, "all_t1"))
        if share and phrase.everyone and not share.or_not_known:
            found.append((phrase.short, share))
    return _of_everyone(
        "What mothers were living with",
        found,
        most,
        mark,
        "These are things mothers lived with. They are no fault of theirs.",
        ("This is about all mothers in the study, whether or not social workers were involved.",),
    )


def unmet_needs(released: Released, mark: str, most: int) -> Slide:
    """Help that was needed and not given, of all mothers, the most frequent first. Where the door
    shows it only together with those not known, the slide says so.
    """
    found = facts.unmet_needs(released)
    no_fault = "These are gaps in help. They are no fault of mothers."
    has_unknown = any(share.or_not_known for _, share in found)
    return _of_everyone(
        "Help that was needed and not given",
        found,
        most,
        mark,
        words.UNKNOWN_COUNTED if has_unknown else no_fault,
        (no_fault, "This says what services did not give. It is not about what mothers did."),
    )


def _of_everyone(
    title: str,
    given: list[tuple[str, Share]],
    most: int,
    mark: str,
    remember: str,
    notes: Sequence[str],
) -> Slide:
    """The largest shares of all mothers as bars."""
    found = sorted(given, key=lambda one: -one[1].percent)[:most]
    if not found:
        return _finding(title, (plain.TOO_FEW,), remember=remember, notes=notes)
    bars = [Bar(name, share.in_100) for name, share in found]
    return _finding(
        title,
        chart=bar_list(title.lower().replace(" ", "_"), bars, "all mothers", mark),
        remember=remember,
        notes=notes,
        says=[f"{name}: {share.in_100} in 100" for name, share in found],
        counted=len(found),
    )


def _is_wide(pair: Compared | Adjusted) -> bool:
    """Whether two shares are at least 10 in 100 apart; others are said to differ little or not."""
    return abs(pair.difference) >= plain.LEAST_GAP


def _wide_pairs(released: Released, options: Options) -> list[Compared]:
    return [pair for pair in facts.pairs(released, 1, options) if _is_wide(pair)]


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
    gaps = [f"{one.phrase.short}. {plain.gap(one.likely)}" for one in wide]
    return _finding(
        "Where we saw a difference" if sure else "Mothers with and without involvement",
        chart=dumbbell("with_and_without", rows, GROUPS, mark),
        remember=words.NOT_CAUSED,
        notes=(words.HELP_WAS_MISSING, *gaps),
        says=(*gaps, *(_of_pair(one.phrase.short, one.first, one.second) for one in wide)),
        counted=2 * len(rows),
        by_factor=True,
    )


def little_difference(released: Released, options: Options) -> Slide:
    """Factors that differ little or not, named together, and those too few to show."""
    pairs = facts.pairs(released, 1, options)
    same = [one.phrase.short for one in pairs if not _is_wide(one)]
    hidden = [phrase.short for phrase in facts.without_pair(released, 1, options)]
    lines = [f"{name}." for name in same[:3]]
    notes = [f"Little or no difference too: {name.lower()}." for name in same[3:]]
    if hidden:
        lines.append(words.NOT_SHOWN)
    notes += [_hidden(name) for name in hidden]
    return _finding(
        "Here we saw little or no difference",
        lines or (plain.TOO_FEW,),
        remember="No difference here does not mean it does not matter.",
        notes=notes,
        by_factor=True,
    )


def _hidden(name: str) -> str:
    """What is said in place of a number that is not shown."""
    return f"{plain.HIDDEN.capitalize()}: {name.lower()}."


def one_difference(released: Released, mark: str, options: Options) -> Slide:
    """The widest difference, as two grids, with how sure it is."""
    wide = _wide_pairs(released, options)
    title = "One difference, up close"
    if not wide:
        text = "We saw no difference that is wide enough to draw."
        return _finding(title, (text,), remember=words.NOT_CAUSED, by_factor=True)
    one = wide[0]
    phrase = one.phrase.with_it
    grids = (Grid(one.first.in_100, GROUPS[0]), Grid(one.second.in_100, GROUPS[1], involved=False))
    gap = plain.gap(one.likely)
    return _finding(
        title,
        chart=icon_pair("one_difference", grids, phrase, mark),
        remember=gap,
        notes=(words.NOT_CAUSED, words.HELP_WAS_MISSING),
        says=(
            gap,
            *_of_grid(one.first, GROUPS[0], phrase),
            *_of_grid(one.second, GROUPS[1], phrase),
        ),
        counted=2,
        by_factor=True,
    )


def one_year_later(released: Released) -> Slide:
    """How many mothers had social care involved at the two times."""
    first = _needed(facts.group_share(released, 1), "involvement in urgent care")
    later = _needed(facts.group_share(released, 2), "involvement 1 year later")
    line = f"1 year later, {facts.said_in_100(later)} mothers {HAD}."
    before = f"When they were in urgent care it was {facts.said_in_100(first)}."
    known = f"1 year later we know about {later.of} mothers."
    return _finding(
        "One year later",
        (before, line, "For some mothers we do not know what came later."),
        remember="Involvement does not stay the same.",
        notes=(known,),
        says=(line, before, known),
        counted=1,
    )


def _course(released: Released, level: str) -> Share | None:
    """The share of mothers in whom involvement took this course, of those known at both times."""
    known = facts.shares(released, "involvement_over_time_t1")
    return known.get(("involvement_course", level, "everyone"))


def _over(share: Share) -> str:
    """How often involvement ended, of mothers who are known at both times."""
    return f"Of mothers we know about both times, for {facts.said_in_100(share)} it had ended."


def _began(share: Share) -> str:
    """How often involvement began, of the same mothers."""
    return f"For {facts.said_in_100(share)} of them it had begun."


def ended(released: Released) -> Slide:
    """How often involvement had ended 1 year later, and how often it had begun."""
    over, began = _course(released, ENDED), _course(released, BEGAN)
    says = [_over(over)] if over else []
    if over and began:
        says.append(_began(began))
    return _finding(
        "Involvement can end",
        says or (plain.TOO_FEW,),
        remember="Social care can step back again.",
        notes=(
            "The numbers are of all mothers whom we know about both times, with involvement or "
            "without.",
            "They are fewer mothers than at either time, so these numbers need not add up to it.",
        ),
        says=says,
        counted=len(says),
    )


def answers_we_lack(released: Released) -> Slide:
    """Answers that are not there, and what was done about it."""
    lines = (
        "Some questions were not answered, or not asked.",
        "We often cannot show how many, so that nobody can be recognised.",
        "We filled gaps in a careful way, and also looked at full answers only.",
    )
    notes = [_hidden("how many did not answer")] if not facts.not_known(released, 1) else []
    return _finding("Answers we do not have", lines, remember=words.GAP, notes=notes)


def how_many_we_lack(released: Released, mark: str) -> Slide:
    """How many answers are not there, where the release says it."""
    found = facts.not_known(released, 1)
    title = "How many answers we do not have"
    if not found:
        return _finding(title, (plain.TOO_FEW,), remember=words.GAP)
    bars = [Bar(name, share.in_100) for name, share in found]
    return _finding(
        title,
        chart=missing_bars("how_many_we_lack", bars, "mothers who could be asked", mark),
        remember=words.GAP,
        notes=("Where no number stands, too few were missing to show it.",),
        says=[f"{name}: {share.in_100} in 100" for name, share in found],
        counted=len(bars),
    )


def adjusted(released: Released, mark: str, options: Options, timepoint: int, most: int) -> Slide:
    """Shares with involvement if everything else was alike: those at least 10 in 100 apart, the
    widest first; the others are named together.
    """
    pairs = facts.adjusted_pairs(released, timepoint, options)
    wide = [one for one in pairs if _is_wide(one)][:most]
    same = [f"Little or no difference: {one.phrase.with_it}." for one in pairs if not _is_wide(one)]
    when = {1: "", 2: " a year later"}[timepoint]
    title = f"Who had social care{when}, all else alike"
    if not wide:
        lines = same[: tokens.MOST_LINES] or [plain.TOO_FEW]
        remember = words.SMALL_GAPS if same else words.WHY_HIDDEN
        return _finding(title, lines, remember=remember, by_factor=True)
    rows = [Pair(one.phrase.short, one.first.in_100, one.second.in_100) for one in wide]
    told = [_in_words(one) for one in wide]
    return _finding(
        title,
        chart=dumbbell(
            f"adjusted_{timepoint}", rows, ("mothers of whom this is true", "all others"), mark
        ),
        remember=words.NOT_CAUSED,
        notes=(*told, *same),
        says=(*told, *(_of_pair(one.phrase.short, one.first, one.second) for one in wide)),
        counted=2 * len(rows),
        by_factor=True,
    )


def _in_words(one: Adjusted) -> str:
    """An adjusted pair as sentences."""
    phrase = one.phrase
    return plain.adjusted(one.first.percent, one.second.percent, phrase.with_it, phrase.without)


def how_sure(released: Released, mark: str, options: Options, most: int) -> Slide:
    """Shares with gaps filled in beside those of full answers only."""
    found = [
        (one.phrase.short, one.first, one.full_first)
        for one in facts.adjusted_pairs(released, 1, options)
        if one.full_first is not None
    ][:most]
    title = "Two ways to treat gaps"
    remember = "Both ways have gaps. We show them side by side."
    if len(found) < LEAST_ROWS:
        text = "With full answers only, there were too few mothers to compare."
        return _finding(title, (text,), remember=remember, by_factor=True)
    rows = [Pair(name, first.in_100, full.in_100) for name, first, full in found]
    return _finding(
        title,
        chart=paired_dots("how_sure", rows, mark),
        remember=remember,
        notes=("Each row is of mothers of whom this is true: how many in 100 had social care.",),
        says=(IN_100_OF_ROW, *(_of_pair(name, first, full) for name, first, full in found)),
        counted=2 * len(rows),
        by_factor=True,
    )


def most_serious(released: Released) -> Slide:
    """Mothers who did not have custody of their baby at some time: one number at most."""
    known = facts.shares(released, facts.table_at(2))
    share = known.get(("custody_lost_by_t2", "Yes", "all_t2"))
    line = plain.TOO_FEW
    if share is not None:
        line = f"For {facts.said_in_100(share)} mothers, others had custody of the baby for a time."
    until = "This was up to 1 year after urgent care."
    return _finding(
        "Babies who live apart from their mothers",
        ("You can step out for this slide.", line, until),
        remember="Few numbers can say what this means.",
        notes=(
            "Say before it comes what it is about. Leave it out if one person asks.",
            "Custody is a word of the law. A baby may still have lived with her, or come back.",
        ),
        says=(line, until),
        counted=1 if share else 0,
        part="optional",
        option="most_serious",
    )


def few_factors(released: Released) -> Slide:
    """Why not everything can be looked at together: mothers with involvement for each factor."""
    share = _needed(facts.group_share(released, 1), "how many mothers had involvement")
    factors = len(facts.expected_factors(released.study))
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
        says=lines[:2],
        counted=3,
    )


def story(released: Released, options: Options, title: str, *, by_factor: bool) -> Slide:
    """The whole in a few sentences, each from released numbers. by_factor: also what goes together
    with involvement, which waits until a list is locked.
    """
    first = _needed(facts.group_share(released, 1), "involvement in urgent care")
    lines = [f"{plain.how_many(first.yes or 0, first.of)} {HAD}."]
    wide = [one for one in _wide_pairs(released, options) if not one.likely.holds_zero]
    for one in wide[:2] if by_factor else ():
        group = "with involvement" if one.difference > 0 else "without involvement"
        lines.append(f"Mothers {group} more often {one.phrase.with_it}.")
    over = _course(released, ENDED)
    if over is not None:
        lines.append(_over(over))
    lines.append("We cannot say what caused what.")
    return _finding(
        title,
        lines,
        remember=words.NOT_CAUSED,
        says=[line for line in lines if any(map(str.isdigit, line))],
        counted=2 if over else 1,
        by_factor=by_factor,
    )
