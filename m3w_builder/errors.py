"""The errors that reach an operator; what happens to one page or picture is a `Drop`, never an exception.

M3WError
├── ConfigError     wrong use or config: exit code 2
├── BuildError      a build cannot go on, or a check failed: exit code 1
└── Interrupted     Ctrl-C or SIGTERM: exit code 130, resumable
"""


class M3WError(Exception):
    """One line: what is wrong, where, and what to do."""

    exit_code = 1


class ConfigError(M3WError):
    """The command line or the config is wrong."""

    exit_code = 2


class BuildError(M3WError):
    """The build, or a check of it, failed."""


class Interrupted(M3WError):
    """Stopped by a signal; the same command goes on from here."""

    exit_code = 130
