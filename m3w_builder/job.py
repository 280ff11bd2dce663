"""What the commands do from end to end: a build with its progress, report and closing words; a validation."""

from __future__ import annotations

import yaml

from m3w_builder import config as configs
from m3w_builder import report, storage
from m3w_builder.build import Summary, build
from m3w_builder.config import Config
from m3w_builder.errors import BuildError
from m3w_builder.progress import Progress
