"""shapes10: images of ten shapes, drawn by a program. No download, no licence, no labels to look up. And CIFAR-10.

Each image is a function of the seed and its number, whatever else is drawn with it: parameters and noise come from a
hash of the two (a counter-based generator), everything else is float64 additions, multiplications, divisions and square
roots, which are the same on every machine. Nothing is summed along an axis, no sine or exponential is taken: those
depend on a processor's vector units.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnkit._cifar10 import Cifar10Error as Cifar10Error
from cnnkit._cifar10 import cifar10 as cifar10

Array = NDArray[Any]

SIDE = 32  # pixels
BLOCK = 64  # images drawn together: their arrays stay in the processor's cache
CLASSES = ("disk", "ring", "square", "triangle", "plus", "star", "crescent", "tee", "ess", "zed")
DRAWS = 80  # random numbers of an image's parameters


@dataclass(frozen=True)
class Level:
    """How hard it is to see the shape.

    Attributes:
        radius: Smallest and largest size of a shape, in pixels from its middle.
        shift: Largest distance of its middle from the image's, in pixels along each axis.
        turn: Largest rotation to either side, as the tangent of half the angle.
        stretch: Largest stretch along an axis, and largest shear, as a share.
        contrast: Smallest and largest difference to the ground, in grey levels.
        texture: Largest swing of stripes and checks, in grey levels.
        strokes: How many lines lie across the image.
        noise: Strength of the noise; its standard deviation is 0.41 times as many grey levels.
    """

    radius: tuple[float, float]
    shift: float
    turn: float
    stretch: float
    contrast: tuple[float, float]
    texture: float
    strokes: int
    noise: int


LEVELS = {
    "easy": Level((7.5, 12.0), 6.0, 1.0, 0.2, (70.0, 130.0), 24.0, 1, 24),
    "standard": Level((6.0, 11.5), 7.5, 1.0, 0.25, (50.0, 120.0), 32.0, 3, 40),
    "hard": Level((5.0, 10.5), 8.5, 1.0, 0.3, (35.0, 100.0), 40.0, 5, 64),
}


def shapes10(count: int, seed: int, level: str = "standard", start: int = 0) -> tuple[Array, Array]:
    """Images of ten shapes with their classes: a disk, a ring, … a letter S and its mirror image.

    Args:
        count: How many images.
        seed: Which set of images, a whole number from 0 to 2⁶⁴ - 1.
        level: "easy", "standard" or "hard".
        start: Number of the first image. Image i of a set is the same in every call, alone or among others.

    Returns:
        (images, labels): uint8 of shape (count, 3, 32, 32), and int64 of shape (count,), 0 to 9 in the order of
        `CLASSES`.

    Raises:
        ValueError: If a number is out of its range or the level is unknown.
    """
    if level not in LEVELS:
        raise ValueError(f"level is {level!r}, expected one of {', '.join(LEVELS)}")
    for name, number, end in (("count", count, 2**40), ("seed", seed, 2**64), ("start", start, 2**40)):
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or not 0 <= number < end:
            raise ValueError(f"{name} is {number!r}, expected a whole number from 0 to {end - 1}")
    images = np.empty((count, 3, SIDE, SIDE), np.uint8)
    labels = np.empty(count, np.int64)
    key = mixed(np.uint64(seed))
    for first in range(0, count, BLOCK):
        block = slice(first, min(first + BLOCK, count))
        numbers = np.arange(start + block.start, start + block.stop, dtype=np.uint64)
        images[block], labels[block] = drawn(numbers, key, LEVELS[level])
    return images, labels


# -- random numbers -----------------------------------------------------------------------------------------------


def mixed(bits: Any) -> Any:
    """64 bits that look random and depend on all of the given ones. Source: Steele et al. 2014 (SplitMix64)."""
    with np.errstate(over="ignore"):
        bits = bits + np.uint64(0x9E3779B97F4A7C15)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return bits ^ (bits >> np.uint64(31))


def counted(key: Array, size: int) -> Array:
    """`size` random 64-bit numbers for each key, shape (len(key), size)."""
    with np.errstate(over="ignore"):
        steps = np.arange(1, size + 1, dtype=np.uint64) * np.uint64(0xD1342543DE82EF95)
        return np.asarray(mixed(key[:, None] + steps))


class Dice:
    """The random parameters of a block of images, taken one after the other; each has shape (images, 1)."""

    def __init__(self, key: Array) -> None:
        # The upper 53 bits as a number from 0 (included) to 1 (excluded): exact in float64.
        self.rolls = (counted(key, DRAWS) >> np.uint64(11)) * 2.0**-53
        self.used = 0

    def between(self, low: float | Array, high: float | Array) -> Array:
        """Numbers from low to high."""
        self.used += 1
        roll = self.rolls[:, [self.used - 1]]
        result: Array = low + roll * (high - low)
        return result

    def below(self, number: int) -> Array:
        """Whole numbers from 0 to number - 1."""
        return np.floor(self.between(0.0, number))


# -- shapes: signed distances from the outline, negative inside, for a shape of radius 1 ----------------------------


def length(x: Array, y: Array) -> Array:
    """Distance from the origin; np.hypot is slower and need not be the same everywhere."""
    distance: Array = np.sqrt(x * x + y * y)
    return distance


def box(x: Array, y: Array, left: float, right: float, bottom: float, top: float) -> Array:
    """A rectangle."""
    across = np.abs(x - (left + right) / 2) - (right - left) / 2
    distance: Array = np.maximum(across, np.abs(y - (bottom + top) / 2) - (top - bottom) / 2)
    return distance


def disk(x: Array, y: Array) -> Array:
    """A disk."""
    return length(x, y) - 0.8


def ring(x: Array, y: Array) -> Array:
    """A disk with a hole."""
    return np.abs(length(x, y) - 0.65) - 0.2


def square(x: Array, y: Array) -> Array:
    """A square."""
    return np.maximum(np.abs(x), np.abs(y)) - 0.7


def triangle(x: Array, y: Array) -> Array:
    """A triangle with all sides equal."""
    return np.maximum(0.8660254037844386 * np.abs(x) + 0.5 * y, -y) - 0.5


def plus(x: Array, y: Array) -> Array:
    """Two bars that cross."""
    return np.minimum(box(x, y, -0.9, 0.9, -0.28, 0.28), box(x, y, -0.28, 0.28, -0.9, 0.9))


def star(x: Array, y: Array) -> Array:
    """Five points: the plane is folded along the star's axes until one edge is left. Source: I. Quilez, sdStar5."""
    cosine, sine = 0.8090169943749475, 0.5877852522924731  # of 36°
    x = np.abs(x)
    fold = 2 * np.maximum(cosine * x - sine * y, 0)
    x, y = x - fold * cosine, y + fold * sine
    fold = 2 * np.maximum(-cosine * x - sine * y, 0)
    x, y = np.abs(x + fold * cosine), y + fold * sine - 1.0
    edge_x, edge_y = 0.45 * sine, 0.45 * cosine - 1
    along = np.clip((x * edge_x + y * edge_y) / (edge_x * edge_x + edge_y * edge_y), 0, 1)
    side = np.where(y * edge_x - x * edge_y > 0, 1.0, -1.0)
    return length(x - edge_x * along, y - edge_y * along) * side


