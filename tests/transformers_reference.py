"""The vectors transformers gives for a checkpoint, through its own tokenizer and image processor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from transformers import CLIPTextModelWithProjection, CLIPTokenizer, CLIPVisionModelWithProjection
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PIL import Image


def text_vectors(folder: Path, texts: Sequence[str]) -> np.ndarray:
    """Unit rows, float32, through the padded batch that transformers' users make."""
    tokenizer = CLIPTokenizer.from_pretrained(folder)
    model = CLIPTextModelWithProjection.from_pretrained(folder, dtype=torch.float32).eval()
    tokens = tokenizer(list(texts), padding=True, truncation=True, max_length=77, return_tensors="pt")
    with torch.inference_mode():
        return unit(model(**tokens).text_embeds.numpy())


def image_vectors(folder: Path, pictures: Sequence[Image.Image]) -> np.ndarray:
    """Unit rows, float32, of RGB pictures."""
    model = CLIPVisionModelWithProjection.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.inference_mode():
        return unit(model(pixel_values=pixel_values(folder, pictures)).image_embeds.numpy())


def pixel_values(folder: Path, pictures: Sequence[Image.Image]) -> torch.Tensor:
    """What transformers' image processor gives the tower: float32 (n, 3, side, side)."""
    processor = CLIPImageProcessorPil.from_pretrained(folder)
    return processor(images=list(pictures), return_tensors="pt")["pixel_values"]


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
