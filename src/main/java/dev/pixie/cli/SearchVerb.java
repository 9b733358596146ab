package dev.pixie.cli;

import dev.pixie.FederatedSearch;
import dev.pixie.InvalidInputException;
import dev.pixie.Modality;
import dev.pixie.Pixie;
import dev.pixie.Query;
import dev.pixie.SearchResult;
import dev.pixie.Term;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "search",
        description = {
            "Finds the items nearest to what you are looking for.",
            "",
            "A TERM is a text, @FILE (a picture), or id:ID (an item of the collection). Several terms add up, so quote a"
                    + " text of several words. A number and ':' before a term is its weight, as in 0.5:snow."
        },
        footer = {
            "",
            "Examples:",
            "  pixie search \"a dog on a beach\"",
            "  pixie search @holiday.jpg 0.5:snow --minus people",
            "  pixie search id:Pictures/2020/beach.jpg --min-score 0.6",
            "  pixie search \"a dog\" --where \"taken >= 2020 and camera like 'Canon%%'\"",
            "  pixie search \"a dog on a beach\" --check --explain",
            "  pixie search \"red car\" -k 100 --paths -0 | xargs -0 cp -t found/",
            "  pixie search -- \"-40 degrees\"          (after -- nothing is an option)"
        })
final class SearchVerb extends VerbWithOptions {
    /** What to compare the query with. */
    enum Target {
        IMAGES(Modality.IMAGE),
        TEXTS(Modality.TEXT);

        private final Modality modality;

        Target(Modality modality) {
            this.modality = modality;
        }
    }

    private static final int WORDS_OF_ONE_TEXT = 3;

    @Parameters(paramLabel = "TERM", arity = "0..*", description = "What to look for.")
    private List<String> terms = new ArrayList<>();

    @Option(names = "--minus", paramLabel = "TERM", description = "What hits should not be like. Repeatable.")
    private List<String> minusTerms = new ArrayList<>();

    @Option(
            names = {"-c", "--collection"},
            paramLabel = "NAME|PATH",
            description = "The collection: a name, or a path. Unless given: " + CollectionOption.DEFAULT
                    + ". Repeatable, for collections of one model.")
    private List<String> collections = new ArrayList<>();

    @Option(
            names = {"-k", "--limit"},
            paramLabel = "N",
            defaultValue = "" + Query.DEFAULT_LIMIT,
            description = "At most this many hits. Unless given: ${DEFAULT-VALUE}.")
    private int limit = Query.DEFAULT_LIMIT;

    @Option(names = "--offset", paramLabel = "N", defaultValue = "0", description = "Leave out this many of the best.")
    private int offset;

    @Option(names = "--min-score", paramLabel = "S", description = "Only hits with at least this score, from -1 to 1.")
    private @Nullable Double minScore;

    @Option(names = "--only", paramLabel = "KIND", description = "Compare with one kind only: images or texts.")
    private @Nullable Target target;

    @Mixin
    private WhereOption where = new WhereOption();

    @Option(
            names = "--sort",
            paramLabel = "ORDER",
            description = "Print the hits in this order: " + WhereOption.ORDERS + "; unless given: score.")
    private @Nullable String order;

    @Mixin
    private SearchOptions how = new SearchOptions();

    @Mixin
    private HitOutput output = new HitOutput();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Override
    int run(Console console) {
        Query query = query();
        hintAtQuotes(console);
        if (collections.size() > 1) {
            return searchAll(query, console);
        }
        CollectionOption collection = collection();
        try (Pixie pixie = model.applyTo(collection.builder(python(console)).readOnly(true))
                .open()) {
            SearchResult result = pixie.search(query);
            result.warnings().forEach(warning -> console.warn(warning.message()));
            output.print(result, offset, console);
            if (result.hits().isEmpty()) {
                console.note(whyNothing(pixie));
            }
        }
        return ExitCode.DONE;
    }

    private int searchAll(Query query, Console console) {
        List<Pixie> open = new ArrayList<>();
        try {
            for (String name : collections) {
                open.add(model.applyTo(CollectionOption.of(name)
                                .builder(python(console))
                                .readOnly(true))
                        .open());
            }
            FederatedSearch.Result result = FederatedSearch.search(open, query);
            result.warnings().forEach(warning -> console.warn(warning.message()));
            output.print(result.hits(), offset, console);
            if (result.hits().isEmpty()) {
                console.note("nothing found");
            }
        } finally {
            open.forEach(Pixie::close);
        }
        return ExitCode.DONE;
    }

    private CollectionOption collection() {
        return CollectionOption.of(collections.isEmpty() ? CollectionOption.DEFAULT : collections.get(0));
    }

    private Query query() {
        try {
            List<Term> all = new ArrayList<>();
            for (String term : terms) {
                all.add(Term.parse(term));
            }
            for (String term : minusTerms) {
                all.add(Term.parse(term).minus());
            }
            if (all.isEmpty()) {
                throw usageError("nothing to search for: give at least one TERM");
            }
            if (how.tellMore() && output.pathsOnly()) {
                throw usageError("--explain and --check tell of the hits; give them without --paths and -0");
            }
            Query query = how.applyTo(Query.of(all).limit(limit).offset(offset));
            query = minScore == null ? query : query.minScore(minScore);
            query = where.filter().map(query::where).orElse(query);
            query = order == null ? query : query.sort(order);
            return target == null ? query : query.target(target.modality);
        } catch (InvalidInputException e) {
            throw usageError(ErrorLine.of(e));
        }
    }

    /** Words that the shell took apart are most likely meant as one text. */
    private void hintAtQuotes(Console console) {
        boolean oneText = terms.size() >= WORDS_OF_ONE_TEXT && terms.stream().allMatch(SearchVerb::isPlainWord);
        if (oneText && console.messagesOnTerminal()) {
            console.note(terms.size() + " terms are added up; for one text, quote it: pixie search"
                    + collection().asArgument() + " \"" + String.join(" ", terms) + '"');
        }
    }

    private static boolean isPlainWord(String term) {
        return term.codePoints().allMatch(point -> Character.isLetterOrDigit(point) || point == '\'' || point == '-');
    }

    private String whyNothing(Pixie pixie) {
        if (pixie.size() == 0) {
            return "nothing found: the collection " + collection().name() + " is empty; fill it: pixie index"
                    + collection().asArgument() + " FOLDER";
        }
        if (offset > 0) {
            return "nothing found after the first " + Quantity.count(offset, "hit");
        }
        if (where.filter().isPresent() && minScore == null) {
            return "nothing found among what the filter matches";
        }
        return minScore != null ? "nothing found with a score of " + minScore + " or more" : "nothing found";
    }
}
