"""A geodesic is known from its chord, as closely as the bound of distances needs."""

import numpy as np
import pytest
from pyproj import Geod

from geoprox.geodesy.chords import FAR_M, arc, azimuth, slack
from geoprox.geodesy.ellipsoid import to_space

WGS84 = Geod(ellps="WGS84")


@pytest.fixture(scope="module")
def geodesics():
    """Return 100,000 geodesics of one length from anywhere to anywhere, as places in space and azimuths."""

    def make(metres):
        rng = np.random.default_rng(5)
        lon, lat = rng.uniform(-180, 180, 100_000), np.degrees(np.arcsin(rng.uniform(-1, 1, 100_000)))
        way = rng.uniform(-180, 180, 100_000)
        end_lon, end_lat, _ = WGS84.fwd(lon, lat, way, np.full(100_000, metres))
        return to_space(lon, lat).T, to_space(end_lon, end_lat).T, way

    return make


@pytest.mark.parametrize(("metres", "bound"), [(1, 1e-8), (5000, 1e-8), (160_934, 3e-6), (FAR_M, 1e-5)])
def test_the_arc_of_a_chord_is_its_geodesic(geodesics, metres, bound):
    start, end, _ = geodesics(metres)
    assert np.abs(arc(start, end) - metres).max() < bound


def test_beyond_its_range_it_is_not(geodesics):
    start, end, _ = geodesics(1_000_000)
    assert np.abs(arc(start, end) - 1_000_000).max() > 1e-2


@pytest.mark.parametrize("metres", [100, 5000, FAR_M])
def test_the_azimuth_of_a_chord_is_that_of_its_geodesic(geodesics, metres):
    start, end, way = geodesics(metres)
    turn = (azimuth(start, end) - way + 180) % 360 - 180
    assert np.abs(turn).max() < 1e-4


@pytest.mark.parametrize("metres", [10_000, 160_934, 1_000_000])
def test_a_chord_longer_by_more_than_the_slack_belongs_to_a_longer_geodesic(geodesics, metres):
    start, end, _ = geodesics(metres)
    chords = np.linalg.norm(end - start, axis=0)
    assert chords.max() - chords.min() < slack(chords.min()) or metres == 10_000
    assert slack(chords.min()) < 0.05 * (metres - chords.min()) + 1e-6


def test_no_length_has_no_azimuth_and_is_no_length():
    place = to_space(np.array([34.0, 0.0]), np.array([31.0, 90.0])).T
    assert arc(place, place).tolist() == [0, 0]
