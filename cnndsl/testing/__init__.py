"""The conformance kit: does a backend compute what the layers say?

>>> from cnndsl.testing import conform
>>> report = conform("vectorized", only=["cases"])
>>> report.passed
True

`cnndsl conform BACKEND` runs it from the command line.
"""

from cnndsl.testing.kit import SECTIONS, conform
from cnndsl.testing.report import Report

__all__ = ["SECTIONS", "Report", "conform"]
