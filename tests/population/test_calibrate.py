"""`calibrate` on small synthetic extracts: layouts, CMS's arithmetic, persistence."""

from __future__ import annotations

import gzip
import importlib.util
import math
from itertools import pairwise

import numpy as np
import pytest
from claims_cases import COUNT, TYPES, changed, extract, synpuf, with_flags, write_csv
from scipy import stats

from simulate.errors import UserError
from simulate.population import claims_files
from simulate.population.calibrate import around_percentile, calibrate
from simulate.population.claims import hashed, read_claims, type_counts
from simulate.population.spend import default_model

QUICK = ("lognormal", "quantile_table")
arrow = importlib.util.find_spec("pyarrow") is not None
needs_arrow = pytest.mark.skipif(not arrow, reason="pyarrow is not installed")


def quick(paths, mapping=None, **options):
    return calibrate(paths, mapping, families=QUICK, **options)


@pytest.fixture
def plain(tmp_path):
    return write_csv(tmp_path / "claims.csv", extract())


def by_hand(columns: dict, kind: str) -> tuple[float, float, float]:
    """Truncation point, truncated mean and CV of one type, in plain Python."""
    rows = zip(*(columns[k].tolist() for k in ("enrollment_type", "months", "paid")), strict=True)
    people = sorted((paid * 12.0 / months, months / 12.0) for t, months, paid in rows if t == kind)
    middle = math.ceil(0.99 * len(people)) - 1
    first = min(middle - 5, len(people) - 11)
    cap = sum(x for x, _ in people[first : first + 11]) / 11
    years = sum(w for _, w in people)
    mean = sum(w * min(x, cap) for x, w in people) / years
    second = sum(w * min(x, cap) ** 2 for x, w in people) / years
    return cap, mean, math.sqrt(second - mean**2) / mean


def test_annualised_truncated_then_completed(plain) -> None:
    columns = extract()
    found = quick(plain)
    assert [m.enrollment_type for m in found.models] == list(TYPES)
    for kind in TYPES:
        cap, mean, cv = by_hand(columns, kind)
        result = found.types[kind]
        (year,) = result.years
        assert year.truncation_point == pytest.approx(cap, rel=1e-5)
        assert year.per_capita == pytest.approx(1.013 * mean, rel=1e-5)
        assert year.count == COUNT[kind]
        assert result.sample.figures.truncated_cv == pytest.approx(cv, rel=1e-4)
        assert result.sample.truncation == pytest.approx(cap / mean, rel=1e-4)
        assert result.model.shape.truncated(result.model.truncation).mean == pytest.approx(1.0)


def test_completion_factor_moves_dollars_and_not_the_shape(plain) -> None:
    stated, other = quick(plain), quick(plain, completion_factor=1.0)
    for a, b in zip(stated.types.values(), other.types.values(), strict=True):
        assert a.years[0].per_capita == pytest.approx(1.013 * b.years[0].per_capita)
        assert a.model == b.model


def test_flags_decide_the_type_as_cms_orders_them(tmp_path, plain) -> None:
    flagged = write_csv(tmp_path / "flagged.csv", with_flags(extract()))
    assert type_counts(read_claims([flagged])) == COUNT
    # The parts add up to the total, so the models are the same.
    for a, b in zip(quick(flagged).models, quick(plain).models, strict=True):
        assert a.truncated_cv == pytest.approx(b.truncated_cv, rel=1e-5)


