package dev.pixie;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pixie.python.FileName;
import dev.pixie.python.FloatArray;
import dev.pixie.python.Lane;
import dev.pixie.python.LaneKind;
import dev.pixie.python.PythonRuntime;
import dev.pixie.python.Timings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The bridge's functions on one open collection, as typed calls. What only reads runs on a search lane, what writes on
 * the write lane, so that no search waits for a disk. Thread-safe.
 */
final class CollectionBridge {
    private final PythonRuntime runtime;
    private final int handle;
    private final String name;
    private final int frames;
    private volatile Model model;

    private CollectionBridge(PythonRuntime runtime, JsonNode opened) {
        this.runtime = runtime;
        this.handle = opened.get("collection").asInt();
        this.model = CollectionJson.model(opened.get("model"));
        this.name = opened.at("/stats/name").asText();
        this.frames = opened.get("frames").asInt();
    }

    /**
     * Opens the collection in a folder that is there.
     *
     * @param frames how many frames of an animation are to make its vector; null for the collection's own number
     */
    static CollectionBridge open(PythonRuntime runtime, Path folder, boolean readOnly, @Nullable Integer frames) {
        return open(
                runtime,
                json().put("path", FileName.text(folder))
                        .put("read_only", readOnly)
                        .put("frames", frames));
    }

    /** Opens the collection in a folder; makes it for this embedder's vectors if it is not there. */
    static CollectionBridge create(PythonRuntime runtime, Path folder, int embedder, @Nullable Integer frames) {
        return open(
                runtime,
                json().put("path", FileName.text(folder))
                        .put("create", true)
                        .put("embedder", embedder)
                        .put("frames", frames));
    }

    private static CollectionBridge open(PythonRuntime runtime, ObjectNode argument) {
        try (var phase = Timings.phase("collection")) {
            return new CollectionBridge(runtime, runtime.lane(LaneKind.SEARCH).call("collection_open", argument));
        }
    }

    int handle() {
        return handle;
    }

    String name() {
        return name;
    }

    /** The model of its vectors, as of when that was asked for last. */
    Model model() {
        return model;
    }

    /** The model of its vectors now, which another process may have changed. */
    CompletableFuture<Model> modelOfNow() {
        return reader().callAsync("collection_model", collection())
                .thenApply(answer -> model = CollectionJson.model(answer.get("model")));
    }

    /** How many frames of an animation make its vector. */
    int frames() {
        return frames;
    }

    /** A lane for what only reads, the one that has least to do. */
    Lane reader() {
        return runtime.lane(LaneKind.SEARCH);
    }

    /** The lane for what changes the collection; opened with the first change. */
    Lane writer() {
        return runtime.lane(LaneKind.WRITE);
    }

    /** Makes sure that an embedder's vectors are of the collection's model. */
    void bind(int embedder) {
        reader().call("collection_bind", collection().put("embedder", embedder));
    }

    /**
     * Searches.
     *
     * @param vectors for each term its vector, or null where the term names an item
     * @param of the model that the vectors are of; the search fails as {@code replaced} once the collection has another
     */
    CompletableFuture<SearchResult> search(Query query, List<float @Nullable []> vectors, Model of) {
        ObjectNode argument = collection()
                .put("k", query.limit())
                .put("offset", query.offset())
                .put("exact", query.exact())
                .put("target", query.target().map(Modality::toString).orElse(null))
                .put("kind", query.kind().map(IndexKind::toString).orElse(null))
                .put(
                        "probes",
                        query.probes().isPresent() ? (Integer) query.probes().getAsInt() : null)
                .put(
                        "candidates",
                        query.candidates().isPresent()
                                ? (Integer) query.candidates().getAsInt()
                                : null)
                .put("explain", query.explain())
                .put("check", query.check())
                .put(
                        "min_score",
                        query.minScore().isPresent() ? (Double) query.minScore().getAsDouble() : null);
        argument.put("sort", query.sort().orElse(null)).put("fingerprint", of.fingerprint());
        argument.set("where", query.where().map(Filter::json).orElse(null));
        ArrayNode terms = argument.putArray("terms");
        FloatArray rows = new FloatArray(query.terms().size(), of.dimension());
        int row = 0;
        for (int i = 0; i < vectors.size(); i++) {
            Term term = query.terms().get(i);
            ObjectNode json = terms.addObject().put("weight", term.weight());
            float[] vector = vectors.get(i);
            if (vector == null) {
                json.put("id", term.item().orElseThrow());
            } else {
                rows.setRow(row, vector);
                json.put("vector", row++).put("modality", modality(term)).put("term", term.toString());
            }
        }
        Timings.Phase search = Timings.phase("search");
        return reader().callAsync("collection_search", argument, rows).thenApply(answer -> {
            search.close();
            return CollectionJson.searchResult(answer);
        });
    }

    private static @Nullable String modality(Term term) {
        return switch (term.kind()) {
            case TEXT -> Modality.TEXT.toString();
            case PICTURE -> Modality.IMAGE.toString();
            default -> null;
        };
    }

    Optional<Item> get(String id) {
        ObjectNode argument = collection();
        argument.putArray("ids").add(id);
        JsonNode item = reader().call("collection_get", argument).get("items").get(0);
        return item.isNull() ? Optional.empty() : Optional.of(CollectionJson.item(item));
    }

    FailurePage failures(String code, int offset, int limit) {
        JsonNode page = reader().call(
                        "collection_failures",
                        collection()
                                .put("code", code.isEmpty() ? null : code)
                                .put("offset", offset)
                                .put("limit", limit));
        return new FailurePage(
                CollectionJson.list(page.get("failures"), CollectionJson::failure),
                offset,
                page.get("total").asLong());
    }

    PruneReport prune(Duration olderThan, boolean dryRun) {
        ObjectNode argument =
                collection().put("older_than", olderThan.toNanos() / 1e9).put("dry_run", dryRun);
        return CollectionJson.pruneReport(writer().call("collection_prune", argument));
    }

    LogPage log(int offset, int limit) {
        JsonNode page = reader().call(
                        "collection_log", collection().put("offset", offset).put("limit", limit));
        return CollectionJson.logPage(page, offset);
    }

    String logAsCsv(int offset, int limit) {
        ObjectNode argument = collection().put("offset", offset).put("limit", limit);
        return reader().call("collection_log_csv", argument).get("csv").asText();
    }

    int clearLog() {
        return reader().call("collection_log_clear", collection())
                .get("removed")
                .asInt();
    }

    boolean setLog(boolean on) {
        return writer().call("collection_log_set", collection().put("on", on))
                .get("on")
                .asBoolean();
    }

    Stats stats() {
        return CollectionJson.stats(reader().call("collection_stats", collection()));
    }

    int remove(Collection<String> ids) {
        ObjectNode argument = collection();
        ids.forEach(argument.putArray("ids")::add);
        return writer().call("collection_remove", argument).get("removed").asInt();
    }

    /** Closes the collection, and waits for that up to a limit; searches that have not begun fail. */
    void close(Duration limit) {
        Await.settled(reader().callAsync("collection_close", collection()), limit);
    }

    private ObjectNode collection() {
        return json().put("collection", handle);
    }

    private static ObjectNode json() {
        return JsonNodeFactory.instance.objectNode();
    }
}
