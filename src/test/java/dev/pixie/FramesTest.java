package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several frames of an animation, which make one vector. */
@Tag("python")
@Timeout(300)
class FramesTest {
    /** The make-up of a batch moves results by about 2e-7. */
    private static final float TOLERANCE = 1e-5f;

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    @Test
    void an_animation_has_the_mean_of_its_frames_and_others_are_as_ever() throws Exception {
        Path pictures = Files.createDirectory(folder.resolve("Clips"));
        TestPictures.writeMany(pictures, 20);
        // More frames than are embedded at once, fewer than are wanted, and some left out.
        Map<String, List<Integer>> animations =
                Map.of("long", range(100, 112), "short", range(200, 203), "spread", range(300, 324));
        for (var animation : animations.entrySet()) {
            write(pictures.resolve(animation.getKey() + ".gif"), animation.getValue());
        }
        Path stored = folder.resolve("out.ndjson");
        try (Pixie pixie = open(12)) {
            assertEquals(12, pixie.frames());
            assertEquals(23, index(pixie, pictures).added());
            pixie.export(stored, ExportOptions.DEFAULT.vectors(true), step -> {});
        }
        Map<String, float[]> vectors = vectors(stored);
        try (Embedder embedder = Embedder.open("demo")) {
            for (int seed = 0; seed < 20; seed++) {
                float[] alone = embedder.embed(TestPictures.png(seed));
                assertArrayEquals(alone, vectors.get("Clips/" + seed + ".png"), TOLERANCE);
            }
            Map<String, List<Integer>> counted = new HashMap<>(animations);
            counted.put(
                    "spread",
                    IntStream.range(0, 12).map(i -> 300 + 2 * i).boxed().toList());
            for (var animation : counted.entrySet()) {
                float[] mean = mean(embedder, animation.getValue());
                assertArrayEquals(mean, vectors.get("Clips/" + animation.getKey() + ".gif"), TOLERANCE);
            }
        }
    }

    @Test
    void the_collection_keeps_the_number_for_runs_items_and_queries() throws Exception {
        Path pictures = Files.createDirectory(folder.resolve("Clips"));
        Path gif = write(pictures.resolve("a.gif"), range(0, 6));
        try (Pixie pixie = open(3)) {
            index(pixie, pictures);
        }
        try (Pixie pixie = open(null);
                Embedder embedder = Embedder.open("demo")) {
            assertEquals(3, pixie.frames());
            assertEquals(1, index(pixie, pictures).unchanged());
            float[] mean = mean(embedder, List.of(0, 2, 4));
            assertArrayEquals(mean, pixie.embed(gif), TOLERANCE);
            assertArrayEquals(
                    embedder.embed(TestPictures.png(9)),
                    pixie.embed(TestPictures.write(gif.resolveSibling("9.png"), 9)),
                    TOLERANCE);
            pixie.add(Item.picture("file", gif), Item.picture("bytes", Files.readAllBytes(gif)));
            List<CompletableFuture<SearchResult>> running = IntStream.range(0, 20)
                    .mapToObj(i -> pixie.searchAsync(Query.of(Term.picture(gif)).limit(3)))
                    .toList();
            for (CompletableFuture<SearchResult> result : running) {
                result.join().hits().forEach(hit -> assertEquals(1, hit.score(), 1e-6));
            }
        }
    }

    @Test
    void another_model_sees_as_many() throws Exception {
        Path pictures = Files.createDirectory(folder.resolve("Clips"));
        Path gif = write(pictures.resolve("a.gif"), range(0, 6));
        try (Pixie pixie = open(3)) {
            index(pixie, pictures);
        }
        String photos = folder.resolve("photos").toString();
        String other = TestCheckpoint.write(folder.resolve("tiny")).toString();
        assertTrue(PixieCollections.open()
                .reembed(photos, other, ReembedOptions.DEFAULT.dtype("float32"), ProgressListener.NONE)
                .swapped());
        try (Pixie pixie = Pixie.builder(photos).dtype("float32").open()) {
            assertEquals(TestCheckpoint.DIMENSION, pixie.model().dimension());
            assertEquals(
                    1, pixie.search(Query.of(Term.picture(gif))).hits().get(0).score(), 1e-5);
        }
    }

    @Test
    void another_number_is_refused_once_there_are_pictures() throws Exception {
        try (Pixie pixie = open(null)) {
            pixie.add(Item.text("text", "no picture"));
        }
        try (Pixie pixie = open(4)) {
            assertEquals(4, pixie.frames());
            pixie.add(Item.picture("a", TestPictures.png(1)));
        }
        InvalidInputException refused = assertThrows(InvalidInputException.class, () -> open(5));
        assertTrue(refused.getMessage().contains("embedded with 4 of the frames"), refused.getMessage());
        assertThrows(InvalidInputException.class, () -> Pixie.builder(folder).frames(0));
        assertThrows(InvalidInputException.class, () -> Pixie.builder(folder).frames(33));
        try (Pixie pixie = open(4)) {
            assertEquals(2, pixie.size());
        }
    }

    private Pixie open(Integer frames) {
        PixieBuilder builder =
                Pixie.builder(folder.resolve("photos")).model("demo").dtype("float32");
        return (frames == null ? builder : builder.frames(frames)).open();
    }

    private static IndexReport index(Pixie pixie, Path pictures) {
        return pixie.index(List.of(pictures), IndexOptions.DEFAULT, ProgressListener.NONE);
    }

    private static List<Integer> range(int from, int to) {
        return IntStream.range(from, to).boxed().toList();
    }

    /** Writes an animation of the pictures with these seeds. */
    private static Path write(Path file, List<Integer> seeds) throws IOException {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
        try (ImageOutputStream out = ImageIO.createImageOutputStream(file.toFile())) {
            writer.setOutput(out);
            writer.prepareWriteSequence(null);
            for (int seed : seeds) {
                var frame = ImageIO.read(new ByteArrayInputStream(TestPictures.png(seed)));
                writer.writeToSequence(new IIOImage(frame, null, null), null);
            }
            writer.endWriteSequence();
        } finally {
            writer.dispose();
        }
        return file;
    }

    private static float[] mean(Embedder embedder, List<Integer> seeds) {
        List<float[]> frames = new ArrayList<>();
        seeds.forEach(seed -> frames.add(embedder.embed(TestPictures.png(seed))));
        double[] sum = new double[frames.get(0).length];
        frames.forEach(frame -> IntStream.range(0, sum.length).forEach(i -> sum[i] += frame[i]));
        double length = Math.sqrt(
                IntStream.range(0, sum.length).mapToDouble(i -> sum[i] * sum[i]).sum());
        float[] mean = new float[sum.length];
        IntStream.range(0, sum.length).forEach(i -> mean[i] = (float) (sum[i] / length));
        return mean;
    }

    private static Map<String, float[]> vectors(Path exported) throws IOException {
        Map<String, float[]> vectors = new HashMap<>();
        for (String line : Files.readAllLines(exported)) {
            JsonNode item = JSON.readTree(line);
            vectors.put(item.get("id").asText(), JSON.convertValue(item.get("image_vector"), float[].class));
        }
        return vectors;
    }
}
