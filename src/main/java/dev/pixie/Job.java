package dev.pixie;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pixie.python.Lane;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/** Long work of the bridge, done a step at a time so that no other call waits for all of it. */
final class Job {
    private static final Duration CLOSING = Duration.ofSeconds(10);

    private Job() {}

    /**
     * Begins a job and does all its steps.
     *
     * @param function the bridge's function that begins it
     * @param read makes a value of the report
     * @param progress told of each step before it is done, on the calling thread
     * @param closed ends it between two steps once it is true
     */
    static <T> T run(
            Lane lane,
            String function,
            ObjectNode argument,
            Function<JsonNode, T> read,
            Consumer<Step> progress,
            BooleanSupplier closed) {
        ObjectNode job = JsonNodeFactory.instance
                .objectNode()
                .put("job", lane.call(function, argument).get("job").asInt());
        try {
            while (!closed.getAsBoolean()) {
                JsonNode answer = lane.call("job_step", job);
                if (!answer.get("report").isNull()) {
                    return read.apply(answer.get("report"));
                }
                progress.accept(IndexJson.step(answer.get("step")));
            }
            throw new ClosedException("the collection was closed before this was done");
        } finally {
            // Waited for, because a job that is given up has files to clear away.
            Await.settled(lane.callAsync("job_close", job), CLOSING);
        }
    }
}
