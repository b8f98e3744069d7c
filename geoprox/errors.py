"""The errors geoprox raises; each is named by what failed and its message ends with the remedy."""


class GeoproxError(Exception):
    """Base of every error that geoprox raises on purpose."""


class CRSMismatchError(GeoproxError):
    """Frames that must share a coordinate reference system do not, or one of them has none."""


class GeometryError(GeoproxError):
    """A geometry cannot be measured: coordinates that are not finite or not on the globe, or a size out of range."""


class LayerError(GeoproxError):
    """A file cannot be read as a layer, a table or a vector file."""


class DefinitionError(GeoproxError):
    """A policy, catalog or map file says something that cannot be used; the message gives file and line."""


class FilterError(GeoproxError):
    """A CQL2 filter cannot be parsed, or uses what geoprox does not evaluate."""


class FormatError(GeoproxError):
    """A file name asks for a format that geoprox does not write."""


class InstallationError(GeoproxError):
    """A feature was asked for whose optional packages are not installed."""


class RunError(GeoproxError):
    """A long run cannot begin or go on: another run's parts lie beside its output, or its workers are lost."""
