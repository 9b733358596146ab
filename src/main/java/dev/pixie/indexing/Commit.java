package dev.pixie.indexing;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Embedded batches on their way to the disk in one durable commit. */
final class Commit {
    private final List<Batch> batches;
    private final CommitContent content = new CommitContent();
    private final CompletableFuture<JsonNode> answer;

    /** Starts to commit batches that are embedded. */
    Commit(List<Batch> batches, Target target, int dimension) {
        this.batches = batches;
        batches.forEach(content::add);
        answer = target.commit(content.argument(), content.vectors(dimension));
    }

    List<Batch> batches() {
        return batches;
    }

    boolean isDone() {
        return answer.isDone();
    }

    /** Calls {@code then} once it is on the disk, or could not be, on whatever thread that happens. */
    void whenDone(Runnable then) {
        answer.whenComplete((done, failure) -> then.run());
    }

    /** Waits until it is on the disk, or could not be, and leaves it at that. */
    void settle() {
        answer.handle((done, failure) -> done).join();
    }

    /** Waits until it is on the disk, and counts it. */
    void finish(Tally tally) {
        JsonNode counts = Calls.join(answer);
        tally.committed(
                new Tally.Taken(
                        counts.get("added").asLong(),
                        counts.get("updated").asLong(),
                        counts.get("moved").asLong(),
                        counts.get("copied").asLong()),
                content.failures(),
                content.touchedFiles());
    }
}
