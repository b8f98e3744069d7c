"""Whether a file is in WGS84 longitude and latitude."""

from pyproj import CRS
from pyproj.exceptions import CRSError

from geoprox.errors import CRSMismatchError

_ACCEPTED = ("EPSG:4326", "OGC:CRS84")


def require_degrees(path: str, crs: object) -> None:
    """Raise ``CRSMismatchError`` with the command that reprojects a file, unless it is in EPSG:4326 or OGC:CRS84.

    ``crs`` is what the file declares, in any form pyproj understands; None where it declares none.
    """
    fault, source = _fault(crs)
    if fault:
        message = f"{path} {fault}; distances are measured from EPSG:4326: ogr2ogr {source}-t_srs EPSG:4326 OUT {path}"
        raise CRSMismatchError(message)


def _fault(crs: object) -> tuple[str, str]:
    """Return what is wrong with a CRS, and what ogr2ogr has to be told about it."""
    guess = "-s_srs EPSG:2039 (if that is what it is in) "
    if crs is None:
        return "declares no CRS", guess
    try:
        declared = CRS.from_user_input(crs)
    except CRSError:
        return "declares a CRS that cannot be read", guess
    if any(declared.equals(accepted, ignore_axis_order=True) for accepted in _ACCEPTED):
        return "", ""
    authority = declared.to_authority()
    return f"is in {':'.join(authority) if authority else declared.name}", ""
