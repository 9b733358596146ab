package dev.pixie;

import java.util.Iterator;
import java.util.List;

/**
 * A run of items out of a longer list, ordered by id.
 *
 * @param items those of this page
 * @param offset how many come before them
 * @param total how many there are in all
 */
public record ItemPage(List<Item> items, int offset, long total) implements Iterable<Item> {
    public ItemPage {
        items = List.copyOf(items);
    }

    /** Whether there are items after this page, which begin at {@code offset + items.size()}. */
    public boolean hasNext() {
        return offset + (long) items.size() < total;
    }

    /** Iterates over the items of this page. */
    @Override
    public Iterator<Item> iterator() {
        return items.iterator();
    }
}
