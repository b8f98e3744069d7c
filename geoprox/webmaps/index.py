"""The page that lists the maps: what each shows, on what data and policy they rest, and where the tables are."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from jinja2 import Environment

from geoprox.files import whole
from geoprox.model.briefing import MapDefinition
from geoprox.model.values import Assessment, Layers
from geoprox.model.vocabulary import RiskClass
from geoprox.webmaps.legend import caveats, sources
from geoprox.webmaps.page import static
from geoprox.webmaps.selfcontained import sealed
from geoprox.webmaps.view import Json
from geoprox.webmaps.words import both, word


def write_index(
    maps: Mapping[str, MapDefinition],
    path: str | Path,
    *,
    assessment: Assessment,
    layers: Layers,
    tables: Iterable[str] = (),
) -> Path:
    """Write the page that lists the briefing maps, in English and Hebrew, and return its path.

    Parameters
    ----------
    maps
        The definition of each map, by the name of its file beside the page.
    path
        The file to write; its folder is made where there is none.
    assessment, layers
        What the maps were made from: the page tells its day, its policy, what was read of each layer, and how many
        subjects are in each class.
    tables
        Names of the risk-table files beside the page.

    Examples
    --------
    >>> import geoprox as gp
    >>> layers = gp.read_layers("layers")
    >>> risk = gp.assess(layers, gp.read_policy("layers/policy.toml"))
    >>> from geoprox.webmaps import read_map, write_index
    >>> maps = {"eilat.html": read_map("maps/eilat.toml")}
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_index(maps, f"{folder}/index.html", assessment=risk, layers=layers).name
    'index.html'
    """
    page = sealed(_page(maps, assessment, layers, tables))
    with whole(path) as part:
        part.write_text(page, encoding="utf-8", newline="\n")
    return Path(path)


def _page(maps: Mapping[str, MapDefinition], assessment: Assessment, layers: Layers, tables: Iterable[str]) -> str:
    return _TEMPLATE.render(
        title=both(layers.catalog.title_en, layers.catalog.title_he),
        maps=[_map_entry(name, definition) for name, definition in maps.items()],
        tables=list(tables),
        classes=_classes(assessment),
        caveats=caveats(assessment, layers),
        basis=both(assessment.policy.score.basis_en, assessment.policy.score.basis_he),
        sources=sources(assessment, layers, [entry.id for entry in layers.catalog.layer]),
        words=_WORDS,
        css=static("index.css"),
        js=static("index.js"),
    )


def _map_entry(name: str, definition: MapDefinition) -> Json:
    return {
        "file": name,
        "title": both(definition.title_en, definition.title_he),
        "intro": both(definition.intro_en, definition.intro_he),
    }


def _classes(assessment: Assessment) -> list[Json]:
    counts = assessment.table["risk_class"].value_counts()
    order = (RiskClass.HIGH, RiskClass.MEDIUM, RiskClass.LOW, RiskClass.NONE, RiskClass.UNKNOWN)
    return [
        {"value": c.value, "text": word("risk_class", c.value), "count": int(counts.get(c.value, 0))} for c in order
    ]


_WORDS = {
    "maps": both("Maps", "מפות"),
    "table": both("Risk table", "טבלת הסיכונים"),
    "table_about": both("The same values in each file, one row a subject.", "אותם ערכים בכל קובץ, שורה לכל נושא."),
    "classes": both("Subjects by class", "נושאים לפי רמה"),
    "layers": both("What the layers hold", "מה יש בשכבות"),
    "omitted": both("Left out on purpose", "הושמט במכוון"),
    "care": both("Read with care", "הערות לקריאה"),
}
# values are escaped wherever they stand: there is no other way for them into the page
_TEMPLATE = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(static("index.html"))
