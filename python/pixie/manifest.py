"""collection.json: what a collection is, apart from what is in it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pixie.clock import now
from pixie.disk import disk_errors, write_atomically
from pixie.errors import CollectionError

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "collection.json"
FORMAT = 3
"""Version of everything in a collection's folder; one more for each change that this version can't read."""


@dataclass(frozen=True, slots=True)
class Model:
    """Whose vectors a collection holds.

    ``name`` is how the model was asked for (a repository id, a folder, ``demo``), ``fingerprint`` tells its
    weights and preprocessing from others, ``dimension`` is the length of its vectors.
    """

    name: str
    fingerprint: str
    dimension: int

    def to_json(self) -> dict[str, Any]:
        """The model's JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of ``collection.json``; ``edition`` says where its data lie, see `data_folder`."""

    name: str
    model: Model
    created: str
    settings: dict[str, Any] = field(default_factory=dict)
    format: int = FORMAT
    edition: int = 1

    @property
    def index_settings(self) -> dict[str, Any]:
        """The kind of the index and those of its settings that are not the default."""
        return {"kind": "exact", **self.settings.get("index", {})}

    @classmethod
    def new(cls, name: str, model: Model, settings: dict[str, Any]) -> Manifest:
        """One for a collection that is made now."""
        return cls(name, model, now(), settings)

    def of_model(self, model: Model) -> Manifest:
        """The same with another model, without what was found by measuring the vectors of this one."""
        settings = dict(self.settings)
        if "index" in settings:
            settings["index"] = {name: value for name, value in settings["index"].items() if name != "tuned"}
        return replace(self, model=model, settings=settings)

    def write(self, folder: Path) -> None:
        """Write it into `folder`, whole or not at all."""
        content = json.dumps({"format": self.format, **asdict(self)}, indent=2) + "\n"
        write_atomically(folder / FILE_NAME, content.encode("ascii"))

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read the one in `folder`.

        Raises
        ------
        CollectionError
            ``missing``, ``newer_format`` or ``damaged``.
        """
        path = folder / FILE_NAME
        try:
            with disk_errors(path):
                found = json.loads(path.read_bytes())
            version = found["format"]
            if not isinstance(version, int) or version < 1:
                raise ValueError(f"the format {version!r} is none")
            if version > FORMAT:
                raise CollectionError(
                    f"the collection {folder} has format {version}, this Pixie reads up to {FORMAT}",
                    fix="update Pixie",
                    code="newer_format",
                )
            model = Model(*(found["model"][key] for key in ("name", "fingerprint", "dimension")))
            if not isinstance(model.dimension, int) or model.dimension < 1:
                raise ValueError(f"the dimension {model.dimension!r} is no positive whole number")
            settings = found.get("settings", {})
            if not isinstance(settings, dict) or not isinstance(settings.get("index", {}), dict):
                raise ValueError(f"the settings {settings!r} are no object")
            if not isinstance(settings.get("frames", 1), int):
                raise ValueError(f"the frames {settings['frames']!r} are no whole number")
            edition = found.get("edition", 1)
            if not isinstance(edition, int) or edition < 1:
                raise ValueError(f"the edition {edition!r} is no positive whole number")
            return cls(found["name"], model, found["created"], settings, version, edition)
        except (ValueError, KeyError, TypeError) as error:
            raise CollectionError(
                f"{path} is damaged: {type(error).__name__}: {error}",
                fix="restore the file from a backup, or index into a new collection",
                code="damaged",
            ) from error
        except CollectionError as error:
            if isinstance(error.__cause__, (FileNotFoundError, NotADirectoryError)):
                raise missing(folder) from None
            raise


def stamp(folder: Path) -> tuple[int, int] | None:
    """What changes whenever the file in `folder` is replaced; None when there is none."""
    try:
        found = (folder / FILE_NAME).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def exists(folder: Path) -> bool:
    """Whether there is a collection in `folder`."""
    return (folder / FILE_NAME).is_file()


def missing(folder: Path) -> CollectionError:
    """The error for a collection that is not there."""
    return CollectionError(
        f"there is no collection in {folder}",
        fix="check its name, or make it by indexing a folder of pictures",
        code="missing",
    )
