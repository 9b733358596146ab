package dev.pixie;

import dev.pixie.python.EmbedQueue;
import dev.pixie.python.Embedding;
import dev.pixie.python.PictureSource;
import dev.pixie.python.PythonEnvironment;
import dev.pixie.python.PythonRuntime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * A model that turns texts and pictures into vectors, without a collection.
 *
 * <pre>{@code
 * try (Embedder embedder = Embedder.open("demo")) {
 *     float[] dog = embedder.embed("a dog");
 *     float[] photo = embedder.embed(Path.of("beach.jpg"));
 * }
 * }</pre>
 *
 * <p>Vectors have length 1, so that the dot product of two is their cosine. Safe for use by any number of threads at
 * once: what they ask for at the same time is embedded together. Collections of the same model share its weights.
 */
public final class Embedder implements AutoCloseable {
    private static final int QUEUE_CAPACITY = 1024;
    /** Texts of one list that wait at a time: half of the queue, so that other callers find a place. */
    private static final int LIST_SHARE = QUEUE_CAPACITY / 2;

    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final EmbedQueue queue;
    private final Model model;
    private final Gate gate;

    private Embedder(EmbedQueue queue) {
        this.queue = queue;
        model = new Model(
                queue.facts().name(), queue.facts().fingerprint(), queue.facts().dimension());
        gate = new Gate("the embedder of " + model.name());
    }

    /** Opens a model on the best device with the precision chosen by measurement. Nothing is loaded yet. */
    public static Embedder open(String model) {
        return open(model, "auto", "auto");
    }

    /**
     * Opens a model on the Python that the process runs already, or that is found. Nothing is loaded yet.
     *
     * @param model {@code demo}, a folder with a CLIP checkpoint, or a repository id
     * @param device {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}
     * @param dtype {@code auto}, {@code float32}, {@code bfloat16} or {@code float16}
     * @throws ModelException when there is no such model, or it can't be had
     */
    public static Embedder open(String model, String device, String dtype) {
        return open(model, device, dtype, PythonRuntime.start());
    }

    /** Opens a model as {@link #open(String, String, String)} does, on the Python of this environment. */
    public static Embedder open(String model, String device, String dtype, PythonEnvironment python) {
        return open(model, device, dtype, PythonRuntime.start(python));
    }

    private static Embedder open(String model, String device, String dtype, PythonRuntime runtime) {
        return new Embedder(EmbedQueue.open(runtime, model, device, dtype, QUEUE_CAPACITY, TIMEOUT));
    }

    /**
     * The unit vector of a text, {@link Model#dimension()} numbers long. What is too long for the model is cut.
     *
     * @throws InvalidInputException when the text is blank
     */
    public float[] embed(String text) {
        String words = Term.text(text).text().orElseThrow();
        return vector(() -> queue.text(words));
    }

    /**
     * The unit vectors of texts, in their order; embedded in batches, so faster than one after the other.
     *
     * @throws InvalidInputException when a text is blank; none is embedded then
     */
    public List<float[]> embed(List<String> texts) {
        List<String> words =
                texts.stream().map(text -> Term.text(text).text().orElseThrow()).toList();
        gate.enter();
        try {
            List<float[]> vectors = new ArrayList<>(words.size());
            for (int from = 0; from < words.size(); from += LIST_SHARE) {
                int to = Math.min(words.size(), from + LIST_SHARE);
                List<CompletableFuture<Embedding>> waiting =
                        words.subList(from, to).stream().map(queue::text).toList();
                waiting.forEach(embedding -> vectors.add(Await.value(embedding).vector()));
            }
            return vectors;
        } finally {
            gate.leave();
        }
    }

    /**
     * The unit vector of a picture file, or of the first frame of an animation, {@link Model#dimension()} numbers long.
     *
     * @throws InvalidInputException when it can't be read as a picture
     */
    public float[] embed(Path picture) {
        PictureSource source = PictureSource.of(picture.toAbsolutePath());
        return vector(() -> queue.picture(source));
    }

    /**
     * The unit vector of a picture held in memory, {@link Model#dimension()} numbers long.
     *
     * @throws InvalidInputException when it can't be read as a picture
     */
    public float[] embed(byte[] picture) {
        PictureSource source = PictureSource.of(picture);
        return vector(() -> queue.picture(source));
    }

    private float[] vector(Supplier<CompletableFuture<Embedding>> embedding) {
        gate.enter();
        try {
            return Await.value(embedding.get()).vector();
        } finally {
            gate.leave();
        }
    }

    /** Name, fingerprint and dimension. */
    public Model model() {
        return model;
    }

    /**
     * Rejects new calls and fails what waits for the model. The weights stay loaded for other users in this process.
     */
    @Override
    public void close() {
        if (gate.close()) {
            queue.close(Duration.ZERO);
        }
    }
}
