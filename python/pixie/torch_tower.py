"""CLIP's two towers in PyTorch: the vision tower, and the text tower where NumPy's does not serve.

Written out rather than taken from transformers, whose import alone costs twice torch's own and whose loading
copies what can be mapped; tests hold the vectors to transformers'. This is the only module that imports
torch.
"""

from __future__ import annotations

import os
import threading
import time
import warnings
from typing import TYPE_CHECKING

# An OpenMP team that spins while it waits takes the other core from decoding: 25 forward passes a second fell
# to 2.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows

from pixie.cpu import core_limit
from pixie.cpu import identity as cpu_identity
from pixie.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from pixie.checkpoint import Checkpoint, TextConfig, VisionConfig

# torch warns that it could write to memory-mapped weights; nothing here writes to weights.
warnings.filterwarnings("ignore", message="The given NumPy array is not writable")

THREADS = min(torch.get_num_threads(), core_limit())
"""torch's own choice (physical cores, or OMP_NUM_THREADS), within what the process may use."""

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def _quick_gelu(x: torch.Tensor) -> torch.Tensor:
    return x * torch.sigmoid(1.702 * x)


def _tanh_gelu(x: torch.Tensor) -> torch.Tensor:
    return F.gelu(x, approximate="tanh")


# transformers' names.
ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "quick_gelu": _quick_gelu,
    "gelu": F.gelu,
    "gelu_new": _tanh_gelu,
    "gelu_pytorch_tanh": _tanh_gelu,
    "relu": F.relu,
    "silu": F.silu,
    "swish": F.silu,
}


def find_device(device: str) -> torch.device:
    """The torch device that ``auto``, ``cpu``, ``cuda`` or ``cuda:N`` means here.

    Raises
    ------
    ModelError
        ``device``: CUDA was asked for and can't be used.
    """
    if device == "cpu":
        return torch.device("cpu")
    try:
        usable = torch.cuda.is_available()
        count = torch.cuda.device_count() if usable else 0
    except RuntimeError:
        usable, count = False, 0
    if device == "auto":
        return torch.device("cuda:0" if usable else "cpu")
    number = int(device.partition(":")[2] or 0)
    if number < count:
        return torch.device("cuda", number)
    if not torch.backends.cuda.is_built():
        why = f"this build of torch ({torch.__version__}) is for CPUs"
    else:
        why = f"torch sees {count} CUDA devices"
    raise ModelError(
        f"device {device} can't be used: {why}",
        fix="use the device cpu or auto, or set Pixie up with a CUDA build of torch",
        item=device,
        code="device",
    )


class Tower:
    """A pre-norm transformer of a checkpoint on one device, in one dtype. For one thread at a time.

    float32 weights on the CPU stay memory-mapped; all others are converted while they are loaded.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        config: TextConfig | VisionConfig,
        prefix: str,
        device: torch.device,
        dtype: str,
    ) -> None:
        if config.hidden_act not in ACTIVATIONS:
            raise ModelError(
                f"the checkpoint's activation {config.hidden_act!r} is not known to Pixie",
                fix=f"use a checkpoint with one of {', '.join(sorted(ACTIVATIONS))}",
                code="unsupported",
            )
        self.device = device
        self.dtype = dtype
        self._heads = config.num_attention_heads
        self._epsilon = config.layer_norm_eps
        self._activation = ACTIVATIONS[config.hidden_act]
        self._layers = [f"{prefix}.encoder.layers.{layer}." for layer in range(config.num_hidden_layers)]
        self._weights = {
            name: torch.from_numpy(checkpoint.weights.float32(name)).to(device, DTYPES[dtype])
            for name in config.shapes()
        }
        self._thread: int | None = None

    def _encode(
        self, x: torch.Tensor, pooled: torch.Tensor, mask: torch.Tensor | None, *, causal: bool
    ) -> torch.Tensor:
        """States of the pooled tokens after all layers: (n, tokens, width) to (n, width).

        `mask` (n, 1, 1, tokens) tells which keys the pooled token sees; None for all of them.
        """
        for prefix in self._layers[:-1]:
            y = self._norm(prefix + "layer_norm1", x)
            q, k, v = (self._split(self._linear(f"{prefix}self_attn.{name}_proj", y)) for name in "qkv")
            attended = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
            x = x + self._linear(prefix + "self_attn.out_proj", attended.transpose(1, 2).flatten(2))
            x = x + self._mlp(prefix, x)
        # In the last layer the other tokens only give keys and values.
        prefix = self._layers[-1]
        rows = torch.arange(len(x), device=x.device)
        y = self._norm(prefix + "layer_norm1", x)
        k, v = (self._split(self._linear(f"{prefix}self_attn.{name}_proj", y)) for name in "kv")
        q = self._split(self._linear(prefix + "self_attn.q_proj", y[rows, pooled][:, None]))
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = x[rows, pooled] + self._linear(prefix + "self_attn.out_proj", attended.flatten(1))
        return x + self._mlp(prefix, x)

    def _mlp(self, prefix: str, x: torch.Tensor) -> torch.Tensor:
        y = self._linear(prefix + "mlp.fc1", self._norm(prefix + "layer_norm2", x))
        return self._linear(prefix + "mlp.fc2", self._activation(y))

    def _split(self, x: torch.Tensor) -> torch.Tensor:
        """(n, tokens, width) to (n, heads, tokens, width of a head)."""
        return x.unflatten(-1, (self._heads, -1)).transpose(1, 2)

    def _norm(self, name: str, x: torch.Tensor) -> torch.Tensor:
        weight, bias = self._weights[name + ".weight"], self._weights[name + ".bias"]
        return F.layer_norm(x, weight.shape, weight, bias, self._epsilon)

    def _linear(self, name: str, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, self._weights[name + ".weight"], self._weights[name + ".bias"])

    def _claim_thread(self) -> None:
        # The number of OpenMP threads belongs to the calling thread.
        if self._thread != threading.get_ident():
            torch.set_num_threads(THREADS)
            self._thread = threading.get_ident()


class VisionTower(Tower):
    """uint8 pixels to picture vectors."""

    def __init__(self, checkpoint: Checkpoint, device: torch.device, dtype: str) -> None:
        super().__init__(checkpoint, checkpoint.vision, "vision_model", device, dtype)
        self._patch = checkpoint.vision.patch_size
        settings = checkpoint.preprocessing
        scale = [settings.scale / std for std in settings.std]
        shift = [-mean / std for mean, std in zip(settings.mean, settings.std, strict=True)]
        self._scale = torch.tensor(scale, device=device)[:, None, None]
        self._shift = torch.tensor(shift, device=device)[:, None, None]

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Vectors of shape (n, projection), not normalised, of pixels of shape (n, side, side, 3)."""
        self._claim_thread()
        batch = torch.from_numpy(pixels)
        if self.device.type == "cuda":
            batch = batch.pin_memory().to(self.device, non_blocking=True)
        with torch.inference_mode():
            return _to_numpy(self._forward(batch))

    def _forward(self, batch: torch.Tensor) -> torch.Tensor:
        scaled = torch.addcmul(self._shift, batch.permute(0, 3, 1, 2).float(), self._scale)
        kernel = self._weights["vision_model.embeddings.patch_embedding.weight"]
        patches = F.conv2d(scaled.to(kernel.dtype), kernel, stride=self._patch).flatten(2).transpose(1, 2)
        mark = self._weights["vision_model.embeddings.class_embedding"].expand(len(patches), 1, -1)
        x = torch.cat([mark, patches], 1) + self._weights["vision_model.embeddings.position_embedding.weight"]
        x = self._norm("vision_model.pre_layrnorm", x)
        first = torch.zeros(len(x), dtype=torch.long, device=self.device)
        x = self._norm("vision_model.post_layernorm", self._encode(x, first, None, causal=False))
        return F.linear(x, self._weights["visual_projection.weight"])


