"""What a notebook shows: sentences, tables and figures that stay readable where it is stored.

A cell that ends in `bold`, `plain`, `show` or one of the tables displays it, as HTML or PNG
with a plain text beside it. Nothing here needs a package made for notebooks.
"""

from simulate.report.notebook.shown import Picture, Table, Words, bold, plain, show, table
from simulate.report.notebook.tables import (
    backtest_table,
    credibility_table,
    measure_table,
    replay_table,
    source_table,
    spend_table,
    sweep_table,
    terms_table,
    unmatched_table,
)

__all__ = [
    "Picture",
    "Table",
    "Words",
    "backtest_table",
    "bold",
    "credibility_table",
    "measure_table",
    "plain",
    "replay_table",
    "show",
    "source_table",
    "spend_table",
    "sweep_table",
    "table",
    "terms_table",
    "unmatched_table",
]
