# SPDX-License-Identifier: MIT
"""The tables that bench/training/run trains on, made from fixed seeds, and the file that
train_forest_file reads them from."""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy

TRAIN_COUNT = 20_000
TEST_COUNT = 10_000
CLASS_COUNT = 7


@dataclass
class Table:
    """Rows to train on first, then those to score on. class_count 0: a regression."""

    name: str
    rows: numpy.ndarray  # float32
    targets: numpy.ndarray  # float64
    class_count: int

    def write(self, path: Path) -> None:
        sizes = (TRAIN_COUNT, TEST_COUNT, self.rows.shape[1], self.class_count)
        path.write_bytes(struct.pack("<4Q", *sizes) + self.rows.astype("<f4").tobytes()
                         + self.targets.astype("<f8").tobytes())


def forest_cover() -> Table:
    """Shaped as UCI's covertype: 10 whole-number columns, up to some thousand different values
    each, 4 + 40 columns of which one in each group is 1, and 7 classes of very different sizes."""
    random = numpy.random.RandomState(1)
    count = TRAIN_COUNT + TEST_COUNT
    area = random.choice(4, count, p=[0.45, 0.05, 0.44, 0.06])
    elevation = 2_950 + 280 * random.randn(count) - 120 * (area == 3)
    aspect = random.randint(0, 361, count)
    slope = numpy.abs(14 + 7.5 * random.randn(count))
    to_water = random.exponential(270, count)
    to_water_up = 0.2 * to_water * random.randn(count)
    to_road = random.gamma(2, 1_200, count)
    shade = 212 + 30 * numpy.cos((aspect[:, None] - [60, 150, 250]) / 57.3) * slope[:, None] / 20
    to_fire = random.gamma(2, 1_000, count)
    numbers = numpy.column_stack([elevation, aspect, slope, to_water, to_water_up, to_road,
                                  numpy.clip(shade + random.randn(count, 3), 0, 254), to_fire])
    # Each kind of soil has its height.
    heights = numpy.linspace(2_000, 3_700, 40)
    nearness = -((elevation[:, None] - heights) / 250) ** 2 + random.gumbel(size=(count, 40))
    soil = nearness.argmax(1)
    groups = numpy.hstack([numpy.eye(4)[area], numpy.eye(40)[soil]])
    preferred = numpy.array([3_150, 2_900, 2_450, 2_200, 2_750, 2_420, 3_380])
    common = numpy.array([1.2, 1.6, 0.2, -1.5, -1.5, -0.7, -0.6])
    likes = common - ((elevation[:, None] - preferred) / 150) ** 2
    likes += 1.2 * numpy.sin(soil[:, None] * numpy.arange(1, 8)) + 0.8 * numpy.cos(
        (area[:, None] + 1) * numpy.arange(1, 8))
    likes += numpy.cos(to_road[:, None] / 900 + numpy.arange(7)) + numpy.sin(
        to_fire[:, None] / 800 + 2 * numpy.arange(7))
    targets = (likes + 0.35 * random.gumbel(size=(count, 7))).argmax(1)
    rows = numpy.hstack([numbers.round(), groups]).astype("f4")
    return Table("forest cover", rows, targets.astype("f8"), CLASS_COUNT)


def continuous() -> Table:
    from sklearn.datasets import make_classification

    rows, targets = make_classification(
        TRAIN_COUNT + TEST_COUNT, n_features=54, n_informative=20, n_redundant=10, flip_y=0.02,
        n_classes=CLASS_COUNT, n_clusters_per_class=2, class_sep=1.5, random_state=1)
    return Table("continuous", rows.astype("f4"), targets.astype("f8"), CLASS_COUNT)


def all_tables() -> list[Table]:
    return [forest_cover(), continuous()]
