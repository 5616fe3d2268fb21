"""shapes10 is the same everywhere and in every order, and its shapes are what they are called."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from cnnkit import data
from cnnkit.data import CLASSES, SHAPES, shapes10

CHECKSUMS = {  # of 300 images from number 1,000,000 on, seed 2026: another one means other data, another course
    "easy": "c141b7de4c59d759fe46f71e15d15237",
    "standard": "3956742899d251a403a82a55405555d4",
    "hard": "04a5eb2a6c551810525338e0a7aae520",
}


def checksum(level):
    images, labels = shapes10(300, 2026, level, 1_000_000)
    return hashlib.sha256(images.tobytes() + labels.astype("<i8").tobytes()).hexdigest()[:32]


@pytest.mark.parametrize("level", CHECKSUMS)
def test_pixels_and_labels_are_those_of_the_course(level):
    assert checksum(level) == CHECKSUMS[level]


def test_pixels_are_the_same_without_the_processors_vector_units():
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    without = " ".join(name for name in __cpu_dispatch__ if __cpu_features__[name])
    assert without, "this processor has nothing to switch off"
    code = "import runpy, sys; print(runpy.run_path(sys.argv[1])['checksum']('hard'))"
    done = subprocess.run(
        [sys.executable, "-c", code, __file__],
        env={**os.environ, "NPY_DISABLE_CPU_FEATURES": without}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == CHECKSUMS["hard"], done.stderr


def test_an_image_does_not_depend_on_what_is_drawn_with_it():
    images, labels = shapes10(150, 5, "hard")
    assert images.shape == (150, 3, 32, 32) and images.dtype == np.uint8
    assert labels.shape == (150,) and labels.dtype == np.int64
    for start, count in ((0, 1), (63, 2), (64, 64), (77, 73), (149, 1)):
        some, some_labels = shapes10(count, 5, "hard", start)
        np.testing.assert_array_equal(some, images[start : start + count])
        np.testing.assert_array_equal(some_labels, labels[start : start + count])


def test_seeds_give_other_images():
    first, second = shapes10(200, 0), shapes10(200, 1)
    assert (first[1] == second[1]).mean() < 0.25
    digests = {image.tobytes() for images in (first, second) for image in images[0]}
    assert len(digests) == 400


def test_levels_differ_and_keep_the_classes():
    labels = [shapes10(100, 3, level)[1] for level in data.LEVELS]
    assert all((other == labels[0]).all() for other in labels)
    assert len({shapes10(1, 3, level)[0].tobytes() for level in data.LEVELS}) == 3


def test_classes_are_equally_likely_and_in_no_order():
    labels = shapes10(5000, 9)[1]
    counts = np.bincount(labels, minlength=10)
    assert len(counts) == 10 == len(CLASSES) == len(SHAPES)
    assert counts.min() > 420 and counts.max() < 580  # 500 each, standard deviation 21
    pairs = np.bincount(10 * labels[:-1] + labels[1:], minlength=100)
    assert pairs.min() > 20 and pairs.max() < 85  # 50 each, standard deviation 7


def test_grey_levels_and_polarity_tell_nothing():
    images, labels = shapes10(3000, 4, "easy")
    means = images.mean(axis=(1, 2, 3))
    by_class = [means[labels == number].mean() for number in range(10)]
    assert np.ptp(by_class) < 12  # of 255
    middle = images[:, :, 12:20, 12:20].mean(axis=(1, 2, 3)) > means
    assert 0.4 < middle.mean() < 0.6


def test_all_of_a_generators_numbers_are_used_and_no_more():
    drawn = data.Dice(np.arange(3, dtype=np.uint64))
    assert drawn.rolls.shape == (3, data.DRAWS)
    assert drawn.rolls.min() >= 0 and drawn.rolls.max() < 1
    drawn.used = data.DRAWS
    with pytest.raises(IndexError):
        drawn.below(2)


def test_random_numbers_are_those_of_splitmix64():
    # The generator's published first three outputs from state 1234567: state, state + increment, …
    increment, state = 0x9E3779B97F4A7C15, 1234567
    states = np.array([(state + i * increment) % 2**64 for i in range(3)], np.uint64)
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert data.mixed(states).tolist() == expected


GRID = np.meshgrid(np.linspace(-1.2, 1.2, 241), np.linspace(-1.2, 1.2, 241))


@pytest.mark.parametrize("number", range(10), ids=CLASSES)
def test_distances_are_negative_inside_and_grow_no_faster_than_space(number):
    distance = SHAPES[number](*GRID)
    assert SHAPES[number].__name__ == CLASSES[number]
    assert 0.1 < (distance < 0).mean() < 0.45
    steps = [np.abs(np.diff(distance, axis=axis)).max() for axis in (0, 1)]
    assert max(steps) <= 0.01 * (1 + 1e-9)  # the grid's step
    border = np.concatenate([distance[0], distance[-1], distance[:, 0], distance[:, -1]])
    assert border.min() > 0


def test_a_letter_s_is_no_letter_z_however_it_is_turned():
    x, y = GRID
    ess, zed = data.ess(x, y) < 0, data.zed(x, y) < 0
    np.testing.assert_array_equal(ess[:, ::-1], zed)
    turned = [np.rot90(ess, quarter) for quarter in range(4)]
    assert all((other ^ zed).sum() > 0.3 * zed.sum() for other in turned)


def test_nothing_is_drawn_where_nothing_is_asked_for():
    images, labels = shapes10(0, 1)
    assert images.shape == (0, 3, 32, 32) and labels.shape == (0,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 0, "medium"), "level is 'medium', expected one of easy, standard, hard"),
        ((-1, 0), "count is -1, expected a whole number from 0"),
        ((1, -1), "seed is -1"),
        ((1, 2**64), "seed is 18446744073709551616"),
        ((1.0, 0), "count is 1.0"),
        ((1, 0, "easy", -5), "start is -5"),
        ((True, 0), "count is True"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        shapes10(*arguments)
