"""A PostGIS of our own for as long as the tests run: no port, no password, nothing left behind."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Debian keeps the programs of each version apart and off the path
DEBIAN = Path("/usr/lib/postgresql")
USER = "postgres"


def programs() -> Path | None:
    """Return the folder with the programs of the newest PostgreSQL that has PostGIS, None where there is none."""
    folders = sorted(DEBIAN.glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    found = shutil.which("initdb")
    return next((f for f in [*folders, *([Path(found).parent] if found else [])] if _has_postgis(f)), None)


def _has_postgis(folder: Path) -> bool:
    if not all((folder / name).exists() for name in ("initdb", "pg_ctl", "pg_config")):
        return False
    share = subprocess.run([folder / "pg_config", "--sharedir"], capture_output=True, text=True, check=True).stdout
    return (Path(share.strip()) / "extension" / "postgis.control").exists()


@contextmanager
def server(folder: Path) -> Iterator[Path]:
    """Run a server that listens in the folder yielded, on a socket only."""
    # the name of a socket is limited to some hundred letters, so the folder is none of pytest's
    with tempfile.TemporaryDirectory(prefix="geoprox-postgis-") as home:
        # the server refuses to run as root
        other = {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}
        if other:
            shutil.chown(home, USER, USER)

        def run(program: str, *arguments: str) -> None:
            subprocess.run(
                [folder / program, "-D", f"{home}/data", *arguments],
                cwd=home, env={"PATH": os.defpath, "LC_ALL": "C"}, check=True, stdout=subprocess.DEVNULL, **other,
            )  # fmt: skip

        run("initdb", "--username", USER, "--auth", "trust", "--encoding", "UTF8", "--no-sync")
        run("pg_ctl", "start", "--wait", "--silent", f"--log={home}/log", "-o", f"-k {home} -h '' -F")
        try:
            yield Path(home)
        finally:
            run("pg_ctl", "stop", "--wait", "--silent", "--mode=immediate")
