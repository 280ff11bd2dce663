"""The targets of tools/fuzz.py under a coverage-guided fuzzer, where atheris is installed (it is no dependency).

    pip install atheris
    python tools/fuzz_atheris.py extract [CORPUS_FOLDER] [-max_total_time=60 …]

What follows the target's name goes to libFuzzer. A finding ends the run, and its input is kept as libFuzzer does.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main() -> int:
    try:
        import atheris
    except ImportError:
        print("fuzz_atheris: atheris is not installed; run: pip install atheris", file=sys.stderr)
        return 2
    with atheris.instrument_imports(include=["m3w_builder"]):
        import fuzz
        import m3w_builder.extract
        import m3w_builder.extract.page  # noqa: F401  instrumented before its first use
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in fuzz.TARGETS:
        print(f"fuzz_atheris: no target {name!r}; one of {', '.join(fuzz.TARGETS)}", file=sys.stderr)
        return 2
    atheris.Setup([sys.argv[0], *sys.argv[2:]], fuzz.TARGETS[name][0])
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
