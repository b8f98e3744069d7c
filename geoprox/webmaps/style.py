"""How each layer looks: a colour and a shape, so that neither has to be told alone.

Colours are after the palette of Okabe and Ito (2008), which people with any of the common colour-vision deficiencies
can tell apart, darkened where they would lack contrast on land.
"""

from collections.abc import Iterable

_KNOWN = {
    "foreign_projects": ("#0072b2", "circle"),
    "ports": ("#00785a", "square"),
    "defence_sites": ("#c04a00", "triangle"),
    "smart_city": ("#a3457f", "diamond"),
    "municipalities": ("#4a4a4a", "none"),
}
_SPARE = (("#56607a", "circle"), ("#7a6a00", "square"), ("#5b4a8a", "triangle"), ("#3b6e6e", "diamond"))


def layer_styles(layers: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return a colour and a shape for each layer; layers that geoprox does not know take the spare ones in turn.

    >>> layer_styles(["ports", "wells"])
    {'ports': ('#00785a', 'square'), 'wells': ('#56607a', 'circle')}
    """
    names = list(layers)
    strange = [name for name in names if name not in _KNOWN]
    spare = {name: _SPARE[k % len(_SPARE)] for k, name in enumerate(strange)}
    return {name: _KNOWN.get(name) or spare[name] for name in names}
