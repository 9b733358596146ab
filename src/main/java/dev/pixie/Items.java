package dev.pixie;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Some of a collection's items: which, and in which order. Nothing is read before a method asks for it.
 *
 * <pre>{@code
 * Items old = pixie.items().where(Filter.lt("taken", Year.of(2010))).sort("date:desc");
 * old.forEach(item -> System.out.println(item.id()));
 * old.set(Map.of("archive", true), List.of());
 * }</pre>
 *
 * <p>Items whose files are missing are left out, unless {@link #missing}, {@link #withMissing} or a filter asks for
 * them.
 *
 * <p>Immutable, and as safe for use by any number of threads as its {@link Pixie}, with which it closes.
 */
public final class Items {
    private static final int PAGE = 1000;

    private final ItemsBridge bridge;
    private final Gate gate;
    private final Selection selection;

    Items(ItemsBridge bridge, Gate gate, Selection selection) {
        this.bridge = bridge;
        this.gate = gate;
        this.selection = selection;
    }

    /** Which items, and in which order. */
    record Selection(Optional<Filter> where, String prefix, Optional<String> order, String missing) {
        static final Selection ALL = new Selection(Optional.empty(), "", Optional.empty(), "hide");
    }

    /** Only those that a filter matches; called again, those that match both. */
    public Items where(Filter filter) {
        Filter both = selection.where().map(before -> before.and(filter)).orElse(filter);
        return with(new Selection(Optional.of(both), selection.prefix(), selection.order(), selection.missing()));
    }

    /** Only those whose ids begin with a text. */
    public Items prefix(String prefix) {
        Objects.requireNonNull(prefix, "prefix");
        return with(new Selection(selection.where(), prefix, selection.order(), selection.missing()));
    }

    /**
     * In another order than that of their ids.
     *
     * @param order {@code date} (when a picture was taken, else when its file was changed, else when it was added),
     *     {@code path}, or another name as filters have them; {@code :desc} after it for the largest first. Items that
     *     lack it come last.
     */
    public Items sort(String order) {
        return with(new Selection(selection.where(), selection.prefix(), Optional.of(order), selection.missing()));
    }

    /** Those whose files are missing, and no others. */
    public Items missing() {
        return with(new Selection(selection.where(), selection.prefix(), selection.order(), "only"));
    }

    /** Those whose files are missing as well. */
    public Items withMissing() {
        return with(new Selection(selection.where(), selection.prefix(), selection.order(), "include"));
    }

    private Items with(Selection changed) {
        return new Items(bridge, gate, changed);
    }

    /**
     * A run of them.
     *
     * @param offset how many to leave out first, 0 or more
     * @param limit how many at most, 1 or more
     * @throws InvalidInputException for a filter or an order that is none
     */
    public ItemPage page(int offset, int limit) {
        Pixie.checkPage("list", offset, limit);
        return within(() -> bridge.page(selection, offset, limit));
    }

    /** Hands out all of them, in memory for a thousand. */
    public void forEach(Consumer<Item> action) {
        forEach(0, Integer.MAX_VALUE, action);
    }

    /**
     * Hands out a run of them, in memory for a thousand.
     *
     * @return how many there are in all, beyond the run as well
     */
    public long forEach(int offset, int limit, Consumer<Item> action) {
        int given = 0;
        while (true) {
            ItemPage page = page(offset + given, Math.min(PAGE, limit - given));
            page.forEach(action);
            given += page.items().size();
            if (!page.hasNext() || given >= limit || page.items().isEmpty()) {
                return page.total();
            }
        }
    }

    /** The ids of all of them. */
    public List<String> ids() {
        List<String> ids = new ArrayList<>();
        forEach(item -> ids.add(item.id()));
        return ids;
    }

    /** How many there are. */
    public long count() {
        return page(0, 1).total();
    }

    /**
     * The values that they have under a name, the most frequent first. Each entry of a list counts; dates are counted
     * by months.
     *
     * @param offset how many values to leave out first, 0 or more
     * @param limit how many at most, 1 or more
     */
    public Facets facets(String name, int offset, int limit) {
        Pixie.checkPage("facets", offset, limit);
        return within(() -> bridge.facets(name, selection, offset, limit));
    }

    /**
     * Sets keys of their metadata, or takes them away; all of it or, on an error, nothing.
     *
     * @param values by their keys; {@code exif.iso} is the key {@code iso} of the object under {@code exif}
     * @param unset keys to take away
     * @return how many items there were
     * @throws InvalidInputException when nothing is to be changed, or a key leads into a value that is no object
     */
    public int set(Map<String, ? extends @Nullable Object> values, Collection<String> unset) {
        Map<String, @Nullable Object> copy = Metadata.copyOf(values);
        return within(() -> bridge.set(selection, copy, unset));
    }

    /** Removes them, and returns how many there were. Picture files are never touched. */
    public int remove() {
        return within(() -> bridge.remove(selection));
    }

    /**
     * The collection in numbers, in which the items, their vectors and those that are missing are those that the filter
     * matches.
     */
    public Stats stats() {
        return within(() -> bridge.stats(selection));
    }

    private <T> T within(Supplier<T> call) {
        gate.enter();
        try {
            return call.get();
        } finally {
            gate.leave();
        }
    }
}
