import pytest
from matplotlib.figure import Figure
from test_html import Page

import simulate as sim
from simulate.report.figures import draw, variance_by_source
from simulate.report.html import render_report
from simulate.report.numbers import plain_percent

#: A report simulates under many true savings and sizes.
pytestmark = pytest.mark.slow_without_compiler


@pytest.fixture(scope="module")
def exact(aco):
    return sim.run(aco, contracts=["track-1", "basic-e"], engine="exact", true_savings=0.01)


def section(run, title="Where the risk comes from", following="What could change the answer"):
    plain = Page(render_report(run)).body.replace("\xa0", " ")
    start = plain.index(title, plain.index("What a year can bring"))
    return plain[start : plain.index(following, start)]


def change(run):
    return section(run, "What could change the answer", "What it rests on")


def test_every_source_and_contract_is_in_the_section(run):
    text = section(run)
    found = run.decomposition
    for source, part in found.savings_rate.items():
        share = part.value / found.total()
        assert source in text.lower() or share < 0.005
        assert plain_percent(share, 0) in text
    shares = text[text.index("What varies") :]
    assert "Benchmark years" not in shares  # they are not simulated
    for contract_id, result in run.contracts.items():
        assert result.resolved.contract.title.rpartition("Level ")[2] in shares
        assert contract_id in shares


def test_the_noise_range_is_in_the_section(run):
    text = change(run)
    assert "2.02 to 2.32" in text
    assert "0.43 to 0.86 points" in text
    assert "error of the model" in text
    for ends in (run.noise_range.assumed, run.noise_range.chance_alone):
        for low, high in ends["enhanced"].values():
            assert plain_percent(low, 1) in text
            assert plain_percent(high, 1) in text


def test_stated_noise_has_no_range(aco):
    run = sim.run(aco, contracts=["basic-e"], years=20, noise_constant=2.15)
    assert "stated by the user and has no calibrated interval" in change(run)


def test_an_exact_run_has_the_range_and_no_decomposition(exact):
    assert "as computed" in change(exact)
    assert "Shares of the variance" not in section(exact)
    with pytest.raises(sim.UserError, match="simulated years"):
        draw(exact, "decomposition")


def test_an_exact_report_claims_no_simulated_years(exact):
    plain = Page(render_report(exact)).plain.split("The scenario, as TOML")[0].lower()
    for claim in ("simulated year", "simulated performance year", "as simulated", "standard error"):
        assert claim not in plain
    assert "exact engine" in plain


def test_without_noise_nothing_varies(aco):
    silent = sim.run(aco, contracts=["track-1"], years=5, noise_constant=0.0, true_savings=0)
    assert "Nothing varies" in [text.get_text() for text in variance_by_source(silent).texts]
    assert "0.00 points" in section(silent)


def test_the_figure_draws_on_given_axes_and_labels_what_fits(run):
    axes = Figure().add_subplot()
    assert variance_by_source(run, axes) is axes
    assert axes.get_xlabel() == "Share of the variance, %"
    shown = " ".join(text.get_text() for text in axes.texts)
    share = run.decomposition.savings_rate["people"].value / run.decomposition.total()
    assert f"{100 * share:.0f} %" in shown
    for result in run.contracts.values():
        assert result.resolved.contract.title.rpartition("Level ")[2] in shown
    assert [t.get_text() for t in axes.get_legend().get_texts()][:2] == [
        "people",
        "practice clusters",
    ]
