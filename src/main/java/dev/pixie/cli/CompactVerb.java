package dev.pixie.cli;

import dev.pixie.CompactReport;
import dev.pixie.PixieCare;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "compact",
        description = {
            "Gives back the room that removed items and replaced vectors take: rows of vectors are never written twice,"
                    + " so they stay until then. What is found stays the same, and searches go on meanwhile.",
            "",
            "A new copy without them is written beside the collection's data and takes their place at once. If it is"
                    + " ended early, the collection is as it was."
        },
        footer = {"", "Examples:", "  pixie compact --dry-run", "  pixie compact -c photos"})
final class CompactVerb extends VerbWithOptions {
    @Option(names = "--dry-run", description = "Change nothing, and say how much there is to give back.")
    private boolean dryRun;

    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Mixin
    private ReportOutput output = new ReportOutput();

    @Override
    int run(Console console) {
        CompactReport report;
        try (StepProgress progress = new StepProgress(console)) {
            report = PixieCare.open(python(console)).compact(collection.name(), dryRun, progress);
        }
        output.print(console, () -> CareReportJson.of(report), () -> console.result(summary(report)));
        return ExitCode.DONE;
    }

    private String summary(CompactReport report) {
        if (report.removedRows() == 0) {
            return "nothing of " + collection.name() + " was removed: there is no room to give back";
        }
        String rows = Quantity.count(report.removedRows(), "removed row") + " of "
                + Quantity.count(report.rows() + report.removedRows());
        if (report.dryRun()) {
            return rows + " would go from " + collection.name() + ", " + Quantity.bytes(report.removedBytes())
                    + " of vectors and what belongs to them";
        }
        return "took " + rows + " out of " + collection.name() + ": " + Quantity.bytes(report.bytesBefore())
                + " before, " + Quantity.bytes(report.bytesAfter()) + " now, in " + Quantity.time(report.elapsed());
    }
}
