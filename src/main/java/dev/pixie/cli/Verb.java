package dev.pixie.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** One verb of the command line: its options, filled in by picocli, and what it does. Used once. */
abstract class Verb {
    @Spec
    private CommandSpec spec;

    /**
     * Does what the verb is for and returns the {@link ExitCode}.
     *
     * @throws dev.pixie.PixieException when it can't be done
     * @throws ParameterException when the words of the command line make no sense together
     */
    abstract int run(Console console);

    /** The options that every verb takes, or what they are unless given. */
    CommonOptions common() {
        return new CommonOptions();
    }

    final CommandSpec spec() {
        return spec;
    }

    /** The error of a command line that can't be understood. */
    final ParameterException usageError(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
