"""Serves a sample web from a process of its own, for as long as a block runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from m3w_builder.errors import BuildError
from m3w_builder.sampleweb.site import DOMAIN


@dataclass(frozen=True, slots=True)
class Served:
    """A sample web being served: "127.0.0.1:PORT", its hosts, and the static host map that leads to it."""

    address: str
    hosts: list[str]

    @property
    def resolve(self) -> dict[str, str]:
        return {f"*.{DOMAIN}": self.address}


@contextmanager
def serve(folder: str | Path, port: int = 0) -> Iterator[Served]:
    """Serve a generated web in a process of its own until the block ends; port 0 takes a free one."""
    hosts = sorted(json.loads((Path(folder) / "answers.json").read_text(encoding="utf-8"))["hosts"])
    command = [sys.executable, "-m", "m3w_builder.sampleweb", "serve", str(folder), str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            line = process.stdout.readline().strip()
            if not line:
                raise BuildError(f"sample web: the server of {folder} did not start; is port {port} free?")
            yield Served(f"127.0.0.1:{int(line)}", hosts)
        finally:
            process.stdin.close()
            process.wait(timeout=10)
