"""Vectors with the statistics of CLIP's, for comparing indexes at sizes for which no real set is at hand.

The generator was calibrated on real pairs of pictures and captions, 500 of COCO through CLIP ViT-B/32:

| statistic of 500 pairs                                | real           | generated      |
|-------------------------------------------------------|----------------|----------------|
| norm of the mean picture, of the mean text, their gap | .73, .72, .85  | .74, .72, .84  |
| cosine between the two means                          | .31            | .34            |
| picture to picture: mean cosine, standard deviation   | .53, .084      | .54, .074      |
| picture to its nearest, to its tenth nearest          | .80, .72       | .76, .69       |
| text to picture: mean cosine, standard deviation      | .162, .043     | .179, .051     |
| text to its nearest picture, to its tenth nearest     | .322, .266     | .323, .283     |
| participation ratio of the pictures' covariance       | 43             | 47             |
| variance in 50, 100, 200 principal components         | .70, .84, .96  | .74, .87, .95  |
| largest coordinate of the mean picture                | .63            | .62            |
"""

from __future__ import annotations

import copy
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

DIM = 768
"""As CLIP ViT-L/14 has."""

TOPICS, ATTRIBUTES = 300, 6000
TOPIC_SHARE, ATTRIBUTE_SHARE = 0.70, 0.45
"""Amplitudes in a picture's content; the rest, to a sum of squares of 1, is the picture's own."""

SPREAD = 0.69
"""Amplitude of the content; the mean has the rest."""

TEXT_CONTENT = 0.36
"""Amplitude of what a text's content has in common with pictures."""

_AT_ONCE = 50_000


class ClipLike:
    """Pictures and texts drawn one after the other from one seeded distribution.

    However many are drawn, the memory beside the result stays below a gigabyte.

    A picture is the pictures' mean plus content: two topics mixed, an attribute independent of them, and
    noise of its own, heavy-tailed so that some pictures lie very close together. All of it has a power-law
    spectrum, turned by a random rotation. A text is the texts' mean plus a content of its own: a third of it,
    as an amplitude, is like a picture's, and the rest is noise, more than half of which lies outside the
    directions in which pictures spread. A few coordinates of the means are large, as in every CLIP model.

    Parameters
    ----------
    seed
        Of the distribution and of all that is drawn from it.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._random = np.random.default_rng(seed)
        self._spectrum = _spectrum(6)
        # What sets single pictures apart spreads more evenly than what topics have in common.
        self._own_spectrum = _spectrum(24)
        self._rotation, self._text_rotation = self._orthogonal(), self._orthogonal()
        self._topics = self._noise(TOPICS)
        self._attributes = self._noise(ATTRIBUTES)
        popularity = np.arange(1, TOPICS + 1) ** -0.7
        self._popularity = popularity / popularity.sum()
        self._picture_mean = self._mean(0.36, {133: 0.62})
        self._text_mean = self._mean(0.42, {133: 0.30, 40: 0.40, 92: -0.30})

    def stream(self, name: str) -> ClipLike:
        """The same distribution, whose draws depend on nothing but the seed and this name."""
        other = copy.copy(self)
        other._random = np.random.default_rng([self._seed, zlib.crc32(name.encode())])
        return other

    def pictures(self, count: int) -> Vectors:
        """Unit vectors of `count` new pictures."""
        made = np.empty((count, DIM), np.float32)
        for start in range(0, count, _AT_ONCE):
            content = self._content(min(_AT_ONCE, count - start))
            made[start : start + len(content)] = _unit(
                SPREAD * (content @ self._rotation) + self._picture_mean
            )
        return made

    def texts(self, count: int) -> Vectors:
        """Unit vectors of `count` new texts."""
        shared = _unit(self._content(count)) @ self._rotation
        noise = np.float32(np.sqrt(0.4)) * (self._noise(count) @ self._rotation)
        noise += np.float32(np.sqrt(0.6)) * (self._noise(count) @ self._text_rotation)
        own = np.float32(np.sqrt(1 - TEXT_CONTENT**2))
        return _unit(SPREAD * (TEXT_CONTENT * shared + own * noise) + self._text_mean)

    def _content(self, count: int) -> Vectors:
        random = self._random
        scale = np.clip(random.gamma(6, 1 / 6, count), 0.15, 1.6) * np.sqrt(
            1 - TOPIC_SHARE**2 - ATTRIBUTE_SHARE**2
        )
        content = random.standard_normal((count, DIM), np.float32)
        content *= self._own_spectrum * scale[:, None].astype(np.float32)
        first, second = random.choice(TOPICS, (2, count), p=self._popularity)
        share = random.beta(2, 2, count)
        shares = TOPIC_SHARE * np.array([share, 1 - share]) / np.hypot(share, 1 - share)
        for topics, weights in zip((first, second), shares.astype(np.float32), strict=True):
            content += weights[:, None] * self._topics[topics]
        content += np.float32(ATTRIBUTE_SHARE) * self._attributes[random.integers(0, ATTRIBUTES, count)]
        return content

    def _noise(self, count: int) -> Vectors:
        return self._random.standard_normal((count, DIM), np.float32) * self._spectrum

    def _orthogonal(self) -> Vectors:
        turned = np.linalg.qr(self._random.standard_normal((DIM, DIM)))[0]
        return turned.astype(np.float32)

    def _mean(self, norm: float, large: dict[int, float]) -> Vectors:
        mean = norm * _unit(self._random.standard_normal((1, DIM)).astype(np.float32))[0]
        for coordinate, value in large.items():
            mean[coordinate] += value
        return mean


def _spectrum(offset: int) -> Vectors:
    """Standard deviations whose squares fall as a power of the rank and sum to 1."""
    variances = (np.arange(DIM) + offset) ** -1.5
    return np.sqrt(variances / variances.sum()).astype(np.float32)


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit.astype(np.float32, copy=False)
