"""Briefing maps: what an assessment found, drawn on a folium map and written as one file that needs no network."""

from geoprox.errors import InstallationError

try:
    from geoprox.webmaps.index import write_index
    from geoprox.webmaps.page import make_map, read_map
    from geoprox.webmaps.selfcontained import write_map
except ImportError as error:
    message = "briefing maps need folium, Jinja2 and XStatic-Leaflet; install geoprox[maps]"
    raise InstallationError(message) from error

__all__ = ["make_map", "read_map", "write_index", "write_map"]
