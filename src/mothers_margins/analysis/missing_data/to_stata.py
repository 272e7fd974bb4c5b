"""An imputed cohort for Stata's `mi`: a .dta file in style flong, and the .do file that imports and
models it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import chain
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
from mothers_margins.study.analysis_plan import Coding
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
    """A term of the model: as `logit` takes it, its variable of the study, and, if it has a column
    of its own, that column and the line that makes it.
    """

    written: str
    variable: str
    column: str = ""
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
    names = _names(imputed)
    completed = [imputed.complete(i, names) for i in range(1, imputed.m + 1)]
    taken = {IMPUTATION, ROW}
    for name in names:
        recorded = column(imputed.cohort, name)
        codes = _codes(_levels(imputed, name), recorded)
        at_first = _numbers(recorded, codes)
        later = np.array([_numbers(cohort.data[name], codes) for cohort in completed])
        imputable = _imputable(imputed, name, at_first, later)
        kind: Kind = "imputed" if imputable.any() else "regular"
        values = np.concatenate([at_first, *later])
        is_integer = bool(codes) or pd.api.types.is_integer_dtype(recorded.dtype)
        yield _Variable(
            name=name,
            written=_name(name, taken),
            label=study.label(name),
            kind="passive" if name in imputed.made.passive else kind,
            codes=codes,
            values=values,
            whys=_whys(imputed.cohort.reasons[name], at_first, later, imputable),
            whole=is_integer and _fits_long(values),
        )


def _names(imputed: Imputed) -> list[str]:
    """The variables of the run, and that of the clusters of its model."""
    study = imputed.cohort.study
    cluster = study.cluster(imputed.model)
    is_text = cluster and not pd.api.types.is_numeric_dtype(column(imputed.cohort, cluster).dtype)
    if is_text and not study.levels(cluster):
        raise UsageError(
            f"to_stata: the cluster '{cluster}' is neither a number nor a variable with declared "
            "levels."
        )
    run = [str(name) for name in imputed.made.data]
    return [*dict.fromkeys([*run, *filter(None, [cluster])])]


def _imputable(imputed: Imputed, name: str, at_first: np.ndarray, later: np.ndarray) -> np.ndarray:
    """The missing cells that `mi` shall take for imputed: those filled in at least once, and those
    that the run took for missing, even where their gate was closed in every chain.
    """
    filled_once = (~np.isnan(later)).any(axis=0)
    targets = {target.name: target.missing for target in imputed.made.targets}
    imputable: np.ndarray = np.isnan(at_first) & (filled_once | targets.get(name, False))
    return imputable


def _whys(
    reasons: pd.Series, at_first: np.ndarray, later: np.ndarray, imputable: np.ndarray
) -> np.ndarray:
    """The reason of every extended missing at every m; empty for a value, and for what is `.`."""
    reasons = reasons.astype(object)
    reasons = reasons.where(reasons.notna(), UNSAID)
    never_imputed = np.where(np.isnan(at_first) & ~imputable, reasons, "")
    # what is imputed elsewhere may have nothing to know here, where its gate was imputed as closed
    completed = [
        np.where(np.isnan(values) & imputable, NOT_HERE, never_imputed) for values in later
    ]
    return np.concatenate([never_imputed, *completed])


def _fits_long(values: np.ndarray) -> bool:
    """Whether all known values are whole numbers that Stata's `long` holds."""
    known = values[~np.isnan(values)]
    return bool(((known == np.round(known)) & (np.abs(known) <= LARGEST_LONG)).all())


def _levels(imputed: Imputed, name: str) -> tuple[str, ...]:
    """The declared levels of a variable, then those that exist only put together, as they were
    imputed.
    """
    declared = imputed.cohort.study.levels(name)
    in_run = imputed.made.data.get(name, imputed.cohort.data[name])  # clusters are in no run
    if not declared or not isinstance(in_run.dtype, pd.CategoricalDtype):
        return declared
    return tuple(dict.fromkeys([*declared, *in_run.cat.categories]))


def _codes(levels: tuple[str, ...], values: pd.Series) -> dict[str | bool, int]:
    """The code of each level: from 1 in order, 0 and 1 for No and Yes, so that `logit` takes
    them.
    """
    if pd.api.types.is_bool_dtype(values.dtype):
        return {False: 0, True: 1}
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
    short = wanted[:LONGEST_NAME]
    if wanted in RESERVED or re.fullmatch(r"str\d+", wanted):
        short = f"{wanted[: LONGEST_NAME - 1]}_"
    name = short
    number = 2
    while name in taken:
        ending = f"_{number}"
        name = f"{short[: LONGEST_NAME - len(ending)]}{ending}"
        number += 1
    taken.add(name)
    return name


