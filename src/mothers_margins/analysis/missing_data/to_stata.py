"""An imputed cohort for Stata's `mi`: a .dta file in style flong, and the .do file that imports and
models it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from string import ascii_lowercase
from textwrap import wrap
from types import ModuleType
from typing import Literal

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from mothers_margins import places
from mothers_margins.analysis.missing_data.imputed import Imputed
from mothers_margins.cohort.cohort import column
from mothers_margins.errors import UsageError, expect
from mothers_margins.results.results import NOT_LOCKED
from mothers_margins.results.save import inside_run, of_study, plain_word
from mothers_margins.study.study import Study

Kind = Literal["imputed", "passive", "regular"]
IMPUTATION, ROW = "mj", "mid"
NOT_HERE = "not_applicable_here"  # what its gate was imputed to be, closes it
UNSAID = "no_reason"
# Stata allows names of 32 characters; ReadStat names the labels of a variable by its name and up to
# four digits.
LONGEST_NAME, LONGEST_LABEL, LONGEST_VALUE_LABEL = 28, 80, 32_000
LARGEST_LONG = 2_147_483_620  # beyond it a `long` means missing
RESERVED = frozenset(
    ["byte", "double", "float", "if", "in", "int", "long", "strL", "strl", "using", "with"]
)


@dataclass(frozen=True, eq=False, repr=False)
class _Variable:
    """One variable of the file, with a value for each of the (m + 1) n rows, those of m = 0 first.

    name: in the study; written: in the file. codes: of each level, none for a number. values: codes
    or numbers, nan where missing. whys: the reason where a value is an extended missing, else
    empty.
    """

    name: str
    written: str
    label: str
    kind: Kind
    codes: Mapping[str | bool, int]
    values: np.ndarray
    whys: np.ndarray
    whole: bool

    def cells(self, letters: Mapping[str, str]) -> pd.Series | ExtensionArray | np.ndarray:
        """The column as pyreadstat wants it: letters for extended missings, and None or nan for the
        system's own.
        """
        if self.reasons:
            cells = [
                letters[why] if why else self._number(value)
                for value, why in zip(self.values, self.whys, strict=True)
            ]
            return pd.Series(cells, dtype=object)
        return pd.array(self.values, dtype="Int32") if self.whole else self.values

    def _number(self, value: float) -> float | None:
        if np.isnan(value):
            return None
        return int(value) if self.whole else float(value)

    @property
    def reasons(self) -> list[str]:
        """Reasons of its extended missings, in the order in which they occur."""
        return [*dict.fromkeys(why for why in self.whys if why)]


@dataclass(frozen=True)
class _Term:
    """A term of the model: as `logit` takes it, its variable of the study, and the line that makes
    its column.
    """

    written: str
    variable: str
    made: str = ""
    line: str = ""


def to_stata(imputed: Imputed, name: str) -> Path:
    """Write an imputed cohort to internal/STUDY/ of the run's folder, as NAME.dta for Stata 14 or
    later, and NAME.do.

    The .dta holds the rows of the run as they were (m = 0) and as completed (m = 1 to M), with the
    variables of the run and no id: `mj` is the imputation, `mid` the number of the row. Levels are
    integers in declared order (No 0, Yes 1). What was imputed is `.` at m = 0; what does not apply,
    or was not imputed, is an extended missing, whose value label is the reason. The .do file
    imports it into `mi` and fits the study's model of the outcome. Returns the path of the .dta as
    it may be printed. Needs the package pyreadstat. Raises UsageError without it, for a name that
    is no plain word, and for restricted rows that would land inside the project; then nothing is
    written.
    """
    expect(imputed, Imputed, "to_stata", "what impute returns")
    expect(name, str, "to_stata", "a name")
    plain_word(name, "to_stata")
    study, source = imputed.cohort.study.name, imputed.cohort.source
    target = inside_run(study, f"{name}.dta", source, "to_stata")
    try:
        import pyreadstat
    except ImportError:
        remedy = (
            "Install it into the project's environment: uv run --extra sav, or pip install "
            "pyreadstat."
        )
        raise UsageError(
            "to_stata: writing .dta files needs the package pyreadstat.", (), remedy
        ) from None
    variables = [*_variables(imputed)]
    text = "\n".join(_do(imputed, name, variables)) + "\n"
    described = places.staged(of_study(study, f"{name}.do"))
    data = places.staged(of_study(study, f"{name}.dta"))
    restricted = source.kind == "restricted"

    def write(part: Path) -> None:
        _write(pyreadstat, part, imputed, variables)
        # in here, so that neither file stands without the other
        places.write_whole(
            described,
            lambda own: own.write_text(text, encoding="utf-8"),
            private=restricted,
        )

    places.write_whole(data, write, private=restricted)
    return Path(places.shown(target))


def _variables(imputed: Imputed) -> Iterator[_Variable]:
    """The variables of the run with their values at every m."""
    study = imputed.cohort.study
    names = [str(name) for name in imputed.made.data]
    completed = [imputed.complete(i, names) for i in range(1, imputed.m + 1)]
    targets = {target.name: target.missing for target in imputed.made.targets}
    taken = {IMPUTATION, ROW}
    for name in names:
        recorded = column(imputed.cohort, name)
        codes = _codes(study, name, recorded)
        at_first = _numbers(recorded, codes)
        later = np.array([_numbers(cohort.data[name], codes) for cohort in completed])
        missing = np.isnan(at_first)
        # a cell that the run took for missing is imputable, even where its gate was closed in every
        # chain
        is_soft = missing & ((~np.isnan(later)).any(axis=0) | targets.get(name, False))
        reasons = imputed.cohort.reasons[name].astype(object)
        reasons = reasons.where(reasons.notna(), UNSAID)
        why = np.where(missing & ~is_soft, reasons, "")
        why_later = [np.where(np.isnan(numbers) & is_soft, NOT_HERE, why) for numbers in later]
        kind: Kind = "imputed" if is_soft.any() else "regular"
        values = np.concatenate([at_first, *later])
        yield _Variable(
            name=name,
            written=_name(name, taken),
            label=study.label(name),
            kind="passive" if name in imputed.made.passive else kind,
            codes=codes,
            values=values,
            whys=np.concatenate([why, *why_later]),
            whole=_fits_long(values)
            and (bool(codes) or pd.api.types.is_integer_dtype(recorded.dtype)),
        )


def _fits_long(values: np.ndarray) -> bool:
    """Whether all known values are whole numbers that Stata's `long` holds."""
    known = values[~np.isnan(values)]
    return bool(((known == np.round(known)) & (np.abs(known) <= LARGEST_LONG)).all())


