"""Multiple imputation of a cohort as its study declares it: which rows, which variables, how, and
what came of it.
"""

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from mothers_margins import places
from mothers_margins.analysis.missing_data.composites import maker
from mothers_margins.analysis.missing_data.imputed import Composites, Done, Imputed
from mothers_margins.analysis.missing_data.progress import shown
from mothers_margins.cohort.cohort import Cohort, column, gap, only_recorded
from mothers_margins.errors import UsageError, unknown
from mothers_margins.imputation import (
    Equation,
    Imputations,
    Passive,
    chained,
    default_method,
    read_cells,
    write_cells,
)
from mothers_margins.results.save import of_study
from mothers_margins.study.analysis_plan import MissingData
from mothers_margins.study.study import Study, ancestors


def impute(
    cohort: Cohort,
    outcome: str | None = None,
    model: str | None = None,
    *,
    m: int | None = None,
    burnin: int | None = None,
    seed: int | None = None,
    n_jobs: int = 1,
    composites: Composites = "components",
    shifts: Mapping[str, float] | None = None,
    keep: bool = False,
    progress: bool = True,
) -> Imputed:
    """Impute the explanatory variables of a model for one outcome, by chained equations, as the
    study's plan says.

    The outcome predicts and is never imputed: the rows are those for whom it is known. model: whose
    explanatory variables are imputed, with the plan's auxiliary ones; by default the study's first
    that lists any for the outcome. m, burnin, seed: by default the plan's. n_jobs: processes; the
    result is the same for any number. composites: `components` imputes the declared parts and makes
    the composite from them; `direct` imputes the composite itself; `missing_as_no` takes a missing
    composite for a no. shifts: added to the imputed values of a variable (to log-odds of Yes, or of
    the second of two other levels), for a run that is not missing at random. keep: store the
    imputed cells in internal/STUDY/ of the run's folder, under a key of all that they depend on.
    Cells that are stored there under the same key are read, not made again. Raises UsageError for a
    study without a plan, an outcome without a declared run, unknown names, a model that lists
    nothing for the outcome, and an outcome that stands in a variable to be imputed.
    """
    study = only_recorded(cohort, "impute").study
    plan = _plan(study)
    outcome = _outcome(study, plan, outcome)
    if composites not in ("components", "direct", "missing_as_no"):
        raise UsageError("impute: composites is components, direct or missing_as_no.")
    model, terms = _model(study, model, outcome)
    is_restricted = cohort.source.kind == "restricted"
    if keep and is_restricted and places.inside_project(places.out_folder()):
        raise UsageError(
            "impute: imputed cells of restricted data stay outside the project's folder.",
            (),
            f"Set the environment variable {places.OUT} to a folder outside, then start "
            "JupyterLab again.",
        )
    m = plan.m if m is None else m
    burnin = plan.burnin if burnin is None else burnin
    seed = plan.seed if seed is None else seed
    if m < 1 or burnin < 1 or seed < 0:
        raise UsageError("impute: m and burnin are 1 or more, and seed is 0 or more.")
    prepared = _prepared(cohort, plan, outcome, terms, composites, dict(shifts or {}))
    path = of_study(study.name, f"imputed_{outcome}_{prepared.key(burnin, seed)}.npz")
    stored = read_cells(places.out_folder() / path, prepared.frame, prepared.equations, m)
    if stored is not None:
        imputations = stored
    else:
        with shown("impute", m, progress) as report:
            imputations = _chained(prepared, m, burnin, seed, n_jobs, report)
    # what was read stays as it is, it may hold more imputations; but in the batch a notebook must
    # write what it keeps
    is_in_place = stored is not None and places.staged(path) == places.out_folder() / path
    if keep and not is_in_place:
        places.write_whole(
            places.staged(path), lambda part: write_cells(part, imputations), private=is_restricted
        )
    return Imputed(
        cohort=prepared.cohort,
        outcome=outcome,
        model=model,
        composites=composites,
        shifts=dict(shifts or {}),
        filled=tuple(str(target.name) for target in imputations.targets),
        done=prepared.done,
        made=imputations,
        burnin=burnin,
        seed=seed,
    )


