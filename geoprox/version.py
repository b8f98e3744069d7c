"""The version, for whoever writes it down without loading anything else."""

VERSION = "0.1.0"