def test_order_of_types_and_the_larger_part_of_the_year(tmp_path) -> None:
    flags = with_flags(extract())
    first = {name: values[:8] for name, values in flags.items()}
    first["esrd"] = np.array(["Y", "0", "0", "0", "0", "0", "0", "0"])
    first["birth_date"] = np.array(
        [
            "1990-01-01",
            "1957-06-30",
            "1957-07-01",
            "19400101",
            "1940-01-01",
            "1990-01-01",
            "1940-01-01",
            "1940-01-01",
        ]
    )
    first["part_a_months"] = first["part_b_months"] = np.array([12, 12, 12, 12, 12, 12, 8, 8])
    first["dual_months"] = np.array([12, 0, 0, 6, 5, 12, 4, 0])
    kinds = read_claims([write_csv(tmp_path / "f.csv", first)]).kind
    # ESRD before disabled; 65 by 1 July is aged; dual in at least half of the months.
    assert [TYPES[k] for k in kinds] == [
        "esrd", "aged_non_dual", "disabled", "aged_dual", "aged_non_dual", "disabled",
        "aged_dual", "aged_non_dual",
    ]  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_and_quoted_headers(tmp_path, plain, delimiter) -> None:
    path = write_csv(tmp_path / "d.csv", extract(), quoted=True, delimiter=delimiter)
    assert quick(path).models == quick(plain).models


def test_gzip_and_byte_order_mark(tmp_path, plain) -> None:
    text = plain.read_bytes()
    zipped = tmp_path / "claims.csv.gz"
    zipped.write_bytes(gzip.compress(text))
    marked = tmp_path / "marked.csv"
    marked.write_bytes(b"\xef\xbb\xbf" + text)
    expected = quick(plain).models
    assert quick(zipped).models == expected
    assert quick(marked).models == expected


@needs_arrow
def test_parquet_as_csv(tmp_path, plain) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    columns = extract()
    path = tmp_path / "claims.parquet"
    held = {name: pa.array(values) for name, values in columns.items()}
    held["enrollment_type"] = held["enrollment_type"].dictionary_encode()
    held["months"] = held["months"].cast(pa.int8())
    parquet.write_table(pa.table(held), path, row_group_size=1_000)
    assert quick(path).models == quick(plain).models
    damaged = tmp_path / "cut.parquet"
    damaged.write_bytes(path.read_bytes()[:2_000])
    with pytest.raises(UserError, match="damaged Parquet"):
        quick(damaged)


def test_pandas_reads_the_same(tmp_path, plain, monkeypatch) -> None:
    pytest.importorskip("pandas")
    messy = changed(extract(), paid={3: "abc", 7: "$1,2"}, id={9: ""})
    messy["paid"][7] = '"$1,234.50"'
    path = write_csv(tmp_path / "messy.csv", messy)
    expected = [quick(plain), quick(path)]
    original = claims_files._module
    hidden = lambda name: None if name.startswith("pyarrow") else original(name)  # noqa: E731
    monkeypatch.setattr(claims_files, "_module", hidden)
    for reference, file in zip(expected, (plain, path), strict=True):
        found = quick(file)
        assert found.models == reference.models
        assert found.findings == reference.findings
    assert (expected[1].findings[0].count, expected[1].findings[0].row) == (2, 5)


