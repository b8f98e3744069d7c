"""Stage: what is near what.

Frames, series or arrays in longitude and latitude in; frames and series on the caller's index out.
"""

from geoprox.proximity.inputs import prepare
from geoprox.proximity.measure import distance
from geoprox.proximity.pairs import near, nearest_sites, pairs_within
from geoprox.proximity.shares import overlap
from geoprox.proximity.zones import buffer, rings

__all__ = ["buffer", "distance", "near", "nearest_sites", "overlap", "pairs_within", "prepare", "rings"]
