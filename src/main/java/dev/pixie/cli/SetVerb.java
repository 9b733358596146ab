package dev.pixie.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pixie.Filter;
import dev.pixie.Items;
import dev.pixie.Pixie;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "set",
        description = {
            "Changes the metadata of items: those named by their ids, or those that a filter matches.",
            "",
            "A VALUE is JSON, such as 5, true or [\"red\",\"blue\"]; what is no JSON is a text. KEY= takes the key away."
        },
        footer = {
            "",
            "Examples:",
            "  pixie set Pictures/2020/beach.jpg rating=5 title=\"A dog on a beach\"",
            "  pixie set --where \"path glob '2020/*'\" year=2020 --unset draft --yes"
        })
final class SetVerb extends VerbWithOptions {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    @Parameters(paramLabel = "ID|KEY=VALUE", arity = "0..*", description = "Ids, and then keys and their values.")
    private List<String> words = new ArrayList<>();

    @Option(names = "--unset", paramLabel = "KEY", description = "Take a key away. Repeatable.")
    private List<String> unset = new ArrayList<>();

    @Option(names = "--id", paramLabel = "ID", description = "An id that has a '=' in it. Repeatable.")
    private List<String> moreIds = new ArrayList<>();

    @Mixin
    private WhereOption where = new WhereOption();

    @Option(
            names = {"-y", "--yes"},
            description = "Do not ask.")
    private boolean yes;

    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Override
    int run(Console console) {
        Set<String> ids = new LinkedHashSet<>(moreIds);
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        Set<String> away = new LinkedHashSet<>(unset);
        for (String word : words) {
            int equals = word.indexOf('=');
            if (equals < 0) {
                ids.add(word);
            } else if (equals == word.length() - 1) {
                away.add(word.substring(0, equals));
            } else {
                values.put(word.substring(0, equals), value(word.substring(equals + 1)));
            }
        }
        if (values.isEmpty() && away.isEmpty()) {
            throw usageError("nothing to set: give KEY=VALUE, or --unset KEY");
        }
        if (ids.isEmpty() == where.filter().isEmpty()) {
            throw usageError(ids.isEmpty() ? "of which items? give ids, or --where" : "give ids or --where, not both");
        }
        if (ids.isEmpty() && !yes && !console.canAsk()) {
            throw usageError("--where asks before it changes, and there is no terminal to ask on: add --yes");
        }
        try (Pixie pixie = collection.openToChange(python(console))) {
            return ids.isEmpty()
                    ? setByFilter(pixie, values, away, console)
                    : setById(pixie, ids, values, away, console);
        }
    }

    private int setById(
            Pixie pixie, Set<String> ids, Map<String, @Nullable Object> values, Set<String> away, Console console) {
        List<String> known = new ArrayList<>();
        for (String id : ids) {
            if (pixie.get(id).isPresent()) {
                known.add(id);
            } else {
                console.error(UnknownId.line(id, collection));
            }
        }
        if (!known.isEmpty()) {
            report(pixie.items().withMissing().where(Filter.in("id", known)).set(values, away), console);
        }
        return UnknownId.exitCode(ids.size() - known.size(), known.size());
    }

    private int setByFilter(Pixie pixie, Map<String, @Nullable Object> values, Set<String> away, Console console) {
        Items items = where.of(pixie).withMissing();
        long count = items.count();
        if (count == 0) {
            console.error("no item of " + collection.name() + " matches the filter");
            return ExitCode.FAILED;
        }
        if (!yes && !Question.yes("Change " + Quantity.count(count, "item"), console)) {
            console.note("nothing changed");
            return ExitCode.FAILED;
        }
        report(items.set(values, away), console);
        return ExitCode.DONE;
    }

    private void report(int changed, Console console) {
        console.result("changed " + Quantity.count(changed, "item") + " of " + collection.name());
    }

    /** JSON where it is, else the text itself: a shell takes quotation marks away. */
    private static @Nullable Object value(String word) {
        try {
            return JSON.readValue(word, Object.class);
        } catch (JsonProcessingException e) {
            return word;
        }
    }
}
