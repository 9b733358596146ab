package dev.pixie.python;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pixie.InvalidInputException;
import dev.pixie.PixieException;
import dev.pixie.PythonFailure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One model, batch by batch, with the arrays that batches of single texts and pictures use again and again. Used on the
 * embed lane only.
 */
final class BatchEmbedder {
    private final Lane lane;
    private final EmbedderFacts facts;
    private @Nullable FloatArray vectors;
    private @Nullable ByteArray pixels;

    BatchEmbedder(Lane lane, EmbedderFacts facts) {
        this.lane = lane;
        this.facts = facts;
    }

    EmbedderFacts facts() {
        return facts;
    }

    /** Embeds texts into the first rows of {@code out}. */
    BulkResult texts(List<String> texts, FloatArray out) {
        return rowByRowIfNeeded(texts.size(), (from, count) -> {
            JsonNode answer = lane.call(
                    "embed_texts",
                    Map.of("embedder", facts.handle(), "texts", texts.subList(from, from + count)),
                    out.rows(from, count));
            List<RowWarning> warnings = new ArrayList<>();
            for (JsonNode warning : answer.path("warnings")) {
                warnings.add(new RowWarning(
                        from + warning.required("index").asInt(),
                        warning.required("code").asText(),
                        warning.required("message").asText()));
            }
            return warnings;
        });
    }

    /**
     * Embeds pictures into the first rows of {@code out}.
     *
     * @param pixels their frames, one after the other
     * @param frames how many each picture has
     */
    BulkResult pixels(ByteArray pixels, List<Integer> frames, FloatArray out) {
        return rowByRowIfNeeded(frames.size(), (from, count) -> {
            List<Integer> own = frames.subList(from, from + count);
            lane.call(
                    "embed_pixels",
                    Map.of("embedder", facts.handle(), "count", count, "frames", own),
                    pixels.rows(sum(frames.subList(0, from)), sum(own)),
                    out.rows(from, count));
            return List.of();
        });
    }

    /** Embeds texts, or pictures, that came one by one; their vectors are in the first rows of {@link #vectors()}. */
    BulkResult singles(List<EmbedJob.Single> jobs) {
        List<String> texts = new ArrayList<>();
        List<EmbedJob.Picture> pictures = new ArrayList<>();
        for (EmbedJob.Single job : jobs) {
            if (job instanceof EmbedJob.Text text) {
                texts.add(text.text());
            } else if (job instanceof EmbedJob.Picture picture) {
                pictures.add(picture);
            }
        }
        return texts.isEmpty() ? pictures(pictures) : texts(texts, vectors());
    }

    private BulkResult pictures(List<EmbedJob.Picture> pictures) {
        List<Integer> frames = pictures.stream().map(EmbedJob.Picture::frames).toList();
        ByteArray pixels = pixels(sum(frames));
        int row = 0;
        for (EmbedJob.Picture picture : pictures) {
            for (int frame = 0; frame < picture.frames(); frame++) {
                pixels.setRow(row++, picture.pixels(), frame);
            }
        }
        return pixels(pixels, frames, vectors());
    }

    /** Room for a batch of vectors. */
    FloatArray vectors() {
        if (vectors == null) {
            vectors = new FloatArray(Math.max(facts.textBatch(), facts.imageBatch()), facts.dimension());
        }
        return vectors;
    }

    /** Room for a batch of pictures; animations that do not fit are given room of their own. */
    private ByteArray pixels(int rows) {
        if (rows > facts.imageBatch()) {
            return new ByteArray(rows, facts.imageSize(), facts.imageSize(), 3);
        }
        if (pixels == null) {
            pixels = new ByteArray(facts.imageBatch(), facts.imageSize(), facts.imageSize(), 3);
        }
        return pixels;
    }

    private static int sum(List<Integer> counts) {
        return counts.stream().mapToInt(Integer::intValue).sum();
    }

    private interface Rows {
        List<RowWarning> embed(int from, int count);
    }

    /** A batch that fails is tried again row by row, so that the row at fault fails alone. */
    private static BulkResult rowByRowIfNeeded(int count, Rows rows) {
        if (count == 0) {
            return new BulkResult(List.of(), Map.of());
        }
        try {
            return new BulkResult(rows.embed(0, count), Map.of());
        } catch (PixieException e) {
            if (count == 1 || !mayBeOneRowsFault(e)) {
                Map<Integer, PixieException> failed = new HashMap<>();
                for (int row = 0; row < count; row++) {
                    failed.put(row, e);
                }
                return new BulkResult(List.of(), failed);
            }
        }
        List<RowWarning> warnings = new ArrayList<>();
        Map<Integer, PixieException> failed = new HashMap<>();
        for (int row = 0; row < count; row++) {
            try {
                warnings.addAll(rows.embed(row, 1));
            } catch (PixieException e) {
                failed.put(row, e);
            }
        }
        return new BulkResult(warnings, failed);
    }

    /** A model that can't be loaded fails for every row, and slowly. */
    private static boolean mayBeOneRowsFault(PixieException failure) {
        return failure instanceof InvalidInputException || failure instanceof PythonFailure;
    }
}
