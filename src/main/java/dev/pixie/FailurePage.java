package dev.pixie;

import java.util.List;

/**
 * A page of the files and rows of tables that could not be taken in, in the order of their ids.
 *
 * @param failures the files on this page
 * @param offset how many files come before it
 * @param total how many files there are on all pages
 */
public record FailurePage(List<Failure> failures, int offset, long total) {
    public FailurePage {
        failures = List.copyOf(failures);
    }
}
