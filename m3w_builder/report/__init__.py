"""What a build can say of itself: statistics, the report page, the browser, and why a URL went."""

from typing import Any


def write(build: str, found: dict[str, Any] | None = None) -> str:
    """Write `report/report.html` and `report.json` of a build; the page's path. Raises BuildError without a build.

    `found` is what `figures.gather` gives, where the caller has it.
    """
    from m3w_builder.report import page  # templates and plots are not needed by the passes

    return page.write(build, found)
