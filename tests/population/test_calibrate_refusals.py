"""Extracts and options that must be refused: one clear message each, never a cell's content."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from claims_cases import COUNT, changed, extract, with_flags, write_csv

from simulate.errors import UserError
from simulate.population.calibrate import calibrate

QUICK = ("lognormal",)


def refused(paths, *words: str, mapping=None, **options) -> str:
    with pytest.raises(UserError) as caught:
        calibrate(paths, mapping, families=options.pop("families", QUICK), **options)
    message = str(caught.value)
    for word in words:
        assert word in message, message
    assert "P0000" not in message
    return message


@pytest.fixture
def plain(tmp_path):
    return write_csv(tmp_path / "claims.csv", extract())


class TestData:
    def test_duplicates_in_one_file(self, tmp_path) -> None:
        columns = extract()
        columns["id"][[40, 90]] = columns["id"][[7, 7]]
        path = write_csv(tmp_path / "twice.csv", columns)
        refused(path, "2 rows repeat a beneficiary-year", "row 9 of twice.csv", "row 42 of")

    def test_duplicates_across_files(self, tmp_path, plain) -> None:
        other = write_csv(tmp_path / "other.csv", extract())
        refused([plain, other], f"{sum(COUNT.values()):,} rows repeat", "claims.csv", "other.csv")

    def test_duplicates_count_where_one_of_them_is_excluded(self, tmp_path) -> None:
        columns = changed(extract(), months={7: 0})
        columns["id"][40] = columns["id"][7]
        refused(write_csv(tmp_path / "x.csv", columns), "1 rows repeat")

    def test_the_same_people_in_another_year_are_no_duplicates(self, tmp_path, plain) -> None:
        later = extract()
        later["year"] = later["year"] + 1
        calibrate([plain, write_csv(tmp_path / "later.csv", later)], families=QUICK)

    def test_rows_without_identity_are_no_duplicates(self, tmp_path) -> None:
        columns = changed(extract(), id=dict.fromkeys(range(5), ""))
        found = calibrate(write_csv(tmp_path / "n.csv", columns), families=QUICK)
        assert found.findings[0].count == 5

    def test_negative_totals_beyond_the_floor(self, tmp_path) -> None:
        columns = changed(extract(), paid={11: -9e7, 30: -8e7})
        message = refused(
            write_csv(tmp_path / "n.csv", columns),
            "2 beneficiary-years",
            "floor",
            "row 13 of n.csv",
        )
        assert "90000000" not in message.replace(",", "")

    @pytest.mark.parametrize("kind", list(COUNT))
    def test_an_empty_type(self, tmp_path, kind) -> None:
        columns = extract(count={**COUNT, kind: 0})
        path = write_csv(tmp_path / "e.csv", columns)
        word = {"aged_dual": "aged/dual", "aged_non_dual": "aged/non-dual", "esrd": "ESRD"}
        refused(path, f"no {word.get(kind, kind)} beneficiary", "default")

    def test_a_type_with_too_few_spending(self, tmp_path) -> None:
        path = write_csv(tmp_path / "f.csv", extract(count={**COUNT, "esrd": 60}))
        refused(path, "60 ESRD beneficiary-years", "at least 100")

    def test_no_dual_flag_is_an_empty_type(self, tmp_path) -> None:
        flags = with_flags(extract())
        del flags["dual_months"]
        path = write_csv(tmp_path / "f.csv", flags)
        refused(path, "no aged/dual beneficiary")
        found = calibrate(path, families=QUICK, missing_types="default")
        assert any("no dual flag" in note for note in found.notes)

    def test_all_months_zero(self, tmp_path) -> None:
        columns = extract()
        columns["months"] = np.zeros_like(columns["months"])
        refused(write_csv(tmp_path / "z.csv", columns), "every row has zero months")

    def test_nothing_counts(self, tmp_path) -> None:
        flags = with_flags(extract())
        flags["ma_months"] = np.full(flags["id"].size, 12)
        path = write_csv(tmp_path / "m.csv", flags)
        refused(path, "no row counts", f"{sum(COUNT.values()):,} months in a Medicare Advantage")

    def test_a_type_that_spends_nothing_on_the_whole(self, tmp_path) -> None:
        columns = extract()
        esrd = np.flatnonzero(columns["enrollment_type"] == "esrd")
        columns["paid"][esrd] = -100.0
        columns["paid"][esrd[:110]] = 120.0
        path = write_csv(tmp_path / "s.csv", columns)
        refused(path, "ESRD of 2022 spends nothing")


class TestFiles:
    def test_not_there_a_folder_empty_or_no_table(self, tmp_path) -> None:
        refused(tmp_path / "none.csv", "does not exist")
        refused(tmp_path, "is a folder")
        empty = tmp_path / "empty.csv"
        empty.write_bytes(b"")
        refused(empty, "is empty")
        book = tmp_path / "book.xlsx"
        book.write_bytes(b"PK\x03\x04rest")
        refused(book, "workbook or ZIP")
        prose = tmp_path / "prose.csv"
        prose.write_text("Dear colleague\nplease find\n")
        refused(prose, "not a header")
        binary = tmp_path / "binary.csv"
        binary.write_bytes(bytes(range(256)) * 4)
        refused(binary, "neither Parquet nor CSV")
        cut = tmp_path / "cut.csv.gz"
        cut.write_bytes(b"\x1f\x8b\x08\x00rest")
        refused(cut, "neither Parquet nor CSV")
        refused([], "no claims file")

    def test_header_only(self, tmp_path, plain) -> None:
        path = tmp_path / "h.csv"
        path.write_text(plain.read_text().splitlines()[0] + "\n")
        refused(path, "has a header and no rows")

    def test_a_row_of_another_length(self, tmp_path, plain) -> None:
        lines = plain.read_text().splitlines()
        lines[50] = "SECRET,2022"
        path = tmp_path / "r.csv"
        path.write_text("\n".join(lines))
        if importlib.util.find_spec("pyarrow"):
            message = refused(path, "r.csv", "2 cells where the header has 5")
            assert "SECRET" not in message
        else:  # pandas fills such a row up: it is counted.
            found = calibrate(path, families=QUICK).findings
            assert [(f.kind, f.count, f.row) for f in found] == [("missing", 1, 51)]

    def test_bytes_that_are_no_text(self, tmp_path, plain) -> None:
        lines = plain.read_bytes().splitlines()
        lines[50] = b"P\xff\xfe\x80," + lines[50].split(b",", 1)[1]
        path = tmp_path / "u.csv"
        path.write_bytes(b"\n".join(lines))
        refused(path, "not UTF-8")

    def test_missing_columns_are_all_named(self, tmp_path) -> None:
        columns = extract()
        del columns["paid"], columns["months"]
        path = write_csv(tmp_path / "c.csv", columns)
        refused(path, "no column for paid", "months", "id, year, enrollment_type")

    def test_a_column_twice(self, tmp_path) -> None:
        path = tmp_path / "t.csv"
        path.write_text("id,year,paid,paid\n1,2022,3,4\n")
        refused(path, "'paid' occurs twice")


class TestOptions:
    def test_mapping(self, plain) -> None:
        refused(plain, "no such field", "Did you mean paid", mapping={"paied": "paid"})
        refused(plain, "no such column", "Did you mean months", mapping={"months": "month"})
        refused(plain, "one is wanted", mapping={"id": ["id", "year"]})

    def test_values(self, plain) -> None:
        refused(plain, "percentile or published", truncation="p99")
        refused(plain, "between 0.9 and 1.5", "1.013", completion_factor=2.0)
        refused(plain, "refuse or default", missing_types="skip")
        refused(plain, "Did you mean weibull", families=("weibul",))
        refused(plain, "no family", families=())
        refused(plain, "2 years are stated for 1", years=[2020, 2021])
