package dev.pixie;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pixie.python.FileName;
import java.util.Collection;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The bridge's functions on a collection's index, as typed calls. They run on the write lane, the long ones a step at a
 * time, so that searches wait for none of them and commits for one step at most. Thread-safe.
 */
final class IndexBridge {
    private final CollectionBridge collection;
    private final BooleanSupplier closed;

    /** For the index of a collection; what runs ends between two steps once {@code closed} turns true. */
    IndexBridge(CollectionBridge collection, BooleanSupplier closed) {
        this.collection = collection;
        this.closed = closed;
    }

    ReindexReport reindex(@Nullable IndexKind kind, Map<String, @Nullable Integer> settings) {
        ObjectNode argument = argument().put("kind", kind == null ? null : kind.toString());
        ObjectNode changes = argument.putObject("settings");
        settings.forEach(changes::put);
        return IndexJson.reindexReport(collection.writer().call("collection_reindex", argument));
    }

    TuneReport tune(TuneOptions options, Consumer<Step> progress) {
        ObjectNode argument = argument()
                .put("recall", options.recall())
                .put("k", options.limit())
                .put("queries", options.queries())
                .put("dry_run", options.dryRun());
        putKinds(argument, options.kinds());
        return run("collection_tune", argument, IndexJson::tuneReport, progress);
    }

    BenchReport bench(BenchOptions options, Consumer<Step> progress) {
        ObjectNode argument = argument()
                .put("k", options.limit())
                .put("queries", options.queries())
                .put(
                        "out",
                        options.folder()
                                .map(folder ->
                                        FileName.text(folder.toAbsolutePath().normalize()))
                                .orElse(null));
        putKinds(argument, options.kinds());
        return run("collection_bench", argument, IndexJson::benchReport, progress);
    }

    private static void putKinds(ObjectNode argument, Collection<IndexKind> kinds) {
        if (!kinds.isEmpty()) {
            var names = argument.putArray("kinds");
            kinds.forEach(kind -> names.add(kind.toString()));
        }
    }

    private <T> T run(String function, ObjectNode argument, Function<JsonNode, T> read, Consumer<Step> progress) {
        return Job.run(collection.writer(), function, argument, read, progress, closed);
    }

    private ObjectNode argument() {
        return json().put("collection", collection.handle());
    }

    private static ObjectNode json() {
        return JsonNodeFactory.instance.objectNode();
    }
}
