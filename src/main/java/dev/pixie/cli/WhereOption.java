package dev.pixie.cli;

import dev.pixie.Filter;
import dev.pixie.Items;
import dev.pixie.Pixie;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which items a verb is about, by a filter. */
final class WhereOption {
    /** What items may be ordered by, for help texts. */
    static final String ORDERS = "date, path or another name, with :desc for the largest first";

    @Option(
            names = "--where",
            paramLabel = "FILTER",
            description = "Only items that this matches, as in: year >= 2020 and (camera like 'Canon%%' or has gps).")
    private @Nullable String where;

    /** The filter, if there is one; it is read where it is used. */
    Optional<Filter> filter() {
        return Optional.ofNullable(where).map(Filter::parse);
    }

    /** The items it matches, or all. */
    Items of(Pixie pixie) {
        return filter().map(filter -> pixie.items().where(filter)).orElseGet(pixie::items);
    }
}
