"""Writing files whole or not at all."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geoprox.errors import FormatError


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Give a path to write to beside ``path``.

    What was written becomes ``path`` when the block ends well, and is removed when it does not.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with whole(folder / "a.txt") as part:
    ...     _ = part.write_text("done")
    >>> [p.name for p in folder.iterdir()]
    ['a.txt']
    """
    path = Path(path)
    if path.is_dir():
        message = f"{path} is a folder; give the name of a file"
        raise FormatError(message)
    path.parent.mkdir(parents=True, exist_ok=True)
    # the same suffix, since some writers choose their format by it
    with tempfile.TemporaryDirectory(prefix=f".{path.stem}-", dir=path.parent) as folder:
        part = Path(folder) / path.name
        yield part
        part.replace(path)
