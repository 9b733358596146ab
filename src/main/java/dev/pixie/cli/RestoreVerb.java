package dev.pixie.cli;

import dev.pixie.BackupReport;
import dev.pixie.PixieCare;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
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

    @Option(names = "--json", description = "Print one JSON object, as is done into a pipe or file.")
    private boolean json;

    @Override
    int run(Console console) {
        BackupReport report;
        try (StepProgress progress = new StepProgress(console)) {
            report = PixieCare.open(python(console)).restore(file, collection.name(), progress);
        }
        console.result(
                json || !console.resultsOnTerminal()
                        ? CareReportJson.of(report)
                        : "restored " + Quantity.count(report.items(), "item") + " of " + report.created() + " into "
                                + collection.name() + ", in " + Quantity.time(report.elapsed()));
        return ExitCode.DONE;
    }
}
