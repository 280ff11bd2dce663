"""The locked versions are held against advisories as they lie in a checkout of a database."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

TOOL = Path(__file__).parents[2] / "tools" / "audit.py"


def audit(folder, lock):
    (folder / "lock.txt").write_text(lock)
    command = [sys.executable, str(TOOL), str(folder / "advisories"), "--lock", str(folder / "lock.txt")]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture
def folder(tmp_path):
    """One advisory by ranges in YAML, one by a list of versions in JSON, one withdrawn, one of another ecosystem."""

    def advisory(name, ecosystem="PyPI", **more):
        return {
            "id": f"A-{name}",
            "published": "2024-05-01T00:00:00Z",
            "affected": [{"package": {"name": name, "ecosystem": ecosystem}, **more}],
        }

    events = [{"introduced": "1.2"}, {"fixed": "1.10"}, {"introduced": "2.0"}, {"last_affected": "2.3"}]
    ranges = [{"type": "ECOSYSTEM", "events": events}, {"type": "GIT", "events": [{"introduced": "0"}]}]
    every = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]
    (tmp_path / "advisories" / "deep").mkdir(parents=True)
    (tmp_path / "advisories" / "a.yaml").write_text(yaml.safe_dump(advisory("Some_Thing", ranges=ranges)))
    for entry in (
        advisory("listed", versions=["3.1"]),
        advisory("gone", ranges=every) | {"withdrawn": "2024-06-01T00:00:00Z"},
        advisory("elsewhere", ecosystem="npm", ranges=every, note="PyPI"),
    ):
        (tmp_path / "advisories" / "deep" / f"{entry['id']}.json").write_text(json.dumps(entry))
    return tmp_path


@pytest.mark.parametrize(
    ("lock", "named"),
    [
        ("some-thing==1.1\nlisted==3.2\ngone==1\nelsewhere==1\nother==1\n", []),
        ("some-thing==1.9\n", ["A-Some_Thing"]),  # 1.9 comes before 1.10
        ("some-thing==1.10\n", []),
        ("some-thing==2.3\nlisted==3.1\n", ["A-Some_Thing", "A-listed"]),
        ("some-thing==2.3.post1\n", []),
    ],
)
def test_a_locked_version_that_an_advisory_names_is_told(folder, lock, named):
    done = audit(folder, lock)
    assert sorted(line.split(": ")[1].split(";")[0] for line in done.stderr.splitlines()) == sorted(named)
    assert done.returncode == bool(named)
    assert "the youngest of 2024-05-01" in done.stdout


def test_a_folder_without_advisories_is_no_clean_bill(tmp_path):
    (tmp_path / "advisories").mkdir()
    done = audit(tmp_path, "other==1\n")
    assert done.returncode == 2
    assert "holds no advisory" in done.stderr
