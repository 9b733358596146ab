package dev.pixie.indexing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pixie.Failure;
import dev.pixie.ImportReport;
import dev.pixie.ProgressListener;
import dev.pixie.Warning;
import dev.pixie.python.FileName;
import dev.pixie.python.Lane;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Takes in the rows of a table. Rows that need no embedding are compared and committed by Python as they come. */
public final class Importing {
    /** Few enough that the pictures which a table holds itself fit in memory. */
    private static final int ROWS_PER_CALL = 64;

    private final Lane lane;
    private final int plan;
    private final BooleanSupplier stop;
    private final Tally tally;
    private List<Entry> first = List.of();
    private boolean ended;
    private boolean cut;

    private Importing(Lane lane, JsonNode plan, BooleanSupplier stop, ProgressListener listener) {
        this.lane = lane;
        this.plan = plan.get("import").asInt();
        this.stop = stop;
        JsonNode total = plan.get("total");
        tally = new Tally(listener, total.isNull() ? OptionalLong.empty() : OptionalLong.of(total.asLong()));
    }

    /**
     * Takes in the rows of a table until there are no more, {@code stop} turns true, or the thread is interrupted.
     *
     * @param table the table and how to read it, as {@code import_plan} takes it, without the collection
     */
    public static ImportReport run(Target target, ObjectNode table, BooleanSupplier stop, ProgressListener listener) {
        long start = System.nanoTime();
        Lane lane = target.writer();
        JsonNode plan = lane.call("import_plan", table.put("collection", target.collection()));
        Importing importing = new Importing(lane, plan, stop, listener);
        try {
            return importing.run(target, start);
        } finally {
            // Not waited for: the thread may be interrupted, which would take the call back.
            lane.callAsync("import_close", json().put("import", importing.plan));
        }
    }

    private ImportReport run(Target target, long start) {
        tally.report();
        // The model is loaded for the first row that needs it: an import of unchanged rows never does.
        first = take();
        boolean interrupted = !first.isEmpty() && new Intake(this::takeFromFirst, target, false, stop, tally).run();
        Tally.Taken taken = tally.taken();
        return new ImportReport(
                taken.all()
                        + tally.unchanged()
                        + tally.failedBefore()
                        + tally.repeated()
                        + tally.failures().size(),
                taken.added(),
                taken.updated(),
                tally.unchanged(),
                tally.failedBefore(),
                tally.repeated(),
                tally.failures(),
                tally.warnings(),
                Duration.ofNanos(System.nanoTime() - start),
                interrupted || cut);
    }

    private List<Entry> takeFromFirst() {
        if (first.isEmpty()) {
            return take();
        }
        List<Entry> entries = first;
        first = List.of();
        return entries;
    }

    /** The next rows to embed; none when there are no more. */
    private List<Entry> take() {
        while (!ended) {
            if (stop.getAsBoolean() || Thread.currentThread().isInterrupted()) {
                cut = true;
                return List.of();
            }
            JsonNode taken = lane.call("import_take", json().put("import", plan).put("max", ROWS_PER_CALL));
            ended = taken.get("ended").asBoolean();
            tally.leave(
                    taken.get("failed_before").asLong(), taken.get("repeated").asLong());
            taken.get("warnings").forEach(this::warn);
            tally.committed(
                    new Tally.Taken(
                            taken.get("added").asLong(), taken.get("updated").asLong(), 0, 0),
                    failures(taken.get("failures")),
                    taken.get("unchanged").asLong());
            if (!taken.get("rows").isEmpty()) {
                return entries(taken.get("rows"));
            }
        }
        return List.of();
    }

    private List<Entry> entries(JsonNode rows) {
        List<Entry> entries = new ArrayList<>();
        for (JsonNode row : rows) {
            // Values stay what they are in JSON: they go back to Python as they came.
            Map<String, @Nullable Object> metadata = new LinkedHashMap<>();
            row.get("metadata").properties().forEach(field -> metadata.put(field.getKey(), field.getValue()));
            entries.add(new Entry(
                    row.get("id").asText(),
                    row.hasNonNull("path") ? row.get("path").asText() : null,
                    null,
                    row.hasNonNull("text") ? row.get("text").asText() : null,
                    metadata,
                    null,
                    new Entry.Row(
                            plan, row.get("row").asLong(), row.get("picture").asBoolean(), (ObjectNode)
                                    row.get("seen"))));
        }
        return entries;
    }

    private void warn(JsonNode warning) {
        tally.warn(new Warning(
                warning.get("code").asText(),
                warning.get("message").asText(),
                Optional.ofNullable(warning.get("item").textValue())));
    }

    private static List<Failure> failures(JsonNode json) {
        List<Failure> failures = new ArrayList<>();
        json.forEach(failure -> failures.add(new Failure(
                failure.get("id").asText(),
                failure.hasNonNull("path")
                        ? Optional.of(FileName.path(failure.get("path").asText()))
                        : Optional.empty(),
                failure.get("code").asText(),
                failure.get("message").asText())));
        return failures;
    }

    private static ObjectNode json() {
        return JsonNodeFactory.instance.objectNode();
    }
}
