"""The sentences of the page that readers open."""

from collections.abc import Iterator, Mapping, Sequence

from mothers_margins.errors import count
from mothers_margins.results.results import Record
from mothers_margins.results.shown import Value, is_hidden, is_known, odds, percent_of, shown
from mothers_margins.rounding import rounded
from mothers_margins.study.study import Study
from mothers_margins.wording.codes_of_notes import ratio_decimals
from mothers_margins.wording.head_and_foot import POLICIES, held_back
from mothers_margins.wording.numbers import SYMBOLS, count_text
from mothers_margins.wording.sentences import in_sentence
from mothers_margins.wording.terms import term_beside_reference

TOLD = "What the numbers say"
EXPLAINED = "Words that you need"
TIMEPOINT, ADJUSTED, IMPUTED = "Timepoint", "Adjusted odds ratio (aOR)", "Imputed"
HIDDEN = SYMBOLS["suppressed"]
PUBLISHED = "These numbers were published before; none is held back."
MEANS_IMPUTED = (
    "answers that are missing were filled in many times, from those that are known, and the "
    "results put together. Complete cases are those with every answer."
)
MAIN_RESULTS = "Main results as pictures"
FOR_EVERYBODY = (
    "For everybody who wants to see what the study found. They show associations: that two things "
    "occur together does not say that one brings about the other."
)
TABLES = "Main tables"
FOR_TABLES = "For readers of a paper. Choose a title to open its table."
ANNEX = "Annex tables"
FOR_ANNEX = "For reviewers: every number that may be shown, and every rule by which it was made."
NUMBERS = "Numbers for other programs"
FOR_NUMBERS = "For statisticians: every released result, one file each."
REPORT = "The report"
FOR_REPORT = "For those who paid for the study, and for everybody who wants to read all of it."
REPORT_PAGE, REPORT_PDF = "The report as a page", "The report as a PDF"
REPORT_WORD = "The report in Word"
WORKSHOPS = "Workshops"
FOR_WORKSHOPS = "For the women of the advisory group, and for those who lead a meeting."
SLIDES = "slides to read on a phone, a laptop or paper"
HANDOUT = "handout in large print, sent a week before"
EDITABLE = "slides to show and edit (PowerPoint)"
RUN_SHEET = "run sheet with timings"
FEEDBACK = "form for what the group says"
INVOLVEMENT = "what the group changed, for the report"


def figure(number: int, title: str) -> str:
    """The caption of a figure."""
    return f"Figure {number}. {title}"


def table(number: str, title: str) -> str:
    """The caption of a table; one that a publication has numbered keeps its own number."""
    return title if title.startswith("Table ") else f"Table {number}. {title}"


def files(number: int) -> str:
    """What opens the list of files."""
    return f"{number} file{'' if number == 1 else 's'} with numbers (csv)"


def meeting(number: int, what: str) -> str:
    """What leads to a document of a meeting."""
    return f"Meeting {number}: {what}"


def ready(figures: int, tables: int, annex: int, numbers: int) -> str:
    """What of a study is ready: 'Ready: 2 figures, 6 main tables, 69 files with numbers'."""
    counted = (
        (figures, "figure", "figures"),
        (tables, "main table", "main tables"),
        (annex, "annex table", "annex tables"),
        (numbers, "file with numbers", "files with numbers"),
    )
    parts = [
        f"{so_many} {one if so_many == 1 else several}"
        for so_many, one, several in counted
        if so_many
    ]
    return f"Ready: {', '.join(parts)}."


def recorded(study: Study, title: str, events: Value, n: Value) -> str:
    """Of how many an outcome is recorded: 'Involvement is recorded for 99 of 278 dyads (35.6%)'."""
    many = study.file.unit.many
    share = percent_of(events, n)
    if not is_known(share):
        return f"How many {many} have this recorded is held back: {in_sentence(title)}."
    rounding = study.file.rounding
    percent = rounded(float(share), rounding.percent, rounding.rule)
    return f"{title} is recorded for {count_text(events)} of {count_text(n)} {many} ({percent}%)."


def associated(study: Study, rows: Sequence[Record]) -> Iterator[str]:
    """With what an outcome was more and less frequent, by adjusted log-odds whose intervals leave
    out 0; then for how many they do not, and how many are held back.
    """
    known = [row for row in rows if is_known(shown(row, "conf_low"))]
    more = [row for row in known if shown(row, "conf_low") > 0]
    less = [row for row in known if shown(row, "conf_high") < 0]
    for how, side, those in (("more", "above", more), ("less", "below", less)):
        if those:
            listed = "; ".join(_with_ratio(study, row) for row in those)
            ratio = f"adjusted odds ratio, aOR, {side} 1"
            yield f"Given all others of the model, it was {how} frequent ({ratio}) with: {listed}."
    unclear = len(known) - len(more) - len(less)
    if unclear:
        which = f"{unclear} of {len(rows)} comparisons"
        yield (
            f"For {which} the interval includes 1: these data do not say whether there is an "
            "association, or in which direction."
        )
    hidden = sum(is_hidden(shown(row, "conf_low")) for row in rows)
    if hidden:
        yield f"{count(hidden, 'estimate')} held back."


def _with_ratio(study: Study, row: Record) -> str:
    """'Domestic abuse, aOR 2.84 (95% CI 1.46 to 5.52)'."""
    decimals, rule = ratio_decimals(study, row), study.file.rounding.rule
    ratio, low, high = (
        rounded(float(odds(shown(row, column))), decimals, rule)
        for column in ("estimate", "conf_low", "conf_high")
    )
    confidence = f"{study.file.regression.confidence:g}%"
    name = term_beside_reference(study, row)
    return f"{name}, aOR {ratio} ({confidence} CI {low} to {high})"


def timepoints(said: Mapping[int, str]) -> str:
    """What a timepoint is, and what a study says of each."""
    parts = [
        f"Timepoint {number}: {in_sentence(text).rstrip('.')}" for number, text in said.items()
    ]
    return " ".join(["when something was recorded.", *(f"{part}." for part in parts)])


def adjusted(confidence: float) -> str:
    """What an adjusted odds ratio and its interval are."""
    return (
        "how many times as high the odds of the outcome are with what a row names as without it, "
        "or per step, where all else in the model is alike. 1 is no difference. Its "
        f"{confidence:g}% CI (confidence interval) holds the values that fit the data."
    )


def took_part(groups: Sequence[str]) -> str:
    """Who took part, by group."""
    return f"Who took part: {'; '.join(groups)}."


def themes(titles: Sequence[str]) -> str:
    """Which themes a study found."""
    return f"Themes that the study found: {'; '.join(titles)}."


def left_out(columns: Sequence[str]) -> str:
    """Which columns are not there, because nothing in them may be shown."""
    return f"Left out, because every number in them is held back: {'; '.join(columns)}."


def all_hidden(study: Study, caption: str) -> str:
    """What stands in the place of a table of which every number is held back."""
    why = held_back(study).removeprefix(f"{HIDDEN}: ")
    return f"{caption}. Every number of this table is {why}"


def hidden(policy: Mapping[str, bool | int | str | tuple[str, ...]]) -> str:
    """Under which policy numbers are held back, and by whom it was decided."""
    return (
        "a number that is held back, so that nobody can be recognised or worked out "
        f"(policy: {POLICIES[str(policy['name'])]}; decided by {policy['author']})."
    )
