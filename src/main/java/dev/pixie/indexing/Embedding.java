package dev.pixie.indexing;

import dev.pixie.InvalidInputException;
import dev.pixie.PixieException;
import dev.pixie.PythonFailure;
import dev.pixie.Warning;
import dev.pixie.python.BulkResult;
import dev.pixie.python.EmbedQueue;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A batch that waits for the model, is in it, or was. */
final class Embedding {
    private static final BulkResult NOTHING = new BulkResult(List.of(), Map.of());

    private final Batch batch;
    private final CompletableFuture<BulkResult> pictures;
    private final CompletableFuture<BulkResult> texts;

    /** Sends a batch to the model, behind whatever waits there. */
    Embedding(Batch batch, EmbedQueue embedder) {
        this.batch = batch;
        pictures = batch.pictures() == 0
                ? CompletableFuture.completedFuture(NOTHING)
                : embedder.bulkPixels(batch.pixels(), batch.frames(), batch.imageVectors());
        texts = batch.texts().isEmpty()
                ? CompletableFuture.completedFuture(NOTHING)
                : embedder.bulkTexts(batch.texts(), batch.textVectors());
    }

    boolean isDone() {
        return pictures.isDone() && texts.isDone();
    }

    /** Calls {@code then} once it is through the model, or could not be, on whatever thread that happens. */
    void whenDone(Runnable then) {
        CompletableFuture.allOf(pictures, texts).whenComplete((done, failure) -> then.run());
    }

    /** Takes it out of the model's queue, if it is not in the model yet. */
    void cancel() {
        pictures.cancel(false);
        texts.cancel(false);
    }

    /** The batch with its vectors, without what the model refused. */
    Batch finish(Tally tally) {
        BulkResult seen = Calls.join(pictures);
        BulkResult read = Calls.join(texts);
        read.warnings()
                .forEach(warning -> tally.warn(
                        new Warning(warning.code(), warning.message(), Optional.of(batch.idOfText(warning.row())))));
        List<Batch.Member> members = batch.members();
        requireOwnFaults(seen, batch.pictures());
        requireOwnFaults(read, batch.texts().size());
        for (int i = 0; i < members.size(); i++) {
            Batch.Member member = members.get(i);
            PixieException refusal = seen.failed().get(member.pixels());
            if (refusal == null) {
                refusal = read.failed().get(member.words());
            }
            if (refusal != null) {
                batch.refuse(i, new Decoded.Unreadable("unsupported", refusal.message()));
            }
        }
        return batch;
    }

    /** Throws what is not the items' fault, such as a model that can't be loaded: it would fail them all, in vain. */
    private static void requireOwnFaults(BulkResult result, int rows) {
        for (PixieException failure : result.failed().values()) {
            boolean strange =
                    failure instanceof PythonFailure && result.failed().size() < rows;
            if (!(failure instanceof InvalidInputException) && !strange) {
                throw failure;
            }
        }
    }
}
