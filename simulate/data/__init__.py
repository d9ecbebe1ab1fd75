"""CMS reference data: the published results that ship with the package, and their reader.

`read_results_file` reads any of CMS's "Performance Year Financial and Quality Results"
files; `published_results`, `history`, `find_acos` and `result` look into those that ship with the
package (PROVENANCE.md beside this file). Rates are fractions, money is in dollars,
per capita in dollars per person-year.
"""

from simulate.data.published import (
    find_acos,
    history,
    is_aco_id,
    published_results,
    published_years,
    result,
)
from simulate.data.published_result import ByEnrollmentType, PublishedResult
from simulate.data.results_file import ResultsFile, read_results_file

__all__ = [
    "ByEnrollmentType",
    "PublishedResult",
    "ResultsFile",
    "find_acos",
    "history",
    "is_aco_id",
    "published_results",
    "published_years",
    "read_results_file",
    "result",
]
