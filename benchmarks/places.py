"""Where the workloads lie: rough places, good for clusters and for nothing else."""

import numpy as np

# lon, lat, weight (about a thousand inhabitants), sigma in km
ISRAEL_CITIES = np.array(
    [
        [34.78, 32.08, 1200, 5.0],  # Tel Aviv and the towns around it
        [35.21, 31.77, 980, 4.5],  # Jerusalem
        [34.99, 32.80, 500, 4.5],  # Haifa
        [34.80, 31.96, 400, 3.5],  # Rishon LeZion, Nes Ziona
        [34.88, 32.09, 400, 3.0],  # Petah Tikva
        [34.65, 31.80, 225, 3.0],  # Ashdod
        [34.86, 32.32, 225, 3.0],  # Netanya
        [34.79, 31.25, 215, 4.0],  # Beersheba
        [34.57, 31.67, 150, 3.0],  # Ashkelon
        [34.90, 32.18, 250, 3.0],  # Kfar Saba, Ra'anana
        [34.87, 31.93, 160, 3.0],  # Ramla, Lod
        [35.30, 32.70, 130, 3.0],  # Nazareth
        [34.92, 32.43, 100, 3.0],  # Hadera
        [35.08, 32.92, 90, 3.0],  # Acre, Nahariya
        [35.01, 31.90, 95, 2.0],  # Modi'in
        [34.99, 31.75, 120, 2.0],  # Beit Shemesh
        [34.76, 31.61, 55, 2.0],  # Kiryat Gat
        [35.53, 32.79, 45, 2.0],  # Tiberias
        [34.95, 29.56, 55, 2.0],  # Eilat
        [35.57, 33.21, 25, 2.0],  # Kiryat Shmona
    ]
)
ISRAEL_BOX = ((34.3, 30.6), (35.6, 33.2))
# such a share gives about 24 pairs a parcel within 5 km
SITES_AT_CITIES = 0.445

# west, south, east, north, weight
LAND_BOXES = np.array(
    [
        [-122, 32, -80, 48, 14],  # United States
        [-125, 50, -95, 60, 3],  # Canada
        [-105, 17, -97, 24, 4],  # Mexico
        [-64, -30, -42, -5, 8],  # Brazil, Paraguay
        [-70, -50, -62, -30, 3],  # Argentina
        [-79, -12, -72, 6, 3],  # Peru, Colombia
        [-5, 37, 20, 54, 16],  # Europe
        [20, 45, 60, 62, 8],  # eastern Europe
        [-8, 8, 30, 30, 6],  # Sahel, Sahara
        [12, -30, 35, 5, 7],  # southern Africa
        [36, 0, 46, 12, 3],  # Ethiopia
        [35, 18, 55, 38, 5],  # Arabia, Mesopotamia
        [60, 50, 130, 68, 4],  # Siberia
        [60, 28, 75, 48, 4],  # central Asia
        [72, 10, 87, 28, 10],  # India
        [98, 22, 121, 41, 14],  # China
        [130, 31, 141, 41, 4],  # Japan
        [99, 11, 107, 20, 3],  # Thailand, Laos
        [116, -34, 150, -17, 4],  # Australia
        [172, -45, 178, -37, 2],  # New Zealand
        [177, -18, 180, -16, 3],  # Fiji, west of the antimeridian
        [-180, -18, -178, -16, 2],  # Fiji, east of it
        [176, 65, 180, 69, 3],  # Chukotka, west of it
        [-180, 65, -174, 68, 3],  # Chukotka, east of it
        [15, 70, 31, 80, 4],  # northern Norway, Svalbard
        [80, 70, 140, 78, 3],  # Taymyr
        [-60, 70, -25, 80, 3],  # Greenland
    ]
)
TOWNS = 250
IN_TOWNS = 0.3
