package dev.pixie.cli;

import dev.pixie.IndexKind;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Which kinds of index a verb measures, and by what. */
final class MeasureOptions {
    private static final String ALL = "all";

    @Option(
            names = {"-k", "--limit"},
            paramLabel = "N",
            defaultValue = "10",
            description = "How many nearest vectors recall counts. Unless given: ${DEFAULT-VALUE}.")
    private int limit;

    @Option(
            names = "--queries",
            paramLabel = "N",
            defaultValue = "200",
            description = "How many queries of each sort. Unless given: ${DEFAULT-VALUE}.")
    private int queries;

    @Option(
            names = "--kinds",
            paramLabel = "KIND,...",
            split = ",",
            defaultValue = ALL,
            description = "The kinds to measure, such as lsh,kmeans. Unless given: ${DEFAULT-VALUE}.")
    private List<String> names = new ArrayList<>();

    int limit() {
        return limit;
    }

    int queries() {
        return queries;
    }

    /**
     * The kinds asked for; none for all there are.
     *
     * @throws dev.pixie.InvalidInputException for a name that is no kind's
     */
    List<IndexKind> kinds() {
        return names.contains(ALL)
                ? List.of()
                : names.stream().map(IndexKind::of).toList();
    }
}
