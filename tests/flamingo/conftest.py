"""Lets the tests here import `scenes`, and keeps torch to one thread: the machine is shared."""

import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent))
