"""A build's process: what it leaves unloaded, and that those who want it still get it."""

import subprocess
import sys


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