def crescent(x: Array, y: Array) -> Array:
    """A moon: a disk less another."""
    return np.maximum(length(x, y) - 0.9, 0.75 - length(x - 0.45, y))


def tee(x: Array, y: Array) -> Array:
    """A letter T."""
    return np.minimum(box(x, y, -0.8, 0.8, 0.3, 0.8), box(x, y, -0.25, 0.25, -0.9, 0.8))


def ess(x: Array, y: Array) -> Array:
    """Two bars, the upper one further to the right: a letter S of two bricks."""
    return np.minimum(box(x, y, -0.3, 0.85, 0.0, 0.55), box(x, y, -0.85, 0.3, -0.55, 0.0))


def zed(x: Array, y: Array) -> Array:
    """The mirror image of `ess`."""
    return ess(-x, y)


SHAPES: tuple[Callable[[Array, Array], Array], ...] = (
    disk, ring, square, triangle, plus, star, crescent, tee, ess, zed,
)  # fmt: skip


# -- drawing --------------------------------------------------------------------------------------------------------

# Positions of the pixels' middles seen from the image's middle, x to the right, y up, shape (1, pixels).
COLUMNS = (np.tile(np.arange(SIDE), SIDE) - (SIDE - 1) / 2)[None]
ROWS = ((SIDE - 1) / 2 - np.repeat(np.arange(SIDE), SIDE))[None]


