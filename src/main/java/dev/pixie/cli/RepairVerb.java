package dev.pixie.cli;

import dev.pixie.PixieCare;
import dev.pixie.RepairReport;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "repair",
        description = {
            "Fixes what can be fixed of a damaged collection, and says what it did. What it replaces or takes away is"
                    + " kept in a folder damaged-TIME in the collection's; picture files are never touched.",
            "",
            "Items whose vectors are damaged become failed files, which the next pixie index takes in again.",
            "",
            "Exit code: 0 sound now, 1 something is still wrong; with --dry-run, 1 if something is wrong."
        },
        footer = {"", "Examples:", "  pixie repair --dry-run", "  pixie repair -c photos"})
final class RepairVerb extends VerbWithOptions {
    @Option(names = "--dry-run", description = "Change nothing, and say what would be done.")
    private boolean dryRun;

    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Mixin
    private ReportOutput output = new ReportOutput();

    @Override
    int run(Console console) {
        RepairReport report;
        try (StepProgress progress = new StepProgress(console)) {
            report = PixieCare.open(python(console)).repair(collection.name(), dryRun, progress);
        }
        output.print(console, () -> CareReportJson.of(report), () -> print(report, console));
        return report.sound() ? ExitCode.DONE : ExitCode.FAILED;
    }

    private void print(RepairReport report, Console console) {
        Table table = Table.of(
                List.of("action", dryRun ? "what would be done" : "what was done"),
                List.of(Table.Fit.WORD, Table.Fit.TEXT));
        report.actions().forEach(action -> table.add(action.code(), action.message()));
        if (table.size() > 0) {
            table.print(console);
        }
        report.copies().ifPresent(copies -> console.note("kept in " + FileArgument.nameOf(copies)));
        if (!dryRun) {
            FindingTable.print(report.left(), console);
        }
        String state = report.sound() ? " is sound" : " is not sound";
        console.result(collection.name() + state + " (" + Quantity.time(report.elapsed()) + ")");
    }
}
