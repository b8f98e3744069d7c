"""Stage: what is near what.

Frames, series or arrays in longitude and latitude in; frames and series on the caller's index out.
"""

from geoprox.proximity.measure import buffer, distance, overlap
from geoprox.proximity.pairs import near, nearest_sites, pairs_within

__all__ = ["buffer", "distance", "near", "nearest_sites", "overlap", "pairs_within"]
