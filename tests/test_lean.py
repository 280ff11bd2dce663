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
