package dev.pixie.cli;

import java.util.Locale;
import java.util.Optional;

/** The verbs there are. Only the class of the verb that runs is loaded: each costs the start some milliseconds. */
enum VerbName {
    INDEX("take the pictures of folders into a collection"),
    WATCH("keep a collection in step with its folders"),
    IMPORT("take the rows of a table into a collection"),
    EXPORT("write the items of a collection, or their vectors, to a table"),
    SEARCH("find pictures and texts by meaning"),
    LIST("what is in a collection"),
    SHOW("all that is known of single items"),
    FACETS("the values that items have under a name, counted"),
    SET("change the metadata of items"),
    REMOVE("take items out of a collection; files stay"),
    PRUNE("remove items whose files are missing"),
    ERRORS("files and rows that could not be taken in, and why"),
    STATS("a collection in numbers"),
    LOG("past queries, and how they were answered"),
    COLLECTIONS("list, describe, rename, copy and delete collections"),
    REEMBED("make all vectors of a collection anew with another model"),
    REINDEX("change the kind of index, or its settings"),
    TUNE("make searches as fast as a recall allows"),
    BENCH("recall and speed of every kind of index, as curves"),
    VERIFY("check everything that must hold of a collection"),
    REPAIR("fix what can be fixed of a damaged collection"),
    COMPACT("give back the room that removed items take"),
    BACKUP("copy a collection into one file while it is written"),
    RESTORE("make a collection of such a file"),
    EMBED("the vectors of texts and pictures"),
    DEMO("try Pixie out on the pictures that ship with it"),
    SETUP("make the Python environment that Pixie runs on"),
    DOCTOR("check this machine, and say how to fix what fails"),
    PYTHON("run that environment's Python"),
    COMPLETION("print completion for a shell");

    private final String summary;

    VerbName(String summary) {
        this.summary = summary;
    }

    /** What the user types. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What the verb is for, in a few words. */
    String summary() {
        return summary;
    }

    Verb create() {
        return switch (this) {
            case INDEX -> new IndexVerb();
            case WATCH -> new WatchVerb();
            case IMPORT -> new ImportVerb();
            case EXPORT -> new ExportVerb();
            case SEARCH -> new SearchVerb();
            case LIST -> new ListVerb();
            case SHOW -> new ShowVerb();
            case FACETS -> new FacetsVerb();
            case SET -> new SetVerb();
            case REMOVE -> new RemoveVerb();
            case PRUNE -> new PruneVerb();
            case ERRORS -> new ErrorsVerb();
            case STATS -> new StatsVerb();
            case LOG -> new LogVerb();
            case COLLECTIONS -> new CollectionsVerb();
            case REEMBED -> new ReembedVerb();
            case REINDEX -> new ReindexVerb();
            case TUNE -> new TuneVerb();
            case BENCH -> new BenchVerb();
            case VERIFY -> new VerifyVerb();
            case REPAIR -> new RepairVerb();
            case COMPACT -> new CompactVerb();
            case BACKUP -> new BackupVerb();
            case RESTORE -> new RestoreVerb();
            case EMBED -> new EmbedVerb();
            case DEMO -> new DemoVerb();
            case SETUP -> new SetupVerb();
            case DOCTOR -> new DoctorVerb();
            case PYTHON -> new PythonVerb();
            case COMPLETION -> new CompletionVerb();
        };
    }

    static Optional<VerbName> of(String word) {
        for (VerbName verb : values()) {
            if (verb.word().equals(word)) {
                return Optional.of(verb);
            }
        }
        return Optional.empty();
    }

    /** The verb that a mistyped word most likely means. */
    static Optional<VerbName> like(String word) {
        String lower = word.toLowerCase(Locale.ROOT);
        Optional<VerbName> nearest = Optional.empty();
        int least = Integer.MAX_VALUE;
        for (VerbName verb : values()) {
            int distance = editDistance(lower, verb.word());
            if (distance < least && distance <= mostMistakes(verb.word())) {
                least = distance;
                nearest = Optional.of(verb);
            }
        }
        return nearest;
    }

    // so short a word is one letter away from many that are looked for: dog is no mistyped log
    private static int mostMistakes(String verb) {
        return verb.length() < 4 ? 0 : verb.length() / 3;
    }

    /** Single letters to insert, remove or replace to get from one word to the other (Levenshtein). */
    private static int editDistance(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[to.length()];
    }
}
