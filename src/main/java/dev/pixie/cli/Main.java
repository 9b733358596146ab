package dev.pixie.cli;

import dev.pixie.InvalidInputException;
import dev.pixie.python.PixieVersion;
import dev.pixie.python.Timings;
import java.util.Optional;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Runs one command line: {@code pixie VERB ARGUMENTS}. */
public final class Main {
    private Main() {}

    /** Runs the command line and ends the JVM with the {@link ExitCode}. */
    public static void main(String[] arguments) {
        Timings.jvmStarted();
        int exitCode = run(Arguments.ofProcess(arguments), Console.ofProcess());
        Timings.print(System.err);
        System.exit(exitCode); // the threads that own the interpreters never end by themselves
    }

    /** Runs the command line and returns the {@link ExitCode}. Every error ends as a line on the console. */
    static int run(String[] words, Console console) {
        Session session = new Session(console);
        try {
            return session.run(words);
        } catch (ParameterException e) {
            ErrorLine.printUsage(session.console, e);
            return ExitCode.USAGE;
        } catch (OutputLostException e) {
            if (e.readerHasGone()) {
                return ExitCode.DONE;
            }
            session.console.error("can't write the results: " + e.getMessage());
            return ExitCode.FAILED;
        } catch (InvalidInputException e) {
            ErrorLine.print(session.console, e, session.verbose);
            // A filter that can't be read is a word of the command line.
            return e.code().filter("syntax"::equals).isPresent() ? ExitCode.USAGE : ExitCode.FAILED;
        } catch (RuntimeException | Error e) {
            ErrorLine.print(session.console, e, session.verbose);
            return ExitCode.FAILED;
        }
    }

    /** One command line on its way: what has been learnt from it so far decides how an error is shown. */
    private static final class Session {
        private Console console;
        private boolean verbose;

        Session(Console console) {
            this.console = console;
        }

        int run(String[] words) {
            String first = words.length == 0 ? "help" : words[0];
            switch (first) {
                case "help", "--help", "-h" -> {
                    return Help.run(words, console);
                }
                case "--version", "-V", "version" -> {
                    console.result("pixie " + PixieVersion.get());
                    return ExitCode.DONE;
                }
                default -> {
                    Optional<VerbName> name = VerbName.of(first);
                    return name.isPresent() ? run(name.get(), words) : noVerb(words);
                }
            }
        }

        private int run(VerbName name, String[] words) {
            Verb verb = name.create();
            ParseResult parsed = Grammar.of(name, verb).parseArgs(Grammar.words(name, words));
            verbose = verb.common().verbose();
            console = console.in(verb.common().color());
            if (parsed.subcommand().isUsageHelpRequested()) {
                Help.print(verb, console);
                return ExitCode.DONE;
            }
            return verb.run(console);
        }

        private int noVerb(String[] words) {
            String word = TextWidth.printable(words[0]);
            if (word.startsWith("-")) {
                console.error("the options come after the verb, and '" + word + "' comes before it; see: pixie help");
            } else {
                String meant = VerbName.like(word)
                        .map(VerbName::word)
                        .orElse("search " + ShellWord.quote(String.join(" ", words)));
                console.error("there is no verb '" + word + "'; did you mean: pixie " + meant);
            }
            return ExitCode.USAGE;
        }
    }
}
