"""CLIP's text tower in NumPy, over memory-mapped weights.

A cold query needs neither torch nor transformers, whose imports cost seconds. The architecture is that of
Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (2021), section 2.4: a
pre-norm transformer with causal attention, read at the end mark.
"""

from __future__ import annotations

import threading
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from pixie.checkpoint import TextConfig
    from pixie.weights import Weights

    Array = NDArray[np.float32]


class TextTower:
    """Token ids to text vectors, in float32.

    The tokens of all texts of a batch lie one after the other in the linear layers, so that short texts pay
    nothing for long ones; attention runs over groups of equal length. Thread-safe.

    Parameters
    ----------
    config
        Widths and conventions; `covers` says whether this tower knows them.
    weights
        The checkpoint's tensors. Those not in float32 are converted when first used, and kept.
    """

    def __init__(self, config: TextConfig, weights: Weights) -> None:
        self._config = config
        self._weights = weights
        self._kept: dict[str, Array] = {}
        self._lock = threading.Lock()
        self._activation = ACTIVATIONS[config.hidden_act]
        self._populated = False

    @staticmethod
    def covers(config: TextConfig) -> bool:
        """Whether the tower computes what transformers would for such a checkpoint."""
        return config.hidden_act in ACTIVATIONS

    def __call__(self, texts: Sequence[Sequence[int]]) -> Array:
        """Vectors of shape (n, projection), not normalised, of `n` texts given as token ids.

        Each text has 1 to `max_position_embeddings` ids, the first of which is its start mark.
        """
        config = self._config
        if not texts:
            return np.empty((0, config.projection_dim), np.float32)
        if not self._populated:
            # A cold query touches every page of the layers: one call is faster than one fault a page.
            self._weights.populate(name for name in self._weights.names if name.startswith(_LAYERS))
            self._populated = True

        # What comes after the token that is read can't reach it: attention is causal.
        cut = [ids[: config.pooled_position(ids) + 1] for ids in texts]
        order = sorted(range(len(cut)), key=lambda i: len(cut[i]))
        lengths = np.array([len(cut[i]) for i in order])
        ids = np.concatenate([np.asarray(cut[i], np.intp) for i in order])
        positions = np.concatenate([np.arange(length) for length in lengths])

        x = self._rows("text_model.embeddings.token_embedding.weight", ids)
        x += self._rows("text_model.embeddings.position_embedding.weight", positions)
        groups = _equal_lengths(lengths)
        ends = np.cumsum(lengths) - 1
        for layer in range(config.num_hidden_layers - 1):
            x = self._layer(f"{_LAYERS}{layer}.", x, groups)
        x = self._last_layer(f"{_LAYERS}{config.num_hidden_layers - 1}.", x, groups, ends)
        x = self._norm("text_model.final_layer_norm", x)
        vectors = np.empty((len(texts), config.projection_dim), np.float32)
        vectors[order] = x @ self._weight("text_projection.weight").T
        return vectors

    def _layer(self, prefix: str, x: Array, groups: list[Group]) -> Array:
        y = self._norm(prefix + "layer_norm1", x)
        q, k, v = (self._linear(f"{prefix}self_attn.{name}_proj", y) for name in "qkv")
        attended = np.empty_like(x)
        for start, stop, length in groups:
            heads = [self._heads(part[start:stop], length) for part in (q, k, v)]
            out = self._attend(*heads, causal=True)
            attended[start:stop] = out.transpose(0, 2, 1, 3).reshape(stop - start, -1)
        x += self._linear(prefix + "self_attn.out_proj", attended)
        return self._mlp(prefix, x)

    def _last_layer(self, prefix: str, x: Array, groups: list[Group], ends: NDArray[np.intp]) -> Array:
        """The last layer for the tokens that are read alone; the others only give keys and values."""
        y = self._norm(prefix + "layer_norm1", x)
        k, v = (self._linear(f"{prefix}self_attn.{name}_proj", y) for name in "kv")
        q = self._linear(prefix + "self_attn.q_proj", y[ends])
        attended = np.empty_like(q)
        first = 0
        for start, stop, length in groups:
            last = first + (stop - start) // length
            keys, values = (self._heads(part[start:stop], length) for part in (k, v))
            out = self._attend(self._heads(q[first:last], 1), keys, values, causal=False)
            attended[first:last] = out.reshape(last - first, -1)
            first = last
        x = x[ends] + self._linear(prefix + "self_attn.out_proj", attended)
        return self._mlp(prefix, x)

    def _mlp(self, prefix: str, x: Array) -> Array:
        y = self._linear(prefix + "mlp.fc1", self._norm(prefix + "layer_norm2", x))
        x += self._linear(prefix + "mlp.fc2", self._activation(y))
        return x

    def _heads(self, x: Array, length: int) -> Array:
        """(texts * length, width) as (texts, heads, length, width of a head)."""
        heads = self._config.num_attention_heads
        split: Array = x.reshape(-1, length, heads, x.shape[1] // heads).transpose(0, 2, 1, 3)
        return split

    @staticmethod
    def _attend(q: Array, k: Array, v: Array, *, causal: bool) -> Array:
        scores = q @ k.transpose(0, 1, 3, 2)
        scores *= np.float32(q.shape[-1] ** -0.5)
        if causal:
            scores[..., np.triu(np.ones(scores.shape[-2:], bool), 1)] = -np.inf
        scores -= scores.max(-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(-1, keepdims=True)
        attended: Array = scores @ v
        return attended

    def _norm(self, name: str, x: Array) -> Array:
        centred: Array = x - x.mean(-1, keepdims=True)
        variance = np.einsum("ij,ij->i", centred, centred)[:, None] / np.float32(x.shape[1])
        centred /= np.sqrt(variance + np.float32(self._config.layer_norm_eps))
        centred *= self._weight(name + ".weight")
        centred += self._weight(name + ".bias")
        return centred

    def _linear(self, name: str, x: Array) -> Array:
        y: Array = x @ self._weight(name + ".weight").T
        y += self._weight(name + ".bias")
        return y

    def _rows(self, name: str, rows: NDArray[np.intp]) -> Array:
        """Some rows of an embedding table, of which only these are read."""
        return self._weights.float32(name, rows)

    def _weight(self, name: str) -> Array:
        kept = self._kept.get(name)
        if kept is None:
            with self._lock:
                kept = self._kept.setdefault(name, self._weights.float32(name))
        return kept


Group = tuple[int, int, int]
"""First token, token past the last, and length of the texts of one length."""

_LAYERS = "text_model.encoder.layers."


def _equal_lengths(lengths: NDArray[np.intp]) -> list[Group]:
    groups = []
    start = 0
    for length, texts in groupby(lengths.tolist()):
        stop = start + length * sum(1 for _ in texts)
        groups.append((start, stop, length))
        start = stop
    return groups


def quick_gelu(x: Array) -> Array:
    """x * sigmoid(1.702 x), the activation of OpenAI's checkpoints; overwrites `x`."""
    gate = x * np.float32(-1.702)
    with np.errstate(over="ignore"):  # exp(large) is inf, and x / inf the right answer
        np.exp(gate, out=gate)
    gate += 1
    x /= gate
    return x


def gelu(x: Array) -> Array:
    """x * Phi(x), exactly, with Phi the normal distribution's cumulative function; overwrites `x`."""
    phi = erf(x * np.float32(0.5**0.5))
    phi += 1
    phi *= 0.5
    x *= phi
    return x


def erf(x: Array) -> Array:
    """The error function in float32, as x times a rational function of x squared; overwrites `x`."""
    # From here on erf is 1 in float32.
    np.clip(x, -3.7439211627767994, 3.7439211627767994, out=x)
    square = x * x
    x *= _polynomial(_ERF_NUMERATOR, square)
    x /= _polynomial(_ERF_DENOMINATOR, square)
    return x


# Coefficients of XLA's float32 erf, highest power first; 3.1e-7 off math.erf at worst over [-6, 6].
_ERF_NUMERATOR = (
    0.00022905065861350646,
    0.0034082910107109506,
    0.050955695062380861,
    0.18520832239976145,
    1.128379143519084,
)
_ERF_DENOMINATOR = (
    -1.1791602954361697e-7,
    0.000023547966471313185,
    0.0010179625278914885,
    0.014070470171167667,
    0.11098505178285362,
    0.49746925110067538,
    1.0,
)


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    """Horner's rule, highest power first."""
    y = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        y *= x
        y += np.float32(coefficient)
    return y


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {"quick_gelu": quick_gelu, "gelu": gelu}
