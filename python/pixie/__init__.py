"""Pixie: find pictures and texts by meaning, in process.

>>> import pixie
>>> with pixie.open("photos") as photos:  # doctest: +SKIP
...     photos.index("~/Pictures")
...     for hit in photos.search("a dog on a beach", k=5):
...         print(hit.score, hit.path)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixie.benchmark import BenchReport as BenchReport
    from pixie.care import backup as backup
    from pixie.care import compact as compact
    from pixie.care import repair as repair
    from pixie.care import restore as restore
    from pixie.care import verify as verify
    from pixie.care.backing_up import BackupReport as BackupReport
    from pixie.care.compacting import CompactReport as CompactReport
    from pixie.care.findings import Finding as Finding
    from pixie.care.findings import VerifyReport as VerifyReport
    from pixie.care.repair_report import RepairReport as RepairReport
    from pixie.collection import Collection as Collection
    from pixie.collections import CollectionInfo as CollectionInfo
    from pixie.collections import collection_info as collection_info
    from pixie.collections import copy_collection as copy_collection
    from pixie.collections import delete_collection as delete_collection
    from pixie.collections import describe_collection as describe_collection
    from pixie.collections import list_collections as list_collections
    from pixie.collections import rename_collection as rename_collection
    from pixie.embedder import Embedder as Embedder
    from pixie.errors import ClosedError as ClosedError
    from pixie.errors import CollectionError as CollectionError
    from pixie.errors import ImageError as ImageError
    from pixie.errors import InvalidInputError as InvalidInputError
    from pixie.errors import ModelError as ModelError
    from pixie.errors import PixieError as PixieError
    from pixie.errors import SetupError as SetupError
    from pixie.facets import Facet as Facet
    from pixie.facets import Facets as Facets
    from pixie.federated import CollectionHit as CollectionHit
    from pixie.federated import FederatedResult as FederatedResult
    from pixie.federated import search_collections as search_collections
    from pixie.filters import Filter as Filter
    from pixie.items import Hit as Hit
    from pixie.items import Item as Item
    from pixie.items import SearchResult as SearchResult
    from pixie.logged_query import LoggedQuery as LoggedQuery
    from pixie.manifest import Model as Model
    from pixie.opening import open as open  # noqa: A004 (as gzip.open)
    from pixie.query import Term as Term
    from pixie.reembedding import reembed as reembed
    from pixie.reembedding.report import ReembedReport as ReembedReport
    from pixie.reindexing import ReindexReport as ReindexReport
    from pixie.reports import AddReport as AddReport
    from pixie.reports import Failure as Failure
    from pixie.reports import ImportReport as ImportReport
    from pixie.reports import IndexReport as IndexReport
    from pixie.reports import Progress as Progress
    from pixie.reports import Warning as Warning  # noqa: A004 (the word users know)
    from pixie.steps import Step as Step
    from pixie.tuning import TuneReport as TuneReport

__version__ = "0.1.0"

# Loaded on first use: `import pixie` alone must stay cheap, since listing or removing items needs no model.
_LAZY = {
    "AddReport": "pixie.reports",
    "BackupReport": "pixie.care.backing_up",
    "BenchReport": "pixie.benchmark",
    "ClosedError": "pixie.errors",
    "Collection": "pixie.collection",
    "CollectionError": "pixie.errors",
    "CollectionHit": "pixie.federated",
    "CollectionInfo": "pixie.collections",
    "CompactReport": "pixie.care.compacting",
    "Embedder": "pixie.embedder",
    "Facet": "pixie.facets",
    "Facets": "pixie.facets",
    "Failure": "pixie.reports",
    "FederatedResult": "pixie.federated",
    "Filter": "pixie.filters",
    "Finding": "pixie.care.findings",
    "Hit": "pixie.items",
    "ImageError": "pixie.errors",
    "ImportReport": "pixie.reports",
    "IndexReport": "pixie.reports",
    "InvalidInputError": "pixie.errors",
    "Item": "pixie.items",
    "LoggedQuery": "pixie.logged_query",
    "Model": "pixie.manifest",
    "ModelError": "pixie.errors",
    "PixieError": "pixie.errors",
    "Progress": "pixie.reports",
    "ReembedReport": "pixie.reembedding.report",
    "ReindexReport": "pixie.reindexing",
    "RepairReport": "pixie.care.repair_report",
    "SearchResult": "pixie.items",
    "SetupError": "pixie.errors",
    "Step": "pixie.steps",
    "Term": "pixie.query",
    "TuneReport": "pixie.tuning",
    "VerifyReport": "pixie.care.findings",
    "Warning": "pixie.reports",
    "backup": "pixie.care",
    "collection_info": "pixie.collections",
    "compact": "pixie.care",
    "copy_collection": "pixie.collections",
    "delete_collection": "pixie.collections",
    "describe_collection": "pixie.collections",
    "list_collections": "pixie.collections",
    "open": "pixie.opening",
    "reembed": "pixie.reembedding",
    "rename_collection": "pixie.collections",
    "repair": "pixie.care",
    "restore": "pixie.care",
    "search_collections": "pixie.federated",
    "verify": "pixie.care",
}

__all__ = ["__version__", *sorted(_LAZY)]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'pixie' has no attribute {name!r}")
    value = getattr(import_module(_LAZY[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
