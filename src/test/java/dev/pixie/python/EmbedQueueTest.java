package dev.pixie.python;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pixie.InvalidInputException;
import dev.pixie.ModelException;
import dev.pixie.PythonFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Texts and pictures on their way to the demo model. */
@Tag("python")
@Timeout(300)
class EmbedQueueTest {
    /** The make-up of a batch moves results by about 2e-7. */
    private static final float TOLERANCE = 1e-5f;

    private final EmbedQueue queue = TestPython.demoQueue(1024);

    @BeforeEach
    void watchBatches() {
        TestPython.watchBatches();
    }

    @AfterEach
    void close() {
        queue.close();
    }

    @Test
    void thirty_two_threads_get_the_vectors_that_one_gets() throws Exception {
        List<String> texts = IntStream.range(0, 128)
                .mapToObj(i -> "a red thing, number " + i + " of many".repeat(i % 9))
                .toList();
        List<float[]> alone =
                texts.stream().map(text -> queue.text(text).join().vector()).toList();

        ExecutorService threads = Executors.newFixedThreadPool(32);
        try {
            List<Future<Embedding>> together = new ArrayList<>();
            for (String text : texts) {
                together.add(threads.submit(() -> queue.text(text).get()));
            }
            for (int i = 0; i < texts.size(); i++) {
                assertArrayEquals(alone.get(i), together.get(i).get().vector(), TOLERANCE, texts.get(i));
            }
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void what_waits_when_the_model_comes_free_is_one_batch() {
        List<CompletableFuture<Embedding>> waiting = new ArrayList<>();
        int batch = queue.facts().textBatch();
        try (TestPython.Busy busy = TestPython.keepBusy(LaneKind.EMBED)) {
            for (int i = 0; i < batch + 3; i++) {
                waiting.add(queue.text("text " + i));
            }
        }
        join(waiting);
        assertEquals(
                List.of(batch, 3), TestPython.watchedBatches().map(List::size).toList());
    }

    @Test
    void queues_of_one_model_share_batches() {
        List<CompletableFuture<Embedding>> waiting = new ArrayList<>();
        try (EmbedQueue other = TestPython.demoQueue(10);
                TestPython.Busy busy = TestPython.keepBusy(LaneKind.EMBED)) {
            waiting.add(queue.text("one"));
            waiting.add(other.text("two"));
            busy.release();
            join(waiting);
        }
        assertEquals(List.of(List.of("one", "two")), TestPython.watchedBatches().toList());
    }

    @Test
    void single_texts_overtake_bulk_work() {
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        List<CompletableFuture<?>> all = new ArrayList<>();
        try (TestPython.Busy busy = TestPython.keepBusy(LaneKind.EMBED)) {
            for (String name : List.of("bulk 1", "bulk 2")) {
                all.add(queue.bulkTexts(List.of(name), vectors(1)).thenRun(() -> order.add(name)));
            }
            all.add(queue.text("query").thenRun(() -> order.add("query")));
        }
        join(all);
        assertEquals(List.of("query", "bulk 1", "bulk 2"), order);
    }

    @Test
    void bulk_work_gets_its_turn_under_any_load_of_single_texts() {
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        List<CompletableFuture<?>> all = new ArrayList<>();
        try (TestPython.Busy busy = TestPython.keepBusy(LaneKind.EMBED)) {
            all.add(queue.bulkTexts(List.of("bulk"), vectors(1)).thenRun(() -> order.add("bulk")));
            for (int i = 0; i < 20 * queue.facts().textBatch(); i++) {
                all.add(queue.text("query " + i).thenRun(() -> order.add("query")));
            }
        }
        join(all);
        assertTrue(order.indexOf("bulk") < order.lastIndexOf("query"), "bulk work came last");
    }

    @Test
    void a_cancelled_text_never_reaches_the_model() {
        CompletableFuture<Embedding> kept;
        CompletableFuture<Embedding> cancelled;
        try (TestPython.Busy busy = TestPython.keepBusy(LaneKind.EMBED)) {
            cancelled = queue.text("cancelled");
            kept = queue.text("kept");
            assertTrue(cancelled.cancel(true));
        }
        kept.join();
        assertThrows(CancellationException.class, cancelled::join);
        assertEquals(List.of(List.of("kept")), TestPython.watchedBatches().toList());
    }

    @Test
    void a_text_that_python_fails_on_fails_alone() {
        List<CompletableFuture<Embedding>> waiting = new ArrayList<>();
        try (TestPython.Busy busy = TestPython.keepBusy(LaneKind.EMBED)) {
            for (String text : List.of("good", "poison", "fine")) {
                waiting.add(queue.text(text));
            }
        }
        PythonFailure failure = assertInstanceOf(PythonFailure.class, TestPython.failure(waiting.get(1)));
        assertEquals("ValueError: poisoned batch", failure.getMessage());
        assertArrayEquals(
                queue.text("good").join().vector(), waiting.get(0).join().vector(), TOLERANCE);
        assertArrayEquals(
                queue.text("fine").join().vector(), waiting.get(2).join().vector(), TOLERANCE);
    }

    @Test
    void a_row_of_bulk_work_that_python_fails_on_fails_alone() {
        FloatArray out = vectors(3);
        BulkResult result =
                queue.bulkTexts(List.of("good", "poison", "fine"), out).join();
        assertEquals(Set.of(1), result.failed().keySet());
        assertArrayEquals(queue.text("fine").join().vector(), out.row(2), TOLERANCE);
    }

    @Test
    void bulk_pictures_get_the_vectors_that_single_ones_get() {
        List<Path> pictures = pictures(3);
        int size = queue.facts().imageSize();
        ByteArray pixels = new ByteArray(3, size, size, 3);
        TestPython.lane(LaneKind.EMBED)
                .call(
                        "decode_images",
                        Map.of(
                                "embedder",
                                queue.facts().handle(),
                                "files",
                                pictures.stream()
                                        .map(file -> Map.of("path", file.toString()))
                                        .toList()),
                        pixels);
        FloatArray out = vectors(4);
        BulkResult result = queue.bulkPixels(pixels, List.of(1, 1, 1), out).join();

        assertTrue(result.failed().isEmpty());
        for (int i = 0; i < 3; i++) {
            float[] alone =
                    queue.picture(PictureSource.of(pictures.get(i))).join().vector();
            assertArrayEquals(alone, out.row(i), TOLERANCE);
        }
        assertArrayEquals(new float[queue.facts().dimension()], out.row(3));
    }

    @Test
    void a_picture_file_and_its_content_have_the_same_vector() throws IOException {
        Path picture = pictures(1).get(0);
        float[] ofFile = queue.picture(PictureSource.of(picture)).join().vector();
        float[] ofContent = queue.picture(PictureSource.of(Files.readAllBytes(picture)))
                .join()
                .vector();
        assertArrayEquals(ofFile, ofContent);
        assertEquals(
                1,
                IntStream.range(0, ofFile.length)
                        .mapToDouble(i -> ofFile[i] * ofFile[i])
                        .sum(),
                TOLERANCE);
    }

    @Test
    void a_bad_picture_among_good_ones_fails_alone_with_its_reason() {
        byte[] text = "this is no picture".getBytes(StandardCharsets.UTF_8);
        List<CompletableFuture<Embedding>> waiting = new ArrayList<>();
        try (TestPython.Busy busy = TestPython.keepBusy(LaneKind.EMBED)) {
            waiting.add(queue.picture(PictureSource.of(pictures(2).get(0))));
            waiting.add(queue.picture(PictureSource.of(text)));
            waiting.add(queue.picture(PictureSource.of(Path.of("no-such-picture.png"))));
            waiting.add(queue.picture(PictureSource.of(pictures(2).get(1))));
        }
        waiting.get(0).join();
        waiting.get(3).join();
        InvalidInputException noPicture =
                assertInstanceOf(InvalidInputException.class, TestPython.failure(waiting.get(1)));
        assertEquals("not_an_image", noPicture.code().orElseThrow());
        InvalidInputException noFile =
                assertInstanceOf(InvalidInputException.class, TestPython.failure(waiting.get(2)));
        assertEquals("missing", noFile.code().orElseThrow());
        assertTrue(noFile.item().orElseThrow().endsWith("no-such-picture.png"));
    }

    @Test
    void a_text_that_was_cut_says_so() {
        Embedding embedding = queue.text("word ".repeat(200)).join();
        assertEquals(
                List.of("text_truncated"),
                embedding.warnings().stream().map(warning -> warning.code()).toList());
        assertEquals(List.of(), queue.text("short").join().warnings());
    }

    @Test
    void a_text_asked_for_on_the_models_own_thread_does_not_wait_for_itself() {
        CompletableFuture<Embedding> inner =
                queue.text("outer").thenApply(outer -> queue.text("inner").join());
        assertArrayEquals(queue.text("inner").join().vector(), inner.join().vector(), TOLERANCE);
    }

    @Test
    void a_model_that_is_not_there_is_a_model_error() {
        ModelException missing = assertThrows(
                ModelException.class,
                () -> EmbedQueue.open(
                        TestPython.runtime(), "/no/such/model", "cpu", "float32", 1, Duration.ofSeconds(1)));
        assertTrue(missing.getMessage().contains("/no/such/model"), missing.getMessage());
        assertEquals("not_found", missing.code());
    }

    private FloatArray vectors(int rows) {
        return new FloatArray(rows, queue.facts().dimension());
    }

    private static List<Path> pictures(int count) {
        try (Stream<Path> files = Files.list(ShippedFiles.pictures())) {
            List<Path> pictures = files.filter(file -> file.toString().endsWith(".png"))
                    .sorted()
                    .limit(count)
                    .toList();
            assertFalse(pictures.size() < count);
            return pictures;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void join(List<? extends CompletableFuture<?>> futures) {
        CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new)).join();
    }
}
