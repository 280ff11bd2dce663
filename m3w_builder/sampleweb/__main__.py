"""What a sample web does in processes of its own: `serve FOLDER PORT`, and `draw` a share of the pictures."""

import asyncio
import sys

from m3w_builder.sampleweb.pictures import draw
from m3w_builder.sampleweb.server import run

if __name__ == "__main__":
    if sys.argv[1] == "draw":
        draw()
    else:
        try:
            asyncio.run(run(sys.argv[2], int(sys.argv[3])))
        except OSError as error:
            sys.exit(f"sample web: {error.strerror}")
