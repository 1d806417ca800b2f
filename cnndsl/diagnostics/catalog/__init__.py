"""The catalog: one record a code. E1 text and syntax, E2 names and arguments, E3 sizes, E4 branches, E5 train,
E6 data, E7 checkpoints, E8 backends, resources and use; W the same way."""

from __future__ import annotations

from cnndsl.diagnostics.catalog import e1_text, e2_arguments, e3_sizes, e4_branches, e5_train, e6_data, e7_state, e8_use
from cnndsl.diagnostics.catalog.record import Code

__all__ = ["CODES", "Code"]

_FAMILIES = (e1_text, e2_arguments, e3_sizes, e4_branches, e5_train, e6_data, e7_state, e8_use)

CODES: dict[str, Code] = {record.code: record for family in _FAMILIES for record in family.CODES}
