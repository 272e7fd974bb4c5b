"""What several files about imputation read."""

from pathlib import Path

import pandas as pd
import pytest

FOLDER = Path(__file__).parents[1] / "data" / "reference"


@pytest.fixture(scope="module")
def holes() -> pd.DataFrame:
    """The 189 births with holes: lwt, race, smoke and ptlc are incomplete."""
    frame = pd.read_csv(FOLDER / "birthwt_holes.csv", dtype={"ptlc": "str"})
    frame["race"] = pd.Categorical(frame["race"], ["white", "black", "other"])
    frame["ptlc"] = pd.Categorical(frame["ptlc"], ["0", "1", "2+"], ordered=True)
    return frame.astype({"smoke": "Int64"})