def _codes(study: Study, name: str, values: pd.Series) -> dict[str | bool, int]:
    """The code of each level: from 1 in declared order, 0 and 1 for No and Yes, so that `logit`
    takes them.
    """
    if pd.api.types.is_bool_dtype(values.dtype):
        return {False: 0, True: 1}
    levels = study.levels(name)
    if {*levels} == {"Yes", "No"}:
        return {"No": 0, "Yes": 1}
    return {level: code for code, level in enumerate(levels, 1)}


def _numbers(values: pd.Series, codes: Mapping[str | bool, int]) -> np.ndarray:
    if not codes:
        return values.to_numpy(dtype=float, na_value=np.nan)
    return np.array(
        [
            codes[value] if known else np.nan
            for value, known in zip(values, values.notna(), strict=True)
        ]
    )


def _name(wanted: str, taken: set[str]) -> str:
    """A name that Stata takes and that no other variable has; it is taken from now on."""
    reserved = wanted in RESERVED or re.fullmatch(r"str\d+", wanted)
    found = short = f"{wanted[: LONGEST_NAME - 1]}_" if reserved else wanted[:LONGEST_NAME]
    number = 2
    while found in taken:
        found, number = f"{short[: LONGEST_NAME - len(str(number)) - 1]}_{number}", number + 1
    taken.add(found)
    return found


def _letters(study: Study, reasons: Iterable[str]) -> dict[str, str]:
    """A letter for each reason, the same in every variable: the dictionary's own where it has one
    (.c is c).
    """
    lists = [study.schema.missing_values, *(field.missing_values for field in study.schema.fields)]
    codes = [code for one in lists for code in one if re.fullmatch(r"\.[a-z]", code.value)]
    own = {
        code.label: code.value[1] for code in reversed(codes)
    }  # the file's own list counts first
    found: dict[str, str] = {}
    for reason in sorted(dict.fromkeys(reasons), key=lambda one: one not in own):
        free = [letter for letter in ascii_lowercase if letter not in found.values()]
        if not free:
            raise UsageError(
                "to_stata: Stata has 26 extended missing values, and there are more reasons than "
                "that."
            )
        unclaimed = [letter for letter in free if letter not in own.values()]
        wished = own.get(reason, "")
        found[reason] = wished if wished in free else (unclaimed or free)[0]
    return found


