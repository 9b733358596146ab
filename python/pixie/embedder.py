"""CLIP: texts and pictures to unit vectors of one space."""

from __future__ import annotations

import os
import re
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from pixie import cpu
from pixie.checkpoint import DEMO, Checkpoint
from pixie.errors import InvalidInputError, ModelError, SetupError
from pixie.pooling import pooled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import torch
    from numpy.typing import NDArray

    from pixie.images import ImageInfo, Picture
    from pixie.text_tower import TextTower
    from pixie.torch_tower import TorchTextTower, VisionTower

    Vectors = NDArray[np.float32]

DTYPES = ("auto", "float32", "bfloat16", "float16")

# Texts a batch on the CPU and on a GPU, pictures likewise. On a CPU the rate is flat from 8 pictures on.
_BATCH_SIZES = {"cpu": {"image": 8, "text": 32}, "cuda": {"image": 64, "text": 256}}

_DEVICE = re.compile(r"auto|cpu|cuda(:\d{1,3})?")


class Embedder:
    """A checkpoint's two towers, each loaded when first needed.

    Any thread may call anything. `embed_*` work one call at a time, guarded by a lock; torch is fastest when
    they come from one thread. `decode` runs on any number of threads at once.

    Texts are embedded in float32 whatever the dtype ``auto`` chose for pictures, so that a text has the same
    vector (to 1e-5) alone, in a batch, cold and warm. On a CPU that is NumPy's work, which needs no torch.

    Examples
    --------
    >>> embedder = Embedder.load("demo")
    >>> embedder.embed_texts(["a cat"]) @ embedder.embed_images(["cat.png"]).T
    array([[0.31]], dtype=float32)
    """

    def __init__(self, checkpoint: Checkpoint, device: str = "auto", dtype: str = "auto") -> None:
        if _DEVICE.fullmatch(device) is None:
            raise InvalidInputError(
                f"{device!r} is no device", fix="give auto, cpu, cuda or cuda:N", item="device"
            )
        if dtype not in DTYPES:
            raise InvalidInputError(
                f"{dtype!r} is no dtype", fix=f"give one of {', '.join(DTYPES)}", item="dtype"
            )
        self._checkpoint = checkpoint
        self._asked_device = device
        self._asked_dtype = dtype
        self._device = "cpu" if device == "auto" and not cpu.may_have_gpu() else device
        self._dtype = dtype
        self._lock = threading.RLock()
        self._vision: VisionTower | None = None
        self._text: TextTower | None = None
        self._torch_text: TorchTextTower | None = None

    @classmethod
    def load(cls, model: str | Path, device: str = "auto", dtype: str = "auto") -> Embedder:
        """Open a checkpoint; cheap, since a tower is loaded when first needed.

        Parameters
        ----------
        model
            ``"demo"``, a folder, or a Hugging Face repository id (its cache first, the network only if
            needed).
        device
            ``auto`` (CUDA when it is there), ``cpu``, ``cuda`` or ``cuda:N``.
        dtype
            ``auto`` (measured, see :mod:`pixie.precision`), ``float32``, ``bfloat16`` or ``float16``.

        Raises
        ------
        ModelError
            The checkpoint is missing, damaged or no CLIP.
        InvalidInputError
            `device` or `dtype` is none of these.
        """
        return cls(Checkpoint.open(model), device, dtype)

    @property
    def name(self) -> str:
        """The model as it was asked for."""
        return self._checkpoint.name

    @property
    def folder(self) -> Path:
        """The checkpoint's folder."""
        return self._checkpoint.folder

    @property
    def dimension(self) -> int:
        """Length of the vectors."""
        return self._checkpoint.dimension

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits: equal for embedders whose vectors can be compared."""
        return self._checkpoint.fingerprint

    @property
    def image_size(self) -> int:
        """Side in pixels of the square the vision tower sees."""
        return self._checkpoint.vision.image_size

    @property
    def max_tokens(self) -> int:
        """Longest text in tokens, with the two marks."""
        return self._checkpoint.text.max_position_embeddings

    @property
    def is_demo(self) -> bool:
        """Whether this is the small checkpoint that ships with Pixie."""
        return self._checkpoint.name == DEMO

    @property
    def device(self) -> str:
        """``cpu`` or ``cuda:N``; ``auto`` or ``cuda`` as long as nothing has needed to look for a GPU."""
        return self._device

    @property
    def dtype(self) -> str:
        """Dtype of the vision tower; ``auto`` until it is loaded."""
        return self._dtype

    @property
    def batch_size(self) -> dict[str, int]:
        """Best sizes of a batch: ``{"image": 8, "text": 32}`` on a CPU, more where a GPU may be."""
        return dict(_BATCH_SIZES["cpu" if self._device == "cpu" else "cuda"])

    def warm(self, modality: str) -> None:
        """Load the tower of a modality, ``image`` or ``text``, and measure its dtype if that is open."""
        with self._lock:
            if modality == "image":
                self._load_vision()
            elif modality == "text":
                self.embed_texts(["warm"])
            else:
                raise InvalidInputError(f"{modality!r} is no modality", fix="give image or text")

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of texts: float32, C-contiguous, of shape (n, dimension).

        Texts over `max_tokens` lose their end; :meth:`embed_texts_with_warnings` tells which.
        """
        return self.embed_texts_with_warnings(texts)[0]

    def embed_texts_with_warnings(self, texts: Sequence[str]) -> tuple[Vectors, list[dict[str, Any]]]:
        """Unit vectors of texts, and a warning for each that was cut.

        Returns
        -------
        vectors, warnings
            float32 of shape (n, dimension), and ``{"index", "code": "text_truncated", "message"}`` for texts
            longer than the model reads.

        Raises
        ------
        InvalidInputError
            `texts` is no list of str.
        ModelError
            ``damaged``: the checkpoint gave numbers that are none.
        """
        if isinstance(texts, str):
            raise InvalidInputError("texts is a single str", fix="give a list of texts")
        for index, text in enumerate(texts):
            if not isinstance(text, str):
                raise InvalidInputError(
                    f"text {index} is a {type(text).__name__}, not a str", item=f"text {index}"
                )
        if not texts:
            return np.empty((0, self.dimension), np.float32), []
        with self._lock:
            tokens = self._checkpoint.tokenizer(texts)
            ids = [text.ids for text in tokens]
            step = self.batch_size["text"]
            parts = [self._text_vectors(ids[i : i + step], len(texts)) for i in range(0, len(ids), step)]
        warnings = [
            {
                "index": index,
                "code": "text_truncated",
                "message": f"the text is longer than {self.max_tokens} tokens; its end was left out",
            }
            for index, text in enumerate(tokens)
            if text.cut
        ]
        return _unit(np.concatenate(parts), lambda row: f"text {row}"), warnings

    def embed_images(self, images: Sequence[Picture | NDArray[np.uint8]], frames: int = 1) -> Vectors:
        """Unit vectors of pictures: float32, C-contiguous, of shape (n, dimension).

        Parameters
        ----------
        images
            Paths, encoded bytes, Pillow images, or uint8 arrays of shape (height, width, 3).
        frames
            How many frames of an animation make its vector, 1 to 32: the mean of theirs, scaled to length 1.

        Raises
        ------
        ImageError
            A picture can't be read; `item` and `code` say which and why.
        """
        if isinstance(images, str | bytes | os.PathLike):
            raise InvalidInputError("images is a single picture", fix="give a list of pictures")
        step = self.batch_size["image"]
        vectors = np.empty((len(images), self.dimension), np.float32)
        for start in range(0, len(images), step):
            shown = [self.decode_frames(image, frames)[0] for image in images[start : start + step]]
            pixels = np.stack([square for squares in shown for square in squares])
            vectors[start : start + step] = self.embed_pixels(pixels, [len(squares) for squares in shown])
        return vectors

    def embed_pixels(self, pixels: NDArray[np.uint8], frames: Sequence[int] | None = None) -> Vectors:
        """Unit vectors of pictures that `decode` prepared: uint8 (m, S, S, 3) to float32 (n, dimension).

        `frames` says how many of them make each vector, see :func:`pixie.pooling.pooled`; without it n is m.
        """
        side = self.image_size
        if pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[1:] != (side, side, 3):
            raise InvalidInputError(
                f"pixels are {pixels.dtype} of shape {pixels.shape}, not uint8 (n, {side}, {side}, 3)"
            )
        if frames is not None and sum(frames) != len(pixels):
            raise InvalidInputError(f"{len(pixels)} pictures are not {sum(frames)} frames")
        if not len(pixels):
            return np.empty((0, self.dimension), np.float32)
        with self._lock:
            tower = self._load_vision()
            step = self.batch_size["image"]
            parts = [tower(np.ascontiguousarray(pixels[i : i + step])) for i in range(0, len(pixels), step)]
        rows = _unit(np.concatenate(parts), lambda row: f"picture {row}")
        return rows if frames is None else pooled(rows, frames)

    def decode(self, source: Picture | NDArray[np.uint8]) -> tuple[NDArray[np.uint8], ImageInfo]:
        """Decode a picture to what the vision tower sees, uint8 (S, S, 3), and what is known of it.

        Raises
        ------
        ImageError
            With a code that says why.
        """
        (pixels,), info = self.decode_frames(source, 1)
        return pixels, info

    def decode_frames(
        self, source: Picture | NDArray[np.uint8], frames: int
    ) -> tuple[list[NDArray[np.uint8]], ImageInfo]:
        """Decode so up to `frames` frames of an animation; see :func:`pixie.images.decode_frames`."""
        from pixie import images

        return images.decode_frames(source, self._checkpoint.preprocessing, frames)

    def _text_vectors(self, ids: Sequence[Sequence[int]], total: int) -> Vectors:
        if self._text_needs_torch(total):
            vectors: Vectors = self._load_torch_text()(ids)
            return vectors
        if self._text is None:
            from pixie.text_tower import TextTower

            self._text = TextTower(self._checkpoint.text, self._checkpoint.weights, cpu.cores_for_threads())
        return self._text(ids)

    def _text_needs_torch(self, total: int) -> bool:
        """Whether `total` texts go through torch.

        On a CPU NumPy takes all batches. At ViT-L/14 size, one thread each, it is level with torch's float32
        for one text, and for 32 it takes half the time or less: no padding, common beginnings once, and
        OpenBLAS using AVX-512 on every maker's processors. A GPU takes over once something else has woken it,
        or for work that outweighs importing torch.
        """
        from pixie.text_tower import TextTower

        if self._asked_dtype in {"bfloat16", "float16"} or not TextTower.covers(self._checkpoint.text):
            return True
        if self._device == "auto" and total >= _BATCH_SIZES["cuda"]["text"]:
            self._find_device()
        return self._device.startswith("cuda")

    def _load_torch_text(self) -> TorchTextTower:
        if self._torch_text is None:
            torch_tower = _torch_tower()
            dtype = "float32" if self._asked_dtype == "auto" else self._asked_dtype
            self._torch_text = torch_tower.TorchTextTower(self._checkpoint, self._find_device(), dtype)
        return self._torch_text

    def _load_vision(self) -> VisionTower:
        if self._vision is None:
            torch_tower = _torch_tower()
            device = self._find_device()

            def build(dtype: str) -> VisionTower:
                tower: VisionTower = torch_tower.VisionTower(self._checkpoint, device, dtype)
                return tower

            if self._asked_dtype == "auto":
                from pixie import precision

                self._vision = precision.choose(self._checkpoint, torch_tower.describe(device), build)
            else:
                self._vision = build(self._asked_dtype)
            self._dtype = self._vision.dtype
        return self._vision

    def _find_device(self) -> torch.device:
        device = _torch_tower().find_device(self._asked_device)
        self._device = str(device)
        return device


def _torch_tower() -> Any:
    """The module that needs torch, imported when a tower first does."""
    try:
        from pixie import torch_tower
    except ImportError as error:
        raise SetupError(
            f"pictures need PyTorch, which can't be imported: {error}",
            fix="run `pixie setup`, or pip install torch",
        ) from error
    return torch_tower


def _unit(vectors: Vectors, name: Callable[[int], str]) -> Vectors:
    """Rows divided by their lengths; a row without a direction is an error that names its input."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    wrong = np.flatnonzero(~(np.isfinite(lengths[:, 0]) & (lengths[:, 0] > 0)))
    if len(wrong):
        item = name(int(wrong[0]))
        raise ModelError(
            f"the model gave {item} a vector without a direction (length {lengths[wrong[0], 0]})",
            fix="try the dtype float32; if that does not help, the checkpoint is damaged",
            item=item,
            code="damaged",
        )
    return np.ascontiguousarray(vectors / lengths, np.float32)
