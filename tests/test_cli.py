"""The command line tells how it is used, with examples that hold, and completes itself."""

import argparse
import os
import shlex
import subprocess
import sys

import pytest

from m3w_builder import cli

COMMANDS = next(a for a in cli._parser()._actions if isinstance(a, argparse._SubParsersAction)).choices


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_help_ends_with_an_example_that_its_own_parser_takes(name):
    example = COMMANDS[name].epilog.removeprefix("example:\n").strip()
    if name == "completion":
        example = example.removeprefix('eval "$(').removesuffix(')"')
    program, *words = shlex.split(example)
    assert program == "m3w" and words[0] == name
    assert cli._parser().parse_args(words).command == name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_of_a_command_is_explained(name):
    assert not [action.dest for action in COMMANDS[name]._actions if not action.help]


def completed(line: str, tmp_path) -> list[str]:
    """What the shell's completion is told for a line, asked as argcomplete's script asks."""
    told = tmp_path / "told"
    env = {
        **os.environ, "_ARGCOMPLETE": "1", "_ARGCOMPLETE_IFS": "\n", "COMP_LINE": line, "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9", "_ARGCOMPLETE_STDOUT_FILENAME": str(told),
    }  # fmt: skip
    code = "import sys; sys.argv[0] = 'm3w'; from m3w_builder import cli; cli.main()"
    subprocess.run([sys.executable, "-c", code], env=env, check=True, stdout=subprocess.DEVNULL)
    return [word.strip() for word in told.read_text().split("\n")]


def test_the_shell_completes_commands_and_their_options(tmp_path):
    assert completed("m3w bro", tmp_path) == ["browse"]
    assert "--dry-run" in completed("m3w takedown runs/mine --d", tmp_path)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell_is_printed(shell, capsys):
    assert cli.main(["completion", shell]) == 0
    assert "m3w" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["nothing"], ["build"], ["export", "runs/x"]])
def test_wrong_use_ends_with_2(words):
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code == 2
