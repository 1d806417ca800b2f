"""python -m tests.suites.onnx"""

import sys

from tests.suites.onnx.suite import main

sys.exit(main())
