"""A build's process: what it leaves unloaded, and that those who want it still get it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def test_pyarrow_takes_lists_without_pandas_and_others_still_get_it():
    program = (
        "import sys\n"
        "from m3w_builder import lean\n"
        "lean.process()\n"
        "import pyarrow as pa\n"
        "assert pa.table({'a': [1, None], 'b': ['x', 'y']}).to_pylist()[1] == {'a': None, 'b': 'y'}\n"
        "assert 'pandas' not in sys.modules\n"
        "import pandas\n"
        "assert pandas.Series([1, 2]).sum() == 3\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.skipif(
    not Path("/proc/self/task").exists() or (os.cpu_count() or 1) < 2, reason="counts threads in /proc, of two cores"
)
def test_numpy_starts_no_threads_of_its_own_in_a_builds_process():
    program = (
        "import os\n"
        "from m3w_builder import lean\n"
        "lean.process()\n"
        "import numpy as np\n"
        "many = np.ones((600, 600))\n"
        "(many @ many).sum()\n"
        "print(len(os.listdir('/proc/self/task')))\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_THREADS")}
    found = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, env=environment)
    plain = program.replace("lean.process()", "import pyarrow; pyarrow.array([0])")
    asked = {**environment, "OPENBLAS_NUM_THREADS": "2"}
    more = subprocess.run([sys.executable, "-c", plain], check=True, capture_output=True, text=True, env=asked)
    assert int(found.stdout) < int(more.stdout)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads what it holds from /proc")
def test_freed_memory_is_kept_and_given_back_when_that_is_asked():
    program = (
        "import os\n"
        "from m3w_builder import lean\n"
        "lean.process()\n"
        "def held():\n"
        "    return int(open('/proc/self/statm').read().split()[1]) * os.sysconf('SC_PAGE_SIZE') >> 20\n"
        "before = held()\n"
        "blocks = [bytearray(b'x' * (1 << 20)) for _ in range(100)]\n"
        "del blocks\n"
        "kept = held()\n"
        "lean.give_back()\n"
        "print(kept - before, held() - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    kept, left = map(int, done.stdout.split())
    if kept < 80:
        pytest.skip("this C library keeps nothing")
    assert left < 20
