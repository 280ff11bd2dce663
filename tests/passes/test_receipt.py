"""What a task's receipt is made of."""

from pathlib import Path

from m3w_builder.passes import receipt


def test_what_was_made_of_the_code_is_no_code(tmp_path: Path) -> None:
    made = ("__pycache__/walk.cpython-311.pyc", "__pycache__/page.jinja", "walk.so", "compiled.json")
    for name in ("walk.py", "templates/page.html", *made):
        file = tmp_path / "part" / name
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_text(name)
    assert sorted(receipt._files(str(tmp_path), "part")) == ["part/templates/page.html", "part/walk.py"]
    assert list(receipt._files(str(tmp_path), "part/walk.py")) == ["part/walk.py"]
    assert not list(receipt._files(str(tmp_path), "part/__pycache__"))
