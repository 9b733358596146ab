package dev.pixie.cli;

import dev.pixie.Pixie;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "errors",
        description = {
            "Lists the files and the rows of tables that could not be taken in, and why.",
            "",
            "They are left alone until they change; --retry of pixie index and pixie import tries all of them again."
        },
        footer = {"", "Examples:", "  pixie errors", "  pixie errors --code truncated", "  pixie errors | jq -r .path"})
final class ErrorsVerb extends VerbWithOptions {
    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Option(
            names = "--code",
            paramLabel = "CODE",
            defaultValue = "",
            description = "Only for this reason, such as truncated, unreadable or not_an_image.")
    private String code = "";

    @Mixin
    private PageOptions page = new PageOptions();

    @Option(names = "--json", description = "Print a JSON object a line, as is done into a pipe or file.")
    private boolean json;

    @Override
    int run(Console console) {
        page.check(this);
        boolean asTable = console.resultsOnTerminal() && !json;
        int most = page.most(asTable);
        try (Pixie pixie = collection.openToRead(python(console))) {
            Failures.print(pixie, code, page.offset(), most, asTable, console);
        }
        return ExitCode.DONE;
    }
}
