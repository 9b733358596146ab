package dev.pixie.indexing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pixie.ImportReport;
import dev.pixie.ProgressListener;
import dev.pixie.python.Lane;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;

/** Takes in the rows of a table. Rows that need no embedding are compared and committed by Python as they come. */
public final class Importing {
    private Importing() {}

    /**
     * Takes in the rows of a table until there are no more, {@code stop} turns true, or the thread is interrupted.
     *
     * @param table the table and how to read it, as {@code import_plan} takes it, without the collection
     */
    public static ImportReport run(Target target, ObjectNode table, BooleanSupplier stop, ProgressListener listener) {
        long start = System.nanoTime();
        Lane lane = target.writer();
        JsonNode plan = lane.call("import_plan", table.put("collection", target.handle()));
        int handle = plan.get("import").asInt();
        JsonNode total = plan.get("total");
        Tally tally = new Tally(listener, total.isNull() ? OptionalLong.empty() : OptionalLong.of(total.asLong()));
        try {
            tally.report();
            boolean interrupted = new RowSource(lane, handle, stop, tally).takeInto(target);
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
                    interrupted);
        } finally {
            // Not waited for: the thread may be interrupted, which would take the call back.
            lane.callAsync("import_close", json().put("import", handle));
        }
    }

    private static ObjectNode json() {
        return JsonNodeFactory.instance.objectNode();
    }
}
