package dev.pixie;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The bridge's functions on some of a collection's items, as typed calls. Thread-safe. */
final class ItemsBridge {
    private final CollectionBridge collection;

    ItemsBridge(CollectionBridge collection) {
        this.collection = collection;
    }

    ItemPage page(Items.Selection items, int offset, int limit) {
        ObjectNode argument = argument(items).put("offset", offset).put("limit", limit);
        JsonNode page = collection.reader().call("collection_list", argument);
        return new ItemPage(
                CollectionJson.list(page.get("items"), CollectionJson::item),
                offset,
                page.get("total").asLong());
    }

    Facets facets(String name, Items.Selection items, int offset, int limit) {
        ObjectNode argument =
                argument(items).put("name", name).put("offset", offset).put("limit", limit);
        return CollectionJson.facets(collection.reader().call("collection_facets", argument));
    }

    int set(Items.Selection items, Map<String, @Nullable Object> values, Collection<String> unset) {
        ObjectNode argument = argument(items);
        argument.putPOJO("values", values);
        unset.forEach(argument.putArray("unset")::add);
        return collection
                .writer()
                .call("collection_set", argument)
                .get("changed")
                .asInt();
    }

    int remove(Items.Selection items) {
        return collection
                .writer()
                .call("collection_remove", argument(items))
                .get("removed")
                .asInt();
    }

    Stats stats(Items.Selection items) {
        return CollectionJson.stats(collection.reader().call("collection_stats", argument(items)));
    }

    private ObjectNode argument(Items.Selection items) {
        ObjectNode argument = JsonNodeFactory.instance
                .objectNode()
                .put("collection", collection.handle())
                .put("prefix", items.prefix().isEmpty() ? null : items.prefix())
                .put("sort", items.order().orElse(null))
                .put("missing", items.missing());
        argument.set("where", items.where().map(Filter::json).orElse(null));
        return argument;
    }
}
