"""ID: the empty branch."""

from __future__ import annotations

from cnndsl.ops.spec import NoArguments, Op, same_type

OP = Op(
    "ID",
    NoArguments,
    same_type,
    kind="empty",
    summary="the empty branch: what the branches start from, unchanged",
    doc="""Stands alone in a branch: `ADD( CONV 3x3 *8 pad 1 | ID )` adds its input to what the convolution gives. It
has no weights and no cost, and makes no step of its own.""",
    examples=("ADD( CONV 3x3 *3 pad 1 | ID )",),
)
