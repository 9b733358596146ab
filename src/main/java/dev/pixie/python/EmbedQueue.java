package dev.pixie.python;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pixie.ClosedException;
import dev.pixie.InvalidInputException;
import dev.pixie.OverloadedException;
import dev.pixie.PixieException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The way of texts and pictures to the model, for one open collection or embedder.
 *
 * <p>What many threads ask for at the same time is embedded together, also across the queues of a process that use the
 * same model; see {@link EmbedScheduler}. A text or picture that the model refuses fails alone. The number of texts and
 * pictures that may wait is bounded. Thread-safe.
 *
 * <p>Nothing here throws: what goes wrong is in the future. Futures complete on the threads of the model; what is
 * chained to them must be short and must not wait. Cancelling one takes effect until its batch has begun.
 */
public final class EmbedQueue implements AutoCloseable {
    private final PythonRuntime runtime;
    private final EmbedScheduler scheduler;
    private final BatchEmbedder embedder;
    private final Semaphore places;
    private final int capacity;
    private final Duration timeout;
    private final int frames;
    private final Set<Withdrawable<?>> unfinished = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private EmbedQueue(
            PythonRuntime runtime,
            EmbedScheduler scheduler,
            BatchEmbedder embedder,
            int capacity,
            Duration timeout,
            int frames) {
        this.runtime = runtime;
        this.scheduler = scheduler;
        this.embedder = embedder;
        this.capacity = capacity;
        this.timeout = timeout;
        this.frames = frames;
        places = new Semaphore(capacity, true);
    }

    /** Opens a queue to a model, which sees one frame of an animation, as {@link #open} with their number does. */
    public static EmbedQueue open(
            PythonRuntime runtime, String model, String device, String dtype, int capacity, Duration timeout) {
        return open(runtime, model, device, dtype, capacity, timeout, 1);
    }

    /**
     * Opens a queue to a model. Waits for a free moment of the embed lane; the weights are loaded by the first batch.
     *
     * @param capacity how many single texts and pictures may wait or be in the model; a picture counts as often as it
     *     may have frames
     * @param timeout how long {@link #text(String)} and {@link #picture(PictureSource)} wait for a place
     * @param frames how many frames of an animation make its vector, 1 or more
     * @throws dev.pixie.ModelException if there is no such model
     */
    public static EmbedQueue open(
            PythonRuntime runtime,
            String model,
            String device,
            String dtype,
            int capacity,
            Duration timeout,
            int frames) {
        EmbedScheduler scheduler = runtime.scheduler();
        return new EmbedQueue(runtime, scheduler, scheduler.open(model, device, dtype), capacity, timeout, frames);
    }

    /** A queue of its own to the same model, which sees another number of frames of an animation. */
    public EmbedQueue withFrames(int frames) {
        return new EmbedQueue(runtime, scheduler, embedder, capacity, timeout, frames);
    }

    /** How many frames of an animation make its vector. */
    public int frames() {
        return frames;
    }

    /** What is known of the model. */
    public EmbedderFacts facts() {
        return embedder.facts();
    }

    /** Embeds a text. The calling thread waits up to the queue's timeout if the queue is full. */
    public CompletableFuture<Embedding> text(String text) {
        return text(text, timeout);
    }

    /**
     * Embeds a text.
     *
     * @param patience how long the calling thread waits if the queue is full, before the future fails with
     *     {@link OverloadedException}
     */
    public CompletableFuture<Embedding> text(String text, Duration patience) {
        Withdrawable<Embedding> result = new Withdrawable<>();
        if (enter(result, 1, patience)) {
            scheduler.add(new EmbedJob.Text(embedder, text, result));
        }
        return result;
    }

    /** Embeds a picture. The calling thread waits up to the queue's timeout if the queue is full. */
    public CompletableFuture<Embedding> picture(PictureSource picture) {
        return picture(picture, timeout);
    }

    /**
     * Embeds a picture. It is decoded on a decode lane first, ahead of pictures that are being indexed.
     *
     * @param patience how long the calling thread waits if the queue is full, before the future fails with
     *     {@link OverloadedException}
     */
    public CompletableFuture<Embedding> picture(PictureSource picture, Duration patience) {
        Withdrawable<Embedding> result = new Withdrawable<>();
        // Its array has room for all frames, so it takes the places of as many pictures.
        if (enter(result, Math.min(frames, capacity), patience)) {
            ByteArray pixels = new ByteArray(frames, facts().imageSize(), facts().imageSize(), 3);
            decode(picture, pixels).whenComplete((shown, failure) -> {
                if (failure == null) {
                    scheduler.add(new EmbedJob.Picture(embedder, pixels, shown, result));
                } else if (result.begin()) {
                    result.completeExceptionally(failure.getCause() == null ? failure : failure.getCause());
                }
            });
        }
        return result;
    }

