package dev.pixie.cli;

import dev.pixie.PixieCollections;
import dev.pixie.ReembedOptions;
import dev.pixie.ReembedReport;
import dev.pixie.python.PythonEnvironment;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "reembed",
        description = {
            "Makes all vectors of a collection anew, with the model that --model names.",
            "",
            "They are made beside the old ones, which keep answering, and take their place at once when all are there."
                    + " Ctrl-C saves what is done; the same command goes on from there. To give up, name the model"
                    + " that the collection has.",
            "",
            "When a picture can't be read, the collection keeps its model, until the file is back or --skip-failed"
                    + " leaves it behind: such items are listed by 'pixie errors', and a file left-out-TIME.ndjson in"
                    + " the collection's folder has all that was known of them, for 'pixie import'."
        },
        footer = {
            "",
            "Examples:",
            "  pixie reembed --model openai/clip-vit-base-patch32",
            "  pixie reembed -c drawings --model ./my-clip --skip-failed",
            "",
            "Exit code: 0 done, or nothing to do; 1 nothing was changed; 3 done without what failed (each is named);"
                    + " 130 interrupted."
        })
final class ReembedVerb extends VerbWithOptions {
    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Option(names = "--skip-failed", description = "Go over to the new model without what can't be embedded.")
    private boolean skipFailed;

    @Mixin
    private ProgressOption progress = new ProgressOption();

    @Mixin
    private SummaryOutput output = new SummaryOutput();

    @Override
    int run(Console console) {
        String name = model.model().orElseThrow(() -> usageError("name the new model: --model MODEL"));
        PythonEnvironment python = python(console);
        try (GracefulStop stop = GracefulStop.install(console)) {
            ReembedReport report = reembed(name, python, stop, console);
            report.warnings().forEach(warning -> console.warn(warning.message()));
            output.print(console, () -> TableJson.of(report), () -> summary(report));
            if (report.interrupted()) {
                console.note("go on with: pixie reembed" + words(name));
                return stop.asked() ? stop.exitCode() : ExitCode.INTERRUPTED;
            }
            return report.swapped() || !report.needed() ? done(report, console) : refused(report, name, console);
        }
    }

    private ReembedReport reembed(String name, PythonEnvironment python, GracefulStop stop, Console console) {
        var options = ReembedOptions.DEFAULT
                .device(model.device())
                .dtype(model.dtype())
                .skipFailed(skipFailed)
                .stopWhen(stop::asked);
        try (IndexProgress shown = progress.show(console, "Embedding")) {
            return PixieCollections.open(python).reembed(collection.name(), name, options, shown);
        }
    }

    private int done(ReembedReport report, Console console) {
        report.leftOut().map(FileArgument::nameOf).ifPresent(file -> {
            console.note("what was known of them is in a file; once theirs are back: pixie import"
                    + collection.asArgument() + " " + ShellWord.quote(file));
        });
        return report.failures().isEmpty() ? ExitCode.DONE : ExitCode.SOME_FAILED;
    }

    private int refused(ReembedReport report, String name, Console console) {
        console.error(collection.name() + " keeps the model " + report.before().name() + ": "
                + Quantity.count(report.failures().size(), "item")
                + " could not be embedded, and the others wait; put that right and go on, or leave them behind:"
                + " pixie reembed" + words(name) + " --skip-failed");
        return ExitCode.FAILED;
    }

    private String words(String name) {
        return collection.asArgument() + " --model " + ShellWord.quote(name);
    }

    private String summary(ReembedReport report) {
        if (!report.needed()) {
            return "the vectors of " + collection.name() + " are of this model already: "
                    + Quantity.count(report.items(), "item") + ", nothing to do";
        }
        return (report.interrupted() ? "stopped early: " : "") + "embedded "
                + Quantity.count(report.embedded(), "item") + " of " + collection.name() + " again ("
                + Quantity.count(report.copied()) + " by copies), "
                + Quantity.count(report.doneBefore()) + " before, "
                + Quantity.count(report.failures().size()) + " failed, in " + Quantity.time(report.elapsed())
                + (report.swapped() ? "; its model is " + report.model().name() + " now" : "");
    }
}
