package dev.pixie.indexing;

import java.util.List;

/** Where items come from. Asked from one thread only. */
@FunctionalInterface
interface Source {
    /** The next items, a handful; none when there are no more. May block. */
    List<Entry> take();
}
