package dev.pixie;

import dev.pixie.indexing.Entry;
import dev.pixie.python.ByteArray;
import dev.pixie.python.FileName;
import java.util.Iterator;

/** Items as the pipeline takes them in. */
final class ItemEntries {
    private ItemEntries() {}

    /** An entry for each item, made when it is asked for. */
    static Iterator<Entry> of(Iterator<Item> items) {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return items.hasNext();
            }

            @Override
            public Entry next() {
                Item item = items.next();
                byte[] bytes = item.sharedBytes();
                return Entry.item(
                        item.id(),
                        item.path()
                                .map(path -> FileName.text(path.toAbsolutePath().normalize()))
                                .orElse(null),
                        bytes == null ? null : ByteArray.copyOf(bytes),
                        item.text().orElse(null),
                        item.metadata());
            }
        };
    }
}
