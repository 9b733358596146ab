package dev.pixie;

import dev.pixie.python.EmbedQueue;
import dev.pixie.python.PythonEnvironment;
import dev.pixie.python.PythonRuntime;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Settings for opening a collection.
 *
 * <pre>{@code
 * Pixie pixie = Pixie.builder(Path.of("photos")).model("demo").readOnly(true).open();
 * }</pre>
 *
 * <p>Every setting has a default; {@link #open()} checks them against each other. Not safe for use by several threads
 * at once.
 */
public final class PixieBuilder {
    /** The model of new collections. */
    public static final String DEFAULT_MODEL = "openai/clip-vit-large-patch14";

    /** The most frames of an animation that make its vector. */
    public static final int MOST_FRAMES = 32;

    final Path folder;

    @Nullable
    String model;

    String device = "auto";
    String dtype = "auto";
    boolean readOnly;

    @Nullable
    Boolean create;

    @Nullable
    Integer frames;

    @Nullable
    PythonEnvironment python;

    Duration timeout = Duration.ofSeconds(30);
    Duration closeTimeout = Duration.ofSeconds(30);
    int queueCapacity = 1024;

    PixieBuilder(Path folder) {
        this.folder = folder.toAbsolutePath().normalize();
    }

    /**
     * The model: {@code demo}, a folder with a CLIP checkpoint, or a repository id. Unless told: the one the
     * collection was made with, and {@value #DEFAULT_MODEL} for a new collection.
     */
    public PixieBuilder model(String model) {
        if (model.isBlank()) {
            throw new InvalidInputException("the name of the model is blank", "name a model, or leave it out");
        }
        this.model = model;
        return this;
    }

    /** Where the model runs: {@code auto} (unless told), {@code cpu}, {@code cuda} or {@code cuda:N}. */
    public PixieBuilder device(String device) {
        this.device = Objects.requireNonNull(device, "device");
        return this;
    }

    /**
     * The model's precision: {@code auto} (unless told: the fastest on this machine that keeps its vectors), {@code
     * float32}, {@code bfloat16} or {@code float16}.
     */
    public PixieBuilder dtype(String dtype) {
        this.dtype = Objects.requireNonNull(dtype, "dtype");
        return this;
    }

    /**
     * How many frames, spread over it, make the vector of an animation or of a TIFF of several pages, 1 to
     * {@value #MOST_FRAMES}: the mean of theirs, scaled to length 1. The collection keeps the number for all that is
     * done with it, so it can be given until there is a picture in it. Unless told: the collection's own, and 1 for a
     * new one.
     */
    public PixieBuilder frames(int frames) {
        if (frames < 1 || frames > MOST_FRAMES) {
            throw new InvalidInputException(
                    frames + " frames of an animation were asked for", "give a number from 1 to " + MOST_FRAMES);
        }
        this.frames = frames;
        return this;
    }

    /** Whether to open for reading only, for example beside another process that writes. Unless told: false. */
    public PixieBuilder readOnly(boolean readOnly) {
        this.readOnly = readOnly;
        return this;
    }

    /** Whether to make a collection that is not there. Unless told: true, and false with {@code readOnly}. */
    public PixieBuilder create(boolean create) {
        this.create = create;
        return this;
    }

    /**
     * The Python to run on. Unless told: the one that {@link PythonEnvironment#find} finds. A process has one Python,
     * so the first collection that is opened decides.
     */
    public PixieBuilder python(PythonEnvironment python) {
        this.python = Objects.requireNonNull(python, "python");
        return this;
    }

    /**
     * How long a text or a picture may wait for a place in the model's queue before its call fails with {@link
     * OverloadedException}. Unless told: 30 seconds.
     */
    public PixieBuilder timeout(Duration timeout) {
        this.timeout = positive("timeout", timeout);
        return this;
    }

    /** How long {@link Pixie#close()} waits for running calls. Unless told: 30 seconds. */
    public PixieBuilder closeTimeout(Duration closeTimeout) {
        this.closeTimeout = positive("closeTimeout", closeTimeout);
        return this;
    }

    /**
     * How many texts and pictures of this collection may be in the model's queue at once, over all threads; 1 or more.
     * Unless told: 1024.
     */
    public PixieBuilder queueCapacity(int queueCapacity) {
        if (queueCapacity < 1) {
            throw new InvalidInputException("the queue capacity is " + queueCapacity, "give 1 or more");
        }
        this.queueCapacity = queueCapacity;
        return this;
    }

    /** Whether the collection is there; whether it can be opened is another question. */
    public boolean exists() {
        return Files.exists(folder.resolve("collection.json"));
    }

    /**
     * Opens the collection.
     *
     * @throws CollectionException when it is missing and not to be made, of another model, written by another process,
     *     damaged, or of a newer format
     * @throws InvalidInputException when the frames asked for are not those of the pictures in the collection
     * @throws PythonSetupException when there is no Python that Pixie can run on
     */
    public Pixie open() {
        if (readOnly && Boolean.TRUE.equals(create)) {
            throw new InvalidInputException(
                    "create(true) and readOnly(true) contradict each other: what is only read can't be made",
                    "leave one of them out");
        }
        PythonRuntime runtime = python == null ? PythonRuntime.start() : PythonRuntime.start(python);
        CollectionBridge collection = openOrCreate(runtime);
        Model first = collection.model();
        String name = model != null ? model : first.name();
        if (!name.equals(first.name())) {
            checkModel(runtime, collection, name);
        }
        CollectionModel opened = new CollectionModel(
                now -> embedder(
                        runtime,
                        now.fingerprint().equals(first.fingerprint()) ? name : now.name(),
                        collection.frames()),
                collection);
        return new Pixie(this, runtime, collection, opened);
    }

    private CollectionBridge openOrCreate(PythonRuntime runtime) {
        try {
            return CollectionBridge.open(runtime, folder, readOnly, frames);
        } catch (CollectionException e) {
            boolean creates = create != null ? create : !readOnly;
            if (!creates || !e.code().equals("missing")) {
                throw e;
            }
        }
        try (EmbedQueue embedder = embedder(runtime, model != null ? model : DEFAULT_MODEL, 1)) {
            return CollectionBridge.create(runtime, folder, embedder.facts().handle(), frames);
        }
    }

    /** A model may go by several names, so it is compared by its fingerprint, without loading its weights. */
    private void checkModel(PythonRuntime runtime, CollectionBridge collection, String name) {
        try (EmbedQueue embedder = embedder(runtime, name, 1)) {
            collection.bind(embedder.facts().handle());
        } catch (RuntimeException | Error e) {
            collection.close(closeTimeout);
            throw e;
        }
    }

    private EmbedQueue embedder(PythonRuntime runtime, String name, int frames) {
        return EmbedQueue.open(runtime, name, device, dtype, queueCapacity, timeout, frames);
    }

    private static Duration positive(String name, Duration duration) {
        if (duration.isNegative() || duration.isZero()) {
            throw new InvalidInputException("the " + name + " is " + duration, "give a time longer than nothing");
        }
        return duration;
    }
}