def _write(
    pyreadstat: ModuleType, path: Path, imputed: Imputed, variables: list[_Variable]
) -> None:
    """The .dta file, in format 118."""
    letters = _letters(imputed.cohort.study, (why for one in variables for why in one.reasons))
    n, times = len(imputed.cohort), imputed.m + 1
    cells = {
        IMPUTATION: np.repeat(np.arange(times, dtype="int32"), n),
        ROW: np.tile(np.arange(1, n + 1, dtype="int32"), times),
        **{one.written: one.cells(letters) for one in variables},
    }
    labels = {
        one.written: {
            code: _level(level)
            for level, code in sorted(one.codes.items(), key=lambda pair: pair[1])
        }
        | {letters[why]: why[:LONGEST_VALUE_LABEL] for why in one.reasons}
        for one in variables
    }
    pyreadstat.write_dta(
        pd.DataFrame(cells),
        path,
        file_label=_cut(f"{_mark(imputed)}: {imputed.m} imputations for {imputed.outcome}"),
        column_labels={IMPUTATION: "imputation (0: as recorded)", ROW: "row of the run"}
        | {one.written: _cut(one.label) for one in variables},
        version=14,
        variable_value_labels={written: own for written, own in labels.items() if own},
        missing_user_values={
            one.written: [letters[why] for why in one.reasons] for one in variables if one.reasons
        },
    )
    # ReadStat writes the time; the same imputations shall be the same bytes, so that `verify` can
    # compare them
    written = path.read_bytes()
    path.write_bytes(
        re.sub(rb"<timestamp>\x11.{17}</", b"<timestamp>\x1101 Jan 1960 00:00</", written, count=1)
    )


def _level(level: str | bool) -> str:
    if isinstance(level, bool):
        return "Yes" if level else "No"
    return level[:LONGEST_VALUE_LABEL]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…"


def _mark(imputed: Imputed) -> str:
    """What both files carry: that the data are made up, or restricted."""
    return imputed.cohort.source.mark or f"{imputed.cohort.source.kind.upper()} DATA"


def _do(imputed: Imputed, name: str, variables: list[_Variable]) -> Iterator[str]:
    """Lines of the .do file."""
    terms = [
        *_terms(imputed, {one.name: one for one in variables}, {one.written for one in variables})
    ]
    kinds: dict[Kind, list[str]] = {"imputed": [], "passive": [], "regular": []}
    kind_of = {one.name: one.kind for one in variables}
    for one in variables:
        kinds[one.kind].append(one.written)
    for term in terms:
        if term.made:  # what is calculated from an imputed variable is passive
            kinds["regular" if kind_of[term.variable] == "regular" else "passive"].append(term.made)
    event = next(one for one in variables if one.name == imputed.outcome).written
    for said in _about(imputed, variables):
        yield from (
            f"* {line}"
            for line in wrap(_said(said), 110, break_long_words=False, break_on_hyphens=False)
        )
    yield from ("", "version 17", f'use "{name}.dta", clear', "")
    yield "* Columns of the model, coded as the study says."
    yield from (term.line for term in terms if term.line)
    yield ""
    lists = [
        f"{kind}({' '.join(kinds[kind])})" for kind in kinds if kind != "regular" and kinds[kind]
    ]
    yield from _continued(f"mi import flong, m({IMPUTATION}) id({ROW}) clear", *lists)
    yield from _continued("mi register regular", *kinds["regular"])
    yield "mi describe"
    yield from (
        f"notes {one.written}: {_said(one.label)}"
        for one in variables
        if len(one.label) > LONGEST_LABEL
    )
    yield f"notes: {_said(_mark(imputed))}. {_said(imputed.cohort.source.statement)}"
    yield from (
        "",
        f"* Model {imputed.model}: adjusted log-odds, then odds ratios, then what the imputation "
        "added.",
    )
    yield from _continued(f"mi estimate: logit {event}", *(term.written for term in terms))
    yield from ("mi estimate, or", "mi estimate, vartable dftable", "mi estimate, mcerror")
    yield from ("", "* Unadjusted, each variable on the rows of the model.")
    kept = _condition(terms, {one.name: one for one in variables})
    yield from _continued("foreach term in", *(term.written for term in terms), "{")
    yield from (f"    mi estimate, or: logit {event} `term'{kept}", "}")


