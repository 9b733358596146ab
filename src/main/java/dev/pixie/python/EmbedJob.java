package dev.pixie.python;

import dev.pixie.PixieException;
import dev.pixie.Warning;
import java.util.List;
import java.util.Optional;

/** What waits for the model. */
sealed interface EmbedJob {
    BatchEmbedder embedder();

    /** A single text or picture, which goes through the model together with others of its kind. */
    sealed interface Single extends EmbedJob {
        Withdrawable<Embedding> result();

        /** How many of its kind the model takes at once. */
        int batch();

        /** Whether both can be in one batch. */
        default boolean goesWith(Single other) {
            return other.getClass() == getClass() && other.embedder() == embedder();
        }

        default void finish(int row, FloatArray vectors, BulkResult batch) {
            PixieException failure = batch.failed().get(row);
            if (failure != null) {
                result().completeExceptionally(failure);
                return;
            }
            List<Warning> warnings = batch.warnings().stream()
                    .filter(warning -> warning.row() == row)
                    .map(warning -> new Warning(warning.code(), warning.message(), Optional.empty()))
                    .toList();
            result().complete(new Embedding(vectors.row(row), warnings));
        }
    }

    /** A text. */
    record Text(BatchEmbedder embedder, String text, Withdrawable<Embedding> result) implements Single {
        @Override
        public int batch() {
            return embedder.facts().textBatch();
        }
    }

    /** A picture that is decoded: its frames are the first rows of an array. */
    record Picture(BatchEmbedder embedder, ByteArray pixels, int frames, Withdrawable<Embedding> result)
            implements Single {
        @Override
        public int batch() {
            return embedder.facts().imageBatch();
        }
    }

    /** A batch that is made up already. */
    record Bulk(BatchEmbedder embedder, Batch batch, Withdrawable<BulkResult> result) implements EmbedJob {
        interface Batch {
            BulkResult embed(BatchEmbedder embedder);
        }
    }
}