def _letters(study: Study, reasons: Iterable[str]) -> dict[str, str]:
    """A letter for each reason, the same in every variable: the dictionary's own where it has one
    (.c is c).
    """
    own = _own_letters(study)
    letters: dict[str, str] = {}
    # reasons with a letter of their own first, so that none of the others takes it
    for reason in sorted(dict.fromkeys(reasons), key=lambda reason: reason not in own):
        free = [letter for letter in ascii_lowercase if letter not in letters.values()]
        if not free:
            raise UsageError(
                "to_stata: Stata has 26 extended missing values, and there are more reasons than "
                "that."
            )
        letter = own.get(reason, "")
        if letter not in free:
            unclaimed = [letter for letter in free if letter not in own.values()]
            letter = (unclaimed or free)[0]
        letters[reason] = letter
    return letters


def _own_letters(study: Study) -> dict[str, str]:
    """The letters that the dictionary gives to reasons."""
    codes = [*study.schema.missing_values]
    for field in study.schema.fields:
        codes += field.missing_values
    return {
        code.label: code.value[1]
        for code in reversed(codes)  # so that the file's own list counts first
        if re.fullmatch(r"\.[a-z]", code.value)
    }


def _write(
    pyreadstat: ModuleType, path: Path, imputed: Imputed, variables: list[_Variable]
) -> None:
    """The .dta file, in format 118."""
    letters = _letters(
        imputed.cohort.study, chain.from_iterable(variable.reasons for variable in variables)
    )
    n, times = len(imputed.cohort), imputed.m + 1
    cells = {
        IMPUTATION: np.repeat(np.arange(times, dtype="int32"), n),
        ROW: np.tile(np.arange(1, n + 1, dtype="int32"), times),
        **{variable.written: variable.cells(letters) for variable in variables},
    }
    labels = {variable.written: _value_labels(variable, letters) for variable in variables}
    pyreadstat.write_dta(
        pd.DataFrame(cells),
        path,
        file_label=_cut(f"{_mark(imputed)}: {imputed.m} imputations for {imputed.outcome}"),
        column_labels={IMPUTATION: "imputation (0: as recorded)", ROW: "row of the run"}
        | {variable.written: _cut(variable.label) for variable in variables},
        version=14,  # the first whose files are in UTF-8
        variable_value_labels={written: own for written, own in labels.items() if own},
        missing_user_values={
            variable.written: [letters[why] for why in variable.reasons]
            for variable in variables
            if variable.reasons
        },
    )
    # ReadStat writes the time; the same imputations shall be the same bytes, so that `verify` can
    # compare them
    written = path.read_bytes()
    path.write_bytes(
        re.sub(rb"<timestamp>\x11.{17}</", b"<timestamp>\x1101 Jan 1960 00:00</", written, count=1)
    )


def _value_labels(variable: _Variable, letters: Mapping[str, str]) -> dict[int | str, str]:
    """What each code and each extended missing of a variable means, in order of the codes."""
    in_order = sorted(variable.codes.items(), key=lambda level_and_code: level_and_code[1])
    labels: dict[int | str, str] = {code: _level(level) for level, code in in_order}
    return labels | {letters[why]: why[:LONGEST_VALUE_LABEL] for why in variable.reasons}


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
    by_name = {variable.name: variable for variable in variables}
    terms = [*_terms(imputed, by_name, {variable.written for variable in variables})]
    kinds: dict[Kind, list[str]] = {"imputed": [], "passive": [], "regular": []}
    for variable in variables:
        kinds[variable.kind].append(variable.written)
    for term in terms:
        if term.column:
            # what is calculated from an imputed variable is passive
            is_regular = by_name[term.variable].kind == "regular"
            kinds["regular" if is_regular else "passive"].append(term.column)
    event = by_name[imputed.outcome].written
    for paragraph in _about(imputed, variables):
        lines = wrap(_as_text(paragraph), 110, break_long_words=False, break_on_hyphens=False)
        yield from (f"* {line}" for line in lines)
    yield from ("", "version 17", f'use "{name}.dta", clear', "")
    yield "* Columns of the model, coded as the study says."
    yield from (term.line for term in terms if term.line)
    yield ""
    not_regular = [
        f"{kind}({' '.join(names)})" for kind, names in kinds.items() if kind != "regular" and names
    ]
    yield from _continued(f"mi import flong, m({IMPUTATION}) id({ROW}) clear", *not_regular)
    yield from _continued("mi register regular", *kinds["regular"])
    yield "mi describe"
    yield from (
        f"notes {variable.written}: {_as_text(variable.label)}"
        for variable in variables
        if len(variable.label) > LONGEST_LABEL
    )
    yield f"notes: {_as_text(_mark(imputed))}. {_as_text(imputed.cohort.source.statement)}"
    yield from (
        "",
        f"* Model {imputed.model}: adjusted log-odds, then odds ratios, then what the imputation "
        "added.",
    )
    robust = _robust(imputed, by_name)
    yield from _continued(f"mi estimate: logit {event}", *(term.written for term in terms), *robust)
    yield from ("mi estimate, or", "mi estimate, vartable dftable", "mi estimate, mcerror")
    yield from ("", "* Unadjusted, each variable on the rows of the model.")
    kept = _condition(terms, by_name)
    yield from _continued("foreach term in", *(term.written for term in terms), "{")
    option = "".join(robust)
    yield from (f"    mi estimate, or: logit {event} `term'{kept}{option}", "}")


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
    if rules.below_minimum != "stop":
        place = {"beside": "beside them", "replace": "in their place"}[rules.below_minimum]
        yield (
            f"Where a level has fewer than {rules.minimum_cell} {unit} with, or without, the "
            f"outcome, the study's Firth estimates, which logit has not, stand {place}."
        )
    renamed = ", ".join(
        f"{variable.written} is {variable.name}"
        for variable in variables
        if variable.written != variable.name
    )
    if renamed:
        yield f"Names that Stata does not take, or that are too long: {renamed}."


