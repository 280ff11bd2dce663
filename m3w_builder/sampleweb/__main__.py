"""Serves a sample web: `python -m m3w_builder.sampleweb FOLDER PORT`."""

import asyncio
import sys

from m3w_builder.sampleweb.server import run

if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], int(sys.argv[2])))
