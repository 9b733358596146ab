"""How a checkpoint wants its pictures: the size, the crop and the numbers of its preprocessor_config.json."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pixie.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

# OpenAI's CLIP; also the defaults of transformers' CLIPImageProcessor.
MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)
BICUBIC = 3

# Beyond this ratio of the sides, only the part that survives the crop is resized: a strip of 1 x 100,000
# pixels would otherwise grow to 224 x 22,400,000.
_LONG_STRIP = 8


@dataclass(frozen=True)
class Preprocessing:
    """The steps of transformers' CLIPImageProcessor with the settings of one checkpoint.

    Attributes
    ----------
    side
        Height and width in pixels of what the vision tower sees.
    shortest_edge
        Length the shorter side is resized to, keeping the ratio; None to resize to `height` x `width`.
    height, width
        Size to resize to, whatever the ratio; both None with `shortest_edge`, or when nothing is resized.
    resample
        Pillow's number of the filter; 3 is bicubic.
    crop
        Whether the middle `side` x `side` is cut out; a smaller picture gets black borders.
    scale, mean, std
        A tower's input is ``(pixel * scale - mean) / std``, per channel.
    """

    side: int
    shortest_edge: int | None
    height: int | None
    width: int | None
    resample: int
    crop: bool
    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def parse(cls, settings: dict[str, Any], side: int) -> Preprocessing:
        """Read `preprocessor_config.json` of a checkpoint whose vision tower sees `side` x `side` pixels.

        Raises
        ------
        ModelError
            ``unsupported`` when the steps don't lead to that size or are not CLIP's.
        """
        size = settings.get("size", side)
        if isinstance(size, int):
            size = {"shortest_edge": size}
        crop_size = settings.get("crop_size", side)
        if isinstance(crop_size, int):
            crop_size = {"height": crop_size, "width": crop_size}
        if settings.get("use_square_size") and "shortest_edge" in size:
            size = {"height": size["shortest_edge"], "width": size["shortest_edge"]}
        resize = settings.get("do_resize", True)
        crop = settings.get("do_center_crop", True)
        square = {"height": side, "width": side}
        if not (crop_size == square if crop else resize and size == square):
            raise _unsupported(f"size {size} and crop {crop_size} don't make {side} x {side} pixels")
        if resize and not ({"shortest_edge"} == set(size) or {"height", "width"} == set(size)):
            raise _unsupported(f"size {size} is neither a shortest edge nor a height and a width")
        normalize = settings.get("do_normalize", True)
        mean = tuple(settings.get("image_mean") or MEAN) if normalize else (0.0, 0.0, 0.0)
        std = tuple(settings.get("image_std") or STD) if normalize else (1.0, 1.0, 1.0)
        if len(mean) != 3 or len(std) != 3 or 0 in std:
            raise _unsupported(f"image_mean {mean} and image_std {std} are not three numbers each")
        return cls(
            side=side,
            shortest_edge=size.get("shortest_edge") if resize else None,
            height=size.get("height") if resize else None,
            width=size.get("width") if resize else None,
            resample=int(settings.get("resample", BICUBIC)),
            crop=crop,
            scale=float(settings.get("rescale_factor", 1 / 255)) if settings.get("do_rescale", True) else 1.0,
            mean=mean,
            std=std,
        )

    @property
    def longest_target(self) -> int:
        """The longer of the sides that a square picture is resized to."""
        return self.shortest_edge or max(self.height or self.side, self.width or self.side)

    def as_dict(self) -> dict[str, Any]:
        """The settings as JSON, for the model's fingerprint."""
        return asdict(self)

    def frame(self, picture: Image.Image) -> NDArray[np.uint8]:
        """Resize and crop an RGB picture to uint8 pixels of shape (side, side, 3)."""
        width, height = self._resized(*picture.size)
        if self.crop and max(width, height) > _LONG_STRIP * self.side:
            picture, width, height = self._middle(picture, width, height)
        elif (width, height) != picture.size:
            picture = picture.resize((width, height), self.resample)
        if self.crop:
            left, top = (width - self.side) // 2, (height - self.side) // 2
            picture = picture.crop((left, top, left + self.side, top + self.side))
        return np.asarray(picture)

    def normalized(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Pixels of shape (n, side, side, 3) as a tower's input of shape (n, 3, side, side)."""
        scale = np.array([self.scale / std for std in self.std], np.float32)
        shift = np.array([-mean / std for mean, std in zip(self.mean, self.std, strict=True)], np.float32)
        return np.ascontiguousarray((pixels * scale + shift).transpose(0, 3, 1, 2))

    def _resized(self, width: int, height: int) -> tuple[int, int]:
        if self.shortest_edge is not None:
            # transformers rounds the longer side down.
            longer = int(self.shortest_edge * max(width, height) / min(width, height))
            return (self.shortest_edge, longer) if width <= height else (longer, self.shortest_edge)
        return (self.width or width, self.height or height)

    def _middle(self, picture: Image.Image, width: int, height: int) -> tuple[Image.Image, int, int]:
        """The part of the resized picture that the crop will keep, resized alone."""
        kept_width, kept_height = min(width, self.side), min(height, self.side)
        left, top = (width - kept_width) // 2, (height - kept_height) // 2
        across, down = picture.width / width, picture.height / height
        box = (left * across, top * down, (left + kept_width) * across, (top + kept_height) * down)
        resized = picture.resize((kept_width, kept_height), self.resample, box=box)
        return resized, kept_width, kept_height


def _unsupported(why: str) -> ModelError:
    return ModelError(
        f"the checkpoint prepares pictures in a way Pixie does not know: {why}",
        fix="use a checkpoint with CLIP's preprocessing",
        code="unsupported",
    )
