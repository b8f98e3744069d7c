"""Writing a map as one file that asks the network for nothing."""

import base64
import hashlib
import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import folium

from geoprox.errors import FormatError
from geoprox.files import whole

_CDN = "https://cdn.jsdelivr.net/npm/leaflet@1.9.3/dist/"
LEAFLET_JS = f"{_CDN}leaflet.js"
LEAFLET_CSS = f"{_CDN}leaflet.css"
TILES = "https://tile.openstreetmap.org"
# found on import, so that a package that is missing is told before any work is done
_LEAFLET = Path(str(files("xstatic.pkg.leaflet"))) / "data"
_KNOWN = {LEAFLET_JS: "leaflet.js", LEAFLET_CSS: "leaflet.css"}
_FETCHING = {"src", "srcset", "data", "poster", "background", "action", "formaction", "manifest"}
_SCRIPT_TAG = re.compile(r'<script src="([^"]*)"></script>')
_STYLE_TAG = re.compile(r'<link rel="stylesheet" href="([^"]*)"\s*/?>')
_CSS_URL = re.compile(r"url\(\s*['\"]?([^'\")]*)['\"]?\s*\)")
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


def write_map(m: folium.Map, path: str | Path) -> Path:
    """Write a map as one HTML file that opens without a network, and return its path.

    Every script and style is written into the file, and a content security policy forbids everything else: only the
    OpenStreetMap tiles may be fetched, and only after the reader asks for them. The same map gives the same bytes. The
    file is written whole or not at all.

    Parameters
    ----------
    m
        From ``make_map``. Another folium map will do where its ``default_js`` and ``default_css``, and whatever was
        added to it, ask for nothing but Leaflet; by itself folium asks for jQuery, Bootstrap and more.
    path
        The file to write; its folder is made where there is none.

    Raises
    ------
    FormatError
        The map asks for a script, style or picture that is not at hand; the message names it.

    Examples
    --------
    >>> import geoprox as gp
    >>> layers = gp.read_layers("layers")
    >>> risk = gp.assess(layers, gp.read_policy("layers/policy.toml"))
    >>> m = gp.make_map(risk, layers, definition="maps/eilat.toml")
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     gp.write_map(m, f"{folder}/eilat.html").name
    'eilat.html'
    """
    page = self_contained(m)
    with whole(path) as part:
        part.write_text(page, encoding="utf-8", newline="\n")
    return Path(path)


def self_contained(m: folium.Map) -> str:
    """Return the page of a map with everything it needs written into it.

    Raises
    ------
    FormatError
        The page asks for something that is not at hand.
    """
    root = m.get_root()
    page = _with_steady_ids(root.render(), root.to_dict())
    page = _SCRIPT_TAG.sub(lambda match: f"<script>{_asset(match[1])}</script>", page)
    page = _STYLE_TAG.sub(lambda match: f"<style>{_asset(match[1])}</style>", page)
    page = page.replace("<html>", '<html lang="en" dir="ltr">', 1)
    return sealed(page)


def sealed(page: str) -> str:
    """Return a page with a content security policy that allows the scripts and styles it has, and no others.

    Raises
    ------
    FormatError
        The page asks for something beyond itself, or runs something that its policy could not name.
    """
    parts = _Parts()
    parts.feed(page)
    parts.close()
    if parts.strange:
        listed = "; ".join(sorted(set(parts.strange)))
        raise FormatError(
            f"the page would ask for what is not in it: {listed}; take it off the map, or add it to the page itself"
        )
    rules = {
        "default-src": ["'none'"],
        "script-src": parts.hashes("script"),
        "style-src": parts.hashes("style"),
        "img-src": ["data:", TILES],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    policy = "; ".join(f"{name} {' '.join(values)}" for name, values in rules.items())
    meta = f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy, quote=True)}">'
    return page.replace("<head>", f"<head>\n{meta}", 1)


class _Parts(HTMLParser):
    """Gathers the scripts and styles of a page, and everything in it that would fetch or run something else."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: dict[str, list[str]] = {"script": [], "style": []}
        self.strange: list[str] = []
        self._within = ""

    def hashes(self, tag: str) -> list[str]:
        digests = (hashlib.sha256(text.encode()).digest() for text in self.texts[tag])
        return list(dict.fromkeys(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)) or ["'none'"]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = ""
        for name, value in attrs:
            fetches = name in _FETCHING or (name == "href" and tag == "link")
            if (fetches and not (value or "").startswith("data:")) or name.startswith("on") or name == "style":
                self.strange.append(f"<{tag} {name}={value!r}>")
        if tag in self.texts and dict(attrs).get("type") != "application/json":
            self._within = tag
            self.texts[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        del tag
        self._within = ""

    def handle_data(self, data: str) -> None:
        if not self._within:
            return
        self.texts[self._within][-1] += data
        if self._within == "style":
            self.strange += [f"url({url})" for url in _CSS_URL.findall(data) if not url.startswith(("data:", "#"))]
            self.strange += re.findall(r"@import[^;]*", data)


def _asset(url: str) -> str:
    """Return the text of a known script or style, its pictures included."""
    if url not in _KNOWN:
        raise FormatError(
            f"the page would ask for {url}, which is not at hand; a briefing map may use {', '.join(_KNOWN)} only"
        )
    text = (_LEAFLET / _KNOWN[url]).read_text(encoding="utf-8")
    text = _CSS_URL.sub(_picture, text) if url.endswith(".css") else _SOURCE_MAP.sub("", text)
    return text.replace("</script", r"<\/script")


def _picture(match: "re.Match[str]") -> str:
    name = match[1]
    if name.startswith(("#", "data:")):
        return match[0]
    return f"url(data:image/png;base64,{base64.b64encode((_LEAFLET / name).read_bytes()).decode()})"


def _with_steady_ids(page: str, tree: "dict[str, Any]") -> str:
    """Replace the random ids of a page's elements by their place in it, so that the same map gives the same bytes."""
    for number, name in enumerate(_ids(tree), start=1):
        page = page.replace(name, f"{number:032x}")
    return page


def _ids(tree: "dict[str, Any]") -> Iterator[str]:
    yield tree["id"]
    for part in ("header", "html", "script"):
        if part in tree:
            yield from _ids(tree[part])
    for child in tree["children"].values():
        yield from _ids(child)
