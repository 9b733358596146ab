package dev.pixie.cli;

import dev.pixie.BackupReport;
import dev.pixie.PixieCare;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "restore",
        description = {
            "Makes a collection of a file that pixie backup made. Its checksums are checked; a collection that is there"
                    + " is never written over."
        },
        footer = {"", "Examples:", "  pixie restore photos.backup -c photos"})
final class RestoreVerb extends VerbWithOptions {
    @Parameters(paramLabel = "FILE", description = "The backup.")
    private Path file = Path.of("");

    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Mixin
    private ReportOutput output = new ReportOutput();

    @Override
    int run(Console console) {
        BackupReport report;
        try (StepProgress progress = new StepProgress(console)) {
            report = PixieCare.open(python(console)).restore(file, collection.name(), progress);
        }
        output.print(console, () -> CareReportJson.of(report), () -> console.result(summary(report)));
        return ExitCode.DONE;
    }

    private String summary(BackupReport report) {
        return "restored " + Quantity.count(report.items(), "item") + " of " + report.created() + " into "
                + collection.name() + ", in " + Quantity.time(report.elapsed());
    }
}
