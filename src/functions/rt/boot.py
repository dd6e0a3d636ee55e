# The sandbox's side of a Python function: boots ahead of need, waits for its function, initialises it, serves invocations.
import os
import sys

_here = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, _here)
from gatehouse_runtime import main  # noqa: E402

sys.path.remove(_here)
main.run()
