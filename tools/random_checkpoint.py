"""Write a CLIP checkpoint with seeded random weights, for tests and benchmarks that need a real one's size.

    python tools/random_checkpoint.py FOLDER [--size vit-l-14|tiny] [--dtype float32|float16] [--seed N]

The folder has the layout of a Hugging Face CLIP repository: `config.json`, `model.safetensors`,
`tokenizer.json`, `vocab.json`, `merges.txt`, `tokenizer_config.json` and `preprocessor_config.json`. A folder
that already holds the same checkpoint is left as it is.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import shutil
import string
import tempfile
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

LAYOUT = 1
"""Number of this layout; a folder written under another number is written again."""

MARKER = "random_checkpoint.json"


@dataclass(frozen=True)
class Size:
    """Widths of one CLIP; the fields are those of its configuration."""

    text_width: int
    text_layers: int
    text_heads: int
    vision_width: int
    vision_layers: int
    vision_heads: int
    image_size: int
    patch_size: int
    projection: int
    merges: int
    hidden_act: str = "quick_gelu"


# vit-l-14 is openai/clip-vit-large-patch14: 428 million weights, vocabulary 49,408 = 512 bytes + merges + 2
# marks.
SIZES = {
    "vit-l-14": Size(768, 12, 12, 1024, 24, 16, 224, 14, 768, 48_894),
    "tiny": Size(64, 3, 4, 48, 2, 3, 32, 8, 32, 1_352),
}


def write_checkpoint(
    folder: str | Path,
    size: str | Size = "vit-l-14",
    dtype: str = "float32",
    seed: int = 0,
    **config: Any,
) -> Path:
    """Write the checkpoint unless `folder` already holds it, and return the folder.

    `config` overrides entries of `text_config`, such as `eos_token_id`.
    """
    folder = Path(folder)
    shape = SIZES[size] if isinstance(size, str) else size
    made = {"layout": LAYOUT, "size": asdict(shape), "dtype": dtype, "seed": seed, "config": config}
    marker = folder / MARKER
    if marker.is_file() and json.loads(marker.read_text()) == made:
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        write_tokenizer(part, shape.merges)
        (part / "config.json").write_text(json.dumps(clip_config(shape, dtype, config), indent=2))
        (part / "preprocessor_config.json").write_text(json.dumps(preprocessor_config(shape), indent=2))
        write_weights(part / "model.safetensors", weight_shapes(shape), np.dtype(dtype), seed)
        (part / MARKER).write_text(json.dumps(made))
        part.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return folder


def clip_config(size: Size, dtype: str, overrides: dict[str, Any]) -> dict[str, Any]:
    vocabulary = 512 + size.merges + 2
    text = {
        "model_type": "clip_text_model",
        "vocab_size": vocabulary,
        "hidden_size": size.text_width,
        "intermediate_size": 4 * size.text_width,
        "num_hidden_layers": size.text_layers,
        "num_attention_heads": size.text_heads,
        "max_position_embeddings": 77,
        "hidden_act": size.hidden_act,
        "layer_norm_eps": 1e-5,
        "projection_dim": size.projection,
        "bos_token_id": vocabulary - 2,
        "eos_token_id": vocabulary - 1,
        "pad_token_id": vocabulary - 1,
    }
    vision = {
        "model_type": "clip_vision_model",
        "hidden_size": size.vision_width,
        "intermediate_size": 4 * size.vision_width,
        "num_hidden_layers": size.vision_layers,
        "num_attention_heads": size.vision_heads,
        "image_size": size.image_size,
        "patch_size": size.patch_size,
        "num_channels": 3,
        "hidden_act": size.hidden_act,
        "layer_norm_eps": 1e-5,
        "projection_dim": size.projection,
    }
    return {
        "architectures": ["CLIPModel"],
        "model_type": "clip",
        "projection_dim": size.projection,
        "logit_scale_init_value": 2.6592,
        "torch_dtype": dtype,
        "text_config": text | overrides,
        "vision_config": vision,
    }


def preprocessor_config(size: Size) -> dict[str, Any]:
    return {
        "image_processor_type": "CLIPImageProcessor",
        "do_resize": True,
        "size": {"shortest_edge": size.image_size},
        "resample": 3,
        "do_center_crop": True,
        "crop_size": {"height": size.image_size, "width": size.image_size},
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711],
        "do_convert_rgb": True,
    }


def byte_symbols() -> list[str]:
    """The 256 printable characters that stand for bytes in byte-level BPE, in CLIP's order."""
    printable = [
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    ]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + n) for n in range(len(others))]


def synthetic_merges() -> Iterator[tuple[str, str]]:
    """Merges that join letters into pairs, triples and fours, inside and at the end of words."""
    letters = string.ascii_lowercase
    pairs = ["".join(pair) for pair in itertools.product(letters, repeat=2)]
    triples = ["".join(triple) for triple in itertools.product(letters, repeat=3)]
    for start, end in ((letters, "</w>"), (letters, ""), (pairs, "</w>"), (pairs, ""), (triples, "</w>")):
        for left in start:
            for letter in letters:
                yield left, letter + end


