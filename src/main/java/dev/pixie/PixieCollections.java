package dev.pixie;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pixie.indexing.Reembedding;
import dev.pixie.python.EmbedQueue;
import dev.pixie.python.FileName;
import dev.pixie.python.LaneKind;
import dev.pixie.python.PythonEnvironment;
import dev.pixie.python.PythonRuntime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The collections there are: lists, describes, renames, copies and deletes them, and gives them another model.
 *
 * <p>Collections go by what {@link Pixie#builder(String)} takes: a name in Pixie's home, or a path. No model is loaded
 * but by {@link #reembed}. Thread-safe.
 */
public final class PixieCollections {
    private static final int QUEUE_CAPACITY = 1024;

    private final PythonRuntime runtime;

    private PixieCollections(PythonRuntime runtime) {
        this.runtime = runtime;
    }

    /** The collections, on the Python that {@link PythonEnvironment#find} finds. */
    public static PixieCollections open() {
        return new PixieCollections(PythonRuntime.start());
    }

    /** The collections, on this Python; a process has one. */
    public static PixieCollections open(PythonEnvironment python) {
        return new PixieCollections(PythonRuntime.start(python));
    }

    /** Those in Pixie's home, by name. One that can't be read says so. */
    public List<CollectionInfo> list() {
        return CollectionJson.list(call("collections_list", json()).get("collections"), CollectionJson::collectionInfo);
    }

    /**
     * What is known of one.
     *
     * @throws CollectionException if it is missing
     */
    public CollectionInfo info(String collection) {
        return CollectionJson.collectionInfo(call("collections_info", at(collection)));
    }

    /**
     * Says in a few words what a collection is for.
     *
     * @param description 10,000 characters at most; null takes the description away
     * @throws CollectionException if it is missing, locked by a writer, or can't be written
     */
    public CollectionInfo describe(String collection, @Nullable String description) {
        return CollectionJson.collectionInfo(
                call("collections_describe", at(collection).put("description", description)));
    }

    /**
     * Gives a collection another name, or moves it to another path on the same disk.
     *
     * @throws InvalidInputException if there is something of the new name already
     * @throws CollectionException if it is missing, locked by a writer, or can't be written
     */
    public CollectionInfo rename(String collection, String name) {
        return CollectionJson.collectionInfo(call("collections_rename", at(collection, name)));
    }

    /**
     * Copies a collection as it is at one moment, also while it is written to; the log of queries stays behind.
     *
     * @throws InvalidInputException if there is something of the new name already
     * @throws CollectionException if it is missing or damaged, or there is no room; no part of a copy is left then
     */
    public CollectionInfo copy(String collection, String name) {
        return CollectionJson.collectionInfo(call("collections_copy", at(collection, name)));
    }

    /**
     * Deletes a collection: what Pixie made in its folder, and the folder unless other things are in it. Picture files
     * are never touched.
     *
     * @throws CollectionException if it is missing, locked by a writer, or can't be written
     */
    public void delete(String collection) {
        call("collections_delete", at(collection));
    }

    /**
     * Makes all vectors of a collection anew with another model. They are made beside the old ones, from the pictures'
     * files and the texts, and take their place at once when all are there; whoever has the collection open for reading
     * is answered from the old ones until then, and goes on with the new ones. Ids, texts, metadata and all else that is
     * known of the items stay.
     *
     * <p>A run that was stopped or killed, or that swapped nothing in because items failed, leaves what it did to the
     * next one of the same model. A run with the model that the collection has already takes such work away.
     *
     * @param model {@code demo}, a folder with a CLIP checkpoint, or a repository id
     * @throws CollectionException if it is missing, locked by a writer, or can't be written; it is then as it was
     * @throws ModelException when there is no such model, or it can't be had
     */
    public ReembedReport reembed(String collection, String model, ReembedOptions options, ProgressListener listener) {
        Path folder = CollectionFolder.of(collection).toAbsolutePath().normalize();
        try (EmbedQueue embedder = EmbedQueue.open(
                runtime, model, options.device(), options.dtype(), QUEUE_CAPACITY, Duration.ofSeconds(30))) {
            return Reembedding.run(
                    folder,
                    runtime.lane(LaneKind.WRITE),
                    embedder,
                    () -> runtime.lanes(LaneKind.DECODE),
                    options.skipFailed(),
                    options.stop(),
                    listener);
        }
    }

    private JsonNode call(String function, ObjectNode argument) {
        return runtime.lane(LaneKind.WRITE).call(function, argument);
    }

    private static ObjectNode at(String collection) {
        return json().put("path", folder(collection));
    }

    private static ObjectNode at(String collection, String name) {
        return at(collection).put("to", folder(name));
    }

    private static String folder(String collection) {
        return FileName.text(CollectionFolder.of(collection).toAbsolutePath().normalize());
    }

    private static ObjectNode json() {
        return JsonNodeFactory.instance.objectNode();
    }
}
