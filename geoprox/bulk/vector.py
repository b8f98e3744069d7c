"""FlatGeobuf, GeoPackage and whatever else GDAL reads: runs of features as parts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geoprox.bulk.degrees import require_degrees
from geoprox.bulk.packages import load
from geoprox.bulk.parquet import pick_columns
from geoprox.bulk.parts import ACCURACY, GEOMETRY, Part, cut, slices
from geoprox.errors import LayerError

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorFile:
    """A layer of a vector file: ``columns`` names those that are read, ``with_fid`` that one of them is the fid."""

    path: str
    layer: str
    columns: dict[str, str]
    with_fid: bool = False

    def read(self, parts: Sequence[Part]) -> "Iterator[tuple[Part, pa.Table]]":
        """Read parts in one pass; what lies before the first is passed over by the driver."""
        start, most = parts[0].offset, max(part.rows for part in parts)
        with self._stream(skip_features=start, batch_size=most) as (about, batches):
            names = self._names(about)
            for part, table in cut(batches, parts, start):
                self._require_sound(table)
                yield part, table.select(list(names.values())).rename_columns(list(names))

    def schema(self) -> "pa.Schema":
        """Return the columns that are read."""
        with self._stream() as (about, batches):
            fields = {name: batches.schema.field(column) for name, column in self._names(about).items()}
        return load("pyarrow").schema([field.with_name(name) for name, field in fields.items()])

    def spans_antimeridian(self, part: Part) -> bool:  # noqa: ARG002 -- for files that tell bounds before reading
        """Return False: the bounds of these parts are not known before they are read."""
        return False

    def _require_sound(self, table: "pa.Table") -> None:
        try:
            table.validate(full=True)
        except load("pyarrow").ArrowInvalid as error:
            message = f"{self.path}: its driver hands over broken rows ({error}); write it as GeoParquet with ogr2ogr"
            raise LayerError(message) from error

    def _stream(self, **options: int) -> Any:  # noqa: ANN401 -- pyogrio has no types
        import pyogrio

        # the quick reader of GDAL 3.12 hands over broken geometries after one that is missing. The option is of the
        # whole process and stays set: to take it back while another thread reads would break what that one reads
        pyogrio.set_gdal_config_options({"OGR_FLATGEOBUF_STREAM_BASE_IMPL": True})
        fields = [column for name, column in self.columns.items() if name != GEOMETRY]
        return pyogrio.open_arrow(
            self.path, layer=self.layer, columns=fields, use_pyarrow=True, return_fids=self.with_fid, **options
        )

    def _names(self, about: dict[str, Any]) -> dict[str, str]:
        """Return the columns with the name that the stream gives to geometry."""
        return {**self.columns, GEOMETRY: about["geometry_name"] or "wkb_geometry"}


def open_vector(path: str, id_column: str | None, part_rows: int) -> "tuple[VectorFile, list[Part], pa.Schema]":
    """Return a vector file, its parts of at most ``part_rows`` features, and the columns that are read of it."""
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    load("pyarrow")
    try:
        layer = _layer(path)
        about = pyogrio.read_info(path, layer=layer, force_feature_count=True)
    except (DataSourceError, DataLayerError) as error:
        message = f"{path} is no vector file that can be read: {error}"
        raise LayerError(message) from error
    require_degrees(path, about["crs"])
    fid = about["fid_column"]
    with_fid = id_column is not None and id_column == fid
    columns = pick_columns(path, [*about["fields"], *([fid] if fid else [])], id_column)
    file = VectorFile(path=path, layer=layer, columns={GEOMETRY: "", **columns}, with_fid=with_fid)
    # the features of such a file are in no groups that tell their bounds or radii
    accuracy = float("inf") if ACCURACY in columns else 0.0
    parts = [
        Part(path=path, source=0, number=n, base=0, row=row, rows=rows, offset=row, accuracy_m=accuracy)
        for n, (row, rows) in enumerate(slices(about["features"], part_rows))
    ]
    return file, parts, file.schema()


def _layer(path: str) -> str:
    """Return the one layer with geometry; raise where there is none, or a choice that is not ours."""
    import pyogrio

    layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
    if not layers:
        message = f"{path} has no geometry; give a vector file"
        raise LayerError(message)
    if len(layers) > 1:
        message = f"{path} has the layers {', '.join(layers)}; take out the one that is meant: ogr2ogr OUT {path} LAYER"
        raise LayerError(message)
    return layers[0]
