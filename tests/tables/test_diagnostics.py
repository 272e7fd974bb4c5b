"""The table of checks of a model."""

import pytest

import mothers_margins as mm


@pytest.fixture(scope="module")
def fit(demo) -> mm.Fit:
    return mm.fit_logistic(demo, "protocol", outcome="involved_t1")


def notes(table: mm.Table) -> str:
    return "\n".join(text for _, text in table.notes)


def test_the_checks_stand_in_one_table_with_the_numbers_of_the_results(fit):
    checks = mm.check_model(fit)
    table = mm.diagnostics(checks)
    found = checks.set_index("statistic_name")
    area = found.loc["auc"]
    printed = {
        row.label: table.print(row.cells[0]) for section in table.sections for row in section.rows
    }
    assert (
        printed["AUC"]
        == f"{area['statistic']:.2f} ({area['conf_low']:.2f} to {area['conf_high']:.2f})"
    )
    hosmer, square = found.loc["hosmer_lemeshow", "statistic"], found.loc["square", "statistic"]
    assert printed["Hosmer-Lemeshow chi-squared"] == f"{hosmer:.2f} (8 df)"
    said = f"{square:.2f}".replace("-", "\N{MINUS SIGN}")
    assert printed["Linktest: coefficient of the square"] == said
    for row in checks[checks["check"] == "calibration"].itertuples():
        key = f"Group {row.tenth} of the fitted probability"
        assert printed[key] == f"{row.n_events} and {row.statistic:.1f}"
        assert table.quote("tenth", "n", str(row.tenth)) == str(row.n)
    vif = checks[(checks["check"] == "vif") & (checks["variable"] == "ctq_total")][
        "statistic"
    ].item()
    influence = checks[(checks["check"] == "influence") & (checks["variable"] == "ctq_total")][
        "statistic"
    ].item()
    assert printed["Childhood trauma (CTQ total), per 10 points"] == f"{vif:.2f}; {influence:.2f}"
    assert "flattered" in notes(table)
    with pytest.raises(mm.UsageError, match="not checks"):
        mm.diagnostics(fit.log())
