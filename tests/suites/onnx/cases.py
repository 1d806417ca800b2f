"""ONNX's own backend tests: node cases, made in memory, and models that were converted from PyTorch, on disk."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
from onnx import ModelProto, numpy_helper

CONVERTED = Path(onnx.__file__).parent / "backend" / "test" / "data" / "pytorch-converted"


class Case(NamedTuple):
    """A model, and inputs with the outputs that belong to them; `kind` is ``node`` or ``converted``."""

    kind: str
    name: str
    model: ModelProto
    sets: list[tuple[list[Any], list[Any]]]

    @property
    def operators(self) -> set[str]:
        return {node.op_type for node in self.model.graph.node}


def node_cases() -> Iterator[Case]:
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = collect_testcases(None)
    for case in found:
        yield Case("node", case.name, case.model, [(list(x), list(y)) for x, y in case.data_sets or ()])


def converted_cases() -> Iterator[Case]:
    for folder in sorted(CONVERTED.iterdir()):
        model = onnx.load(folder / "model.onnx")
        sets = [(_tensors(data, "input"), _tensors(data, "output")) for data in sorted(folder.glob("test_data_set_*"))]
        yield Case("converted", folder.name, model, sets)


def _tensors(folder: Path, kind: str) -> list[Any]:
    files = sorted(folder.glob(f"{kind}_*.pb"), key=lambda p: int(p.stem.rpartition("_")[2]))
    return [numpy_helper.to_array(onnx.load_tensor(str(file))) for file in files]
