package dev.pixie.cli;

import dev.pixie.Item;
import dev.pixie.Pixie;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "show",
        description = "Shows all that a collection knows of single items.",
        footer = {"", "Example:", "  pixie show Pictures/2020/beach.jpg"})
final class ShowVerb extends VerbWithOptions {
    private static final int LABEL = 11;

    @Parameters(paramLabel = "ID", arity = "1..*", description = "Ids, as search and list print them.")
    private List<String> ids = List.of();

    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Option(names = "--json", description = "Print a JSON object a line, as is done into a pipe or file.")
    private boolean json;

    @Override
    int run(Console console) {
        boolean asText = console.resultsOnTerminal() && !json;
        int shown = 0;
        try (Pixie pixie = collection.openToRead(python(console))) {
            for (String id : ids) {
                Optional<Item> item = pixie.get(id);
                if (item.isEmpty()) {
                    console.error(UnknownId.line(id, collection));
                    continue;
                }
                if (asText) {
                    print(item.get(), shown > 0, console);
                } else {
                    console.result(ResultJson.of(item.get()));
                }
                shown++;
            }
        }
        return UnknownId.exitCode(ids.size() - shown, shown);
    }

    private static void print(Item item, boolean gap, Console console) {
        if (gap) {
            console.result("");
        }
        console.result(console.styled(Style.BOLD, TextWidth.printable(item.id())));
        item.path().ifPresent(path -> field(console, "file", FileArgument.nameOf(path)));
        item.text().ifPresent(text -> field(console, "text", text));
        item.metadata().forEach((key, value) -> field(console, key, String.valueOf(value)));
        item.stored().ifPresent(stored -> print(stored, console));
    }

    private static void print(Item.Stored stored, Console console) {
        if (stored.width().isPresent() && stored.height().isPresent()) {
            field(
                    console,
                    "pixels",
                    stored.width().getAsInt() + " x " + stored.height().getAsInt());
        }
        stored.format().ifPresent(format -> field(console, "format", format));
        stored.size().ifPresent(size -> field(console, "size", Quantity.bytes(size)));
        stored.modified().ifPresent(modified -> field(console, "modified", modified.toString()));
        print(stored.exif(), console);
        stored.sha256().ifPresent(sha256 -> field(console, "sha256", sha256));
        stored.missing().ifPresent(since -> field(console, "missing", "since " + since));
        field(console, "added", stored.added().toString());
        String vectors =
                stored.vectors().stream().map(Object::toString).sorted().collect(Collectors.joining(", "));
        field(console, "vectors", vectors);
    }

    private static void print(Item.Exif exif, Console console) {
        exif.taken().ifPresent(taken -> field(console, "taken", DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(taken)));
        exif.camera().ifPresent(camera -> field(console, "camera", camera));
        exif.lens().ifPresent(lens -> field(console, "lens", lens));
        if (exif.latitude().isPresent() && exif.longitude().isPresent()) {
            field(
                    console,
                    "place",
                    exif.latitude().getAsDouble() + ", " + exif.longitude().getAsDouble());
        }
    }

    private static void field(Console console, String name, String value) {
        String label = TextWidth.padEnd(TextWidth.printable(name), LABEL);
        console.result("  " + console.styled(Style.DIM, label) + " " + TextWidth.printable(value));
    }
}