def _plan(study: Study) -> MissingData:
    if study.file.missing_data is None:
        raise UsageError(
            f"impute: study {study.name} declares no missing-data plan.",
            (),
            "Write missing_data in study.yaml.",
        )
    return study.file.missing_data


def _outcome(study: Study, plan: MissingData, asked: str | None) -> str:
    """The outcome that is asked for, or the primary one; UsageError if the plan has no run of
    it.
    """
    primary = (outcome.name for outcome in study.file.outcomes if outcome.kind == "primary")
    outcome = asked or next(primary, "")
    if outcome not in study.outcomes:
        raise unknown("outcome", [outcome], study.outcomes, f"study {study.name}")
    if outcome not in plan.outcomes:
        raise UsageError(
            f"impute: the missing-data plan declares no run of {outcome}.",
            (),
            "An outcome predicts in its own run and is never imputed: say under "
            "missing_data.outcomes how.",
        )
    return outcome


def _model(study: Study, asked: str | None, outcome: str) -> tuple[str, tuple[str, ...]]:
    """The model that is asked for, or the first that lists a variable for the outcome; and what it
    lists.
    """
    listing = (name for name in study.file.models if study.terms(name, outcome))
    model = asked or next(listing, next(iter(study.file.models)))
    terms = study.terms(model, outcome)
    if not terms:
        raise UsageError(f"impute: model {model} lists no explanatory variable of {outcome}.")
    return model, terms


def _chained(
    prepared: "_Prepared",
    m: int,
    burnin: int,
    seed: int,
    n_jobs: int,
    report: Callable[[int], object] | None,
) -> Imputations:
    try:
        return chained(
            prepared.frame,
            prepared.equations,
            m=m,
            burnin=burnin,
            seed=seed,
            n_jobs=n_jobs,
            progress=report,
        )
    except (ValueError, ArithmeticError) as error:
        raise UsageError(
            "impute: these rows cannot be imputed.",
            (str(error),),
            "Put levels together, or leave the variable out of the plan.",
        ) from None


@dataclass(frozen=True, eq=False)
class _Prepared:
    """Rows and columns of a run, the equations of its incomplete variables, and what was done to
    get there.

    beside: what decides cells and predicts none: whom a variable concerns, what else a composite is
    made from.
    """

    cohort: Cohort
    frame: pd.DataFrame
    equations: dict[Hashable, Equation | Passive]
    done: tuple[Done, ...]
    described: str
    beside: pd.DataFrame

    def key(self, burnin: int, seed: int) -> str:
        """A short hash of all that the imputed cells depend on: values, equations, sweeps, seed,
        program, versions.
        """
        from hashlib import sha256
        from pathlib import Path

        import numpy
        import scipy

        from mothers_margins import imputation

        what = (self.described, burnin, seed, numpy.__version__, scipy.__version__)
        digest = sha256(repr(what).encode())
        engine = sorted(Path(str(imputation.__file__)).parent.glob("*.py"))
        for source in (*engine, Path(__file__).with_name("composites.py")):
            digest.update(source.read_bytes())
        for name, values in (*self.frame.items(), *self.beside.items()):
            digest.update(str((name, values.dtype)).encode())
            digest.update(pd.util.hash_pandas_object(values, index=False).to_numpy().tobytes())
        return digest.hexdigest()[:16]


def _prepared(
    cohort: Cohort,
    plan: MissingData,
    outcome: str,
    terms: tuple[str, ...],
    composites: Composites,
    shifts: dict[str, float],
) -> _Prepared:
    done: list[Done] = []
    rows, predicting = _rows(cohort, plan, outcome, done)
    inside = replace(
        cohort, data=cohort.data[rows], reasons=cohort.reasons[rows], scoring=cohort.scoring[rows]
    )
    declared = [name for name in terms if name in plan.composites]
    parts_of = {name: plan.composites[name] for name in declared if composites == "components"}
    names = _names(inside, plan, outcome, terms, parts_of, done)
    if composites == "missing_as_no":
        inside = _missing_as_no(inside, declared, done)
    done += _check_shifts(inside, shifts, names, parts_of)
    run = _Run(inside, plan, names, parts_of, shifts)
    data = {name: column(inside, name) for name in names}
    equations: dict[Hashable, Equation | Passive] = {}
    beside: dict[str, pd.Series] = {}
    for name, values in data.items():
        if name in parts_of:
            equations[name] = run.passive(name)
            beside |= run.made_from_too(name)
        elif values.isna().any():
            # also of what only does not apply to some: no cell of it is imputed
            equation = run.equation(name, values)
            equations[name] = equation
            if isinstance(equation.applies, pd.Series):
                beside[f"{name} applies"] = equation.applies
    frame = pd.DataFrame({**data, **predicting})
    return _Prepared(
        cohort=inside,
        frame=frame,
        equations=equations,
        done=tuple(done),
        described="; ".join(run.described(name, equations[name]) for name in equations),
        beside=pd.DataFrame(beside, index=frame.index),
    )


