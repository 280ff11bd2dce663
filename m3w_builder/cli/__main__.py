"""`python -m m3w_builder.cli`: the same as `m3w`."""

import sys

from m3w_builder.cli import main

sys.exit(main())
