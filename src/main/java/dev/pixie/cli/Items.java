package dev.pixie.cli;

import dev.pixie.Item;
import dev.pixie.ItemPage;
import dev.pixie.Pixie;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Walks through the items of a collection page by page, so that a million of them need no more memory than one page. */
final class Items {
    private static final int PAGE = 1000;

    private Items() {}

    /** The ids that begin with a prefix, in order. */
    static List<String> withPrefix(Pixie pixie, String prefix) {
        List<String> ids = new ArrayList<>();
        forEach(pixie, prefix, 0, Integer.MAX_VALUE, item -> ids.add(item.id()));
        return ids;
    }

    /** Hands out at most {@code limit} items and returns how many there are with that prefix in all. */
    static long forEach(Pixie pixie, String prefix, int offset, int limit, Consumer<Item> action) {
        int listed = 0;
        while (true) {
            ItemPage page = pixie.list(prefix, offset + listed, Math.min(PAGE, limit - listed));
            page.items().forEach(action);
            listed += page.items().size();
            if (!page.hasNext() || listed >= limit || page.items().isEmpty()) {
                return page.total();
            }
        }
    }
}
