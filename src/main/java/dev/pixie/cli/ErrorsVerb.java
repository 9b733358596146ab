package dev.pixie.cli;

import dev.pixie.Pixie;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "errors",
        description = {
            "Lists the files that could not be taken in, and why.",
            "",
            "A file is left alone until it changes; pixie index --retry tries all of them again."
        },
        footer = {"", "Examples:", "  pixie errors", "  pixie errors --code truncated", "  pixie errors | jq -r .path"})
final class ErrorsVerb extends VerbWithOptions {
    private static final int SCREENFUL = 50;

    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Option(
            names = "--code",
            paramLabel = "CODE",
            defaultValue = "",
            description = "Only for this reason, such as truncated, unreadable or not_an_image.")
    private String code = "";

    @Option(names = "--offset", paramLabel = "N", defaultValue = "0", description = "Leave out the first N.")
    private int offset;

    @Option(
            names = {"-k", "--limit"},
            paramLabel = "N",
            description = "At most this many. Unless given: " + SCREENFUL + " on a terminal, else all.")
    private @Nullable Integer limit;

    @Option(names = "--json", description = "Print a JSON object a line, as is done into a pipe or file.")
    private boolean json;

    @Override
    int run(Console console) {
        if (offset < 0) {
            throw usageError("--offset is " + offset + "; it must be 0 or more");
        }
        if (limit != null && limit < 1) {
            throw usageError("--limit is " + limit + "; it must be 1 or more");
        }
        boolean asTable = console.resultsOnTerminal() && !json;
        int most = limit != null ? limit : asTable ? SCREENFUL : Integer.MAX_VALUE;
        try (Pixie pixie = collection.openToRead(python(console))) {
            Failures.print(pixie, code, offset, most, asTable, console);
        }
        return ExitCode.DONE;
    }
}