def write_tokenizer(folder: Path, merge_count: int) -> None:
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    merges = list(itertools.islice(synthetic_merges(), merge_count))
    if len(merges) < merge_count:
        raise ValueError(f"no more than {len(merges)} merges are made up, {merge_count} were asked for")
    symbols = byte_symbols()
    tokens = symbols + [symbol + "</w>" for symbol in symbols] + [left + right for left, right in merges]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    if len(vocabulary) != len(tokens):
        raise ValueError("two merges make the same token")
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    lines = ["#version: 0.2", *(f"{left} {right}" for left, right in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    settings = {
        "tokenizer_class": "CLIPTokenizer",
        "model_max_length": 77,
        "bos_token": "<|startoftext|>",
        "eos_token": "<|endoftext|>",
        "pad_token": "<|endoftext|>",
        "unk_token": "<|endoftext|>",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2))

    tokenizer = Tokenizer(
        models.BPE(
            vocab=vocabulary,
            merges=merges,
            continuing_subword_prefix="",
            end_of_word_suffix="</w>",
            unk_token="<|endoftext|>",
        )
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    words = Regex(
        r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(words, behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(
        ("<|endoftext|>", vocabulary["<|endoftext|>"]),
        ("<|startoftext|>", vocabulary["<|startoftext|>"]),
        trim_offsets=False,
        add_prefix_space=False,
    )
    tokenizer.add_special_tokens(["<|startoftext|>", "<|endoftext|>"])
    tokenizer.save(str(folder / "tokenizer.json"))


def weight_shapes(size: Size) -> dict[str, tuple[int, ...]]:
    """Name and shape of every weight, as `CLIPModel` saves them."""
    patches = (size.image_size // size.patch_size) ** 2
    vocabulary = 512 + size.merges + 2
    text, vision = size.text_width, size.vision_width
    shapes: dict[str, tuple[int, ...]] = {
        "logit_scale": (),
        "text_model.embeddings.position_embedding.weight": (77, text),
        "text_model.embeddings.token_embedding.weight": (vocabulary, text),
        "text_model.final_layer_norm.bias": (text,),
        "text_model.final_layer_norm.weight": (text,),
        "text_projection.weight": (size.projection, text),
        "vision_model.embeddings.class_embedding": (vision,),
        "vision_model.embeddings.patch_embedding.weight": (vision, 3, size.patch_size, size.patch_size),
        "vision_model.embeddings.position_embedding.weight": (patches + 1, vision),
        "vision_model.post_layernorm.bias": (vision,),
        "vision_model.post_layernorm.weight": (vision,),
        "vision_model.pre_layrnorm.bias": (vision,),
        "vision_model.pre_layrnorm.weight": (vision,),
        "visual_projection.weight": (size.projection, vision),
    }
    for tower, width, layers in (("text", text, size.text_layers), ("vision", vision, size.vision_layers)):
        for layer in range(layers):
            prefix = f"{tower}_model.encoder.layers.{layer}"
            for norm in ("layer_norm1", "layer_norm2"):
                shapes[f"{prefix}.{norm}.bias"] = shapes[f"{prefix}.{norm}.weight"] = (width,)
            for linear in ("q_proj", "k_proj", "v_proj", "out_proj"):
                shapes[f"{prefix}.self_attn.{linear}.weight"] = (width, width)
                shapes[f"{prefix}.self_attn.{linear}.bias"] = (width,)
            shapes[f"{prefix}.mlp.fc1.weight"] = (4 * width, width)
            shapes[f"{prefix}.mlp.fc1.bias"] = (4 * width,)
            shapes[f"{prefix}.mlp.fc2.weight"] = (width, 4 * width)
            shapes[f"{prefix}.mlp.fc2.bias"] = (width,)
    return dict(sorted(shapes.items()))


def write_weights(path: Path, shapes: dict[str, tuple[int, ...]], dtype: np.dtype[Any], seed: int) -> None:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for name, shape in shapes.items():
        end = offset + math.prod(shape) * dtype.itemsize
        header[name] = {
            "dtype": {2: "F16", 4: "F32"}[dtype.itemsize],
            "shape": list(shape),
            "data_offsets": [offset, end],
        }
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for name, shape in shapes.items():
            file.write(np.ascontiguousarray(weight(name, shape, seed), dtype).data)


def weight(name: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    """One weight, float32, at a scale that keeps activations and attention alive through all layers.

    A weight depends on its name and the seed alone. With CLIP's own small starting scale all texts would come
    out alike (cosine above 0.99), and a wrong tower could pass for a right one.
    """
    rng = np.random.Generator(np.random.SFC64([seed, zlib.crc32(name.encode())]))
    noise = rng.standard_normal(shape, np.float32)
    if name == "logit_scale":
        return np.full(shape, 4.6052, np.float32)
    if name.endswith("bias"):
        return noise * np.float32(0.02)
    if "norm" in name:
        return 1 + noise * np.float32(0.1)
    if "embedding" in name and "patch" not in name:
        return noise * np.float32(0.02 if "position" in name else 0.03)
    fan_in = math.prod(shape[1:])
    return noise * np.float32(fan_in**-0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a CLIP checkpoint with seeded random weights.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", choices=sorted(SIZES), default="vit-l-14")
    parser.add_argument("--dtype", choices=["float32", "float16"], default="float32")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(write_checkpoint(arguments.folder, arguments.size, arguments.dtype, arguments.seed))


if __name__ == "__main__":
    main()
