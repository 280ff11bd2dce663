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


def test_functions_of_pyarrow_work_without_the_words_for_their_options():
    program = (
        "import sys\n"
        "from m3w_builder import lean\n"
        "lean.process()\n"
        "import pyarrow as pa\n"
        "import pyarrow.compute as pc\n"
        "assert 'pyarrow.vendored.docscrape' not in sys.modules\n"
        "table = pa.table({'a': [3, None, 1]}).sort_by('a')\n"
        "assert table['a'].to_pylist() == [1, 3, None]\n"
        "assert pc.sum(table['a'], skip_nulls=True).as_py() == 4\n"
        "assert pc.utf8_slice_codeunits(pa.array(['abc']), start=0, stop=2).to_pylist() == ['ab']\n"
        "assert pc.is_in(table['a'], value_set=pa.array([3])).to_pylist() == [False, True, False]\n"
        "from pyarrow.vendored import docscrape\n"
        "assert docscrape.NumpyDocString('Sums.\\n\\nParameters\\n----------\\na : int\\n    One.\\n')['Parameters']\n"
    )
    subprocess.run([sys.executable, "-W", "error::RuntimeWarning", "-c", program], check=True)


def test_what_was_there_before_is_not_looked_at_for_garbage():
    program = (
        "import gc\n"
        "from m3w_builder import lean\n"
        "lean.settle()\n"
        "assert not gc.get_freeze_count()\n"
        "lean.process()\n"
        "known = gc.get_freeze_count()\n"
        "assert known > 1000\n"
        "held = [[] for _ in range(10_000)]\n"
        "lean.settle()\n"
        "assert gc.get_freeze_count() > known + 9_000\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
