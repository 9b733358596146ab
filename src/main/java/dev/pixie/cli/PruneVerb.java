package dev.pixie.cli;

import dev.pixie.Pixie;
import dev.pixie.PruneReport;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "prune",
        description = {
            "Removes items whose files are missing; asks first.",
            "",
            "Where a folder is gone, or more than a fifth of it, indexing keeps its items and marks them as missing. They"
                    + " come back with their files. This removes those whose files are still gone."
        },
        footer = {
            "",
            "Examples:",
            "  pixie prune --dry-run",
            "  pixie prune --older-than 30d --yes",
            "",
            "Exit code: 0 done, also when nothing is missing; 1 when the answer was no."
        })
final class PruneVerb extends VerbWithOptions {
    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Option(
            names = "--older-than",
            paramLabel = "AGE",
            defaultValue = "0s",
            description = "Only items missing for so long: a number and s, m, h, d or w, such as 30d.")
    private Duration olderThan = Duration.ZERO;

    @Option(names = "--dry-run", description = "Remove nothing; print the ids of what would be.")
    private boolean dryRun;

    @Option(
            names = {"-y", "--yes"},
            description = "Do not ask.")
    private boolean yes;

    @Mixin
    private SummaryOutput output = new SummaryOutput();

    @Override
    int run(Console console) {
        if (!dryRun && !yes && !console.canAsk()) {
            throw usageError("prune asks before it removes, and there is no terminal to ask on: add --yes");
        }
        try (Pixie pixie = collection.openToChange(python(console))) {
            PruneReport found = pixie.prune(olderThan, true);
            if (found.returned() > 0) {
                console.note("left alone " + Quantity.count(found.returned(), "item")
                        + " whose files are there again; to take them back: pixie index");
            }
            if (dryRun) {
                return printTrial(found, console);
            }
            String what = Quantity.count(found.ids().size(), "missing item");
            if (!found.ids().isEmpty() && !yes && !Question.yes("Remove " + what, console)) {
                console.note("nothing removed");
                return ExitCode.FAILED;
            }
            PruneReport done = pixie.prune(olderThan, false);
            output.print(
                    console,
                    () -> ResultJson.of(done),
                    () -> "removed " + Quantity.count(done.ids().size(), "missing item") + " from "
                            + collection.name());
        }
        return ExitCode.DONE;
    }

    private int printTrial(PruneReport found, Console console) {
        if (output.isJson()) {
            console.result(ResultJson.of(found));
        } else {
            found.ids().forEach(id -> console.result(TextWidth.printable(id)));
            console.note(Quantity.count(found.ids().size(), "missing item") + " would be removed");
        }
        return ExitCode.DONE;
    }
}
