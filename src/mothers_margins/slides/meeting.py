"""One meeting of the group, and the slides that can be made for it. Its numbers come from
`Released`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from mothers_margins.errors import UsageError
from mothers_margins.figures.slides import tokens
from mothers_margins.release.released import Released, only_released
from mothers_margins.results.results import NOT_LOCKED
from mothers_margins.slides import facts, findings
from mothers_margins.slides.feedback import Given, Quote, Topic, given
from mothers_margins.slides.involvement import (
    gripp2_rows,
    gripp2_table,
    involvement_table,
    topic_rows,
)
from mothers_margins.slides.slide import Meant, Slide
from mothers_margins.study.leag_file import LeagFile, MeetingPlan
from mothers_margins.tables.table import Table
from mothers_margins.wording import leag as words

IN_A_TABLE = 6  # rows of what was said; more do not fit


def leag_meeting(released: Released, number: int) -> "Meeting":
    """Meeting `number` of the study's Lived Experience Advisory Group.

    released: from `read_release`. Raises UsageError for anything else, a study without a leag.yaml,
    or a meeting that it does not list.
    """
    release = only_released(released, "leag_meeting")
    study = release.study
    if study.leag is None:
        remedy = f"Write data_dictionary/{study.name}/leag.yaml."
        raise UsageError(f"leag_meeting: study {study.name} has no meetings.", (), remedy)
    planned = len(study.leag.meetings)
    if not 1 <= number <= planned:
        raise UsageError(f"leag_meeting: meeting {number} is none of 1 to {planned}.")
    made_up = release.manifest.rows_are == "synthetic"
    return Meeting(release, number, study.leag, given(study, made_up=made_up))


@dataclass(frozen=True, eq=False)
class Meeting:
    """One meeting. given: what stands beside the release: feedback, the lock, whom to call."""

    released: Released = field(repr=False)
    number: int
    leag: LeagFile = field(repr=False)
    given: Given = field(repr=False)

    @property
    def plan(self) -> MeetingPlan:
        """What leag.yaml says of it."""
        return self.leag.meetings[self.number - 1]

    @property
    def options(self) -> tuple[str, ...]:
        """The optional slides that are on; quotes where the analyst has supplied some."""
        on = [name for name, is_on in self.leag.options.items() if is_on]
        return (*on, *(["quotes"] if self._quotes else []))

    @property
    def _quotes(self) -> tuple[Quote, ...]:
        return tuple(quote for quote in self.given.quotes if quote.meeting == self.number)

    @property
    def mark(self) -> str:
        """What every slide says of the numbers: that they are made up, or when and by which rule
        they were checked.
        """
        if self.given.rehearsal:
            return words.REHEARSAL
        release = self.released.manifest
        day = day_in_words(release.ledger.on) if release.ledger.on else ""
        return words.checked_on(day, int(str(release.policy["threshold"])))

    # ---- slides that every meeting has

    def welcome(self) -> Slide:
        """The first slide, which says what the deck is."""
        missing = () if self.given.rehearsal or self.given.contacts else (words.NO_CONTACT,)
        meant = Meant(
            meeting=self.number,
            title=self.plan.title,
            mark=self.mark,
            rehearsal=self.given.rehearsal,
            locked=self.given.lock is not None,
            banned=dict(self.leag.banned),
            study_words=self.leag.study_words,
            allowed=self.leag.numbers,
            options=self.options,
            missing=missing,
            quotes=tuple(quote.line for quote in self._quotes),
            involvement=tuple(topic_rows(self.given)) if self._is_last else (),
            gripp2=tuple(gripp2_rows(self.leag, self.given)) if self._is_last else (),
        )
        lines = (self.plan.purpose,)
        notes = words.WELCOME_NOTES
        return Slide("title", self.plan.title, lines, notes=notes, minutes=10, meant=meant)

    def before_we_start(self) -> Slide:
        """The second slide: six things that are read aloud."""
        notes = words.BEFORE_NOTES
        return Slide("words", words.BEFORE, words.BEFORE_LINES, notes=notes, minutes=5)

    def closing(self) -> Slide:
        """The last slide: how people leave, and whom they can call."""
        contacts = self.given.contacts or (words.NO_CONTACT,)
        lines = (*words.CLOSING_LINES, *contacts[:3])
        notes = words.CLOSING_NOTES
        return Slide("closing", words.CLOSING, lines, notes=notes, minutes=10, says=contacts)

    def you_said(self) -> Slide:
        """What was said in earlier meetings, and what became of it; what is open is said to be."""
        return self._topics(words.YOU_SAID, list(self.given.before(self.number)))

    def changed(self) -> Slide:
        """What was done with what the group said, of all meetings before."""
        done = [topic for topic in self.given.before(self.number) if topic.is_done]
        return self._topics(words.CHANGED, done)

    def not_changed(self) -> Slide:
        """What was not done or is open, and why."""
        rest = [topic for topic in self.given.before(self.number) if not topic.is_done]
        return self._topics(words.NOT_CHANGED, rest)

    def _topics(self, title: str, topics: list[Topic]) -> Slide:
        """What was said beside what became of it, the latest if there is no room for all."""
        kept = topics[-IN_A_TABLE:]
        rows = tuple((topic.said, topic.answer) for topic in kept)
        lines = [f"{words.INVENTED}."] if self.given.rehearsal else []
        if not kept:
            lines.append(words.NOTHING_YET)
        notes = [words.SAY_WHY]
        if self.given.rehearsal:
            notes.append(words.INVENTED_NOTES)
        table = (words.SAID_DID, *rows) if rows else ()
        return Slide("said_did", title, tuple(lines), table, notes=tuple(notes), minutes=3)

    def agreed_list(self, *, stop: bool = True) -> Slide:
        """The list of factors that was agreed, with its date. Without one the deck ends here.

        stop: whether it does.
        """
        lock = self.given.lock
        if lock is None:
            notes = ("No list has a date yet. The rest of the deck is not made.",)
            return Slide("list", words.NO_LIST, words.NO_LIST_LINES, notes=notes, gate=stop)
        said = day_in_words(lock.locked_on)
        lines = [words.agreed_on(said)]
        if self.given.rehearsal:
            lines.append(f"{words.INVENTED}. The list of the plan stands in its place.")
        names = dict.fromkeys(term for terms in lock.terms.values() for term in terms)
        factors = [facts.plain_label(self.released.study, name) for name in names]
        return Slide(
            "list",
            words.NO_LIST,
            tuple(lines),
            _in_columns(factors),
            notes=("Ask whether this is the list they remember. Nothing was looked at before it.",),
            minutes=2,
            says=(said,),
        )

    def quotes(self) -> Slide:
        """What women have said, where the analyst supplies it with source and permission; without
        any there is no such slide.
        """
        lines = tuple(quote.line for quote in self._quotes)
        notes = words.QUOTES_NOTES
        said = lines[: tokens.MOST_LINES]
        return Slide(
            "words", words.QUOTES, said, notes=notes, minutes=2, says=said, option="quotes"
        )

    # ---- for the report

    def involvement(self) -> Table:
        """What the group said in all meetings, and what became of it, as a table of the report."""
        return involvement_table(self.released, self.given)

    def gripp2(self) -> Table:
        """The short form of GRIPP2, as far as what was written down fills it."""
        return gripp2_table(self.released, self.given)

    @property
    def _is_last(self) -> bool:
        return self.number == len(self.leag.meetings)

    # ---- talk

    def might_matter(self) -> Slide:
        """What the plan of the study expects to look at, as cards."""
        return Slide(
            "prompt",
            "What might matter?",
            ("Here is what the plan lists. What is not here?",),
            _in_columns(facts.expected_factors(self.released.study)),
            notes=("Add every idea. Say whether the data hold it or not.",),
        )

    def choices(self) -> Slide:
        """The table in which the group votes on the factors."""
        header = ("Factor", "Keep", "Leave out", "Not sure")
        factors = facts.expected_factors(self.released.study)
        rows = tuple((name, "", "", "") for name in factors)
        return Slide(
            "vote",
            "Your choices so far",
            table=(header, *rows),
            notes=("Dots or chat. A private vote can be sent to you alone.",),
        )

    def agreed_words(self) -> Slide:
        """Words of the study, and those the group may rather hear."""
        header = ("The study says", "Would you rather hear?")
        rows = tuple(self.leag.agreed.items())
        return Slide(
            "vote",
            "Words we will use",
            table=(header, *rows),
            notes=("Ask for better words. What is agreed goes into the words of the study.",),
        )

    # ---- numbers

    def who_is_in(self, *, picture: bool = True) -> Slide:
        """How many mothers are in the study, and how many had social care involved."""
        return findings.who_is_in(self.released, self._mark, picture=picture)

    def living_with(self, most: int = 4) -> Slide:
        """What mothers were living with, all together. most: rows of the chart."""
        return findings.living_with(self.released, self._mark, self.options, most)

    def unmet_needs(self, most: int = 4) -> Slide:
        """Help that was needed and not given, of all mothers."""
        return findings.unmet_needs(self.released, self._mark, most)

    def with_and_without(self, most: int = 3) -> Slide:
        """The factors that differ most between mothers with and without involvement."""
        return findings.with_and_without(self.released, self._mark, self.options, most)

    def little_difference(self) -> Slide:
        """Factors that differ little or not, and those that are too few to show."""
        return findings.little_difference(self.released, self.options)

    def one_difference(self) -> Slide:
        """The widest difference, up close."""
        return findings.one_difference(self.released, self._mark, self.options)

    def one_year_later(self) -> Slide:
        """How many mothers had social care involved 1 year later."""
        return findings.one_year_later(self.released)

    def ended(self) -> Slide:
        """How often involvement had ended 1 year later."""
        return findings.ended(self.released)

    def answers_we_lack(self) -> Slide:
        """Answers that are not there, and what was done about it."""
        return findings.answers_we_lack(self.released)

    def how_many_we_lack(self) -> Slide:
        """How many answers are not there, where the release says it."""
        return findings.how_many_we_lack(self.released, self._mark)

    def adjusted(self, timepoint: int = 1, most: int = 3) -> Slide:
        """Shares with involvement if everything else was alike."""
        return findings.adjusted(self.released, self._mark, self.options, timepoint, most)

    def how_sure(self, most: int = 3) -> Slide:
        """Two ways to treat gaps in the answers, side by side."""
        return findings.how_sure(self.released, self._mark, self.options, most)

    def most_serious(self) -> Slide:
        """Babies who were not living with their mother; an optional slide, announced."""
        return findings.most_serious(self.released)

    def few_factors(self) -> Slide:
        """Why not everything can be looked at together."""
        return findings.few_factors(self.released)

    def story(self, title: str) -> Slide:
        """The whole in a few sentences; what goes with involvement only once a list is locked."""
        is_locked = self.given.lock is not None
        return findings.story(self.released, self.options, title, by_factor=is_locked)

    @property
    def _mark(self) -> str:
        marks = (self.released.manifest.mark,) if self.given.rehearsal else ()
        return " ".join(mark for mark in marks if mark != NOT_LOCKED)


def day_in_words(day: str) -> str:
    """'1 February 2022' of 2022-02-01."""
    known = date.fromisoformat(day)
    return f"{known.day} {known:%B %Y}"


def _in_columns(names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Names in two columns, with a header."""
    listed = list(names)
    half = (len(listed) + 1) // 2
    right = [*listed[half:], ""][: max(half, 1)]
    rows = tuple(zip(listed[:half], right, strict=False))
    return (words.FACTORS, *rows)
