"""A briefing map as a folium map: Leaflet, our own script, and one value for it to draw."""

import html
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import folium
from branca.element import Figure, MacroElement
from folium.template import Template

from geoprox.errors import DefinitionError
from geoprox.model.briefing import MapDefinition
from geoprox.model.definitions import read_definition
from geoprox.model.values import Assessment, Layers
from geoprox.webmaps.scene import make_scene
from geoprox.webmaps.selfcontained import LEAFLET_CSS, LEAFLET_JS
from geoprox.webmaps.view import Json

SCRIPTS = ("dom.js", "marks.js", "labels.js", "cards.js", "panel.js", "drawing.js", "briefing.js")
STYLES = ("briefing.css",)
# what may end a script element, start a comment in it, or end a line of script; as JSON escapes they do nothing
_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


class Briefing(MacroElement):
    """The part of the page that draws a scene: its styles, its scripts, and the scene as data that is never markup."""

    _template = Template("""
        {% macro header(this, kwargs) %}<style>{{ this.css }}</style>{% endmacro %}
        {% macro html(this, kwargs) %}
        <script type="application/json" id="geoprox-scene">{{ this.json }}</script>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        {{ this.js }}
        geoprox.brief({{ this._parent.get_name() }}, JSON.parse(document.getElementById("geoprox-scene").textContent));
        {% endmacro %}
    """)

    def __init__(self, scene: Json) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Briefing"
        self.scene = scene
        self.json = as_data(scene)
        self.js = "\n".join(static(name) for name in SCRIPTS)
        self.css = "\n".join(static(name) for name in STYLES)


def make_map(assessment: Assessment, layers: Layers, *, definition: str | Path | MapDefinition) -> folium.Map:
    """Return a briefing map of an assessment.

    The map shows the features of the definition's layers, rings at the distance of its rules, what subjects have in
    common with them, the findings, and a legend, in English and Hebrew. Values from the data are shown as text and can
    never run. Features that did not exist on the day of the assessment are left out.

    Parameters
    ----------
    assessment
        From ``assess``.
    layers
        The layers that were assessed.
    definition
        A map definition, or the path of its TOML file; its ``bounds`` are west, south, east, north in degrees.

    Raises
    ------
    DefinitionError
        The definition cannot be used, or names a layer or rule that there is not.

    Examples
    --------
    >>> import geoprox as gp
    >>> layers = gp.read_layers("layers")
    >>> risk = gp.assess(layers, gp.read_policy("layers/policy.toml"))
    >>> m = gp.make_map(risk, layers, definition="maps/ashdod_port_hinterland.toml")
    >>> type(m).__name__
    'Map'
    """
    wanted = definition if isinstance(definition, MapDefinition) else read_map(definition)
    try:
        scene = make_scene(assessment, layers, wanted)
    except DefinitionError as error:
        if isinstance(definition, MapDefinition):
            raise
        raise DefinitionError(f"{definition}: {error}") from error
    return _folium_map(scene, wanted)


def read_map(path: str | Path) -> MapDefinition:
    """Read a map definition from TOML.

    Raises
    ------
    DefinitionError
        The file is missing, is not TOML, or does not fit; every fault is named with its line.
    """
    return read_definition(path, MapDefinition)


def as_data(value: Json) -> str:
    r"""Return JSON that can stand in a script element: no value in it can end the element.

    >>> as_data({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).translate(_ESCAPES)


def static(name: str) -> str:
    """Return the text of one of the package's own scripts or styles."""
    return files("geoprox.webmaps").joinpath("static", name).read_text(encoding="utf-8")


def _folium_map(scene: Json, definition: MapDefinition) -> folium.Map:
    west, south, east, north = definition.bounds
    options: dict[str, Any] = {"attribution_control": False, "zoom_snap": 0.25, "bounce_at_zoom_limits": False}
    m = folium.Map(
        [(south + north) / 2, (west + east) / 2], tiles=None, prefer_canvas=True, zoom_control=False, **options
    )
    # on this map only: the lists of the class are shared by every map
    m.default_js = [("leaflet", LEAFLET_JS)]
    m.default_css = [("leaflet_css", LEAFLET_CSS)]
    Briefing(scene).add_to(m)
    figure = m.get_root()
    if isinstance(figure, Figure):
        figure.title = html.escape(definition.title_en)
    return m
