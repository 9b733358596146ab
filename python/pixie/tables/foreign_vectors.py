"""Vectors that another program made: whether they are of a collection's model, and of length 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pixie.errors import CollectionError, InvalidInputError

if TYPE_CHECKING:
    import numpy.typing as npt

    from pixie.manifest import Model

_SAME = (
    # OpenAI's name as clip-retrieval takes it, llm-clip's, sentence-transformers', and the checkpoint's.
    (
        "ViT-B/32",
        "clip",
        "clip-ViT-B-32",
        "sentence-transformers/clip-ViT-B-32",
        "openai/clip-vit-base-patch32",
    ),
    ("ViT-B/16", "clip-ViT-B-16", "sentence-transformers/clip-ViT-B-16", "openai/clip-vit-base-patch16"),
    ("ViT-L/14", "clip-ViT-L-14", "sentence-transformers/clip-ViT-L-14", "openai/clip-vit-large-patch14"),
    ("ViT-L/14@336px", "openai/clip-vit-large-patch14-336"),
)
"""Names of the same weights, in each tuple."""


def is_same_model(name: str, model: Model) -> bool:
    """Whether a name that another program has for a model means a collection's model."""
    return name == model.name or any(name in names and model.name in names for names in _SAME)


def check_model(name: str | None, model: Model, what: str) -> None:
    """Refuse vectors that are not said to be of a collection's model.

    Raises
    ------
    InvalidInputError
        Nobody says which model they are of.
    CollectionError
        ``wrong_model``: they are of another.
    """
    if name is None:
        raise InvalidInputError(
            f"{what} does not say which model its vectors are of",
            fix=f"if that is the collection's, say so: --model-of {model.name}",
            item="model_of",
        )
    if not is_same_model(name, model):
        raise CollectionError(
            f"{what} has vectors of the model {name}, and the collection's is {model.name}",
            fix="import it into a collection of that model",
            code="wrong_model",
        )


def unit_vector(numbers: npt.NDArray[np.floating], dimension: int) -> npt.NDArray[np.float32]:
    """A vector divided by its length, float32 (dimension,).

    Raises
    ------
    InvalidInputError
        ``bad_vector``: it has no direction, or another length than the collection's.
    """
    if numbers.shape != (dimension,):
        raise InvalidInputError(
            f"its vector has {numbers.size} numbers and the collection's have {dimension}", code="bad_vector"
        )
    wide = numbers.astype(np.float64)
    norm = float(np.linalg.norm(wide))
    if not 0 < norm < float("inf"):
        raise InvalidInputError(f"its vector has the length {norm:g}", code="bad_vector")
    return (wide / norm).astype(np.float32)
