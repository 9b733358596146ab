package dev.pixie.cli;

import dev.pixie.Pixie;
import dev.pixie.PixieBuilder;
import dev.pixie.python.PythonEnvironment;
import picocli.CommandLine.Option;

/** Which collection a verb works on. */
final class CollectionOption {
    static final String DEFAULT = "default";

    @Option(
            names = {"-c", "--collection"},
            paramLabel = "NAME|PATH",
            defaultValue = DEFAULT,
            description = "The collection: a name, or a path (with a '/', or '.', or beginning with '~')."
                    + " Unless given: ${DEFAULT-VALUE}.")
    private String collection = DEFAULT;

    /** The collection that is asked for by this word. */
    static CollectionOption of(String collection) {
        CollectionOption option = new CollectionOption();
        option.collection = collection;
        return option;
    }

    /** The collection as it was asked for. */
    String name() {
        return collection;
    }

    /** Opens the collection for reading; it must be there. */
    Pixie openToRead(PythonEnvironment python) {
        return builder(python).readOnly(true).open();
    }

    /** Opens the collection for writing; it must be there. */
    Pixie openToChange(PythonEnvironment python) {
        return builder(python).create(false).open();
    }

    /** Whether there is such a collection. */
    boolean exists() {
        return Pixie.builder(collection).exists();
    }

    PixieBuilder builder(PythonEnvironment python) {
        return Pixie.builder(collection).python(python);
    }

    /** How to name this collection in a command to copy: empty for the default one. */
    String asArgument() {
        return collection.equals(DEFAULT) ? "" : " -c " + ShellWord.quote(collection);
    }
}