def _terms(
    imputed: Imputed, variables: Mapping[str, _Variable], taken: set[str]
) -> Iterator[_Term]:
    """Terms of the model, coded as `design_columns.coded` does it."""
    study = imputed.cohort.study
    taken = {*taken, IMPUTATION, ROW}
    for name in study.terms(imputed.model, imputed.outcome):
        coding = study.coding(imputed.model, name)
        variable = variables[name]
        if coding.per == 1:
            yield _Term(f"c.{variable.written}", name)
        elif coding.per is not None:
            yield _per_units(variable, coding.per, taken)
        elif coding.linear:
            yield _linear(variable, study.levels(name), coding, taken)
        elif any(levels != (merged,) for merged, levels in coding.merged.items()):
            yield _merged(variable, coding, taken)
        else:
            yield _Term(f"ib{variable.codes[coding.reference]}.{variable.written}", name)


def _per_units(variable: _Variable, per: float, taken: set[str]) -> _Term:
    old = variable.written
    # cut first, so that two digits of the units are not what is cut off; no point in a Stata name
    new = _name(f"{old[: LONGEST_NAME - 6]}_per{per:g}".replace(".", "_"), taken)
    return _Term(f"c.{new}", variable.name, new, f"generate double {new} = {old} / {per:.15g}")


def _linear(variable: _Variable, levels: Sequence[str], coding: Coding, taken: set[str]) -> _Term:
    """Levels as numbers, one step each."""
    order = reversed(levels) if coding.linear == "reversed" else levels
    rules = [f"({variable.codes[level]} = {place})" for place, level in enumerate(order)]
    return _recoded(variable, "linear", rules, "c", taken)


def _merged(variable: _Variable, coding: Coding, taken: set[str]) -> _Term:
    """Levels put together, beside a reference."""
    rules = []
    for place, (merged, levels) in enumerate(coding.merged.items(), 1):
        # as it was recorded, and as it stands where it was imputed
        either = [level for level in (*levels, merged) if level in variable.codes]
        codes = " ".join(str(variable.codes[level]) for level in dict.fromkeys(either))
        rules.append(f'({codes} = {place} "{_as_text(merged)}")')
    base = [*coding.merged].index(coding.reference) + 1
    return _recoded(variable, "merged", rules, f"ib{base}", taken)


def _recoded(
    variable: _Variable, how: str, rules: Sequence[str], factor: str, taken: set[str]
) -> _Term:
    """A term whose column is recoded. factor: how `logit` shall take it, `c` for a number."""
    old = variable.written
    new = _name(f"{old[: LONGEST_NAME - len(how) - 1]}_{how}", taken)
    line = f"recode {old} {' '.join(rules)}, generate({new})"
    return _Term(f"{factor}.{new}", variable.name, new, line)


def _robust(imputed: Imputed, variables: Mapping[str, _Variable]) -> list[str]:
    """The option of robust standard errors, if the model names a cluster."""
    cluster = imputed.cohort.study.cluster(imputed.model)
    return [f", vce(cluster {variables[cluster].written})"] if cluster else []


def _condition(terms: list[_Term], variables: Mapping[str, _Variable]) -> str:
    """The rows of the adjusted model, where a variable does not concern everybody at every m: a
    gate can be imputed as closed in one data set and as open in the last.
    """
    of_model = [variables[term.variable] for term in terms]
    hard = [variable.written for variable in of_model if variable.reasons]
    return f" if !missing({', '.join(hard)})" if hard else ""


def _as_text(text: str) -> str:
    """Text that Stata reads as text in a .do file: one line, no macro, no quote, no beginning of a
    comment.
    """
    plain = " ".join(text.split()).replace('"', "'").replace("`", "'").replace("$", "\\$")
    return re.sub(r"/(?=[/*])", "/ ", plain)


def _continued(*parts: str) -> Iterator[str]:
    """A command over several lines of at most 110 characters."""
    # 102, and four characters on either side: the indent, and the mark that the command goes on
    *lines, last = wrap(" ".join(parts), 102, break_long_words=False, break_on_hyphens=False)
    indent = ""
    for line in lines:
        yield f"{indent}{line} ///"
        indent = "    "
    yield f"{indent}{last}"
