"""HEAD: a side output."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.ops.spec import Op, same_type, word


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    name: str = word(doc="name of the output, and the prefix of its parameters")


OP = Op(
    "HEAD",
    Head,
    same_type,
    kind="head",
    summary="a side output with a name",
    doc="""`HEAD value( steps )`: the steps in parentheses start from the tensor before the HEAD, and what they give is
an output of the network under that name; the main flow goes on from the tensor before it. If the last step of a file
is a HEAD, the main flow has no output of its own. Its parameters have its name before theirs: `value.fc1.weight`. The
name `main` is that of the main flow.""",
    examples=("HEAD value( CONV 1x1 *1 -> FC 1 tanh )",),
)
