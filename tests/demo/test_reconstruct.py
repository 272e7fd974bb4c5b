"""How rows are rebuilt from printed totals."""

import numpy as np

from mothers_margins.demo.reconstruct import _ends_of_bands


def test_a_band_that_ends_at_nought_ends_there(small_study):
    """Below nought, none and above: -5 to -1, 0, 1 to 9, of a number from -5 to 9."""
    band = small_study.derived["band"]
    bands = (
        {"level": "below", "maximum": -1},
        {"level": "none", "minimum": 0, "maximum": 0},
        {"level": "above", "minimum": 1},
    )
    written = {"name": "band", "title": "Band", "from": "visits", "bands": bands}
    variable = type(band).model_validate(written)
    field = small_study.fields["visits"]
    limits = field.constraints.model_copy(update={"minimum": -5, "maximum": 9})
    levels = np.array(["below", "none", "above"], dtype=object)
    low, high = _ends_of_bands(field.model_copy(update={"constraints": limits}), variable, levels)
    assert low.tolist() == [-5, 0, 1]
    assert high.tolist() == [-1, 0, 9]