class TorchTextTower(Tower):
    """Token ids to text vectors, as :class:`pixie.text_tower.TextTower`, on any device and in any dtype."""

    def __init__(self, checkpoint: Checkpoint, device: torch.device, dtype: str) -> None:
        super().__init__(checkpoint, checkpoint.text, "text_model", device, dtype)
        self._config = checkpoint.text

    def __call__(self, texts: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Vectors of shape (n, projection), not normalised, of `n` texts given as token ids."""
        self._claim_thread()
        if not texts:
            return np.empty((0, self._config.projection_dim), np.float32)
        lengths = [self._config.pooled_position(ids) + 1 for ids in texts]
        padded = np.zeros((len(texts), max(lengths)), np.int64)
        for row, (ids, length) in enumerate(zip(texts, lengths, strict=True)):
            padded[row, :length] = ids[:length]
        pooled = np.array(lengths) - 1
        with torch.inference_mode():
            return _to_numpy(
                self._forward(
                    torch.from_numpy(padded).to(self.device), torch.from_numpy(pooled).to(self.device)
                )
            )

    def _forward(self, ids: torch.Tensor, pooled: torch.Tensor) -> torch.Tensor:
        positions = torch.arange(ids.shape[1], device=self.device)
        x = F.embedding(ids, self._weights["text_model.embeddings.token_embedding.weight"])
        x = x + self._weights["text_model.embeddings.position_embedding.weight"][: ids.shape[1]]
        seen = (positions <= pooled[:, None])[:, None, None]
        x = self._norm("text_model.final_layer_norm", self._encode(x, pooled, seen, causal=True))
        return F.linear(x, self._weights["text_projection.weight"])


def describe(device: torch.device) -> str:
    """What measurements on the device depend on: processor or GPU, threads and torch."""
    if device.type == "cuda":
        return f"{torch.cuda.get_device_name(device)}, torch {torch.__version__}"
    return f"{cpu_identity()}, {THREADS} threads, torch {torch.__version__}"


def linear_seconds(
    device: torch.device, dtype: str, rows: int, width: int, inner: int, limit: float
) -> float:
    """Best of three products (rows, width) @ (width, inner); of one when that takes over `limit` seconds."""
    x = torch.ones((rows, width), dtype=DTYPES[dtype], device=device)
    weight = torch.ones((inner, width), dtype=DTYPES[dtype], device=device)
    times: list[float] = []
    # The first pass also compiles kernels: it counts only when it shows that the dtype is hopeless.
    while len(times) < 4 and not (times and times[0] > limit):
        start = time.perf_counter()
        F.linear(x, weight)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - start)
    return min(times[1:] or times)


def _to_numpy(x: torch.Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = x.float().cpu().numpy()
    return array
