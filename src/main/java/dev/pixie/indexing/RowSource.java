package dev.pixie.indexing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pixie.Failure;
import dev.pixie.Warning;
import dev.pixie.python.FileName;
import dev.pixie.python.Lane;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The rows that a plan of Python's hands out to be embedded; what needs no embedding is counted as they come. */
final class RowSource implements Source {
    /** Few enough that the pictures which a table holds itself fit in memory. */
    private static final int ROWS_PER_CALL = 64;

    private final Lane lane;
    private final int plan;
    private final BooleanSupplier stop;
    private final Tally tally;
    private List<Entry> first = List.of();
    private boolean ended;
    private boolean cut;

    /**
     * The rows that are left of a plan.
     *
     * @param plan the bridge's handle of it
     * @param stop asked before each call; no more rows come once it is true
     */
    RowSource(Lane lane, int plan, BooleanSupplier stop, Tally tally) {
        this.lane = lane;
        this.plan = plan;
        this.stop = stop;
        this.tally = tally;
    }

    /**
     * Takes in all of them.
     *
     * @return whether it was stopped before that
     */
    boolean takeInto(Target target) {
        // The model is loaded for the first row that needs it: a run of unchanged rows never does.
        first = next();
        boolean interrupted = !first.isEmpty() && new Intake(this, target, false, stop, tally).run();
        return interrupted || cut;
    }

    @Override
    public List<Entry> take() {
        if (first.isEmpty()) {
            return next();
        }
        List<Entry> entries = first;
        first = List.of();
        return entries;
    }

    private List<Entry> next() {
        while (!ended) {
            if (stop.getAsBoolean() || Thread.currentThread().isInterrupted()) {
                cut = true;
                return List.of();
            }
            JsonNode taken = lane.call(
                    "import_take",
                    JsonNodeFactory.instance.objectNode().put("import", plan).put("max", ROWS_PER_CALL));
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
}
