"""Reads rendered HTML as an inspector would: tags, links, text. Standard library only."""

from html.parser import HTMLParser
from xml.etree import ElementTree

VOID = {"meta", "link", "img", "br", "hr", "input"}


class Reading(HTMLParser):
    """One rendered page, taken apart."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.metas: list[tuple[str, str]] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []  # name of the element, its text
        self.scripts: list[str] = []
        self._open: list[tuple[str, list[str]]] = []
        self.feed(html.decode("utf-8"))
        self.close()
        assert not self._open, f"not closed: {self._open}"

    def handle_starttag(self, tag, attributes):
        values = {key: value or "" for key, value in attributes}
        self.elements.append((tag, values))
        if tag == "meta" and "name" in values:
            self.metas.append((values["name"], values["content"]))
        if tag not in VOID:
            self._open.append((tag, []))

    def handle_endtag(self, tag):
        name, pieces = self._open.pop()
        assert name == tag, f"<{name}> closed by </{tag}>"
        text = " ".join("".join(pieces).split())
        if tag == "script":
            self.scripts.append(text)
        else:
            self.texts.append((tag, text))

    def handle_data(self, data):
        for _name, pieces in self._open:
            pieces.append(data)

    def tag(self, name: str) -> str:
        """Return the content of the only meta tag called `name`."""
        found = [content for other, content in self.metas if other == name]
        assert len(found) == 1, f"{name}: {found}"
        return found[0]

    def names(self) -> list[str]:
        """Return the names of the page tags (those that begin with a capital), in order."""
        return [name for name, _content in self.metas if name[0].isupper()]

    def all(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of all elements `tag`."""
        return [values for name, values in self.elements if name == tag]

    def links(self) -> list[str]:
        """Return the addresses of all links, in order."""
        return [values["href"] for values in self.all("a") if "href" in values]

    def text(self, tag: str) -> list[str]:
        """Return the texts of all elements `tag`."""
        return [text for name, text in self.texts if name == tag]


def page(files, path: str) -> bytes:
    """Make the file `path` of `files`."""
    from wangqun.websites.pages import Assets

    return next(file for file in files if file.path == path).make(Assets(path.rpartition("/")[0]))


def xml(content: bytes) -> ElementTree.Element:
    """Parse what we rendered ourselves; raises where it is not well-formed."""
    return ElementTree.fromstring(content)  # noqa: S314 - our own output