    /**
     * Embeds a batch of texts into the first rows of {@code out}, when no single text or picture waits. A batch that
     * fails is tried again text by text. The array is Python's until the future is done.
     */
    public CompletableFuture<BulkResult> bulkTexts(List<String> texts, FloatArray out) {
        List<String> batch = List.copyOf(texts);
        return bulk(model -> model.texts(batch, out));
    }

    /**
     * Embeds a batch of decoded pictures into the first rows of {@code out}, when no single text or picture waits. A
     * batch that fails is tried again picture by picture. The arrays are Python's until the future is done.
     *
     * @param pixels their frames, one after the other
     * @param frames how many each picture has, whose vector is the mean of theirs, scaled to length 1
     */
    public CompletableFuture<BulkResult> bulkPixels(ByteArray pixels, List<Integer> frames, FloatArray out) {
        List<Integer> batch = List.copyOf(frames);
        return bulk(model -> model.pixels(pixels, batch, out));
    }

    /**
     * Turns new work away, waits a while for what is under way, and fails what has not begun by then. The model stays
     * loaded, for other queues and later ones. Calling it again does nothing more.
     */
    public void close(Duration drain) {
        closed = true;
        try {
            CompletableFuture.allOf(unfinished.toArray(CompletableFuture[]::new))
                    .get(drain.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            // Failures are their callers' to see.
        }
        unfinished.forEach(result -> result.withdraw(closedException()));
    }

    /** As {@link #close(Duration)}, without a wait. */
    @Override
    public void close() {
        close(Duration.ZERO);
    }

    private CompletableFuture<BulkResult> bulk(EmbedJob.Bulk.Batch batch) {
        Withdrawable<BulkResult> result = new Withdrawable<>();
        if (admit(result)) {
            scheduler.add(new EmbedJob.Bulk(embedder, batch, result));
        }
        return result;
    }

    /** Finds so many places; if it can't, the future has failed. */
    private boolean enter(Withdrawable<?> result, int count, Duration patience) {
        boolean placed = false;
        try {
            // The model's own thread must not wait for itself.
            placed = closed
                    || places.tryAcquire(count)
                    || (!runtime.lane(LaneKind.EMBED).isCurrent()
                            && places.tryAcquire(count, patience.toNanos(), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            result.withdraw(new CancellationException("interrupted while waiting for a place in the queue"));
            return false;
        }
        if (!placed) {
            result.withdraw(new OverloadedException("All %d places in the queue to the model were taken for %.1f s"
                    .formatted(capacity, patience.toMillis() / 1e3)));
            return false;
        }
        if (!closed) {
            result.whenComplete((done, failure) -> places.release(count));
        }
        return admit(result);
    }

    private boolean admit(Withdrawable<?> result) {
        unfinished.add(result);
        result.whenComplete((done, failure) -> unfinished.remove(result));
        if (closed) { // after it was added, so that close() meets it or this does
            result.withdraw(closedException());
            return false;
        }
        return true;
    }

    /** Decodes a picture into the first rows of an array; gives how many its frames are. */
    private CompletableFuture<Integer> decode(PictureSource picture, ByteArray pixels) {
        ObjectNode argument = JsonNodeFactory.instance
                .objectNode()
                .put("embedder", facts().handle())
                .put("frames", frames);
        ObjectNode file = argument.putArray("files").addObject();
        Lane lane = runtime.lane(LaneKind.DECODE);
        if (picture instanceof PictureSource.Content content) {
            file.put("buffer", 0).put("length", content.bytes().length);
            return lane.callUrgently("decode_images", argument, pixels, ByteArray.copyOf(content.bytes()))
                    .thenApply(answer -> framesOf(answer, null));
        }
        String path = FileName.text(((PictureSource.File) picture).path());
        file.put("path", path);
        return lane.callUrgently("decode_images", argument, pixels).thenApply(answer -> framesOf(answer, path));
    }

    private static int framesOf(JsonNode answer, @Nullable String path) {
        JsonNode image = answer.required("images").required(0);
        JsonNode error = image.get("error");
        if (error != null) {
            throw new InvalidInputException(
                    error.required("message").asText(),
                    error.path("fix").textValue(),
                    path,
                    error.required("code").asText(),
                    null);
        }
        return image.required("frames").asInt();
    }

    private PixieException closedException() {
        return new ClosedException("The queue to the model " + facts().name() + " is closed");
    }
}
