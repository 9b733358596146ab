package dev.pixie;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pixie.indexing.Adding;
import dev.pixie.indexing.Importing;
import dev.pixie.indexing.Indexing;
import dev.pixie.indexing.Target;
import dev.pixie.python.LaneKind;
import dev.pixie.python.PictureSource;
import dev.pixie.python.PythonRuntime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An open collection of pictures and texts that is searched by meaning.
 *
 * <pre>{@code
 * try (Pixie pixie = Pixie.open(Path.of("photos"))) {
 *     pixie.add(Item.picture("beach", Path.of("beach.jpg")).withText("a dog on a beach"));
 *     for (Hit hit : pixie.search("a dog")) {
 *         System.out.println(hit.score() + " " + hit.id());
 *     }
 * }
 * }</pre>
 *
 * <p>Safe for use by any number of threads at once. Open a collection once and share it: opening loads nothing, the
 * model is loaded by the first call that needs it and kept for all collections of the process. A collection has one
 * writer at a time, in whatever process; any number may read it ({@link PixieBuilder#readOnly}).
 *
 * <p>Methods block the calling thread and may be called from threads of any kind; the model runs on threads of its
 * own. They throw {@link ClosedException} once the collection is closed, {@link InvalidInputException} for input they
 * can't use, {@link CollectionException} when the collection itself is in the way, and {@link ModelException} when the
 * model can't be had.
 */
public final class Pixie implements AutoCloseable {
    private final PythonRuntime runtime;
    private final CollectionBridge collection;
    private final CollectionModel model;
    private final Searcher searcher;
    private final IndexBridge index;
    private final Path folder;
    private final Duration timeout;
    private final Duration closeTimeout;
    private final Gate gate;

    Pixie(PixieBuilder settings, PythonRuntime runtime, CollectionBridge collection, CollectionModel model) {
        this.runtime = runtime;
        this.collection = collection;
        this.model = model;
        folder = settings.folder;
        timeout = settings.timeout;
        closeTimeout = settings.closeTimeout;
        searcher = new Searcher(collection, model);
        gate = new Gate("the collection " + folder);
        index = new IndexBridge(collection, gate::isClosed);
    }

    /** Opens the collection in a folder, for reading and writing; makes it if it is not there. */
    public static Pixie open(Path folder) {
        return builder(folder).open();
    }

    /** Opens the collection that {@link #builder(String)} means, for reading and writing; makes it if it is not there. */
    public static Pixie open(String collection) {
        return builder(collection).open();
    }

    /** Settings for opening the collection in a folder. */
    public static PixieBuilder builder(Path folder) {
        return new PixieBuilder(folder);
    }

    /**
     * Settings for opening a collection by its name, or by a path.
     *
     * @param collection the name of a collection in Pixie's home, such as {@code photos}; or a path: whatever holds a
     *     path separator, is {@code .} or {@code ..}, or begins with {@code ~}
     */
    public static PixieBuilder builder(String collection) {
        return new PixieBuilder(CollectionFolder.of(collection));
    }

    /** The ten items nearest to what a text says. The text is taken as it is: no part of it is read as syntax. */
    public SearchResult search(String text) {
        return search(Query.text(text));
    }

    /**
     * The items nearest to a query, best first.
     *
     * @throws InvalidInputException for a picture that can't be read, an id that is not there, a vector of another
     *     length, or terms that cancel each other out
     * @throws OverloadedException when too much waits for the model already
     */
    public SearchResult search(Query query) {
        return within(() -> Await.value(searcher.search(query, timeout)));
    }

    /** Waits for what the searcher does, as one of the calls that {@link #close} waits for. */
    <T> T searching(Function<Searcher, CompletableFuture<T>> work) {
        return within(() -> Await.value(work.apply(searcher)));
    }

    Duration timeout() {
        return timeout;
    }

    /** The collection's name. */
    public String name() {
        return collection.name();
    }

    /**
     * Searches without blocking. The future fails with what {@link #search(Query)} throws, with {@link
     * OverloadedException} as soon as the model's queue is full; cancelling it drops the query if the model has not
     * begun with it. What is chained to it runs on the common pool.
     */
    public CompletableFuture<SearchResult> searchAsync(Query query) {
        gate.enter();
        CompletableFuture<SearchResult> running = searcher.search(query, Duration.ZERO);
        CompletableFuture<SearchResult> answer = new CompletableFuture<>();
        running.whenCompleteAsync((result, failure) -> {
            gate.leave();
            if (failure == null) {
                answer.complete(result);
            } else {
                answer.completeExceptionally(Await.cause(failure));
            }
        });
        answer.whenComplete((result, failure) -> {
            if (answer.isCancelled()) {
                running.cancel(false);
            }
        });
        return answer;
    }

    /**
     * Adds items, or replaces those with the same ids: all of them with one commit, or none when one can't be taken
     * in. For more items than fit in memory at once, or when bad ones are to be skipped, there is {@link
     * #addAll(Iterator, ProgressListener)}.
     *
     * @throws InvalidInputException naming the first item that can't be taken in, such as one whose picture is
     *     truncated
     */
    public AddReport add(Item... items) {
        return within(() -> {
            AddReport report =
                    Adding.all(target(), ItemEntries.of(List.of(items).iterator()), gate::isClosed);
            if (!report.interrupted()) {
                return report;
            }
            throw gate.isClosed()
                    ? new ClosedException("the collection " + folder + " was closed before the items were added")
                    : new CancellationException("interrupted before the items were added");
        });
    }

    /** Adds items as {@link #addAll(Iterator, ProgressListener)} does. */
    public AddReport addAll(Iterable<Item> items, ProgressListener listener) {
        OptionalLong total =
                items instanceof Collection<Item> known ? OptionalLong.of(known.size()) : OptionalLong.empty();
        return addAll(items.iterator(), total, listener);
    }

    /** Adds items as {@link #addAll(Iterator, ProgressListener)} does, and closes the stream. */
    public AddReport addAll(Stream<Item> items, ProgressListener listener) {
        try (items) {
            return addAll(items.iterator(), listener);
        }
    }

    /**
     * Adds any number of items in bounded memory, or replaces those with the same ids. Commits batch by batch. An item
     * that can't be taken in is named in the report and does not touch the others; of two items with one id the later
     * counts.
     *
     * <p>An interrupt of the calling thread ends it early: what the model has begun is committed, the report says so,
     * and the thread's interrupt status is set again. The same happens when the collection is closed meanwhile.
     *
     * @throws CollectionException when the collection can't be written, as on a full disk; what was committed before
     *     stays
     */
    public AddReport addAll(Iterator<Item> items, ProgressListener listener) {
        return addAll(items, OptionalLong.empty(), listener);
    }

    private AddReport addAll(Iterator<Item> items, OptionalLong total, ProgressListener listener) {
        return within(() -> Adding.each(target(), ItemEntries.of(items), total, gate::isClosed, listener));
    }

    /**
     * Indexes every picture in some folders and the folders below them. Files that have not changed since the last
     * time are left alone. Runs in bounded memory, commits batch by batch, and can be stopped and run again at any
     * time without losing what is committed. The collection can be searched meanwhile.
     *
     * <p>The id of a file is its folder's name and the path below it, as in {@code Pictures/2020/beach.jpg}, so that
     * ids survive a move of the folder. A file that was moved or copied inside is not embedded again. Items whose files
     * are gone are removed; where a folder itself is gone, or more than a fifth of it, they are kept as missing, until
     * the files are there again or {@link #prune} is called.
     *
     * @param paths folders, or single picture files; also those that were indexed and are gone
     * @throws CollectionException when the collection can't be written, as on a full disk; what was committed before
     *     stays
     */
    public IndexReport index(List<Path> paths, IndexOptions options, ProgressListener listener) {
        return index(new Watching.Changed(paths, List.of(), false), options, () -> false, listener);
    }

    private IndexReport index(
            Watching.Changed changed, IndexOptions options, BooleanSupplier stop, ProgressListener listener) {
        List<Path> absolute = changed.paths().stream().map(Pixie::absolute).toList();
        BooleanSupplier stopped = () -> options.stopped() || stop.getAsBoolean() || gate.isClosed();
        return within(() ->
                Indexing.run(target(), absolute, changed.only(), changed.mayBeGone(), options, stopped, listener));
    }

    /**
     * Keeps the collection in step with folders, on a thread of its own, until what it returns is closed, or the
     * collection is: indexes them, and then again whenever they have changed and become quiet for half a second. It has
     * the collection open for writing all the while, so no other process can write it; reading is never in the way.
     *
     * @param paths folders; none for all that were indexed. One that is away is taken up when it is back
     * @throws InvalidInputException when there is nothing to watch, or a path is a file
     * @throws PythonFailure when the system can watch no more folders
     */
    public Watching watch(List<Path> paths, WatchOptions options, WatchListener listener) {
        List<Path> absolute = paths.stream().map(Pixie::absolute).toList();
        return within(() -> Watching.start(
                runtime.lane(LaneKind.WATCH),
                collection.handle(),
                absolute,
                options,
                listener,
                (changed, stop) -> index(changed, options.indexing(), stop, listener),
                gate::isClosed,
                closeTimeout));
    }

    /**
     * Takes in the rows of a table: CSV, TSV, JSON, NDJSON, Parquet, or a query on a SQLite database. Rows whose items are as
     * they say already are left alone, so a run that was stopped goes on from there the next time; a row that can't be
     * taken in is named in the report. Runs in bounded memory and commits batch by batch.
     *
     * @param table the file; {@code -} is the process's standard input
     * @throws InvalidInputException when the table can't be read or lacks a column that was named; nothing was changed
     */
    public ImportReport importTable(Path table, ImportOptions options, ProgressListener listener) {
        ObjectNode argument = options.argument(TableFile.nameOf(table));
        return within(() -> Importing.run(target(), argument, () -> options.stopped() || gate.isClosed(), listener));
    }

    /**
     * Writes items, their vectors, or both to a table that {@link #importTable} reads back as they are. It shows
     * one moment of the collection, is written in bounded memory, and appears when it is complete.
     *
     * @param table the file, or the folder for {@code npy}; {@code -} is the process's standard output
     * @param progress called before each thousand of items, from the calling thread
     * @throws InvalidInputException when the table can't be written, or its format is unknown
     */
    public ExportReport export(Path table, ExportOptions options, Consumer<Step> progress) {
        ObjectNode argument = options.argument(TableFile.nameOf(table)).put("collection", collection.handle());
        return within(() -> Job.run(
                collection.writer(), "collection_export", argument, ExportReport::of, progress, gate::isClosed));
    }

    private Target target() {
        return new Target(
                "collection",
                collection.handle(),
                collection.writer(),
                () -> Await.value(model.embedder()),
                () -> runtime.lanes(LaneKind.DECODE));
    }

    private static Path absolute(Path path) {
        return path.toAbsolutePath().normalize();
    }

    /** The item with this id, if there is one. */
    public Optional<Item> get(String id) {
        return within(() -> collection.get(id));
    }

    /** Removes items and returns how many of them there were. Picture files are never touched. */
    public int remove(String... ids) {
        return remove(List.of(ids));
    }

    /** Removes items and returns how many of them there were. Picture files are never touched. */
    public int remove(Collection<String> ids) {
        return within(() -> collection.remove(ids));
    }

    /**
     * Items in the order of their ids.
     *
     * @param prefix what their ids begin with; empty for all
     * @param offset how many to leave out first, 0 or more
     * @param limit how many at most, 1 or more
     */
    public ItemPage list(String prefix, int offset, int limit) {
        return items().prefix(prefix).page(offset, limit);
    }

    static void checkPage(String what, int offset, int limit) {
        if (offset < 0) {
            throw new InvalidInputException("the offset of the " + what + " is " + offset, "give 0 or more");
        }
        if (limit < 1) {
            throw new InvalidInputException("the limit of the " + what + " is " + limit, "give 1 or more");
        }
    }

    /** All items, of which some may be chosen: to list, count, change or remove them. */
    public Items items() {
        return new Items(new ItemsBridge(collection), gate, Items.Selection.ALL);
    }

    /** Files and rows of tables that could not be taken in and have not been since, in the order of their ids. */
    public List<Failure> failures() {
        return failures("", 0, Integer.MAX_VALUE).failures();
    }

    /**
     * Files and rows of tables that could not be taken in and have not been since, in the order of their ids.
     *
     * @param code the only {@linkplain Failure#code() reason} wanted; empty for all
     * @param offset how many to leave out first, 0 or more
     * @param limit how many at most, 1 or more
     */
    public FailurePage failures(String code, int offset, int limit) {
        checkPage("failures", offset, limit);
        return within(() -> collection.failures(code, offset, limit));
    }

    /**
     * Removes items that are missing: their files were gone when their folder was last indexed, and still are.
     *
     * @param olderThan only those that were found to be missing so long ago; zero for all
     * @param dryRun whether to remove nothing and say what would be
     */
    public PruneReport prune(Duration olderThan, boolean dryRun) {
        return within(() -> collection.prune(olderThan, dryRun));
    }

    /**
     * Past queries of this collection, by whatever process, newest first. The newest 10,000 are kept; those of other
     * processes show up within a second or so of their next search.
     *
     * @param offset how many to leave out first, 0 or more
     * @param limit how many at most, 1 or more
     */
    public LogPage log(int offset, int limit) {
        checkPage("log", offset, limit);
        return within(() -> collection.log(offset, limit));
    }

    /** Such a page as comma-separated values (RFC 4180) with a header, for spreadsheets and other programs. */
    public String logAsCsv(int offset, int limit) {
        checkPage("log", offset, limit);
        return within(() -> collection.logAsCsv(offset, limit));
    }

    /** Forgets all past queries and returns how many there were. A reader may do that, too. */
    public int clearLog() {
        return within(collection::clearLog);
    }

    /**
     * Has queries logged from now on, or not, for every process that searches the collection. What the log holds stays
     * until it is cleared.
     *
     * @throws CollectionException with the code {@code read_only} when the collection was opened for reading only
     */
    public void setLog(boolean on) {
        within(() -> collection.setLog(on));
    }

    /** How many items there are. */
    public long size() {
        return stats().items();
    }

    /** What is in the collection, in numbers. */
    public Stats stats() {
        return within(collection::stats);
    }

    /** Checks everything that must hold of the collection, as {@link PixieCare#verify} does. */
    public VerifyReport verify(boolean full, Consumer<Step> progress) {
        return within(() -> new PixieCare(runtime).verify(folder, full, progress));
    }

    /** Copies the collection into one file while it may be written, as {@link PixieCare#backup} does. */
    public BackupReport backup(Path file, Consumer<Step> progress) {
        return within(() -> new PixieCare(runtime).backup(folder, file, progress));
    }

    /** Builds the index anew, of the same kind, as {@link #reindex(IndexKind, Map)} does. */
    public ReindexReport reindex(Map<String, @Nullable Integer> settings) {
        return within(() -> index.reindex(null, settings));
    }

    /**
     * Builds the index anew, of another kind or with other settings, from the vectors that are there. Searches go on
     * with the old one meanwhile; other processes that have the collection open take the new one up with their next
     * search.
     *
     * @param kind the kind wanted; another than the present one starts from its defaults
     * @param settings settings of the kind to change, by name; null as a value gives one back its default
     * @throws InvalidInputException for a setting that the kind does not have, or a value out of its range
     * @throws CollectionException when the collection is open for reading alone, or can't be written; it is then as it
     *     was
     */
    public ReindexReport reindex(IndexKind kind, Map<String, @Nullable Integer> settings) {
        Objects.requireNonNull(kind, "kind");
        return within(() -> index.reindex(kind, settings));
    }

    /**
     * Finds the fastest settings of a search that reach a recall, and sets those of the collection's own kind of
     * index. Measured with vectors of the collection as queries and with queries that were asked before: half of them
     * choose the settings, the other half measures what they give.
     *
     * @param progress called before each step, from the calling thread
     * @throws InvalidInputException for an option out of its range
     * @throws CollectionException when the collection is open for reading alone, unless nothing is to be set
     */
    public TuneReport tune(TuneOptions options, Consumer<Step> progress) {
        return within(() -> index.tune(options, progress));
    }

    /**
     * Measures recall against speed of kinds of index on the collection's own vectors and queries. Changes nothing.
     *
     * @param progress called before each step, from the calling thread
     * @throws InvalidInputException for an option out of its range, or a folder that can't be written
     */
    public BenchReport bench(BenchOptions options, Consumer<Step> progress) {
        return within(() -> index.bench(options, progress));
    }

    /** The unit vector of a text, {@link Model#dimension()} numbers long. */
    public float[] embed(String text) {
        Term.text(text);
        return within(() -> Await.value(model.embedder().thenCompose(embedder -> embedder.text(text)))
                .vector());
    }

    /** The unit vector of a picture, or of {@link #frames()} of an animation, {@link Model#dimension()} numbers long. */
    public float[] embed(Path picture) {
        PictureSource source = PictureSource.of(absolute(picture));
        return within(() -> Await.value(model.embedder().thenCompose(embedder -> embedder.picture(source)))
                .vector());
    }

    /** How many frames of an animation make its vector; see {@link PixieBuilder#frames}. */
    public int frames() {
        return collection.frames();
    }

    /**
     * The model that the collection's vectors come from; of a reader, as of its last search. A search notices when
     * another process has made all vectors anew with another model, and goes on with that; one by vectors of the
     * caller's own then fails as {@code replaced}, once.
     */
    public Model model() {
        return collection.model();
    }

    /** The collection's folder, absolute. */
    public Path path() {
        return folder;
    }

    /**
     * Rejects new calls, stops what is being added or indexed after the batch in hand, waits for running calls up to
     * {@link PixieBuilder#closeTimeout}, and closes the collection. Calling it again does nothing. Everything that was
     * reported as added or indexed is on disk already. Not to be called from a listener.
     */
    @Override
    public void close() {
        if (gate.close()) {
            gate.awaitEmpty(closeTimeout);
            model.close();
            collection.close(closeTimeout);
        }
    }

    private <T> T within(Supplier<T> call) {
        gate.enter();
        try {
            return call.get();
        } finally {
            gate.leave();
        }
    }

    @Override
    public String toString() {
        return "Pixie[" + folder + (gate.isClosed() ? ", closed]" : "]");
    }
}
