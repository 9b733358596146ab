"""Writing the model as a Hugging Face CLIP folder: config, float16 weights, tokenizer, preprocessor."""

from __future__ import annotations

import copy
import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from .towers import IMAGE, MEAN, STD, build, start_vision

if TYPE_CHECKING:
    from transformers import CLIPModel, CLIPTokenizer

    from .packages import Work


def load_towers(work: Work, vocabulary: int) -> CLIPModel:
    """Return the model with the towers as trained; a tower still in training as of its last checkpoint."""
    model = build(vocabulary)
    start_vision(model)
    for name in ("image", "text"):
        done, part = work.cache / f"{name}.pt", work.cache / f"{name}.checkpoint.pt"
        if done.exists():
            weights = torch.load(done, weights_only=False)
        elif part.exists():
            whole = torch.load(part, weights_only=False)["optimizer"]["model"]
            vision = ("vision_model.", "visual_projection.", "logit_scale")
            weights = {k: v for k, v in whole.items() if k.startswith(vision) == (name == "image")}
        else:
            continue
        model.load_state_dict(weights, strict=False)
    return model


def export(model: CLIPModel, tokenizer: CLIPTokenizer, folder: Path) -> None:
    """Write the model folder; each file replaces an older one as a whole."""
    from transformers import CLIPImageProcessor

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as name:
        new = Path(name)
        half = copy.deepcopy(model).half().eval()
        half.save_pretrained(new)
        CLIPImageProcessor(
            size={"shortest_edge": IMAGE},
            crop_size={"height": IMAGE, "width": IMAGE},
            image_mean=list(MEAN),
            image_std=list(STD),
            resample=3,  # bicubic
            do_convert_rgb=True,
        ).save_pretrained(new)
        bpe = tokenizer.backend_tokenizer
        bpe.no_truncation()  # training's settings would stay in tokenizer.json
        bpe.no_padding()
        tokenizer.save_pretrained(new)
        parts = json.loads(bpe.to_str())["model"]
        (new / "vocab.json").write_text(json.dumps(parts["vocab"], ensure_ascii=False), "utf-8")
        merges = [m if isinstance(m, str) else " ".join(m) for m in parts["merges"]]
        (new / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]) + "\n", "utf-8")
        for path in sorted(new.iterdir()):
            path.chmod(0o644)
            shutil.move(path, folder / path.name)


def export_towers(work: Work, folder: Path) -> None:
    """Stage ``export``: write the towers as they are, not joined."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(work.cache / "tokenizer")
    export(load_towers(work, len(tokenizer)), tokenizer, folder)