def _names(
    inside: Cohort,
    plan: MissingData,
    outcome: str,
    terms: tuple[str, ...],
    parts_of: Mapping[str, tuple[str, ...]],
    done: list[Done],
) -> tuple[str, ...]:
    """The variables of a run: terms, parts of composites, auxiliaries, and the gates of these that
    are incomplete. UsageError if one of them is made from what the outcome is made from.
    """
    study = inside.study
    auxiliaries = study.auxiliaries(outcome)
    parts = [part for own in parts_of.values() for part in own]
    done += [
        Done("auxiliary_left_out", name)
        for name in plan.auxiliaries
        if name not in auxiliaries and name not in terms
    ]
    names = dict.fromkeys([*terms, *parts, *auxiliaries])
    for name in list(names):
        for gate in _gates(study, name):
            if gate not in names and gap(inside, gate).any():
                names[gate] = None
    _refuse(study, list(names), outcome)
    return tuple(names)


def _missing_as_no(inside: Cohort, composites: list[str], done: list[Done]) -> Cohort:
    """A cohort in which a composite that is not known is a no."""
    filled = {}
    for name in composites:
        not_known = gap(inside, name)
        filled[name] = column(inside, name).mask(not_known, "No")
        done.append(Done("missing_as_no", name, int(not_known.sum())))
    return replace(inside, data=inside.data.assign(**filled))


def _check_shifts(
    inside: Cohort,
    shifts: Mapping[str, float],
    names: tuple[str, ...],
    parts_of: Mapping[str, tuple[str, ...]],
) -> list[Done]:
    """Those shifts that find nothing to shift; UsageError for those that could never do
    anything.
    """
    absent = sorted({*shifts} - {*names})
    if absent:
        raise unknown("variable of this run", absent, names, "impute: shifts")
    useless = [
        f"'{name}' is made from its parts: shift those" for name in parts_of if name in shifts
    ]
    useless += [
        f"'{name}' is neither a number nor a yes or no"
        for name in shifts
        if len(inside.study.levels(name)) > 2
    ]
    if useless:
        raise UsageError("impute: shifts that would do nothing.", useless)
    return [
        Done("shift_without_effect", name)
        for name in shifts
        if name not in parts_of and not gap(inside, name).any()
    ]


