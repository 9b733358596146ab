package dev.pixie.cli;

/** What verbs that take ids do about one that no item has. */
final class UnknownId {
    private UnknownId() {}

    static String line(String id, CollectionOption collection) {
        return "there is no item '" + TextWidth.printable(id) + "' in " + collection.name() + "; see: pixie list"
                + collection.asArgument();
    }

    static int exitCode(int unknown, int known) {
        if (unknown == 0) {
            return ExitCode.DONE;
        }
        return known == 0 ? ExitCode.FAILED : ExitCode.SOME_FAILED;
    }
}
