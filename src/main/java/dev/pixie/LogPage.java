package dev.pixie;

import java.util.Iterator;
import java.util.List;

/**
 * A run of past queries out of a collection's log, newest first.
 *
 * @param queries those of this page
 * @param offset how many newer ones come before them
 * @param total how many the log holds in all
 * @param on whether queries are being logged
 * @param warnings what happened to the log itself, such as that a damaged one was set aside
 */
public record LogPage(List<LoggedQuery> queries, int offset, long total, boolean on, List<Warning> warnings)
        implements Iterable<LoggedQuery> {
    public LogPage {
        queries = List.copyOf(queries);
        warnings = List.copyOf(warnings);
    }

    /** Whether there are queries after this page, which begin at {@code offset + queries.size()}. */
    public boolean hasNext() {
        return offset + (long) queries.size() < total;
    }

    /** Iterates over the queries of this page. */
    @Override
    public Iterator<LoggedQuery> iterator() {
        return queries.iterator();
    }
}
