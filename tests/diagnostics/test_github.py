"""Workflow commands: one line each, escaped as GitHub reads them."""

from __future__ import annotations

import cnndsl
from cnndsl.diagnostics import Diagnostic
from cnndsl.diagnostics.render.github import annotation
from cnndsl.source import Source


def test_a_finding() -> None:
    (d,) = cnndsl.check("INPUT 2x2x1\nPOOL max 3", name="a.cnn")
    head, _, message = annotation(d).partition("::P")
    assert head == "::error file=a.cnn,line=2,endLine=2,col=10,endColumn=11,title=E302"
    assert message.startswith("OOL window 3 is larger than its input 2x2%0Anote: H and W: (2 - 3 + 2*0)/3 + 1 = 0.67")
    assert message.count("%0Ahelp: ") == len(d.advice) > 0


def test_escapes() -> None:
    source = Source("a,b:c%\n.cnn", "x\ny\n")
    d = Diagnostic("W201", "50 % of a: b, c\r\nand d", source.span(0, 3))
    assert (
        annotation(d) == "::warning file=a%2Cb%3Ac%25%0A.cnn,line=1,endLine=2,title=W201::50 %25 of a: b, c%0D%0Aand d"
    )


def test_without_a_place() -> None:
    assert annotation(Diagnostic("E805", "there is no file x")) == "::error title=E805::there is no file x"
