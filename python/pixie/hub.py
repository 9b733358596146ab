"""Checkpoints of the Hugging Face hub: looked up in its cache on disk, fetched only when they are not there.

The look-up reads the cache's folders itself, since importing huggingface_hub alone costs half a second.
"""

from __future__ import annotations

import os
import re
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies

from pixie.checkpoint_files import SHARD_INDEX, SINGLE_FILE, tokenizer_files, weight_files
from pixie.errors import ModelError, SetupError

if TYPE_CHECKING:
    from typing import NoReturn

# What a CLIP checkpoint needs, and nothing that could run code.
FILES = (
    "config.json",
    SINGLE_FILE,
    SHARD_INDEX,
    "model-*-of-*.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.json",
    "merges.txt",
    "preprocessor_config.json",
    "processor_config.json",
)

# Seconds to reach the hub at all; huggingface_hub by itself retries for minutes behind a silent firewall.
CONNECT_TIMEOUT = 5.0

_REPOSITORY = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)


def is_repository(name: str) -> bool:
    """Whether `name` has the form of a repository id, such as ``openai/clip-vit-large-patch14``."""
    return _REPOSITORY.fullmatch(name) is not None and not name.startswith(".") and len(name) <= 96


def cache_folder() -> Path:
    """Where the Hugging Face libraries of this user keep repositories."""
    home = os.environ.get("HF_HOME")
    if home is None:
        home = str(Path(os.environ.get("XDG_CACHE_HOME", "~/.cache"), "huggingface"))
    hub = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE") or str(Path(home, "hub"))
    return Path(os.path.expandvars(hub)).expanduser()


def find(repository: str) -> Path:
    """Folder of the repository's checkpoint: from the cache, else from the network.

    Raises
    ------
    ModelError
        ``not_found`` when it is not in the cache and offline, or unknown to the hub; ``download_failed``;
        ``unsupported`` when the repository has no safetensors weights.
    """
    return cached(repository) or fetch(repository)


def cached(repository: str) -> Path | None:
    """The repository's snapshot in the cache, when it is all there; never uses the network."""
    folder = cache_folder() / ("models--" + repository.replace("/", "--"))
    snapshots = folder / "snapshots"
    candidates: list[Path] = []
    try:
        candidates.append(snapshots / (folder / "refs" / "main").read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        # Copied caches often lack refs: then the newest snapshot counts.
        if snapshots.is_dir():
            candidates = sorted(snapshots.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    return next((candidate for candidate in candidates if _is_complete(candidate)), None)


def fetch(repository: str) -> Path:
    """Download the repository's checkpoint to the cache; see :func:`find`."""
    if _is_offline():
        _missing(repository, "HF_HUB_OFFLINE forbids to fetch it")
    if not sys.stderr.isatty():
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    try:
        from huggingface_hub import constants, snapshot_download
        from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError
    except ImportError as error:
        raise SetupError(f"models can't be fetched: {error}", fix="pip install huggingface_hub") from error
    try:
        _connect(constants.ENDPOINT)
    except OSError as error:
        _missing(repository, f"{constants.ENDPOINT} can't be reached: {error}")
    try:
        folder = Path(snapshot_download(repository, allow_patterns=list(FILES)))
    except GatedRepoError as error:
        raise ModelError(
            f"model {repository!r} asks for an agreement first",
            fix="accept it on the model's page, then log in with `hf auth login`",
            item=repository,
            code="download_failed",
        ) from error
    except RepositoryNotFoundError as error:
        raise ModelError(
            f"there is no model {repository!r}: no folder of that name, no entry in {cache_folder()}, "
            f"and {constants.ENDPOINT} knows none",
            fix="check the name's spelling",
            item=repository,
            code="not_found",
        ) from error
    except Exception as error:  # the download passes through several HTTP and storage layers
        raise ModelError(
            f"model {repository!r} could not be fetched: {error}",
            fix="run the command again; what was fetched so far is kept",
            item=repository,
            code="download_failed",
        ) from error
    weight_files(folder)
    return folder


def _is_offline() -> bool:
    return any(
        os.environ.get(variable, "").upper() in {"1", "ON", "YES", "TRUE"}
        for variable in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    )


def _is_complete(snapshot: Path) -> bool:
    if not (snapshot / "config.json").is_file():
        return False
    try:
        weight_files(snapshot)
        tokenizer_files(snapshot)
    except ModelError:
        return False
    return True


def _connect(endpoint: str) -> None:
    """Fail within seconds when the hub is out of reach."""
    address = urlsplit(endpoint)
    if address.scheme in getproxies():
        return  # the proxy answers for the hub, and says itself when it can't
    port = address.port or (443 if address.scheme == "https" else 80)
    socket.create_connection((address.hostname, port), timeout=CONNECT_TIMEOUT).close()


def _missing(repository: str, why: str) -> NoReturn:
    raise ModelError(
        f"model {repository!r} is not here: there is no such folder, no whole copy in {cache_folder()}, "
        f"and {why}",
        fix="connect to the network once, or copy the model here and name its folder, as in --model FOLDER",
        item=repository,
        code="not_found",
    )
