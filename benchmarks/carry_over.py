"""The values that tests/demo/test_synthetic.py holds: the declared timepoint 2 model, fitted
where there is carry-over.

Timepoint 1 adds to timepoint 2 there, which the declared model leaves out, so its coefficients
depart from the recipe. What they are is found once, on a million rows (50 drawings of 20,000):
about five minutes.
"""

import numpy as np
import pandas as pd
import statsmodels.api as sm

import mothers_margins as mm
from mothers_margins.cohort.design_columns import coded
from mothers_margins.demo.synthetic import complete_cohort

DRAWINGS, ROWS, MODEL, OUTCOME = 50, 20_000, "published_2023", "involved_t2"


def main() -> None:
    study = mm.read_study("esmi")
    parts, events = [], []
    for drawing in range(DRAWINGS):
        cohort = complete_cohort(study, ROWS, seed=drawing, carry_over=True)
        columns: dict[tuple[str, str], pd.Series] = {}
        for term in study.terms(MODEL, OUTCOME):
            columns |= coded(study, cohort.data, term)
        parts.append(sm.add_constant(pd.DataFrame(columns).to_numpy(dtype=np.float32)))
        events.append((cohort.data[OUTCOME] == "Yes").to_numpy(dtype=np.float32))
        print(f"{drawing + 1} of {DRAWINGS} drawings", flush=True)
    fit = sm.Logit(np.concatenate(events), np.concatenate(parts)).fit(disp=0)
    print(f"{DRAWINGS * ROWS} rows")
    for name, value, error in zip(["(constant)", *columns], fit.params, fit.bse, strict=True):
        print(f"{name}: ({value:.4f}, {error:.4f})")


if __name__ == "__main__":
    main()
