package dev.pixie.indexing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pixie.Failure;
import dev.pixie.Model;
import dev.pixie.ProgressListener;
import dev.pixie.ReembedReport;
import dev.pixie.python.EmbedQueue;
import dev.pixie.python.FileName;
import dev.pixie.python.Lane;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Makes all vectors of a collection anew, beside those it has, which these take the place of in the end. */
public final class Reembedding {
    private final Lane lane;
    private final JsonNode begun;
    private final ObjectNode handle;
    private final Tally tally;
    private long copied;

    private Reembedding(Lane lane, JsonNode begun, ProgressListener listener) {
        this.lane = lane;
        this.begun = begun;
        handle = json().put("reembed", begun.get("reembed").asInt());
        tally = new Tally(listener, OptionalLong.of(begun.get("total").asLong()));
        copied = begun.get("copied").asLong();
    }

    /**
     * Makes vectors until there are all, {@code stop} turns true, or the thread is interrupted; all of them are swapped
     * in.
     *
     * @param folder the collection's, which nobody else may be writing
     * @param embedder the new model
     * @param skipFailed whether to leave behind what can't be embedded, instead of swapping nothing in
     */
    public static ReembedReport run(
            Path folder,
            Lane lane,
            EmbedQueue embedder,
            Supplier<List<Lane>> decodeLanes,
            boolean skipFailed,
            BooleanSupplier stop,
            ProgressListener listener) {
        long start = System.nanoTime();
        JsonNode begun = lane.call(
                "reembed_begin",
                json().put("path", FileName.text(folder))
                        .put("embedder", embedder.facts().handle()));
        Reembedding work = new Reembedding(lane, begun, listener);
        try (EmbedQueue queue = embedder.withFrames(begun.get("frames").asInt())) {
            Target target = new Target("reembed", begun.get("reembed").asInt(), lane, () -> queue, decodeLanes);
            boolean interrupted = work.embed(target, stop);
            JsonNode outcome = interrupted ? json() : work.finish(skipFailed);
            return work.report(folder, outcome, Duration.ofNanos(System.nanoTime() - start), interrupted);
        } finally {
            // Waited for, also by a thread that is interrupted: the caller may open the collection next.
            lane.callAsync("reembed_close", work.handle.put("import", work.plan()))
                    .handle((closed, failure) -> closed)
                    .join();
        }
    }

    private boolean embed(Target target, BooleanSupplier stop) {
        tally.report();
        boolean again = true;
        while (again) {
            boolean stopped = new RowSource(lane, plan(), stop, tally).takeInto(target);
            if (stopped || Thread.currentThread().isInterrupted()) {
                return true;
            }
            JsonNode turned = lane.call("reembed_turn", handle);
            copied = turned.get("copied").asLong();
            again = turned.get("again").asBoolean();
        }
        return false;
    }

    private JsonNode finish(boolean skipFailed) {
        ObjectNode argument = handle.deepCopy().put("skip_failed", skipFailed);
        argument.putArray("failures");
        for (Failure failure : tally.failures()) {
            argument.withArray("failures")
                    .addObject()
                    .put("id", failure.id())
                    .put("path", failure.path().map(FileName::text).orElse(null))
                    .put("code", failure.code())
                    .put("message", failure.message());
        }
        return lane.call("reembed_finish", argument);
    }

    private ReembedReport report(Path folder, JsonNode outcome, Duration elapsed, boolean interrupted) {
        return new ReembedReport(
                folder,
                model(begun.get("before")),
                model(begun.get("model")),
                begun.get("total").asLong(),
                tally.taken().updated(),
                copied,
                tally.unchanged(),
                tally.failures(),
                tally.warnings(),
                outcome.path("swapped").asBoolean(),
                outcome.hasNonNull("left_out")
                        ? Optional.of(FileName.path(outcome.get("left_out").asText()))
                        : Optional.empty(),
                elapsed,
                interrupted);
    }

    private int plan() {
        return begun.get("import").asInt();
    }

    private static Model model(JsonNode json) {
        return new Model(
                json.get("name").asText(),
                json.get("fingerprint").asText(),
                json.get("dimension").asInt());
    }

    private static ObjectNode json() {
        return JsonNodeFactory.instance.objectNode();
    }
}