def drawn(numbers: Array, key: np.uint64, level: Level) -> tuple[Array, Array]:
    """The images of these numbers and their labels."""
    keys = mixed(numbers ^ key)
    dice = Dice(keys)
    labels = dice.below(len(SHAPES)).astype(np.int64)[:, 0]
    inside = coverage(dice, labels, level)
    ground, figure = texture(dice, level), texture(dice, level)
    lines = [stroke(dice) for _ in range(level.strokes)]

    side = np.where(dice.below(2) == 0, -1.0, 1.0)  # darker or lighter than the ground
    contrast = side * dice.between(*level.contrast)
    grey = 127.5 - contrast / 2 + dice.between(-30.0, 30.0)
    figure += contrast - ground
    figure *= inside
    ground += figure
    images = np.empty((len(numbers), 3, SIDE * SIDE), np.uint8)
    colours = [[dice.between(-20.0, 20.0) for _ in range(2 + level.strokes)] for _ in range(3)]
    swings = [dice.between(-80.0, 80.0) for _ in lines]
    noise = counted(keys ^ np.uint64(0x5DEECE66D), SIDE * SIDE).astype("<u8").view(np.uint8)
    noise = noise.reshape(len(numbers), SIDE * SIDE, 8)
    for channel, (ground_tint, figure_tint, *line_tints) in enumerate(colours):
        picture = inside * figure_tint
        picture += ground
        picture += grey + ground_tint
        for line, swing, tint in zip(lines, swings, line_tints, strict=True):
            picture += line * (swing + tint)
        np.rint(picture, out=picture)
        grain = noise[..., 2 * channel].astype(np.int16) + noise[..., 2 * channel + 1]  # 0 to 510, most often 255
        picture += ((grain - 255) * level.noise) >> 8
        images[:, channel] = np.clip(picture, 0, 255, out=picture)
    return images.reshape(-1, 3, SIDE, SIDE), labels


def coverage(dice: Dice, labels: Array, level: Level) -> Array:
    """How much of each pixel the shape covers, 0 to 1: shape (images, pixels)."""
    radius = dice.between(*level.radius)
    x = COLUMNS - dice.between(-level.shift, level.shift)
    y = ROWS - dice.between(-level.shift, level.shift)
    half = dice.between(-level.turn, level.turn)
    cosine, sine = (1 - half * half) / (1 + half * half), 2 * half / (1 + half * half)
    wide = 1 + dice.between(-level.stretch, level.stretch)
    shear = dice.between(-level.stretch, level.stretch)
    across, up = cosine * x + sine * y, cosine * y - sine * x
    across += shear * up
    across /= radius * wide
    up *= wide / radius
    distance: Array = np.empty_like(across)
    for number, shape in enumerate(SHAPES):
        chosen = np.flatnonzero(labels == number)
        if chosen.size:
            distance[chosen] = shape(across[chosen], up[chosen])
    distance *= -radius  # in pixels, positive inside
    distance += 0.5
    distance.clip(0, 1, out=distance)
    return distance


def texture(dice: Dice, level: Level) -> Array:
    """Stripes of a random direction, width and strength, shape (images, pixels)."""
    across, up = dice.between(-0.25, 0.25), dice.between(-0.25, 0.25)  # periods per pixel
    swing = dice.between(0.0, 4 * level.texture)
    waves: Array = across * COLUMNS + up * ROWS
    waves += dice.between(0.0, 1.0)
    waves -= np.floor(waves)
    waves -= 0.5
    np.abs(waves, out=waves)
    waves -= 0.25  # a triangle wave from -1/4 to 1/4
    waves *= swing
    return waves


def stroke(dice: Dice) -> Array:
    """How much of each pixel a straight line covers, shape (images, pixels)."""
    x, y = COLUMNS - dice.between(-14.0, 14.0), ROWS - dice.between(-14.0, 14.0)
    half = dice.between(-1.0, 1.0)
    cosine, sine = (1 - half * half) / (1 + half * half), 2 * half / (1 + half * half)
    along, away = np.abs(cosine * x + sine * y), np.abs(cosine * y - sine * x)
    along -= dice.between(5.0, 14.0)
    away -= dice.between(0.4, 1.0)
    distance: Array = 0.5 - np.maximum(along, away)
    distance.clip(0, 1, out=distance)
    return distance