@dataclass(frozen=True, eq=False)
class _Run:
    """What the equations of a run are made of. parts_of: composites with the parts that they are
    made from in every sweep.
    """

    cohort: Cohort
    plan: MissingData
    names: tuple[str, ...]
    parts_of: Mapping[str, tuple[str, ...]]
    shifts: Mapping[str, float]

    def passive(self, name: str) -> Passive:
        """How a composite is made from its parts."""
        return Passive(self.parts_of[name], maker(self.cohort, name, self.parts_of[name]))

    def described(self, name: Hashable, equation: Equation | Passive) -> str:
        """An equation as the key of stored cells has it."""
        if isinstance(equation, Passive):
            return self._described_passive(str(name))
        applies = "by rows" if isinstance(equation.applies, pd.Series) else equation.applies
        return (
            f"{name} {equation.method} {equation.omit} {equation.limits} {applies} {equation.delta}"
        )

    def _described_passive(self, name: str) -> str:
        study = self.cohort.study
        above = sorted(ancestors(study, name))
        made = [study.derived[other] for other in (name, *above) if other in study.derived]
        return f"{name} passive {self.parts_of[name]} {made}"

    def made_from_too(self, name: str) -> dict[str, pd.Series]:
        """What else decides a composite, though it predicts nothing."""
        above = sorted(ancestors(self.cohort.study, name))
        return {other: self.cohort.data[other] for other in above if other in self.cohort.data}

    def equation(self, name: str, values: pd.Series) -> Equation:
        """How an incomplete variable is imputed."""
        study = self.cohort.study
        no_limits = (-float("inf"), float("inf"))
        # the log-odds that the engine shifts are of the second level, which is the No
        sign = -1 if study.levels(name) == ("Yes", "No") else 1
        return Equation(
            method=self.plan.methods.get(name) or default_method(values),
            omit=self._parts_of_others(name),
            limits=study.limits(name) if name in study.scores else no_limits,
            applies=_applies(self.cohort, name, self.names),
            delta=self.shifts.get(name, 0.0) * sign,
        )

    def _parts_of_others(self, name: str) -> tuple[str, ...]:
        """The parts of all composites that a variable is no part of: the composite predicts it in
        their place.
        """
        beside = {part for parts in self.parts_of.values() if name in parts for part in parts}
        every = dict.fromkeys(part for parts in self.parts_of.values() for part in parts)
        return tuple(part for part in every if part not in beside)


def _rows(
    cohort: Cohort, plan: MissingData, outcome: str, done: list[Done]
) -> tuple[pd.Series, dict[str, pd.Series]]:
    """Rows of a run, and the outcomes that predict in it, as 0 and 1."""
    run, study = plan.outcomes[outcome], cohort.study
    rows = column(cohort, outcome).notna()
    concerned = ~cohort.reasons[outcome].isin(study.not_applicable)
    done.append(Done("outcome_not_known", outcome, int((~rows & concerned).sum())))
    if not concerned.all():
        done.append(Done("not_concerned", outcome, int((~concerned).sum())))
    for other in run.also if run.unknown == "left_out" else ():
        not_known = rows & column(cohort, other).isna()
        rows &= ~not_known
        done.append(Done("predicting_outcome_not_known", other, int(not_known.sum())))
    predicting = {}
    for name in (outcome, *run.also):
        numbers = column(cohort, name)[rows].map({"Yes": 1.0, "No": 0.0}).astype(float)
        not_known = numbers.isna()
        if not_known.any():
            done.append(Done("average_in_place", name, int(not_known.sum())))
        predicting[name] = numbers.fillna(numbers.mean())
    return rows, predicting


def _refuse(study: Study, names: list[str], outcome: str) -> None:
    made_from = [
        name
        for name in names
        if name in study.outcomes or study.recorded(name) & study.recorded(outcome)
    ]
    if made_from:
        raise UsageError(
            f"impute: an outcome is never imputed, and these hold what {outcome} is made from.",
            made_from,
        )


def _gates(study: Study, name: str) -> tuple[str, ...]:
    """Variables that decide whether another one applies: the gate of its instrument, or what its
    field names.
    """
    instrument = study.instruments.get(name)
    field = study.fields.get(name)
    of_instrument = (instrument.gate.variable,) if instrument and instrument.gate else ()
    return (*of_instrument, *(field.applies_where if field else ()))


def _applies(
    cohort: Cohort, name: str, names: Collection[str]
) -> pd.Series | tuple[Hashable, tuple[str, ...]] | None:
    """Whom a variable concerns: by its gate where that is imputed too, else row by row; None if it
    concerns all.
    """
    study = cohort.study
    for gate in _gates(study, name):
        if gate in names and gap(cohort, gate).any():
            return gate, _opening_levels(study, name, gate)
    outside = cohort.reasons[name].isin(study.not_applicable) & column(cohort, name).isna()
    return ~outside if outside.any() else None


def _opening_levels(study: Study, name: str, gate: str) -> tuple[str, ...]:
    """The levels of a gate at which a variable applies."""
    field = study.fields.get(name)
    if field and gate in field.applies_where:
        return tuple(field.applies_where[gate])
    instrument = study.instruments.get(name)
    closing = instrument.gate.level if instrument and instrument.gate else ""
    return tuple(level for level in study.levels(gate) if level != closing)
