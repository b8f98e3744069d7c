"""Stage: files that planners edit, read and checked into frames.

Nothing is lost, and nothing is repaired without an issue row.
"""

from geoprox.layers.read import read_layers

__all__ = ["read_layers"]
