package dev.pixie.cli;

import dev.pixie.IndexOptions;
import dev.pixie.IndexReport;
import dev.pixie.InvalidInputException;
import dev.pixie.Pixie;
import dev.pixie.python.PythonEnvironment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "index",
        description = {
            "Takes the pictures of folders, and of the folders below them, into a collection.",
            "",
            "Files that have not changed since the last time are left alone, so run it again whenever pictures were"
                    + " added. Ctrl-C saves what is done; the next run goes on from there."
        },
        footer = {
            "",
            "Examples:",
            "  pixie index ~/Pictures",
            "  pixie index -c trips /media/card/DCIM ~/Pictures/2024",
            "  pixie index --model demo -c drawings ./drawings",
            "",
            "Exit code: 0 done, 3 done but some files failed (each is named), 130 interrupted."
        })
final class IndexVerb extends VerbWithOptions {
    @Parameters(paramLabel = "PATH", arity = "1..*", description = "Folders, or single picture files.")
    private List<Path> paths = List.of();

    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    private FramesOption frames = new FramesOption();

    @Option(
            names = {"--retry", "--retry-failed"},
            description = "Try files again that failed before and have not changed.")
    private boolean retry;

    @Option(
            names = "--include",
            paramLabel = "GLOB",
            description = "Take only such files, this time; may be given again. As in a .gitignore, relative to PATH.")
    private List<String> include = List.of();

    @Option(
            names = "--exclude",
            paramLabel = "GLOB",
            description = "Leave out such files and folders, this time; may be given again."
                    + " For good: a line in a file .pixieignore.")
    private List<String> exclude = List.of();

    @Mixin
    private ProgressOption progress = new ProgressOption();

    @Option(names = "--json", description = "Print the report as JSON.")
    private boolean json;

    @Override
    int run(Console console) {
        for (Path path : paths) {
            // Where something was indexed before, it may be a folder that is away.
            if (Files.notExists(path) && !collection.exists()) {
                throw new InvalidInputException(
                        "there is no folder or file " + FileArgument.nameOf(path), "check the path");
            }
        }
        PythonEnvironment python = python(console);
        try (GracefulStop stop = GracefulStop.install(console)) {
            IndexReport report = index(python, stop, console);
            List<String> away = paths.stream()
                    .filter(Files::notExists)
                    .map(FileArgument::nameOf)
                    .toList();
            if (report.found() + report.removed() + report.missing() + away.size() == 0 && !report.interrupted()) {
                throw new InvalidInputException(
                        "there are no pictures in " + names(),
                        "Pixie takes JPEG, PNG, GIF, WebP, BMP and TIFF files; check the path");
            }
            console.result(json ? ResultJson.of(report) : summary(report));
            away.forEach(name -> console.note(name + " is not there; what it held stays in the collection as missing"));
            return exitCode(report, stop, console);
        }
    }

    private IndexReport index(PythonEnvironment python, GracefulStop stop, Console console) {
        try (Pixie pixie = frames.applyTo(model.applyTo(collection.builder(python)))
                        .open();
                IndexProgress shown = progress.show(console, "Indexing")) {
            var options = IndexOptions.DEFAULT
                    .retryFailed(retry)
                    .include(include)
                    .exclude(exclude)
                    .stopWhen(stop::asked);
            return pixie.index(paths, options, shown);
        }
    }

    private int exitCode(IndexReport report, GracefulStop stop, Console console) {
        if (report.interrupted()) {
            console.note("go on with: pixie index" + collection.asArgument() + " " + words());
            return stop.asked() ? stop.exitCode() : ExitCode.INTERRUPTED;
        }
        if (report.failedBefore() > 0) {
            console.note(Quantity.count(report.failedBefore(), "file")
                    + " failed before and did not change (see: pixie errors" + collection.asArgument()
                    + "; again: --retry)");
        }
        if (report.missing() > 0) {
            console.note(
                    Quantity.count(report.missing(), "item") + " had their files gone at once: they stay, hidden, and"
                            + " come back with their files (for good: pixie prune" + collection.asArgument() + ")");
        }
        return report.failures().isEmpty() ? ExitCode.DONE : ExitCode.SOME_FAILED;
    }

    private String summary(IndexReport report) {
        long taken = report.added() + report.updated() + report.moved();
        long worked = taken + report.failures().size();
        double seconds = report.elapsed().toNanos() / 1e9;
        String rate = worked == 0 || seconds == 0 ? "" : ", " + Quantity.rate(worked / seconds) + " a second";
        return (report.interrupted() ? "stopped early: " : "") + "indexed " + Quantity.count(taken, "picture")
                + " into "
                + collection.name() + " (" + Quantity.count(report.added()) + " new, "
                + Quantity.count(report.updated()) + " changed, "
                + Quantity.count(report.moved()) + " moved), "
                + Quantity.count(report.unchanged()) + " unchanged, "
                + Quantity.count(report.failures().size()) + " failed, "
                + (report.removed() > 0 ? Quantity.count(report.removed()) + " removed, " : "")
                + (report.missing() > 0 ? Quantity.count(report.missing()) + " missing, " : "") + "in "
                + Quantity.time(report.elapsed()) + rate;
    }

    private String names() {
        return paths.stream().map(FileArgument::nameOf).collect(Collectors.joining(", "));
    }

    private String words() {
        return paths.stream().map(FileArgument::nameOf).map(ShellWord::quote).collect(Collectors.joining(" "));
    }
}
