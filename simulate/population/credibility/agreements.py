"""Which benchmark update an agreement has, and when it is due to end; by its start date.

Rules of the regulation by date. They hold for every ACO alike; what an ACO chose
beyond them (an early renewal) is left to the model.
"""

from __future__ import annotations

from datetime import date

#: 42 CFR 425.601(b): national-regional blend for agreements from this day on
#: (83 FR 67816, December 2018).
BLENDED_UPDATE_FROM = date(2019, 7, 1)
#: 42 CFR 425.603(d): regional growth for second or later agreements from this day on
#: (81 FR 37950, June 2016). Before, and in first agreements: the national flat dollar
#: amount of 42 CFR 425.602(b).
REGIONAL_UPDATE_FROM = date(2017, 1, 1)

# Last performance year by year of the start; 42 CFR 425.200(b). 2012 starters: through
# 2015. Three years to 2018, the starters of 2016 with the six months of 83 FR 67816, the
# starters of 2018 (and January 2019) with the year of 85 FR 27550 (COVID-19).
_LAST_YEAR = {2012: 2015, 2013: 2015, 2014: 2016, 2015: 2017, 2016: 2019, 2017: 2019,
              2018: 2021, 2019: 2021}  # fmt: skip
_LATER_TERM_YEARS = 5
# From the performance year after 2021 on, every agreement under the national update has ended.
_ALL_REGIONAL_FROM = max(_LAST_YEAR.values()) + 1


def regional_update(
    start: date | None, agreement_period: int | None, performance_year: int
) -> bool:
    """Return whether the benchmark is updated with its region's growth, at least in part.

    Parameters
    ----------
    start : datetime.date or None
        Start of the current agreement; where unknown, the performance year decides.
    agreement_period : int or None
        1 for the first agreement.
    performance_year : int
    """
    if start is None:
        return performance_year >= _ALL_REGIONAL_FROM
    if start >= BLENDED_UPDATE_FROM:
        return True
    return start >= REGIONAL_UPDATE_FROM and (agreement_period or 1) > 1


def renewed_update(year: int) -> bool:
    """Return whether an agreement renewed in `year` has a regional update."""
    return year >= REGIONAL_UPDATE_FROM.year


def expected_last_year(start: date) -> int:
    """Return the last performance year that an agreement of this start is due to run.

    42 CFR 425.200(b), with the extensions that were open to all: 2016 starters (to June
    2019, 83 FR 67816) and 2018 starters (2021, 85 FR 27550).
    """
    if start >= BLENDED_UPDATE_FROM or start.year not in _LAST_YEAR:
        # July 2019: five years and six months, that is through 2024.
        first_full_year = start.year if start.month == 1 else start.year + 1
        return first_full_year + _LATER_TERM_YEARS - 1
    return _LAST_YEAR[start.year]