def test_neither_pyarrow_nor_pandas(plain, monkeypatch) -> None:
    monkeypatch.setattr(claims_files, "_module", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'simulate\[claims\]'"):
        quick(plain)


def test_mapping(tmp_path, plain) -> None:
    columns = extract()
    renamed = {
        "MBR": columns["id"], "CY": columns["year"], "KIND": columns["enrollment_type"],
        "MM": columns["months"], "A_AMT": np.round(columns["paid"] * 0.25, 4),
        "B_AMT": np.round(columns["paid"] * 0.75, 4),
    }  # fmt: skip
    path = write_csv(tmp_path / "own.csv", renamed)
    mapping = {"id": "MBR", "year": "CY", "enrollment_type": "KIND", "months": "MM"}
    found = quick(path, mapping | {"paid": ["A_AMT", "B_AMT"]})
    for a, b in zip(found.models, quick(plain).models, strict=True):
        assert a.truncated_cv == pytest.approx(b.truncated_cv, rel=1e-4)


def test_synpuf_as_it_is(tmp_path) -> None:
    columns = synpuf(extract(year=2009))
    path = tmp_path / "DE1_0_2009_Beneficiary_Summary_File_Sample_1.csv"
    found = quick(write_csv(path, columns, quoted=True))
    assert found.sources[0].years == (2009,)
    assert found.types["esrd"].sample.count == COUNT["esrd"]
    assert found.types["aged_non_dual"].sample.count == COUNT["aged_dual"] + COUNT["aged_non_dual"]
    # No dual flag: that type keeps the default, and the file is not refused.
    assert found.types["aged_dual"].model == default_model("aged_dual")
    said = " ".join(found.notes)
    assert all(word in said for word in ("synthetic", "no dual flag", "three parts"))
    amount = sum(columns[f"MEDREIMB_{part}"] for part in ("IP", "OP", "CAR"))
    amount = amount * 12.0 / columns["BENE_HI_CVRAGE_TOT_MONS"]
    esrd = amount[columns["BENE_ESRD_IND"] == "Y"]
    cap = np.sort(esrd)[-11:].mean()
    assert found.types["esrd"].years[0].truncation_point == pytest.approx(cap, rel=1e-5)


class TestExclusions:
    def test_each_kind_is_counted_with_its_first_row(self, tmp_path) -> None:
        columns = changed(
            with_flags(extract()),
            id={4: ""}, paid_part_a={9: ""}, part_a_months={10: 0, 11: 0, 12: 13, 13: 5},
            part_b_months={10: 0, 11: 0, 12: 13, 13: 4}, ma_months={14: 1, 15: 3, 20: 12},
            birth_date={16: "", 17: "05/17/1950"},
        )  # fmt: skip
        columns["esrd"][16:18] = "0"
        found = quick(write_csv(tmp_path / "bad.csv", columns))
        listed = {f.kind: (f.count, f.row) for f in found.findings}
        # The header is row 1, so the first row of data is row 2.
        assert listed == {
            "missing": (2, 6), "no_type": (2, 18), "impossible_months": (1, 14),
            "medicare_advantage": (3, 16), "zero_months": (2, 12), "not_both_parts": (1, 15),
        }  # fmt: skip
        total = sum(t.sample.count for t in found.types.values())
        assert total == sum(COUNT.values()) - 11
        assert {f.file for f in found.findings} == {"bad.csv"}

    def test_unknown_types_do_not_count(self, tmp_path) -> None:
        names = {"esrd": "ESRD", "disabled": "Disabled", "aged_dual": "Aged/Dual"}
        columns = extract()
        columns["enrollment_type"] = np.array(
            [names.get(k, "AGED/NON-DUAL") for k in columns["enrollment_type"]]
        )
        path = write_csv(tmp_path / "t.csv", changed(columns, enrollment_type={2: "child"}))
        found = quick(path)
        assert [(f.kind, f.count, f.row) for f in found.findings] == [("no_type", 1, 4)]

    def test_negative_totals_are_floored_where_annualising_makes_them_large(self, tmp_path) -> None:
        columns = extract()
        aged = np.flatnonzero(columns["enrollment_type"] == "aged_non_dual")
        one, two = aged[:2]
        cap = by_hand(columns, "aged_non_dual")[0]
        columns["months"][[one, two]] = 1, 12
        columns["paid"][[one, two]] = -0.5 * cap, -10.0
        found = quick(write_csv(tmp_path / "n.csv", columns))
        listed = {f.kind: (f.count, f.row) for f in found.findings}
        assert listed == {"floored": (1, one + 2), "negative": (2, min(one, two) + 2)}
        year = found.types["aged_non_dual"].years[0]
        people = columns["enrollment_type"] == "aged_non_dual"
        annual = columns["paid"][people] * 12.0 / columns["months"][people]
        held = np.clip(annual, -year.truncation_point, year.truncation_point)
        weights = columns["months"][people] / 12.0
        mean = np.dot(held, weights) / weights.sum()
        assert year.per_capita == pytest.approx(1.013 * mean, rel=1e-5)


class TestTruncation:
    def test_published_points_follow_the_trend_of_the_type(self, tmp_path) -> None:
        paths = [write_csv(tmp_path / f"claims_{y}.csv", extract(y, y)) for y in (2018, 2021, 2022)]
        found = quick(paths, truncation="published")
        points = [year.truncation_point for year in found.types["aged_dual"].years]
        # CMS, methodology specifications version 11: 219,966.13 in 2022 and 208,929.14 in 2021;
        # per capita 20,765.15 in 2022 and 17,582.03 in 2018.
        assert points[2] == pytest.approx(219_966.13)
        assert points[1] == pytest.approx(208_929.14, rel=0.02)
        assert points[0] == pytest.approx(219_966.13 * 17_582.03 / 20_765.15)

    def test_a_year_far_away_is_refused(self, tmp_path) -> None:
        path = write_csv(tmp_path / "c.csv", extract(year=2009))
        with pytest.raises(UserError, match="not trended to 2009"):
            quick(path, truncation="published")

    def test_the_percentile_is_nobodys_own_amount(self) -> None:
        amounts = np.random.default_rng(1).lognormal(size=20_000).astype(np.float32)
        found = around_percentile(amounts)
        assert found == pytest.approx(np.quantile(amounts, 0.99), rel=0.01)
        assert np.float32(found) not in amounts
        few = np.arange(1.0, 201.0, dtype=np.float32)
        assert around_percentile(few) == pytest.approx(few[-11:].mean())

    def test_few_people_are_said(self, plain) -> None:
        notes = " ".join(quick(plain).notes)
        assert "ESRD: fewer than 1,100" in notes
        assert "aged/non-dual" not in notes


def test_several_years_are_pooled_without_their_trend(tmp_path) -> None:
    first, second = extract(1, 2021), extract(2, 2022)
    paths = [write_csv(tmp_path / "a.csv", first), write_csv(tmp_path / "b.csv", second)]
    found = quick(paths)
    second["paid"] = np.round(1.5 * second["paid"], 2)
    write_csv(paths[1], second)
    trended = quick(paths)
    for a, b in zip(found.types.values(), trended.types.values(), strict=True):
        assert a.sample.figures.truncated_cv == pytest.approx(
            b.sample.figures.truncated_cv, rel=1e-4
        )
        assert b.years[1].per_capita == pytest.approx(1.5 * a.years[1].per_capita, rel=1e-4)
        assert b.years[0] == a.years[0]
        assert a.sample.count == 2 * a.years[0].count


def test_year_from_the_name_the_argument_or_the_column(tmp_path) -> None:
    columns = extract()
    del columns["year"]
    named = write_csv(tmp_path / "claims_2020_v2.csv", columns)
    assert quick(named).sources[0].years == (2020,)
    bare = write_csv(tmp_path / "claims.csv", columns)
    assert quick(bare, years=2019).sources[0].years == (2019,)
    with pytest.raises(UserError, match="no year column"):
        quick(bare)
    both = write_csv(tmp_path / "both.csv", extract())
    with pytest.raises(UserError, match="a year column and a stated year"):
        quick(both, years=2019)


def test_types_that_are_missing_may_keep_the_default(tmp_path) -> None:
    path = write_csv(tmp_path / "c.csv", extract(count={**COUNT, "aged_dual": 40, "esrd": 0}))
    found = quick(path, missing_types="default")
    assert found.types["esrd"].model == default_model("esrd")
    assert found.types["aged_dual"].sample is None
    assert sum("default model" in note for note in found.notes) == 2


def test_with_family(plain) -> None:
    found = quick(plain)
    other = found.with_family("esrd", "quantile_table")
    assert other.models[0].shape.family == "quantile_table"
    assert other.models[1:] == found.models[1:]
    with pytest.raises(UserError, match="lognormal, quantile_table"):
        found.with_family("esrd", "gb2")


def test_hashes_do_not_depend_on_the_width_of_the_array() -> None:
    ids = np.array([b"A", b"A" * 8, b"A" * 9, b"", b"B"])
    narrow = [hashed(np.array([text]))[0] for text in ids.tolist()]
    assert hashed(ids).tolist() == narrow
    assert len(set(narrow)) == 5


class TestPersistence:
    def years(self, tmp_path, rho: float = 0.6, count: int = 6_000):
        """Three years of the aged: Gaussian copula, 15 % leave, 5 % die with 3 times as much."""
        rng = np.random.default_rng(8)
        people = np.arange(count)
        z = rng.standard_normal(count)
        paths, truth = [], []
        for year in (2020, 2021, 2022):
            paid = np.exp(1.2 * z) * 5_000.0 * 1.1 ** (year - 2020)
            died = rng.random(people.size) < 0.05
            paid = np.where(died, 3.0 * paid, paid)
            truth.append((people, paid, died))
            columns = {
                "id": np.array([f"X{i:06d}" for i in people]),
                "year": np.full(people.size, year),
                "enrollment_type": np.full(people.size, "aged_non_dual"),
                "months": np.full(people.size, 12),
                "paid": np.round(paid, 2),
                "died": np.where(died, "Y", "N"),
            }
            paths.append(write_csv(tmp_path / f"y{year}.csv", columns))
            stays = ~died & (rng.random(people.size) > 0.15)
            new = people.max() + 1 + np.arange(count - stays.sum())
            z = rho * z[stays] + math.sqrt(1.0 - rho**2) * rng.standard_normal(stays.sum())
            z = np.concatenate([z, rng.standard_normal(new.size)])
            people = np.concatenate([people[stays], new])
        return paths, truth

    def test_what_was_put_in_comes_out(self, tmp_path) -> None:
        paths, truth = self.years(tmp_path)
        found = quick(paths, missing_types="default").persistence
        assert list(found) == ["aged_non_dual"]
        got = found["aged_non_dual"]
        # Spearman's of a Gaussian copula; ±0.04 is 5 standard errors at 9,600 pairs. Those
        # who died are in the first year of no pair.
        rank = 6.0 / math.pi * math.asin(0.5 * 0.6)
        assert got.rank_correlation == pytest.approx(rank, abs=0.04)
        two = 6.0 / math.pi * math.asin(0.5 * 0.36)
        assert got.rank_correlation_two_years == pytest.approx(two, abs=0.06)
        # Bivariate normal, both beyond the 95th percentile; about 480 people are in the top.
        both = stats.multivariate_normal(cov=[[1.0, 0.6], [0.6, 1.0]]).cdf([-1.6449, -1.6449])
        assert got.top_stays == pytest.approx(both / 0.05, abs=0.11)
        assert got.turnover == pytest.approx(1.0 - 0.95 * 0.85, abs=0.02)
        assert 0.2 < got.truncated_correlation < got.rank_correlation
        assert got.leavers == pytest.approx(0.15, abs=0.018)
        kept = [np.isin(b[0], a[0]).mean() for a, b in pairwise(truth)]
        assert got.entrants == pytest.approx(1.0 - np.mean(kept), abs=1e-9)
        died = np.concatenate([d for _, _, d in truth])
        paid = np.concatenate([p for _, p, _ in truth])
        assert got.death_rate == pytest.approx(died.mean())
        assert got.decedent_ratio == pytest.approx(paid[died].mean() / paid[~died].mean(), rel=1e-4)
        assert got.pairs == sum(np.isin(b[0], a[0]).sum() for a, b in pairwise(truth))

    def test_one_year_without_deaths_has_none(self, plain) -> None:
        assert quick(plain).persistence == {}

    def test_death_dates_count_in_their_own_year(self, tmp_path) -> None:
        flags = with_flags(extract())
        n = flags["id"].size
        dates = np.array(["2022-11-02", "2023-01-05", "", "20220301"])
        flags["death_date"] = dates[np.arange(n) % 4]
        claims = read_claims([write_csv(tmp_path / "d.csv", flags)])
        assert claims.died.sum() == sum(1 for i in range(n) if i % 4 in (0, 3))
