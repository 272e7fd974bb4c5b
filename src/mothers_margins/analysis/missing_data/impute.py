"""Multiple imputation of a cohort as its study declares it: which rows, which variables, how, and
what came of it.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from mothers_margins import places
from mothers_margins.absent import AbsenceError, not_there
from mothers_margins.analysis.missing_data.answered import Threshold, summed_from, threshold
from mothers_margins.analysis.missing_data.equations import RunEquations, as_analysed, gates
from mothers_margins.analysis.missing_data.imputed import Composites, Done, Imputed
from mothers_margins.analysis.missing_data.progress import shown
from mothers_margins.cohort.cohort import Cohort, column, gap, only_recorded
from mothers_margins.errors import UsageError, expect_flags, unknown
from mothers_margins.imputation import (
    Draws,
    Equation,
    Imputations,
    Passive,
    chained,
    read_cells,
    write_cells,
)
from mothers_margins.results.save import of_study
from mothers_margins.study.analysis_plan import MissingData
from mothers_margins.study.study import Study


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
    draws: Draws = "calibrated",
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
    the second of two other levels), for a run that is not missing at random. draws: `calibrated`
    levels are imputed as often as they are seen; `plain` as mice and Stata draw them, for parity.
    keep: store the
    imputed cells in internal/STUDY/ of the run's folder, under a key of all that they depend on.
    Cells that are stored there under the same key, or by a run of the demonstration data, are read,
    not made again. Raises UsageError for a
    study without a plan, an outcome without a declared run, unknown names, a model that lists
    nothing for the outcome, and an outcome that stands in a variable to be imputed.
    """
    expect_flags("impute", keep=keep, progress=progress)
    study = only_recorded(cohort, "impute").study
    plan = _plan(study)
    outcome = _outcome(study, plan, outcome)
    if composites not in ("components", "direct", "missing_as_no"):
        raise UsageError("impute: composites is components, direct or missing_as_no.")
    asked = _Asked(outcome, *_model(study, model, outcome))
    if keep and cohort.source.kind == "restricted":
        _refuse_inside_the_project()
    chains = _as_planned(plan, m, burnin, seed, n_jobs, draws)
    if composites != "components" and not {*asked.terms} & {*plan.composites}:
        raise not_there("no_composites")
    prepared = _prepared(cohort, plan, asked, composites, dict(shifts or {}))
    if not prepared.equations:
        raise not_there("everything_known")
    imputations = _read_or_made(prepared, chains, outcome, keep=keep, progress=progress)
    return Imputed(
        cohort=prepared.cohort,
        outcome=outcome,
        model=asked.model,
        composites=composites,
        shifts=dict(shifts or {}),
        filled=tuple(str(target.name) for target in imputations.targets),
        run=prepared.run,
        done=prepared.done,
        made=imputations,
        burnin=chains.burnin,
        seed=chains.seed,
    )


def _plan(study: Study) -> MissingData:
    if study.file.missing_data is None:
        raise not_there("no_plan_for_missing")
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
        raise not_there("no_run", outcome=outcome)
    return outcome


def _model(study: Study, asked: str | None, outcome: str) -> tuple[str, tuple[str, ...]]:
    """The model that is asked for, or the first that lists a variable for the outcome; and what it
    lists.
    """
    listing = (name for name in study.file.models if study.terms(name, outcome))
    model = asked or next(listing, next(iter(study.file.models)))
    terms = study.terms(model, outcome)
    if not terms:
        raise not_there("no_terms", model=model, outcome=outcome)
    return model, terms


def _refuse_inside_the_project() -> None:
    """Raise UsageError if what a run writes would stand inside the project's folder."""
    if places.inside_project(places.out_folder()):
        raise UsageError(
            "impute: imputed cells of restricted data stay outside the project's folder.",
            (),
            f"Set the environment variable {places.OUT} to a folder outside, then start "
            "JupyterLab again.",
        )


@dataclass(frozen=True)
class _Chains:
    """How many chains are run, and how."""

    m: int
    burnin: int
    seed: int
    n_jobs: int
    draws: Draws


def _as_planned(
    plan: MissingData,
    m: int | None,
    burnin: int | None,
    seed: int | None,
    n_jobs: int,
    draws: Draws,
) -> _Chains:
    """The chains that are asked for; m, burnin and seed by default the plan's. UsageError for
    numbers that are none of chains.
    """
    m = plan.m if m is None else m
    burnin = plan.burnin if burnin is None else burnin
    seed = plan.seed if seed is None else seed
    if m < 1 or burnin < 1 or seed < 0:
        raise UsageError("impute: m and burnin are 1 or more, and seed is 0 or more.")
    return _Chains(m, burnin, seed, n_jobs, draws)


