"""Which passes a network goes through before it runs, in order."""

from __future__ import annotations

from cnndsl.passes.dead import Dead
from cnndsl.passes.fuse import Fuse
from cnndsl.passes.quiet import Quiet
from cnndsl.passes.run import Pass

TRAINING: tuple[Pass, ...] = (Dead(),)
"""Of a network that is trained."""

INFERENCE_UNFUSED: tuple[Pass, ...] = (Dead(), Quiet())
"""Of one that is only asked, every step still by itself."""

FUSING: tuple[Pass, ...] = (Fuse(),)
"""What comes last, behind the passes of plugins."""

INFERENCE: tuple[Pass, ...] = (*INFERENCE_UNFUSED, *FUSING)
"""Of one that is only asked. Each gives the same outputs as before, to rounding."""
