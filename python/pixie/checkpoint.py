"""A CLIP checkpoint on disk: found by name, configuration checked, weights mapped, fingerprint taken."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixie import hub
from pixie.checkpoint_files import tokenizer_files
from pixie.errors import ModelError
from pixie.preprocessing import Preprocessing
from pixie.tokenizer import Tokenizer
from pixie.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Sequence

DEMO = "demo"
DEMO_FOLDER = Path(__file__).parent / "models" / "demo"

# transformers' defaults, for entries that a configuration leaves out.
_TEXT_DEFAULTS: dict[str, Any] = {
    "vocab_size": 49408,
    "hidden_size": 512,
    "intermediate_size": 2048,
    "num_hidden_layers": 12,
    "num_attention_heads": 8,
    "max_position_embeddings": 77,
    "hidden_act": "quick_gelu",
    "layer_norm_eps": 1e-5,
    "eos_token_id": 49407,
}
_VISION_DEFAULTS: dict[str, Any] = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "num_channels": 3,
    "image_size": 224,
    "patch_size": 32,
    "hidden_act": "quick_gelu",
    "layer_norm_eps": 1e-5,
}
_PROJECTION_DEFAULT = 512

# Before transformers 4.31, configurations named 2 as the end mark although the vocabulary's last entry is it.
_LEGACY_EOS = 2


@dataclass(frozen=True)
class TextConfig:
    """The text tower's widths and conventions; names as in `text_config`."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    max_position_embeddings: int
    hidden_act: str
    layer_norm_eps: float
    eos_token_id: int
    projection_dim: int

    def pooled_position(self, ids: Sequence[int]) -> int:
        """Index of the token whose state is the text's: the first end mark."""
        mark = max(ids) if self.eos_token_id == _LEGACY_EOS else self.eos_token_id
        return ids.index(mark) if mark in ids else 0

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of every weight of the text tower."""
        width = self.hidden_size
        return {
            "text_model.embeddings.token_embedding.weight": (self.vocab_size, width),
            "text_model.embeddings.position_embedding.weight": (self.max_position_embeddings, width),
            **_norm_shapes("text_model.final_layer_norm", width),
            "text_projection.weight": (self.projection_dim, width),
            **_layer_shapes("text_model", width, self.intermediate_size, self.num_hidden_layers),
        }


@dataclass(frozen=True)
class VisionConfig:
    """The vision tower's widths; names as in `vision_config`."""

    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_channels: int
    image_size: int
    patch_size: int
    hidden_act: str
    layer_norm_eps: float
    projection_dim: int

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of every weight of the vision tower."""
        width, patch = self.hidden_size, self.patch_size
        return {
            "vision_model.embeddings.class_embedding": (width,),
            "vision_model.embeddings.patch_embedding.weight": (width, self.num_channels, patch, patch),
            "vision_model.embeddings.position_embedding.weight": ((self.image_size // patch) ** 2 + 1, width),
            # The name is misspelt in every CLIP checkpoint.
            **_norm_shapes("vision_model.pre_layrnorm", width),
            **_norm_shapes("vision_model.post_layernorm", width),
            "visual_projection.weight": (self.projection_dim, width),
            **_layer_shapes("vision_model", width, self.intermediate_size, self.num_hidden_layers),
        }


@dataclass(frozen=True)
class Checkpoint:
    """A CLIP checkpoint, checked as far as its headers go. Thread-safe; weights are read when used.

    Attributes
    ----------
    name
        What it was asked for by.
    folder
        Where its files are.

    Examples
    --------
    >>> Checkpoint.open("demo").dimension
    256
    """

    name: str
    folder: Path
    text: TextConfig
    vision: VisionConfig
    preprocessing: Preprocessing
    weights: Weights = field(repr=False, compare=False)

    @classmethod
    def open(cls, name: str | Path) -> Checkpoint:
        """Find and check a checkpoint.

        Parameters
        ----------
        name
            ``"demo"`` (the one that ships with Pixie), a folder, or a Hugging Face repository id. A
            repository is taken from the Hugging Face cache, and fetched only when it is not there.

        Raises
        ------
        ModelError
            ``not_found``, ``download_failed``, ``unsupported`` (no CLIP, or no safetensors) or ``damaged``.
        """
        folder = resolve(name)
        config = _read_json(folder / "config.json")
        kind = config.get("model_type")
        if kind != "clip":
            raise ModelError(
                f"{folder} holds a model of type {kind!r}, and Pixie reads CLIP checkpoints only",
                fix="choose a checkpoint whose config.json says model_type clip",
                item=str(name),
                code="unsupported",
            )
        projection = config.get("projection_dim", _PROJECTION_DEFAULT)
        try:
            text = TextConfig(**_section(config, "text_config", _TEXT_DEFAULTS), projection_dim=projection)
            vision = VisionConfig(
                **_section(config, "vision_config", _VISION_DEFAULTS), projection_dim=projection
            )
        except TypeError as error:
            raise ModelError(
                f"{folder / 'config.json'} describes a CLIP that Pixie does not know: {error}",
                item=str(name),
                code="unsupported",
            ) from error
        weights = Weights(folder)
        _check_shapes(folder, weights, {**text.shapes(), **vision.shapes()})
        tokenizer_files(folder)
        preprocessing = Preprocessing.parse(_read_preprocessor(folder), vision.image_size)
        return cls(str(name), folder, text, vision, preprocessing, weights)

    @property
    def dimension(self) -> int:
        """Length of the checkpoint's vectors."""
        return self.text.projection_dim

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The checkpoint's tokenizer, loaded on first use."""
        return Tokenizer(self.folder, self.text.max_position_embeddings)

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that change with anything that changes the checkpoint's vectors.

        They hash the configuration of both towers, the preprocessing, the bytes of the tokenizer's files, and
        of the weights every name, dtype and shape with a sample of the bytes (see `Weights.digest`). The
        place, the name and the number of files don't count: a repository and a copy of it in a folder have
        one fingerprint.
        """
        digest = hashlib.blake2b(digest_size=16)
        settings = [vars(self.text), vars(self.vision), self.preprocessing.as_dict()]
        digest.update(json.dumps(settings, sort_keys=True).encode())
        for file in tokenizer_files(self.folder):
            digest.update(hashlib.blake2b(file.read_bytes()).digest())
        digest.update(self.weights.digest([*self.text.shapes(), *self.vision.shapes()]).encode())
        return digest.hexdigest()


def resolve(name: str | Path) -> Path:
    """Folder of the checkpoint that `name` means; see :meth:`Checkpoint.open`."""
    if name == DEMO:
        if not DEMO_FOLDER.is_dir():
            raise ModelError(f"the demo model is missing from {DEMO_FOLDER}", item=DEMO, code="not_found")
        return DEMO_FOLDER
    text = str(name)
    folder = Path(text).expanduser() if text else None
    if folder is not None and folder.is_dir():
        return folder.absolute()
    if isinstance(name, str) and hub.is_repository(name):
        return hub.find(name)
    raise ModelError(
        f"there is no model folder {text!r}",
        fix="give a CLIP checkpoint's folder, a repository id such as openai/clip-vit-large-patch14, or demo",
        item=text,
        code="not_found",
    )


def _read_json(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_bytes())
    except FileNotFoundError:
        raise ModelError(
            f"{file.parent} is no checkpoint: it has no {file.name}",
            fix="give the folder that holds config.json and model.safetensors",
            item=str(file.parent),
            code="not_found" if file.name == "config.json" else "damaged",
        ) from None
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{file} can't be read: {error}", fix="fetch or copy it again", code="damaged"
        ) from error
    if not isinstance(value, dict):
        raise ModelError(f"{file} holds no JSON object", fix="fetch or copy it again", code="damaged")
    return value


def _section(config: dict[str, Any], name: str, defaults: dict[str, Any]) -> dict[str, Any]:
    """`text_config` or `vision_config` with the precedence transformers gives them."""
    section = {**defaults, **(config.get(name) or {})}
    # Configurations of transformers 4.2x repeat the section; transformers lets the repetition win.
    repeated = config.get(f"{name}_dict")
    if repeated is not None:
        section.update(defaults)
        section.update(repeated)
    wrong = [key for key, default in defaults.items() if not _fits(section[key], default)]
    if wrong:
        raise TypeError(", ".join(f"{name}.{key} is {section[key]!r}" for key in wrong))
    return {key: section[key] for key in defaults}


def _fits(value: Any, default: Any) -> bool:
    if isinstance(default, str):
        return isinstance(value, str)
    allowed = (int, float) if isinstance(default, float) else int
    return isinstance(value, allowed) and not isinstance(value, bool) and value > 0


def _read_preprocessor(folder: Path) -> dict[str, Any]:
    own = folder / "preprocessor_config.json"
    if own.is_file():
        return _read_json(own)
    # transformers 5 may save all processors of a model in one file.
    joint = folder / "processor_config.json"
    if joint.is_file():
        return dict(_read_json(joint).get("image_processor") or {})
    return {}


def _check_shapes(folder: Path, weights: Weights, expected: dict[str, tuple[int, ...]]) -> None:
    for name, shape in expected.items():
        if name not in weights:
            raise ModelError(
                f"the checkpoint in {folder} lacks the weight {name!r}",
                fix="give a whole CLIP checkpoint, with both towers and their projections",
                item=str(folder),
                code="damaged",
            )
        found = weights.tensor(name).shape
        if found != shape:
            raise ModelError(
                f"weight {name!r} in {folder} is of shape {found}, and config.json asks for {shape}",
                fix="fetch or copy the checkpoint again, config.json and weights from one place",
                item=str(folder),
                code="damaged",
            )


def _layer_shapes(tower: str, width: int, inner: int, layers: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in range(layers):
        prefix = f"{tower}.encoder.layers.{layer}"
        shapes.update(_norm_shapes(f"{prefix}.layer_norm1", width))
        shapes.update(_norm_shapes(f"{prefix}.layer_norm2", width))
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            shapes[f"{prefix}.self_attn.{name}.weight"] = (width, width)
            shapes[f"{prefix}.self_attn.{name}.bias"] = (width,)
        shapes[f"{prefix}.mlp.fc1.weight"] = (inner, width)
        shapes[f"{prefix}.mlp.fc1.bias"] = (inner,)
        shapes[f"{prefix}.mlp.fc2.weight"] = (width, inner)
        shapes[f"{prefix}.mlp.fc2.bias"] = (width,)
    return shapes


def _norm_shapes(name: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}
