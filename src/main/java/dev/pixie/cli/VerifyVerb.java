package dev.pixie.cli;

import dev.pixie.PixieCare;
import dev.pixie.VerifyReport;
import java.util.OptionalLong;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "verify",
        description = {
            "Checks everything that must hold of a collection: records against vectors, checksums, the index, and that"
                    + " vectors are found by themselves. Changes nothing, and runs beside a writer.",
            "",
            "Exit code: 0 sound, 1 something is wrong; each finding is named, with what to do."
        },
        footer = {"", "Examples:", "  pixie verify", "  pixie verify --full -c photos"})
final class VerifyVerb extends VerbWithOptions {
    @Option(names = "--full", description = "Search for every vector, not for 1,000 of each modality.")
    private boolean full;

    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Mixin
    private ReportOutput output = new ReportOutput();

    @Override
    int run(Console console) {
        VerifyReport report;
        try (StepProgress progress = new StepProgress(console)) {
            report = PixieCare.open(python(console)).verify(collection.name(), full, progress);
        }
        output.print(console, () -> CareReportJson.of(report), () -> print(report, console));
        return report.sound() ? ExitCode.DONE : ExitCode.FAILED;
    }

    private void print(VerifyReport report, Console console) {
        FindingTable.print(report.findings(), console);
        console.result(summary(report));
    }

    private String summary(VerifyReport report) {
        String looked = number(report.items()) + " items, " + number(report.rows()) + " rows, "
                + Quantity.count(report.searched()) + " searched for, in " + Quantity.time(report.elapsed());
        if (report.sound()) {
            return collection.name() + " is sound: " + looked;
        }
        StringBuilder counts = new StringBuilder();
        new TreeMap<>(report.counts())
                .forEach((code, count) -> counts.append(counts.length() == 0 ? "" : ", ")
                        .append(Quantity.count(count))
                        .append(' ')
                        .append(code));
        return collection.name() + " is not sound: " + counts + " (" + looked + ")";
    }

    private static String number(OptionalLong number) {
        return number.isPresent() ? Quantity.count(number.getAsLong()) : "?";
    }
}
