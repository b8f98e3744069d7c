"""Make the virtual environment named on the command line, or say in one line what is missing."""

import importlib.util
import subprocess
import sys


def main(folder):
    """Make `folder` a virtual environment with pip; one that works already is kept."""
    if sys.version_info < (3, 11):
        found = ".".join(str(part) for part in sys.version_info[:2])
        sys.exit(f"geoprox needs Python 3.11 or newer and this is {found}: try `make PYTHON=python3.12 ...`")
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        sys.exit("this Python cannot make environments: install its venv (Debian: sudo apt-get install python3-venv)")
    if not works(folder):
        import venv

        print(f"making {folder} and installing into it: once, a minute or two", flush=True)
        venv.EnvBuilder(with_pip=True, clear=True).create(folder)


def works(folder):
    """Whether `folder` holds a Python that runs and has pip: a half-made or outlived environment is made again."""
    try:
        result = subprocess.run([f"{folder}/bin/python", "-m", "pip", "--version"], capture_output=True, check=False)
    except OSError:
        return False
    return result.returncode == 0


if __name__ == "__main__":
    main(sys.argv[1])
