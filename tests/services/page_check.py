"""What every page must be, checked without a browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

VOID: Final = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr")
)
UNLABELLED_TYPES: Final = frozenset({"hidden", "submit", "button", "reset", "image"})


@dataclass(slots=True)
class Node:
    """An element with its text and children."""

    name: str
    attributes: dict[str, str]
    inside: list[Node] = field(default_factory=list)
    words: str = ""

    def all(self) -> list[Node]:
        """Itself and everything below it."""
        return [self, *(deep for one in self.inside for deep in one.all())]

    def text(self) -> str:
        """Everything it says, `alt` and `aria-label` of what is inside included."""
        own = self.attributes.get("aria-label") or self.attributes.get("alt") or ""
        return " ".join([own, self.words, *(one.text() for one in self.inside)]).strip()


class Tree(HTMLParser):
    """The elements of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("#page", {})
        self.open = [self.root]
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        for depth in range(len(self.open) - 1, 0, -1):
            if self.open[depth].name == tag:
                del self.open[depth:]
                return

    def handle_data(self, data: str) -> None:
        self.open[-1].words += data


def check_page(html: str) -> None:
    """Raises `AssertionError` with every fault of a whole page."""
    found = faults(html)
    assert not found, "\n".join(found)


def faults(html: str) -> list[str]:
    """Every fault of a page, in words."""
    nodes = Tree(html).root.all()
    return [*structure(html, nodes), *scripts(nodes), *names(nodes)]


def structure(html: str, nodes: list[Node]) -> list[str]:
    """Language, title, one h1, unique ids, references that lead somewhere, no raw template."""
    found = [f"unrendered template: {mark}" for mark in ("{{", "{%", "{#") if mark in html]
    found += [f"unfilled value: {mark}" for mark in ("Undefined", ">None<") if mark in html]
    roots = [node for node in nodes if node.name == "html"]
    if [node.attributes.get("lang") for node in roots] not in (["zh-Hans-CN"], ["en"]):
        found.append("html needs lang zh-Hans-CN or en")
    headings = [node for node in nodes if node.name == "h1"]
    if len(headings) != 1 or not headings[0].text():
        found.append(f"{len(headings)} h1 instead of one that says something")
    if not any(node.name == "title" and node.text() for node in nodes):
        found.append("no title")
    ids = [node.attributes["id"] for node in nodes if "id" in node.attributes]
    found += [f"id twice: {one}" for one in sorted({one for one in ids if ids.count(one) > 1})]
    for node in nodes:
        for name in ("aria-describedby", "aria-labelledby", "for"):
            lost = set(node.attributes.get(name, "").split()) - set(ids)
            found += [f"{node.name} {name} leads nowhere: {one}" for one in sorted(lost)]
        href = node.attributes.get("href", "")
        if node.name == "a" and href.startswith("#") and href[1:] not in ids:
            found.append(f"link leads nowhere: {href}")
    return found


def scripts(nodes: list[Node]) -> list[str]:
    """No script, style or handler written into the page."""
    found = []
    for node in nodes:
        if node.name == "script" and "src" not in node.attributes:
            found.append("inline script")
        if node.name == "style" or "style" in node.attributes:
            found.append(f"inline style: {node.name}")
        found += [f"handler: {one}" for one in node.attributes if one.startswith("on")]
        if node.attributes.get("href", "").lower().startswith("javascript:"):
            found.append("javascript: link")
    return found


def names(nodes: list[Node]) -> list[str]:
    """Everything a person uses has a name."""
    labelled = {
        node.attributes.get("for") for node in nodes if node.name == "label" and node.text()
    }
    wrapped = {
        id(inner) for node in nodes if node.name == "label" and node.text() for inner in node.all()
    }
    found = []
    for node in nodes:
        given = node.attributes
        named = given.get("aria-label") or given.get("aria-labelledby")
        asks = node.name in ("input", "select", "textarea")
        labels = named or given.get("id") in labelled or id(node) in wrapped
        if asks and given.get("type") not in UNLABELLED_TYPES and not labels:
            found.append(f"no label: {given.get('name')}")
        if node.name in ("a", "button") and not (named or node.text()):
            found.append(f"{node.name} says nothing: {given.get('href', '')}")
        if node.name == "img" and "alt" not in given:
            found.append(f"no alt: {given.get('src')}")
        if given.get("role") == "img" and not (named or has(node, "title")):
            found.append("a picture without a title")
        if given.get("method", "").lower() == "post" and not holds_token(node):
            found.append(f"form without a token: {given.get('action')}")
    return found


def has(node: Node, name: str) -> bool:
    """Whether an element that says something stands inside."""
    return any(one.name == name and one.text() for one in node.all())


def holds_token(node: Node) -> bool:
    """Whether a form carries the session's token."""
    return any(one.attributes.get("name") == "csrf" for one in node.all())
