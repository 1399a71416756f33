"""The pages of the documentation, and the code that stands in them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    [*ROOT.glob("*.md"), *(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)]
)

_BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


def name(page: Path) -> str:
    """Return what a test calls the page."""
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    """Return the code blocks of one language, in their order."""
    return [
        each["code"] for each in _BLOCK.finditer(page.read_text()) if each["language"] == language
    ]


def with_blocks(language: str) -> list[Path]:
    """Return the pages that have a block of this language."""
    return [page for page in PAGES if blocks(page, language)]
