"""Texts to CLIP's token ids, through the `tokenizers` library alone."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixie.checkpoint_files import tokenizer_files
from pixie.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import tokenizers

# What CLIP's own tokenizer takes for words: contractions, runs of letters, single digits, runs of anything
# else.
_WORDS = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


@dataclass(frozen=True)
class Tokens:
    """Token ids of one text, with the start and end marks.

    `cut` tells that the text was longer than the model reads and lost its end.
    """

    ids: list[int]
    cut: bool


class Tokenizer:
    """A checkpoint's tokenizer. Thread-safe.

    Parameters
    ----------
    folder
        Holds ``tokenizer.json``, or ``vocab.json`` and ``merges.txt``.
    max_tokens
        Longest text, with both marks; 77 for CLIP.

    Raises
    ------
    ModelError
        ``damaged`` when the files are missing or can't be read.
    """

    def __init__(self, folder: Path, max_tokens: int) -> None:
        self._backend = _load(folder)
        self._backend.no_padding()
        self._backend.enable_truncation(max_tokens)

    def __call__(self, texts: Sequence[str]) -> list[Tokens]:
        """Tokens of each text; half surrogate pairs, which no encoding can hold, count as U+FFFD."""
        encodings = self._backend.encode_batch([_well_formed(text) for text in texts])
        return [Tokens(encoding.ids, bool(encoding.overflowing)) for encoding in encodings]


def _load(folder: Path) -> tokenizers.Tokenizer:
    # Its own threads gain nothing on short texts, and Pixie's callers bring theirs.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokenizers import Tokenizer as Backend

    files = tokenizer_files(folder)
    try:
        if len(files) == 1:
            # from_file would take a path only as UTF-8 text.
            return Backend.from_buffer(files[0].read_bytes())
        settings = folder / "tokenizer_config.json"
        return _clip_tokenizer(
            json.loads(files[0].read_text(encoding="utf-8")),
            files[1].read_text(encoding="utf-8"),
            json.loads(settings.read_text(encoding="utf-8")) if settings.is_file() else {},
        )
    except Exception as error:
        raise ModelError(
            f"the tokenizer in {folder} is damaged: {error}", fix="fetch or copy it again", code="damaged"
        ) from error


def _clip_tokenizer(
    vocabulary: dict[str, int], merges: str, settings: dict[str, Any]
) -> tokenizers.Tokenizer:
    """The tokenizer that transformers' CLIPTokenizer builds from a vocabulary and merges."""
    from tokenizers import Regex, decoders, models, normalizers, pre_tokenizers, processors
    from tokenizers import Tokenizer as Backend

    start = _mark(settings, "bos_token", "<|startoftext|>")
    end = _mark(settings, "eos_token", "<|endoftext|>")
    unknown = _mark(settings, "unk_token", "<|endoftext|>")
    lines = [line.split() for line in merges.splitlines() if line and not line.startswith("#version")]
    pairs = [(left, right) for left, right in lines]
    backend = Backend(
        models.BPE(
            vocab=vocabulary,
            merges=pairs,
            continuing_subword_prefix="",
            end_of_word_suffix="</w>",
            unk_token=unknown,
        )
    )
    backend.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens([start, end, unknown])
    backend.post_processor = processors.RobertaProcessing(
        (end, vocabulary[end]), (start, vocabulary[start]), trim_offsets=False, add_prefix_space=False
    )
    return backend


def _mark(settings: dict[str, Any], name: str, default: str) -> str:
    mark = settings.get(name) or default
    return str(mark["content"] if isinstance(mark, dict) else mark)


def _well_formed(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        # Through UTF-16, two halves that belong together become the character they mean.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
