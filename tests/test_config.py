"""Configs load, and what is wrong with one is told in one line with its place."""

import subprocess
import sys
from pathlib import Path

import pytest

from m3w_builder import config, plan
from m3w_builder.errors import ConfigError

ROOT = Path(__file__).parents[1]
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_that_comes_with_the_project_loads_and_comes_back(path):
    loaded = config.load(str(path))
    assert config.parse(plan.plain(loaded)) == loaded


def test_settings_are_laid_over_the_file():
    path = str(ROOT / "configs" / "quickstart.yaml")
    settings = ["text.1.length.min_words=7", "shards.target_mb=3", "fetch.resolve={a.test: '127.0.0.1:1'}"]
    loaded = config.load(path, settings)
    assert loaded.text[1].min_words == 7
    assert loaded.shards.target_mb == 3
    assert loaded.fetch.resolve == {"a.test": "127.0.0.1:1"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("source: {folder: {path: x, base_url: 'http://a/'}}\ntexts: []", "unknown key 'texts'; did you mean 'text'?"),
        ("text: []", "'source' is missing"),
        ("source: {wark: {}}", "source: unknown key 'wark'; did you mean 'warc'?"),
        ("source: {warc: {paths: [a]}}\ntext: [lenght]", "text[0]: unknown stage 'lenght'; did you mean 'length'?"),
        (
            "source: {warc: {paths: [a]}}\ntext: [{length: {min_word: 5}}]",
            "text[0].length: unknown key 'min_word'; did you mean 'min_words'?",
        ),
        ("source: {warc: {paths: [a]}}\npictures: {filters: [sise]}", "pictures.filters[0]: unknown stage 'sise'"),
        ("source: {warc: {paths: [a]}}\ntext: ['mine:Filter']", "list 'mine' under `plugins`"),
        ("source: {warc: {paths: [a]}}\ntext: [c4, c4]", "two stages are called 'c4'"),
        ("source: {warc: {paths: [a]}}\nplugins: [json]\ntext: ['json:JSONDecodeError']", "is no stage: it wants"),
        ("source: {warc: {paths: [a]}}\nplugins: [textwrap]\ntext: [{'textwrap:dedent': {a: 1}}]", "unknown key 'a'"),
        ("source: {warc: {paths: [a]}}\nplugins: [textwrap]\ntext: ['textwrap:indent']", "'prefix' is missing"),
        ("- 1", "wants keys and values"),
        ("a: [", "no YAML"),
        ("!!python/object/apply:os.system ['true']", "no YAML"),
    ],
)
def test_a_mistake_in_a_config_is_told_with_its_place(tmp_path, text, message):
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        config.load(str(tmp_path / "c.yaml"))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_config_is_told():
    with pytest.raises(ConfigError, match="there is no such config file"):
        config.load("/nowhere/c.yaml")


@pytest.mark.parametrize("setting", ["text", "text.9.length.min_words=1", "name.sub.sub=1"])
def test_a_setting_that_leads_nowhere_is_told(setting):
    with pytest.raises(ConfigError, match="--set"):
        config.load(str(ROOT / "configs" / "quickstart.yaml"), [setting])


def test_the_config_reference_is_what_the_code_says():
    command = [sys.executable, "tools/config_reference.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
