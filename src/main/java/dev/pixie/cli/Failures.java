package dev.pixie.cli;

import dev.pixie.FailurePage;
import dev.pixie.Pixie;
import java.util.List;

/** Prints the files and rows that could not be taken into a collection. */
final class Failures {
    private static final int PAGE = 1000;

    private Failures() {}

    /**
     * Prints at most {@code limit} of them, page by page.
     *
     * @param code the only reason wanted; empty for all
     * @param asTable whether for a person; else as a JSON object a line
     */
    static void print(Pixie pixie, String code, int offset, int limit, boolean asTable, Console console) {
        Table table =
                Table.of(List.of("id", "reason", "message"), List.of(Table.Fit.PATH, Table.Fit.WORD, Table.Fit.TEXT));
        int listed = 0;
        long total;
        do {
            FailurePage page = pixie.failures(code, offset + listed, Math.min(PAGE, limit - listed));
            page.failures().forEach(failure -> {
                if (asTable) {
                    table.add(failure.id(), failure.code(), failure.message());
                } else {
                    console.result(ResultJson.of(failure));
                }
            });
            listed += page.failures().size();
            total = page.failures().isEmpty() ? 0 : page.total();
        } while (listed < limit && offset + listed < total);
        if (asTable) {
            table.printPage(offset, pixie.failures(code, 0, 1).total(), console);
        }
    }
}
