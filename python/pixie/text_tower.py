"""CLIP's text tower in NumPy, over memory-mapped weights.

A cold query needs neither torch nor transformers, whose imports cost seconds. The architecture is that of
Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (2021), section 2.4: a
pre-norm transformer with causal attention, read at the end mark.
"""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import ThreadPoolExecutor

    from numpy.typing import NDArray

    from pixie.checkpoint import TextConfig
    from pixie.weights import Weights

    Array = NDArray[np.float32]
    Indices = NDArray[np.intp]


class TextTower:
    """Token ids to text vectors, in float32.

    A batch costs as much as its distinct beginnings (see `PrefixTree`): nothing is padded, and what texts
    share is computed once. Thread-safe.

    Parameters
    ----------
    config
        Widths and conventions; `covers` says whether this tower knows them.
    weights
        The checkpoint's tensors. Those not in float32 are converted when first used, and kept.
    threads
        Threads that share a batch, each with some of its texts: as many as cores where NumPy takes one core
        for a product, 1 where it takes all of them.
    """

    def __init__(self, config: TextConfig, weights: Weights, threads: int = 1) -> None:
        self._config = config
        self._weights = weights
        self._kept: dict[str, Array] = {}
        self._lock = threading.Lock()
        self._activation = ACTIVATIONS[config.hidden_act]
        self._populated = False
        self._threads = threads
        self._helpers: ThreadPoolExecutor | None = None

    @staticmethod
    def covers(config: TextConfig) -> bool:
        """Whether the tower computes what transformers would for such a checkpoint."""
        return config.hidden_act in ACTIVATIONS

    def __call__(self, texts: Sequence[Sequence[int]]) -> Array:
        """Vectors of shape (n, projection), not normalised, of `n` texts given as token ids.

        Each text has 1 to `max_position_embeddings` ids, the first of which is its start mark.
        """
        if not texts:
            return np.empty((0, self._config.projection_dim), np.float32)
        if not self._populated:
            # A cold query touches every page of the layers: one call is faster than one fault a page.
            self._weights.populate(name for name in self._weights.names if name.startswith(_LAYERS))
            self._populated = True
        shares = min(self._threads, len(texts) // _LEAST_SHARE)
        if shares < 2:
            return self._forward(texts)
        bounds = [len(texts) * share // shares for share in range(shares + 1)]
        first, *others = (texts[begin:end] for begin, end in itertools.pairwise(bounds))
        helped = [self._pool().submit(self._forward, share) for share in others]
        return np.concatenate([self._forward(first), *(share.result() for share in helped)])

    def _pool(self) -> ThreadPoolExecutor:
        from concurrent.futures import ThreadPoolExecutor  # here, because a single query needs none

        with self._lock:
            if self._helpers is None:
                self._helpers = ThreadPoolExecutor(self._threads - 1, thread_name_prefix="pixie-text")
            return self._helpers

    def _forward(self, texts: Sequence[Sequence[int]]) -> Array:
        # A damaged checkpoint shows in its vectors, which the caller checks; exp(large) = inf is meant.
        with np.errstate(over="ignore", invalid="ignore"):
            return self._layers(texts)

    def _layers(self, texts: Sequence[Sequence[int]]) -> Array:
        config = self._config
        # What comes after the token that is read can't reach it.
        tree = prefix_tree([ids[: config.pooled_position(ids) + 1] for ids in texts])
        x = self._rows("text_model.embeddings.token_embedding.weight", tree.ids)
        x += self._rows("text_model.embeddings.position_embedding.weight", tree.positions)
        for layer in range(config.num_hidden_layers - 1):
            x = self._layer(f"{_LAYERS}{layer}.", x, tree)
        x = self._last_layer(f"{_LAYERS}{config.num_hidden_layers - 1}.", x, tree)
        x = self._norm("text_model.final_layer_norm", x)
        vectors: Array = x @ self._weight("text_projection.weight").T
        return vectors

    def _layer(self, prefix: str, x: Array, tree: PrefixTree) -> Array:
        y = self._norm(prefix + "layer_norm1", x)
        q, k, v = (self._heads(self._linear(f"{prefix}self_attn.{name}_proj", y)) for name in "qkv")
        attended = np.empty_like(q)
        for _, paths in tree.groups:
            # Texts that share a token write the same rows.
            attended[paths] = _attend(q[paths], k[paths], v[paths], causal=True)
        x += self._linear(prefix + "self_attn.out_proj", attended.reshape(x.shape))
        return self._mlp(prefix, x)

    def _last_layer(self, prefix: str, x: Array, tree: PrefixTree) -> Array:
        """The last layer for the texts' last tokens alone; the others only give keys and values."""
        y = self._norm(prefix + "layer_norm1", x)
        k, v = (self._heads(self._linear(f"{prefix}self_attn.{name}_proj", y)) for name in "kv")
        q = self._heads(self._linear(prefix + "self_attn.q_proj", y[tree.ends]))
        attended = np.empty_like(q)
        for texts, paths in tree.groups:
            attended[texts] = _attend(q[texts][:, None], k[paths], v[paths], causal=False)[:, 0]
        x = x[tree.ends]
        x += self._linear(prefix + "self_attn.out_proj", attended.reshape(x.shape))
        return self._mlp(prefix, x)

    def _mlp(self, prefix: str, x: Array) -> Array:
        y = self._linear(prefix + "mlp.fc1", self._norm(prefix + "layer_norm2", x))
        x += self._linear(prefix + "mlp.fc2", self._activation(y))
        return x

    def _heads(self, x: Array) -> Array:
        """(tokens, width) as (tokens, heads, width of a head)."""
        return x.reshape(len(x), self._config.num_attention_heads, -1)

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

    def _rows(self, name: str, rows: Indices) -> Array:
        """Some rows of an embedding table, of which only these are read."""
        return self._weights.float32(name, rows)

    def _weight(self, name: str) -> Array:
        kept = self._kept.get(name)
        if kept is None:
            with self._lock:
                kept = self._kept.setdefault(name, self._weights.float32(name))
        return kept


@dataclass(frozen=True)
class PrefixTree:
    """Texts with their common beginnings merged: a node is one token after one beginning.

    Attention being causal, a token's state depends on its beginning alone, so each node is computed once.
    Queries share at least their start mark, and often "a photo of a" too.

    Attributes
    ----------
    ids, positions
        Token id and place in the text of every node.
    ends
        Node of every text's last token.
    groups
        For each length, the texts of that length and their nodes, of shape (texts, length).
    """

    ids: Indices
    positions: Indices
    ends: Indices
    groups: list[tuple[Indices, Indices]]


def prefix_tree(texts: Sequence[Sequence[int]]) -> PrefixTree:
    """Merge the common beginnings of texts given as token ids, none of them empty."""
    nodes: dict[tuple[int, int], int] = {}
    positions: list[int] = []
    paths: list[list[int]] = []
    for ids in texts:
        path: list[int] = []
        node = -1
        for position, token in enumerate(ids):
            node = nodes.setdefault((node, token), len(nodes))
            if node == len(positions):
                positions.append(position)
            path.append(node)
        paths.append(path)
    of_length: dict[int, list[int]] = {}
    for text, path in enumerate(paths):
        of_length.setdefault(len(path), []).append(text)
    return PrefixTree(
        ids=np.array([token for _, token in nodes], np.intp),
        positions=np.array(positions, np.intp),
        ends=np.array([path[-1] for path in paths], np.intp),
        groups=[
            (np.array(members, np.intp), np.array([paths[text] for text in members], np.intp))
            for members in of_length.values()
        ],
    )


_LAYERS = "text_model.encoder.layers."

# Texts that make a share worth its thread: each thread reads all weights, which two texts do not outweigh.
_LEAST_SHARE = 4


def _attend(q: Array, k: Array, v: Array, *, causal: bool) -> Array:
    """Softmax attention of (texts, length, heads, width of a head), of the same shape as `q`."""
    q, k, v = (part.transpose(0, 2, 1, 3) for part in (q, k, v))
    scores = q @ k.transpose(0, 1, 3, 2)
    scores *= np.float32(q.shape[-1] ** -0.5)
    if causal:
        scores[..., np.triu(np.ones(scores.shape[-2:], bool), 1)] = -np.inf
    scores -= scores.max(-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(-1, keepdims=True)
    attended: Array = (scores @ v).transpose(0, 2, 1, 3)
    return attended


def quick_gelu(x: Array) -> Array:
    """x * sigmoid(1.702 x), the activation of OpenAI's checkpoints; overwrites `x`."""
    gate = x * np.float32(-1.702)
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
