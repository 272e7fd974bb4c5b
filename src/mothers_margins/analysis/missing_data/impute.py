"""Multiple imputation of a cohort as its study declares it: which rows, which variables, how, and
what came of it.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from mothers_margins import places
from mothers_margins.analysis.missing_data.composites import maker
from mothers_margins.analysis.missing_data.imputed import Composites, Done, Imputed
from mothers_margins.analysis.missing_data.progress import shown
from mothers_margins.cohort.cohort import Cohort, column, gap, only_recorded
from mothers_margins.errors import UsageError, unknown
from mothers_margins.imputation import (
    Equation,
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
    plan = study.file.missing_data
    if plan is None:
        raise UsageError(
            f"impute: study {study.name} declares no missing-data plan.",
            (),
            "Write missing_data in study.yaml.",
        )
    outcome = outcome or next(
        (one.name for one in study.file.outcomes if one.kind == "primary"), ""
    )
    if outcome not in study.outcomes:
        raise unknown("outcome", [outcome], study.outcomes, f"study {study.name}")
    if outcome not in plan.outcomes:
        remedy = (
            "An outcome predicts in its own run and is never imputed: say under "
            "missing_data.outcomes how."
        )
        raise UsageError(f"impute: the missing-data plan declares no run of {outcome}.", (), remedy)
    if composites not in ("components", "direct", "missing_as_no"):
        raise UsageError("impute: composites is components, direct or missing_as_no.")
    first, *_ = models = list(study.file.models)
    model = model or next((name for name in models if study.terms(name, outcome)), first)
    terms = study.terms(model, outcome)
    if not terms:
        raise UsageError(f"impute: model {model} lists no explanatory variable of {outcome}.")
    if keep and cohort.source.kind == "restricted" and places.inside_project(places.out_folder()):
        remedy = (
            f"Set the environment variable {places.OUT} to a folder outside, then start "
            "JupyterLab again."
        )
        raise UsageError(
            "impute: imputed cells of restricted data stay outside the project's folder.",
            (),
            remedy,
        )
    m, burnin = plan.m if m is None else m, plan.burnin if burnin is None else burnin
    seed = plan.seed if seed is None else seed
    if m < 1 or burnin < 1 or seed < 0:
        raise UsageError("impute: m and burnin are 1 or more, and seed is 0 or more.")
    prepared = _prepared(cohort, plan, outcome, terms, composites, dict(shifts or {}))
    path = of_study(study.name, f"imputed_{outcome}_{prepared.key(burnin, seed)}.npz")
    made = read_cells(places.out_folder() / path, prepared.frame, prepared.equations, m)
    stored = made is not None
    if made is None:
        frame, equations = prepared.frame, prepared.equations
        with shown("impute", m, progress) as report:
            try:
                made = chained(
                    frame, equations, m=m, burnin=burnin, seed=seed, n_jobs=n_jobs, progress=report
                )
            except (ValueError, ArithmeticError) as error:
                remedy = "Put levels together, or leave the variable out of the plan."
                raise UsageError(
                    "impute: these rows cannot be imputed.", (str(error),), remedy
                ) from None
    # what was read stays as it is, it may hold more imputations; but in the batch a notebook must
    # write what it keeps
    if keep and not (stored and places.staged(path) == places.out_folder() / path):
        restricted = cohort.source.kind == "restricted"
        places.write_whole(
            places.staged(path),
            lambda part: write_cells(part, made),
            private=restricted,
        )
    filled, rows = tuple(str(target.name) for target in made.targets), prepared.cohort
    return Imputed(
        rows,
        outcome,
        model,
        composites,
        dict(shifts or {}),
        filled,
        prepared.done,
        made,
        burnin,
        seed,
    )


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

        found = sha256(
            repr((self.described, burnin, seed, numpy.__version__, scipy.__version__)).encode()
        )
        for source in (
            *sorted(Path(str(imputation.__file__)).parent.glob("*.py")),
            Path(__file__).with_name("composites.py"),
        ):
            found.update(source.read_bytes())
        for name, values in (*self.frame.items(), *self.beside.items()):
            found.update(str((name, values.dtype)).encode())
            found.update(pd.util.hash_pandas_object(values, index=False).to_numpy().tobytes())
        return found.hexdigest()[:16]


def _prepared(
    cohort: Cohort,
    plan: MissingData,
    outcome: str,
    terms: tuple[str, ...],
    composites: Composites,
    shifts: dict[str, float],
) -> _Prepared:
    study = cohort.study
    done: list[Done] = []
    rows, predicting = _rows(cohort, plan, outcome, done)
    part_of = {
        name: plan.composites[name]
        for name in terms
        if name in plan.composites and composites == "components"
    }
    parts = tuple(dict.fromkeys(part for own in part_of.values() for part in own))
    auxiliaries = study.auxiliaries(outcome)
    later = [name for name in plan.auxiliaries if name not in (*auxiliaries, *terms)]
    done += [Done("auxiliary_left_out", name) for name in later]
    names = tuple(dict.fromkeys([*terms, *parts, *auxiliaries]))
    inside = replace(
        cohort, data=cohort.data[rows], reasons=cohort.reasons[rows], scoring=cohort.scoring[rows]
    )
    gates = [
        gate
        for name in names
        for gate in _gate(study, name)
        if gate not in names and gap(inside, gate).any()
    ]
    names = (*names, *dict.fromkeys(gates))
    _refuse(study, [*names], outcome)
    data = {name: column(inside, name) for name in names}
    if composites == "missing_as_no":
        for name in (term for term in terms if term in plan.composites):
            not_known = gap(inside, name)
            done.append(Done("missing_as_no", name, int(not_known.sum())))
            data[name] = data[name].mask(not_known, "No")
        inside = replace(inside, data=inside.data.assign(**{name: data[name] for name in terms}))
    unasked = sorted({*shifts} - {*names})
    if unasked:
        raise unknown("variable of this run", unasked, names, "impute: shifts")
    whole = [name for name in shifts if name not in part_of and not gap(inside, name).any()]
    done += [Done("shift_without_effect", name) for name in whole]
    still = [f"'{name}' is made from its parts: shift those" for name in part_of if name in shifts]
    still += [
        f"'{name}' is neither a number nor a yes or no"
        for name in shifts
        if len(study.levels(name)) > 2
    ]
    if still:
        raise UsageError("impute: shifts that would do nothing.", still)
    equations: dict[Hashable, Equation | Passive] = {}
    described, beside = [], dict[str, pd.Series]()
    for name, values in data.items():
        if name in part_of:
            equations[name] = Passive(part_of[name], maker(inside, name, part_of[name]))
            above = sorted(ancestors(study, name))
            beside |= {other: inside.data[other] for other in above if other in inside.data}
            made = [study.derived[other] for other in (name, *above) if other in study.derived]
            described.append(f"{name} passive {part_of[name]} {made}")
        elif (
            values.isna().any()
        ):  # also of what only does not apply to some: no cell of it is imputed
            mine = {part for own in part_of.values() if name in own for part in own}
            equation = Equation(
                method=plan.methods.get(name) or default_method(values),
                omit=tuple(part for part in parts if part not in mine),
                limits=study.limits(name)
                if name in study.scores
                else (-float("inf"), float("inf")),
                applies=_applies(inside, name, [*names]),
                # the log-odds that the engine shifts are of the second level, which is the No
                delta=shifts.get(name, 0.0) * (-1 if study.levels(name) == ("Yes", "No") else 1),
            )
            equations[name] = equation
            said: Any = equation.applies
            if isinstance(said, pd.Series):
                said, beside[f"{name} applies"] = "by rows", said
            described.append(
                f"{name} {equation.method} {equation.omit} {equation.limits} {said} "
                f"{equation.delta}"
            )
    frame = pd.DataFrame({**data, **predicting})
    others = pd.DataFrame(beside, index=frame.index)
    return _Prepared(inside, frame, equations, tuple(done), "; ".join(described), others)


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


def _gate(study: Study, name: str) -> tuple[str, ...]:
    """Variables that decide whether another one applies: the gate of its instrument, or what its
    field names.
    """
    instrument = study.instruments.get(name)
    field = study.fields.get(name)
    return (
        *((instrument.gate.variable,) if instrument and instrument.gate else ()),
        *(field.applies_where if field else ()),
    )


def _applies(cohort: Cohort, name: str, names: list[str]) -> Any:
    """Whom a variable concerns: by its gate where that is imputed too, else row by row; None if it
    concerns all.
    """
    study = cohort.study
    for gate in _gate(study, name):
        if gate in names and gap(cohort, gate).any():
            field, instrument = study.fields.get(name), study.instruments.get(name)
            if field and gate in field.applies_where:
                return gate, tuple(field.applies_where[gate])
            shut = instrument.gate.level if instrument and instrument.gate else ""
            return gate, tuple(level for level in study.levels(gate) if level != shut)
    outside = cohort.reasons[name].isin(study.not_applicable) & column(cohort, name).isna()
    return ~outside if outside.any() else None
