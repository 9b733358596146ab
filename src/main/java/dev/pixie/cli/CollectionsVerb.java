package dev.pixie.cli;

import dev.pixie.CollectionInfo;
import dev.pixie.Model;
import dev.pixie.PixieCollections;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "collections",
        description = {
            "Lists the collections there are, and describes, renames, copies and deletes them.",
            "",
            "ACTION is list (unless given), info NAME, describe NAME TEXT, rename NAME NEW, copy NAME NEW or delete NAME."
                    + " A name may be a path, too. Picture files are never touched."
        },
        footer = {
            "",
            "Examples:",
            "  pixie collections",
            "  pixie collections describe photos \"all since 2010\"",
            "  pixie collections rename photos archive",
            "  pixie collections copy photos /mnt/backup/photos",
            "  pixie collections delete old --yes"
        })
final class CollectionsVerb extends VerbWithOptions {
    /** What to do, and the words it takes. */
    enum Action {
        LIST(0, "nothing more"),
        INFO(1, "NAME"),
        DESCRIBE(2, "NAME TEXT"),
        RENAME(2, "NAME NEW"),
        COPY(2, "NAME NEW"),
        DELETE(1, "NAME");

        private final int words;
        private final String usage;

        Action(int words, String usage) {
            this.words = words;
            this.usage = usage;
        }
    }

    private static final int LABEL = 12;

    @Parameters(index = "0", arity = "0..1", paramLabel = "ACTION", description = "What to do; list unless given.")
    private Action action = Action.LIST;

    @Parameters(index = "1..*", arity = "0..*", paramLabel = "WORD", description = "Names, or a text.")
    private List<String> words = new ArrayList<>();

    @Option(
            names = {"-y", "--yes"},
            description = "Delete without asking.")
    private boolean yes;

    @Option(names = "--json", description = "Print JSON, as is done into a pipe or file.")
    private boolean json;

    @Override
    int run(Console console) {
        if (words.size() != action.words) {
            throw usageError("collections " + action.name().toLowerCase(Locale.ROOT) + " takes " + action.usage);
        }
        if (action == Action.DELETE && !yes && !console.canAsk()) {
            throw usageError("delete asks first, and there is no terminal to ask on: add --yes");
        }
        PixieCollections collections = PixieCollections.open(python(console));
        switch (action) {
            case LIST -> list(collections.list(), console);
            case INFO -> show(collections.info(words.get(0)), console);
            case DESCRIBE -> done("described", collections.describe(words.get(0), words.get(1)), console);
            case RENAME -> done("renamed to", collections.rename(words.get(0), words.get(1)), console);
            case COPY -> done("copied to", collections.copy(words.get(0), words.get(1)), console);
            case DELETE -> {
                return delete(collections, console);
            }
        }
        return ExitCode.DONE;
    }

    private boolean asText(Console console) {
        return console.resultsOnTerminal() && !json;
    }

    private void list(List<CollectionInfo> found, Console console) {
        if (!asText(console)) {
            found.forEach(info -> console.result(CollectionInfoJson.of(info)));
            return;
        }
        if (found.isEmpty()) {
            console.note("there is none yet; make one: pixie index FOLDER");
            return;
        }
        Table table = Table.of(
                List.of("name", "items", "size", "model", "description"),
                List.of(Table.Fit.WORD, Table.Fit.NUMBER, Table.Fit.NUMBER, Table.Fit.PATH, Table.Fit.TEXT));
        for (CollectionInfo info : found) {
            table.add(
                    info.name(),
                    info.items().isPresent() ? Quantity.count(info.items().getAsLong()) : "?",
                    Quantity.bytes(info.bytes()),
                    info.model().map(Model::name).orElse("?"),
                    info.error().or(info::description).orElse(""));
        }
        table.print(console);
    }

    private void show(CollectionInfo info, Console console) {
        if (!asText(console)) {
            console.result(CollectionInfoJson.of(info));
            return;
        }
        console.field(LABEL, "collection", info.name());
        console.field(LABEL, "folder", FileArgument.nameOf(info.path()));
        info.description().ifPresent(text -> console.field(LABEL, "description", text));
        info.items().ifPresent(items -> console.field(LABEL, "items", Quantity.count(items)));
        info.model()
                .ifPresent(model ->
                        console.field(LABEL, "model", model.name() + " (" + model.dimension() + " dimensions)"));
        console.field(LABEL, "on disk", Quantity.bytes(info.bytes()));
        info.created().ifPresent(created -> console.field(LABEL, "created", created.toString()));
        info.error().ifPresent(error -> console.field(LABEL, "error", error));
    }

    private void done(String what, CollectionInfo info, Console console) {
        console.result(asText(console) ? what + " " + info.name() : CollectionInfoJson.of(info));
    }

    private int delete(PixieCollections collections, Console console) {
        CollectionInfo info = collections.info(words.get(0));
        String items =
                info.items().isPresent() ? Quantity.count(info.items().getAsLong(), "item") : "which can't be read";
        String what = info.name() + " in " + FileArgument.nameOf(info.path()) + ", " + items;
        if (!yes && !Question.yes("Delete the collection " + TextWidth.printable(what), console)) {
            console.note("nothing deleted");
            return ExitCode.FAILED;
        }
        collections.delete(words.get(0));
        console.result("deleted " + info.name());
        return ExitCode.DONE;
    }
}
