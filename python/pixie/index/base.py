"""The abstract index that every kind implements: vectors in, the rows nearest a query out."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pixie.errors import InvalidInputError
from pixie.index import checks
from pixie.index.kind import Kind
from pixie.index.rows import Rows
from pixie.index.trace import Explanation, Layer, Trace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy.typing as npt

    from pixie.index.rows import Positions
    from pixie.index.settings import Settings


ANY = "any"
"""Stands for queries of no known modality among tuned settings."""


class State(NamedTuple):
    """What a search sees: rows and the structure over them, swapped together."""

    rows: Rows
    structure: Any


class Index(Kind):
    """Unit vectors of one dimension, each under a row number, and search for those nearest a query.

    The score is the cosine ``q . x`` of unit vectors, computed exactly whatever the kind: kinds differ in
    which rows they look at, never in how they score one.

    A row number is the caller's name for a vector, usually its place in the collection's vector file; numbers
    need be neither dense nor in order. Rows must be finite and of norm 1 to 1e-3; others are refused with the
    row named, and nothing is changed then.

    Thread safety: all methods may be called from any thread at once. Writers take turns. A search runs on one
    immutable state from start to end and holds no lock: it finds every row whose `add` had returned before it
    began, and never one whose `remove` had.

    Parameters
    ----------
    dim
        Length of every vector, 1 to 65,536.
    settings
        The kind's settings.

    Attributes
    ----------
    tuned
        Settings of a search, by the modality of its queries (``image``, ``text``, ``any``), that take the
        place of those which `settings` and the search leave None. Saved with the index.
    after_refit
        Called with the index, on the thread that did it, when the index was fitted anew by itself; `tuned` is
        empty then.

    Examples
    --------
    >>> index = make_index("exact", 768)
    >>> index.fit(vectors)
    >>> rows, scores = index.search(queries, 10)
    """

    def __init__(self, dim: int, settings: Settings) -> None:
        self.dim = checks.dimension(dim)
        self.settings = settings
        self.tuned: dict[str, dict[str, int]] = {}
        self.after_refit: Callable[[Index], None] | None = None
        self._writing = threading.RLock()
        self._saving = threading.Lock()
        self._state = State(Rows.of(np.empty((0, self.dim), np.float32)), None)

    def __len__(self) -> int:
        """How many rows can be found."""
        return self._state.rows.live

    @property
    def positions(self) -> int:
        """How many rows were given to it, those that were removed included."""
        return len(self._state.rows)

    def removed_rows(self) -> Positions:
        """Numbers of the rows that were held and removed, int64, in the order they were added."""
        rows = self._state.rows
        return rows.numbers[~rows.alive]

    def fit(self, vectors: npt.ArrayLike, rows: npt.ArrayLike | None = None) -> None:
        """Hold `vectors` in place of all that was held, and train on them.

        Parameters
        ----------
        vectors
            Unit rows, (n, dim). C-contiguous float32, a memory map included, is referred to and not copied:
            it must not change while the index holds it. The rows of a memory map are not read to be checked
            by a kind that does not train; a damaged one is never a hit.
        rows
            Their n distinct row numbers, 0 or more; counted from 0 when None.

        Raises
        ------
        InvalidInputError
            For a wrong shape, and for a row that is not a finite unit vector.
        """
        matrix = checks.matrix(vectors, self.dim, "vectors")
        numbers = None if rows is None else checks.row_numbers(rows, len(matrix))
        if self._trains or not isinstance(vectors, np.memmap):
            checks.unit_rows(matrix, "vectors", numbers)
        with self._writing:
            held = Rows.of(matrix, numbers)
            self._state = State(held, self._fitted(held))

    def add(self, rows: npt.ArrayLike, vectors: npt.ArrayLike) -> None:
        """Hold more vectors, copied; searches that begin after this returns find them.

        Parameters
        ----------
        rows
            n distinct row numbers, none of them held now.
        vectors
            Unit rows, (n, dim).

        Raises
        ------
        InvalidInputError
            For a wrong shape, a row that is no finite unit vector, and a row number that is already held.
        """
        matrix = checks.matrix(vectors, self.dim, "vectors")
        numbers = checks.row_numbers(rows, len(matrix))
        checks.unit_rows(matrix, "vectors", numbers)
        if not len(matrix):
            return
        with self._writing:
            held = self._state.rows.extended(matrix, numbers)
            self._state = State(held, self._extended(self._state.structure, held))

    def remove(self, rows: npt.ArrayLike) -> int:
        """Forget rows; searches that begin after this returns do not find them.

        Parameters
        ----------
        rows
            Row numbers; those not held are passed over.

        Returns
        -------
        int
            How many rows were held and now are not.
        """
        numbers = checks.row_numbers(rows)
        with self._writing:
            before = self._state.rows
            held = before.without(numbers)
            self._state = State(held, self._state.structure)
            return before.live - held.live

    def search(
        self,
        queries: npt.ArrayLike,
        k: int,
        modality: str | None = None,
        allow: npt.ArrayLike | None = None,
        **settings: int,
    ) -> tuple[Positions, npt.NDArray[np.float32]]:
        """The k rows of highest cosine for each query.

        Parameters
        ----------
        queries
            Unit rows, (q, dim); q may be 0.
        k
            How many rows to return for each query, 1 or more.
        modality
            What the queries are: ``image``, ``text``, or None when unknown. It may change the work, never a
            score.
        allow
            bool over row numbers: row r may be returned only where ``allow[r]`` is True; rows past its end
            may not. None allows all.
        **settings
            Settings of the kind for this search alone, such as ``probes`` and ``candidates``.

        Returns
        -------
        tuple
            Row numbers, int64 (q, k), best first, ties by lower row, and their cosines, float32 (q, k). Where
            fewer than k rows are held and allowed, -1 and -inf fill up.

        Raises
        ------
        InvalidInputError
            For a wrong shape, a query that is no finite unit vector, a k below 1, and an unknown setting.
        """
        wanted = checks.matrix(queries, self.dim, "queries")
        checks.unit_rows(wanted, "queries")
        k = checks.limit(k)
        permitted = checks.allowed(allow)
        chosen = self._settings_for(modality, settings)
        rows, structure = self._state
        return self._nearest(rows, structure, wanted, k, modality, rows.usable(permitted), chosen)

    def explain(
        self,
        queries: npt.ArrayLike,
        k: int,
        modality: str | None = None,
        allow: npt.ArrayLike | None = None,
        **settings: int,
    ) -> tuple[Positions, npt.NDArray[np.float32], Explanation]:
        """Search as `search` does, and say what was looked at; numbers and times are means over the queries.

        Raises
        ------
        InvalidInputError
            As `search`, and for no query at all.
        """
        wanted = checks.matrix(queries, self.dim, "queries")
        checks.unit_rows(wanted, "queries")
        if not len(wanted):
            raise InvalidInputError("there is no query to explain", fix="give one", item="queries")
        k = checks.limit(k)
        permitted = checks.allowed(allow)
        chosen = self._settings_for(modality, settings)
        rows, structure = self._state
        began = time.perf_counter()
        usable = rows.usable(permitted)
        trace = Trace()
        found, scores = self._nearest(rows, structure, wanted, k, modality, usable, chosen, trace)
        seconds = (time.perf_counter() - began) / len(wanted)
        allowed = rows.allowed(usable)
        explanation = Explanation(
            kind=self.kind,
            search=trace.search or "exact scan",
            rows=rows.live,
            allowed_rows=allowed,
            settings=chosen.as_dict(),
            layers=tuple(trace.layers or [Layer("vectors", allowed, seconds)]),
            seconds=seconds,
            facts=trace.facts,
        )
        return found, scores, explanation

    def _settings_for(self, modality: str | None, given: dict[str, int]) -> Any:
        checks.modality(modality)
        return self.settings.at_search(given, self.tuned.get(modality or ANY, {}))

    def rest_on(self, vectors: npt.NDArray[np.float32]) -> None:
        """Refer to a matrix in place of the rows held, some of them copies, which gives their memory back.

        Parameters
        ----------
        vectors
            float32 (m, dim), C-contiguous; row r must be the index's row r, whose numbers must be 0 to n-1 in
            order. It must not change while the index holds it.

        Raises
        ------
        InvalidInputError
            There are fewer rows in the matrix, or the index's are numbered otherwise.
        """
        matrix = checks.matrix(vectors, self.dim, "vectors")
        with self._writing:
            rows, structure = self._state
            if len(matrix) < len(rows) or not np.array_equal(rows.numbers, np.arange(len(rows))):
                raise InvalidInputError(
                    f"the {len(rows)} rows of the index are not the first of these {len(matrix)}",
                    fix="give the matrix that the index was made of",
                    item="vectors",
                )
            self._state = State(rows.resting_on(matrix[: len(rows)]), structure)

    def teach(self, sums: Mapping[str, tuple[int, npt.NDArray[np.float64]]]) -> None:
        """Tell the index of queries that were seen elsewhere: by modality how many, and their sum (dim,)."""

    def query_sums(self) -> dict[str, tuple[int, npt.NDArray[np.float64]]]:
        """The queries that this kind learns from, as `teach` takes them; empty for most kinds."""
        return {}

    def learn(self) -> None:
        """Take up at once what was learnt of queries, which otherwise happens in the background."""

    def settle(self, timeout: float | None = None) -> bool:
        """Wait until no work is due in the background, at most `timeout` seconds; whether that is so."""
        del timeout
        return True

    def stats(self) -> dict[str, Any]:
        """Facts as a JSON object: kind, dim, rows, dead_rows, bytes, settings, and the kind's own."""
        rows, structure = self._state
        return {
            "kind": self.kind,
            "dim": self.dim,
            "rows": rows.live,
            "dead_rows": len(rows) - rows.live,
            "bytes": {
                "vectors": len(rows) * self.dim * 4,
                "index": rows.numbers.nbytes + rows.alive.nbytes + self._bytes(structure),
            },
            "settings": self.settings.as_dict(),
            "tuned": self.tuned,
            **self._facts(rows, structure),
        }

    def save(self, folder: str | Path, *, vectors: bool = True) -> None:
        """Write the index to `folder`, replacing the one that is there in a single step.

        Searches, additions and removals go on meanwhile; what is written is the index at one moment.

        Parameters
        ----------
        folder
            Made when missing. Nothing else may be kept in it.
        vectors
            Whether the float32 rows are written too. False when a file that outlives the index has them:
            `load` then wants that matrix. Row r must be its row r, so the numbers must be 0 to n-1 in order.
        """
        from pixie.index.saved import save

        with self._saving:
            save(self, folder, vectors=vectors)

    @classmethod
    def load(cls, folder: str | Path, vectors: npt.NDArray[np.float32] | None = None) -> Index:
        """Open an index of this kind that `save` wrote, by mmap.

        Parameters
        ----------
        folder
            Where it was saved.
        vectors
            The matrix, for an index saved without it; float32 (m, dim), m at least the number of rows saved,
            of which the first ones are used. Referred to and not copied.

        Raises
        ------
        CollectionError
            ``missing``, ``damaged`` or ``newer_format``.
        """
        from pixie.index.saved import load

        return load(folder, vectors, kind=cls.kind)