def _about(imputed: Imputed, variables: list[_Variable]) -> Iterator[str]:
    """What the comments at the head say, one paragraph each."""
    cohort, plan = imputed.cohort, imputed.plan
    study, unit = cohort.study, cohort.study.file.unit.many
    yield f"{_mark(imputed)}. {cohort.source.statement}"
    if cohort.source.kind == "restricted" and study.unlocked(imputed.model, imputed.outcome):
        yield f"{NOT_LOCKED}."
    yield (
        f"Study {study.name}: {study.title}. Outcome {imputed.outcome}: "
        f"{study.label(imputed.outcome)}."
    )
    yield (
        f"{imputed.m} imputations of {len(cohort)} {unit}, burn-in {imputed.burnin}, seed "
        f"{imputed.seed}, composites: "
        f"{imputed.composites}. Made outside Stata by mothers-margins "
        f"{version('mothers-margins')}, by chained "
        f"equations; mi impute cannot continue them, and its random numbers are others."
    )
    shifted = ", ".join(f"{name} by {shift:g}" for name, shift in imputed.shifts.items() if shift)
    if shifted:
        yield (
            f"A run that is not missing at random: imputed values were shifted ({shifted}; yes "
            "or no on log-odds)."
        )
    yield (
        "A value that was imputed is . at m = 0. An extended missing (.a to .z) does not apply "
        "or was not imputed in "
        "this run; its value label says why. mi never imputes those."
    )
    if plan.df_rule == "rubin":
        yield (
            "mi estimate of logit takes the degrees of freedom of Rubin (1987), which are this "
            "study's rule too."
        )
    else:
        yield (
            "mi estimate of logit takes Rubin's degrees of freedom; this study's are "
            f"{plan.df_rule}, so p differs."
        )
    yield f"The model below is mm.fit_logistic(imputed, '{imputed.model}', 'logit')."
    rules = study.file.regression
    if rules.below_minimum == "firth":
        yield (
            f"Where a level has fewer than {rules.minimum_cell} {unit} with, or without, the "
            "outcome, the study's own "
            f"estimates are Firth's, which logit has not."
        )
    renamed = ", ".join(
        f"{one.written} is {one.name}" for one in variables if one.written != one.name
    )
    if renamed:
        yield f"Names that Stata does not take, or that are too long: {renamed}."


def _terms(
    imputed: Imputed, variables: Mapping[str, _Variable], taken: set[str]
) -> Iterator[_Term]:
    """Terms of the model, coded as `coding.coded` does it."""
    study = imputed.cohort.study
    taken = {*taken, IMPUTATION, ROW}
    for term in study.terms(imputed.model, imputed.outcome):
        coding, variable = study.coding(imputed.model, term), variables[term]
        old, codes = variable.written, variable.codes
        if coding.per is not None:
            if coding.per == 1:
                yield _Term(f"c.{old}", term)
                continue
            new = _name(f"{old[: LONGEST_NAME - 6]}_per{coding.per:g}".replace(".", "_"), taken)
            yield _Term(f"c.{new}", term, new, f"generate double {new} = {old} / {coding.per:.15g}")
            continue
        levels = study.levels(term)
        if coding.linear:
            order = levels[:: -1 if coding.linear == "reversed" else 1]
            rules = " ".join(f"({codes[level]} = {place})" for place, level in enumerate(order))
            new = _name(f"{old[: LONGEST_NAME - 7]}_linear", taken)
            yield _Term(f"c.{new}", term, new, f"recode {old} {rules}, generate({new})")
        elif any(olds != (new_level,) for new_level, olds in coding.merged.items()):
            rules = " ".join(
                f'({" ".join(str(codes[one]) for one in olds)} = {place} "{_said(new_level)}")'
                for place, (new_level, olds) in enumerate(coding.merged.items(), 1)
            )
            new, base = (
                _name(f"{old[: LONGEST_NAME - 7]}_merged", taken),
                [*coding.merged].index(coding.reference) + 1,
            )
            yield _Term(f"ib{base}.{new}", term, new, f"recode {old} {rules}, generate({new})")
        else:
            yield _Term(f"ib{codes[coding.reference]}.{old}", term)


def _condition(terms: list[_Term], variables: Mapping[str, _Variable]) -> str:
    """The rows of the adjusted model, where a variable does not concern everybody."""
    n = len(next(iter(variables.values())).values)
    hard = [
        one for one in (variables[term.variable] for term in terms) if (one.whys[-n:] != "").any()
    ]
    return f" if !missing({', '.join(one.written for one in hard)})" if hard else ""


def _said(text: str) -> str:
    """Text that Stata reads as text in a .do file: one line, no macro, no quote, no beginning of a
    comment.
    """
    plain = " ".join(text.split()).replace('"', "'").replace("`", "'").replace("$", "\\$")
    return re.sub(r"/(?=[/*])", "/ ", plain)


def _continued(*parts: str) -> Iterator[str]:
    """A command over several lines of at most 110 characters."""
    lines = wrap(" ".join(parts), 102, break_long_words=False, break_on_hyphens=False)
    for place, line in enumerate(lines):
        yield ("    " if place else "") + line + (" ///" if place < len(lines) - 1 else "")
