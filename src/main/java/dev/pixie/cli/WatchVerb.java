package dev.pixie.cli;

import dev.pixie.Failure;
import dev.pixie.IndexOptions;
import dev.pixie.IndexReport;
import dev.pixie.Pixie;
import dev.pixie.Root;
import dev.pixie.WatchListener;
import dev.pixie.WatchOptions;
import dev.pixie.Watching;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "watch",
        description = {
            "Keeps a collection in step with its folders, until Ctrl-C.",
            "",
            "Indexes them, and again whenever something changed in them. Prints a line for each time something did. The"
                    + " collection can be searched meanwhile, but no other process can write it."
        },
        footer = {
            "",
            "Examples:",
            "  pixie watch",
            "  pixie watch -c trips /mnt/nas/Pictures --rescan 10m",
            "",
            "Exit code: 130 when ended by Ctrl-C, 143 by SIGTERM."
        })
final class WatchVerb extends VerbWithOptions {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");
    private static final Duration LOOK = Duration.ofMillis(100);

    @Parameters(paramLabel = "PATH", arity = "0..*", description = "Folders. Unless given: all that were indexed.")
    private List<Path> paths = List.of();

    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    private FramesOption frames = new FramesOption();

    @Option(
            names = "--rescan",
            paramLabel = "AGE",
            defaultValue = "1h",
            description = "Look at everything so often although no change was noticed, as on a network drive: a number"
                    + " and s, m, h, d or w. Unless given: ${DEFAULT-VALUE}.")
    private Duration rescan = Duration.ofHours(1);

    @Option(names = "--include", paramLabel = "GLOB", description = "Take only such files, as in pixie index.")
    private List<String> include = List.of();

    @Option(names = "--exclude", paramLabel = "GLOB", description = "Leave out such files and folders.")
    private List<String> exclude = List.of();

    @Option(names = "--json", description = "Print a JSON object a line, as is done into a pipe or file.")
    private boolean json;

    @Override
    int run(Console console) {
        try (GracefulStop stop = GracefulStop.install(console);
                Pixie pixie = frames.applyTo(model.applyTo(collection.builder(python(console))))
                        .open()) {
            WatchOptions options = WatchOptions.DEFAULT
                    .rescanEvery(rescan)
                    .indexing(IndexOptions.DEFAULT.include(include).exclude(exclude));
            try (Watching watching = pixie.watch(paths, options, listener(console))) {
                while (!stop.asked() && !watching.await(LOOK)) {
                    // what there is to tell, the listener tells
                }
            }
            return stop.exitCode();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ExitCode.INTERRUPTED;
        }
    }

    private WatchListener listener(Console console) {
        return new WatchListener() {
            @Override
            public void indexed(IndexReport report) {
                console.result(json || !console.resultsOnTerminal() ? ResultJson.of(report) : line(report));
            }

            @Override
            public void failed(Failure failure) {
                console.error(FailureLine.of(failure));
            }
        };
    }

    private static String line(IndexReport report) {
        List<String> counts = new ArrayList<>();
        add(counts, report.added(), "new");
        add(counts, report.updated(), "changed");
        add(counts, report.moved(), "moved");
        add(counts, report.removed(), "removed");
        add(counts, report.missing(), "missing");
        add(counts, report.failures().size(), "failed");
        String what = counts.isEmpty() ? Quantity.count(report.unchanged()) + " unchanged" : String.join(", ", counts);
        String where = report.roots().stream().map(Root::name).collect(Collectors.joining(", "));
        return LocalTime.now().format(TIME) + "  " + what + "  (" + TextWidth.printable(where) + ")";
    }

    private static void add(List<String> counts, long count, String what) {
        if (count > 0) {
            counts.add(Quantity.count(count) + " " + what);
        }
    }
}