def _read_or_made(
    prepared: "_Prepared", chains: _Chains, outcome: str, *, keep: bool, progress: bool
) -> Imputations:
    """The imputed cells that are stored under the key of this run, or new ones; kept, if that is
    asked for.
    """
    key = prepared.key(chains.burnin, chains.seed, chains.draws)
    path = of_study(prepared.cohort.study.name, f"imputed_{outcome}_{key}.npz")
    stored = _stored(path, prepared, chains.m)
    if stored is not None:
        imputations = stored
    else:
        with shown("impute", chains.m, progress) as report:
            imputations = _chained(prepared, chains, report)
    # what was read stays as it is, it may hold more imputations; but in the batch a notebook must
    # write what it keeps
    in_place = places.staged(path)
    if keep and not (stored is not None and in_place.exists()):
        places.write_whole(
            places.staged(path),
            lambda part: write_cells(part, imputations),
            private=prepared.cohort.source.kind == "restricted",
        )
    return imputations


def _stored(path: str, prepared: "_Prepared", m: int) -> Imputations | None:
    """The imputed cells of an earlier run, from the first folder that holds them; the key in the
    name of the file stands for all that they depend on, so it does not matter which.
    """
    for folder in places.read_folders():
        stored = read_cells(folder / path, prepared.frame, prepared.equations, m)
        if stored is not None:
            return stored
    return None


def _chained(
    prepared: "_Prepared", chains: _Chains, report: Callable[[int], object] | None
) -> Imputations:
    try:
        return chained(
            prepared.frame,
            prepared.equations,
            m=chains.m,
            burnin=chains.burnin,
            seed=chains.seed,
            n_jobs=chains.n_jobs,
            draws=chains.draws,
            progress=report,
        )
    except (ValueError, ArithmeticError) as error:
        raise AbsenceError(
            "impute: these rows cannot be imputed.",
            (str(error),),
            "Put levels together, or leave the variable out of the plan.",
        ) from None


@dataclass(frozen=True)
class _Asked:
    """An outcome, and the model whose explanatory variables are imputed for it."""

    outcome: str
    model: str
    terms: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Prepared:
    """Rows and columns of a run, the equations of its incomplete variables, and what was done to
    get there.

    beside: what decides cells and predicts none: whom a variable concerns, what else a composite is
    made from.
    """

    cohort: Cohort
    run: RunEquations
    frame: pd.DataFrame
    equations: dict[Hashable, Equation | Passive]
    done: tuple[Done, ...]
    beside: pd.DataFrame

    @property
    def described(self) -> str:
        """The equations as the key of stored cells has them."""
        return "; ".join(self.run.described(*named) for named in self.equations.items())

    def key(self, burnin: int, seed: int, draws: Draws) -> str:
        """A short hash of all that the imputed cells depend on: values, equations, sweeps, seed,
        program, versions.
        """
        from hashlib import sha256
        from pathlib import Path

        import numpy
        import scipy

        from mothers_margins import imputation

        what = (self.described, burnin, seed, draws, numpy.__version__, scipy.__version__)
        digest = sha256(repr(what).encode())
        engine = sorted(Path(str(imputation.__file__)).parent.glob("*.py"))
        ours = (Path(__file__).with_name(f"{name}.py") for name in ("composites", "answered"))
        for source in (*engine, *ours):
            digest.update(source.read_bytes())
        for name, values in (*self.frame.items(), *self.beside.items()):
            digest.update(str((name, values.dtype)).encode())
            digest.update(pd.util.hash_pandas_object(values, index=False).to_numpy().tobytes())
        return digest.hexdigest()[:16]


def _prepared(
    cohort: Cohort,
    plan: MissingData,
    asked: "_Asked",
    composites: Composites,
    shifts: dict[str, float],
) -> _Prepared:
    done: list[Done] = []
    rows, predicting = _rows(cohort, plan, asked.outcome, done)
    inside = replace(
        cohort, data=cohort.data[rows], reasons=cohort.reasons[rows], scoring=cohort.scoring[rows]
    )
    run = _run(inside, plan, asked, composites, shifts, done)
    done += _check_shifts(run)
    equations: dict[Hashable, Equation | Passive] = {}
    beside: dict[str, pd.Series] = {}
    for name, values in run.data.items():
        if run.made_of_parts(name):
            equations[name] = run.passive(name)
        elif values.isna().any():
            # also of what only does not apply to some: no cell of it is imputed
            equations[name] = run.equation(name)
        else:
            continue
        beside |= run.decided_by(name, equations[name])
    frame = pd.DataFrame({**run.data, **predicting})
    return _Prepared(
        cohort=run.cohort,
        run=run,
        frame=frame,
        equations=equations,
        done=tuple(done),
        beside=pd.DataFrame(beside, index=frame.index),
    )


