package dev.pixie.indexing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pixie.Failure;
import dev.pixie.IndexOptions;
import dev.pixie.IndexReport;
import dev.pixie.ProgressListener;
import dev.pixie.Root;
import dev.pixie.python.FileName;
import dev.pixie.python.Lane;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;

/** Takes in the pictures of some folders. */
public final class Indexing {
    private static final int FILES_PER_CALL = 256;

    private final Target target;
    private final Lane lane;

    private Indexing(Target target) {
        this.target = target;
        this.lane = target.writer();
    }

    /**
     * Takes in every picture that is new or has changed, until there are no more, {@code stop} turns true, or the
     * thread is interrupted.
     *
     * @param only folders in {@code paths} to look at alone, each without the folders in it; none for all there is
     * @param mayBeGone whether it is no error that there is nothing at one of the paths and never was
     */
    public static IndexReport run(
            Target target,
            List<Path> paths,
            List<Path> only,
            boolean mayBeGone,
            IndexOptions options,
            BooleanSupplier stop,
            ProgressListener listener) {
        return new Indexing(target).run(paths, only, mayBeGone, options, stop, listener);
    }

    private IndexReport run(
            List<Path> paths,
            List<Path> only,
            boolean mayBeGone,
            IndexOptions options,
            BooleanSupplier stop,
            ProgressListener listener) {
        long start = System.nanoTime();
        ObjectNode argument = json().put("collection", target.handle())
                .put("retry_failed", options.retryFailed())
                .put("may_be_gone", mayBeGone);
        paths.forEach(path -> argument.withArray("paths").add(FileName.text(path.toAbsolutePath())));
        only.forEach(path -> argument.withArray("only").add(FileName.text(path)));
        options.include().forEach(argument.withArray("include")::add);
        options.exclude().forEach(argument.withArray("exclude")::add);
        JsonNode plan = lane.call("index_plan", argument);
        int handle = plan.get("plan").asInt();
        try {
            long found = plan.get("found").asLong();
            long unchanged = plan.get("unchanged").asLong();
            long failedBefore = plan.get("failed_before").asLong();
            Tally tally = new Tally(listener, OptionalLong.of(found), unchanged, failedBefore);
            plan.get("problems").forEach(problem -> tally.problem(failure(problem)));
            tally.report();
            boolean interrupted = false;
            long todo = plan.get("todo").asLong();
            while (todo > 0 && !interrupted) {
                interrupted = new Intake(() -> take(handle), target, false, stop, tally).run();
                // Files that waited for equal ones, which are all committed now.
                todo = interrupted
                        ? 0
                        : lane.call("index_again", json().put("plan", handle))
                                .get("todo")
                                .asLong();
            }
            // What an unfinished run has not come by may yet turn out to have been moved.
            JsonNode vanished = interrupted ? json() : lane.call("index_settle", json().put("plan", handle));
            Tally.Taken taken = tally.taken();
            return new IndexReport(
                    found,
                    taken.added(),
                    taken.updated(),
                    taken.moved(),
                    taken.copied(),
                    tally.unchanged(),
                    failedBefore,
                    vanished.path("removed").asLong(),
                    vanished.path("missing").asLong(),
                    tally.failures(),
                    roots(plan.get("roots")),
                    Duration.ofNanos(System.nanoTime() - start),
                    interrupted);
        } finally {
            // Not waited for: the thread may be interrupted, which would take the call back.
            lane.callAsync("index_close", json().put("plan", handle));
        }
    }

    private List<Entry> take(int plan) {
        List<Entry> entries = new ArrayList<>();
        JsonNode answer = lane.call("index_take", json().put("plan", plan).put("max", FILES_PER_CALL));
        for (JsonNode file : answer.get("files")) {
            Entry.Stat stat = new Entry.Stat(
                    file.get("size").asLong(),
                    file.get("mtime_ns").asLong(),
                    file.hasNonNull("known_hash") ? file.get("known_hash").asText() : null,
                    plan);
            entries.add(Entry.file(file.get("id").asText(), file.get("path").asText(), stat));
        }
        return entries;
    }

    private static Failure failure(JsonNode json) {
        return new Failure(
                json.get("id").asText(),
                json.hasNonNull("path")
                        ? Optional.of(FileName.path(json.get("path").asText()))
                        : Optional.empty(),
                json.get("code").asText(),
                json.get("message").asText());
    }

    private static List<Root> roots(JsonNode json) {
        List<Root> roots = new ArrayList<>();
        json.forEach(root -> roots.add(new Root(
                root.get("name").asText(), FileName.path(root.get("path").asText()))));
        return roots;
    }

    private static ObjectNode json() {
        return JsonNodeFactory.instance.objectNode();
    }
}
