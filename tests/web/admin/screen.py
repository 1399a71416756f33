"""What a reader finds on a page: a small tree of its elements."""

from __future__ import annotations

import re
from dataclasses import dataclass
from dataclasses import field
from html.parser import HTMLParser

VOID = frozenset({"br", "col", "img", "input", "link", "meta"})


@dataclass
class Element:
    """One element: its tag, its attributes, what it holds."""

    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    holds: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its words, with single spaces."""
        return " ".join(self.verbatim.split())

    @property
    def verbatim(self) -> str:
        """Its text as it stands."""
        return "".join(each if isinstance(each, str) else each.verbatim for each in self.holds)

    def all(self, tag: str, class_: str = "", **attrs: str) -> list[Element]:
        """Every element below with this tag, class and attributes."""
        found = []
        for each in self.holds:
            if isinstance(each, str):
                continue
            if each.is_(tag, class_, attrs):
                found.append(each)
            found += each.all(tag, class_, **attrs)
        return found

    @property
    def scripts(self) -> list[Element]:
        """What would run, beside the scripts of ours, which are files."""
        ours = re.compile(r"/[\w/-]*/static/[a-z]+\.js")
        return [
            each
            for each in self.all("script")
            if each.holds or not ours.fullmatch(each.attrs.get("src", ""))
        ]

    def is_(self, tag: str, class_: str, attrs: dict[str, str]) -> bool:
        """Whether this is one."""
        return (
            tag in {self.tag, "*"}
            and (not class_ or class_ in self.attrs.get("class", "").split())
            and all(self.attrs.get(name) == value for name, value in attrs.items())
        )

    def one(self, tag: str, class_: str = "", **attrs: str) -> Element:
        """The only such element."""
        (found,) = self.all(tag, class_, **attrs)
        return found

    def link(self, words: str) -> str:
        """Where the link with these words, or this label, leads."""
        (found,) = [a for a in self.all("a") if words in {a.text, a.attrs.get("aria-label")}]
        return found.attrs["href"]

    def facts(self) -> dict[str, str]:
        """The pairs of its description lists."""
        names = [each.text for each in self.all("dt")]
        return dict(zip(names, [each.text for each in self.all("dd")], strict=True))


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].holds.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].holds.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> ends <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].holds.append(data)


def read(html: str) -> Element:
    """Read a page. Every element must be closed in its turn."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    assert len(builder.open) == 1, f"<{builder.open[-1].tag}> is never closed"
    return builder.open[0]