def _run(
    inside: Cohort,
    plan: MissingData,
    asked: "_Asked",
    composites: Composites,
    shifts: dict[str, float],
    done: list[Done],
) -> RunEquations:
    """What the equations of a run are made from, by the rows inside it. Adds to `done` what was
    done to get there.
    """
    declared = [name for name in asked.terms if name in plan.composites]
    parts_of = {name: plan.composites[name] for name in declared if composites == "components"}
    names = _names(inside, plan, asked, parts_of, done)
    if composites == "missing_as_no":
        inside = _missing_as_no(inside, declared, done)
    return RunEquations(
        cohort=inside,
        plan=plan,
        data={name: as_analysed(inside, asked.model, name, asked.terms) for name in names},
        parts_of=parts_of,
        cuts=_cuts(inside.study, parts_of),
        auxiliaries=_auxiliaries(inside.study, asked),
        shifts=shifts,
    )


def _cuts(study: Study, parts_of: Mapping[str, tuple[str, ...]]) -> dict[str, Threshold]:
    """Composites that are a score cut at a number. A score is drawn inside one cut; a second
    composite of the same score is made from it.
    """
    cuts: dict[str, Threshold] = {}
    for name, parts in parts_of.items():
        cut = threshold(study, name, parts)
        if cut and cut.score not in {other.score for other in cuts.values()}:
            cuts[name] = cut
    return cuts


def _auxiliaries(study: Study, asked: "_Asked") -> tuple[str, ...]:
    every = study.auxiliaries(asked.outcome)
    return tuple(name for name in every if name not in asked.terms)


def _names(
    inside: Cohort,
    plan: MissingData,
    asked: "_Asked",
    parts_of: dict[str, tuple[str, ...]],
    done: list[Done],
) -> tuple[str, ...]:
    """The variables of a run: terms, parts of composites and of sums, auxiliaries, and the gates of
    these that are incomplete. Adds the parts of sums to `parts_of`. UsageError if one of them is
    made from what the outcome is made from.
    """
    study = inside.study
    terms = asked.terms
    auxiliaries = study.auxiliaries(asked.outcome)
    parts = [part for own in parts_of.values() for part in own]
    done += [
        Done("auxiliary_left_out", name)
        for name in plan.auxiliaries
        if name not in auxiliaries and name not in terms
    ]
    names = dict.fromkeys([*terms, *parts, *auxiliaries])
    for name in list(names):
        # of a sum the parts are imputed, each with its own answers; all others see the sum only
        summed = summed_from(inside, name) if gap(inside, name).any() else ()
        if summed:
            parts_of[name] = summed
            names |= dict.fromkeys(summed)
    for name in list(names):
        for gate in gates(study, name):
            if gate not in names and gap(inside, gate).any():
                names[gate] = None
    _refuse(study, list(names), asked.outcome)
    return tuple(names)


def _missing_as_no(inside: Cohort, composites: list[str], done: list[Done]) -> Cohort:
    """A cohort in which a composite that is not known is a no."""
    filled = {}
    for name in composites:
        not_known = gap(inside, name)
        filled[name] = column(inside, name).mask(not_known, "No")
        done.append(Done("missing_as_no", name, int(not_known.sum())))
    return replace(inside, data=inside.data.assign(**filled))


def _check_shifts(run: RunEquations) -> list[Done]:
    """Those shifts that find nothing to shift; UsageError for those that could never do
    anything.
    """
    study = run.cohort.study
    absent = sorted({*run.shifts} - {*run.data})
    if absent:
        raise unknown("variable of this run", absent, tuple(run.data), "impute: shifts")
    made = [name for name in run.shifts if run.made_of_parts(name)]
    useless = [f"'{name}' is made from its parts: shift those" for name in made]
    useless += [
        f"'{name}' is neither a number nor a yes or no"
        for name in run.shifts
        if len(study.levels(name)) > 2
    ]
    if useless:
        raise UsageError("impute: shifts that would do nothing.", useless)
    return [
        Done("shift_without_effect", name) for name in run.shifts if not gap(run.cohort, name).any()
    ]


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
