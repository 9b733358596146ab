package dev.pixie.cli;

import dev.pixie.BackupReport;
import dev.pixie.PixieCare;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "backup",
        description = {
            "Copies a collection, as it is at one moment, into one file, also while it is written. The file is a ZIP"
                    + " archive and appears when it is whole; nothing is written over.",
            "",
            "The index, which is built again, and the log of queries are left out."
        },
        footer = {"", "Examples:", "  pixie backup photos.backup -c photos", "  pixie restore photos.backup -c again"})
final class BackupVerb extends VerbWithOptions {
    @Parameters(paramLabel = "FILE", description = "The file to make.")
    private Path file = Path.of("");

    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Mixin
    private ReportOutput output = new ReportOutput();

    @Override
    int run(Console console) {
        BackupReport report;
        try (StepProgress progress = new StepProgress(console)) {
            report = PixieCare.open(python(console)).backup(collection.name(), file, progress);
        }
        output.print(console, () -> CareReportJson.of(report), () -> console.result(summary(report)));
        return ExitCode.DONE;
    }

    private String summary(BackupReport report) {
        return "copied " + Quantity.count(report.items(), "item") + " of " + collection.name() + " to "
                + FileArgument.nameOf(file) + ", " + Quantity.bytes(report.bytes()) + ", in "
                + Quantity.time(report.elapsed());
    }
}
