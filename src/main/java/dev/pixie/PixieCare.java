package dev.pixie;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pixie.python.FileName;
import dev.pixie.python.LaneKind;
import dev.pixie.python.PythonEnvironment;
import dev.pixie.python.PythonRuntime;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Looks after collections, also those that can't be opened: verifies, repairs, compacts, backs up and restores them.
 *
 * <pre>{@code
 * PixieCare care = PixieCare.open();
 * if (!care.verify("photos", false, step -> {}).sound()) {
 *     care.repair("photos", false, step -> {});
 * }
 * }</pre>
 *
 * <p>Collections go by what {@link Pixie#builder(String)} takes: a name in Pixie's home, or a path. No model is loaded.
 * Progress is told on the calling thread, before each step. Thread-safe.
 */
public final class PixieCare {
    private final PythonRuntime runtime;

    PixieCare(PythonRuntime runtime) {
        this.runtime = runtime;
    }

    /** On the Python that {@link PythonEnvironment#find} finds. */
    public static PixieCare open() {
        return new PixieCare(PythonRuntime.start());
    }

    /** On this Python; a process has one. */
    public static PixieCare open(PythonEnvironment python) {
        return new PixieCare(PythonRuntime.start(python));
    }

    /**
     * Checks everything that must hold of a collection, and changes nothing. Runs beside a writer, and sees one moment
     * of what that commits.
     *
     * @param full whether to search for all vectors, instead of 1,000 of each modality
     * @throws CollectionException when there is nothing of a collection, or it is of a newer format
     */
    public VerifyReport verify(String collection, boolean full, Consumer<Step> progress) {
        return verify(CollectionFolder.of(collection), full, progress);
    }

    VerifyReport verify(Path folder, boolean full, Consumer<Step> progress) {
        return run("collection_verify", at(folder).put("full", full), CareJson::verifyReport, progress);
    }

    /**
     * Verifies a collection, fixes what can be fixed, and verifies it again. What is replaced or taken away is kept in
     * a folder in the collection's.
     *
     * @param dryRun whether to change nothing, and say what would be done
     * @throws CollectionException when there is nothing of a collection, or it is being written or can't be
     */
    public RepairReport repair(String collection, boolean dryRun, Consumer<Step> progress) {
        ObjectNode argument = at(CollectionFolder.of(collection)).put("dry_run", dryRun);
        return run("collection_repair", argument, CareJson::repairReport, progress);
    }

    /**
     * Gives back the room that removed items and replaced vectors take. Readers of the collection go on meanwhile, and
     * with their next call see what takes its place; what is found stays the same. Needs the room of both for a time.
     *
     * @param dryRun whether to change nothing, and say how much there is to give back; works beside a writer
     * @throws CollectionException when there is no collection, it is being written or damaged, or there is no room; it
     *     is then as it was
     */
    public CompactReport compact(String collection, boolean dryRun, Consumer<Step> progress) {
        ObjectNode argument = at(CollectionFolder.of(collection)).put("dry_run", dryRun);
        return run("collection_compact", argument, CareJson::compactReport, progress);
    }

    /**
     * Copies a collection, as it is at one moment, into one file while it may be written. The file appears when it is
     * whole.
     *
     * @throws InvalidInputException if there is such a file already
     * @throws CollectionException if the collection is missing or damaged, or the file can't be written
     */
    public BackupReport backup(String collection, Path file, Consumer<Step> progress) {
        return backup(CollectionFolder.of(collection), file, progress);
    }

    BackupReport backup(Path folder, Path file, Consumer<Step> progress) {
        return run("collection_backup", at(folder).put("file", text(file)), CareJson::backupReport, progress);
    }

    /**
     * Makes a collection of such a file, whose checksums are checked.
     *
     * @param collection where nothing is yet
     * @throws InvalidInputException if there is no such file, or something where the collection is to be
     * @throws CollectionException if the file is damaged, or there is no room; no part of a collection is left then
     */
    public BackupReport restore(Path file, String collection, Consumer<Step> progress) {
        ObjectNode argument = at(CollectionFolder.of(collection)).put("file", text(file));
        return run("collection_restore", argument, CareJson::backupReport, progress);
    }

    private <T> T run(String function, ObjectNode argument, Function<JsonNode, T> read, Consumer<Step> progress) {
        return Job.run(runtime.lane(LaneKind.WRITE), function, argument, read, progress, () -> false);
    }

    private static ObjectNode at(Path folder) {
        return JsonNodeFactory.instance.objectNode().put("path", text(folder));
    }

    private static String text(Path path) {
        return FileName.text(path.toAbsolutePath().normalize());
    }
}
