package dev.pixie.cli;

import dev.pixie.InvalidInputException;
import dev.pixie.PixieException;
import dev.pixie.PythonFailure;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.regex.Pattern;
import picocli.CommandLine.ParameterException;

/** Tells of an error in one line: what went wrong and why; and what to do about it. */
final class ErrorLine {
    private static final Pattern LINE_BREAK = Pattern.compile("\\s*\\R\\s*");
    private static final String WHOLE_STORY = "; for the whole story add --verbose";

    private ErrorLine() {}

    /** Prints the line, and the stack if it was asked for. */
    static void print(Console console, Throwable error, boolean verbose) {
        console.endBar();
        console.error(of(error));
        pointerOf(error).forEach(console::message);
        if (verbose) {
            StringWriter stack = new StringWriter();
            error.printStackTrace(new PrintWriter(stack));
            console.message(stack.toString().stripTrailing());
        }
    }

    /** Prints why a command line can't be understood, and where to read on. */
    static void printUsage(Console console, ParameterException error) {
        String message = clause(String.valueOf(error.getMessage()));
        String verb = error.getCommandLine().getCommandSpec().qualifiedName();
        console.error(Character.toLowerCase(message.charAt(0)) + message.substring(1) + "; see: " + verb + " --help");
    }

    /** The filter and the line below it that points at the mistake, if that is what it is about. */
    private static List<String> pointerOf(Throwable error) {
        List<String> lines = error instanceof InvalidInputException wrong
                        && wrong.code().filter("syntax"::equals).isPresent()
                ? wrong.message().lines().toList()
                : List.of();
        return lines.isEmpty() ? lines : lines.subList(1, lines.size());
    }

    /** The error in one line. */
    static String of(Throwable error) {
        if (error instanceof PixieException known) {
            String unknownCause = known instanceof PythonFailure ? WHOLE_STORY : "";
            String message = pointerOf(error).isEmpty()
                    ? known.message()
                    : known.message().lines().findFirst().orElse("");
            return clause(message) + known.fix().map(fix -> "; " + oneLine(fix)).orElse(unknownCause);
        }
        if (error instanceof OutOfMemoryError) {
            return "out of memory: " + error.getMessage() + "; give Java more of it: java -Xmx4g -jar ...";
        }
        return clause("unexpected " + error) + WHOLE_STORY;
    }

    private static String clause(String message) {
        String line = oneLine(message);
        return line.endsWith(".") && !line.endsWith("..") ? line.substring(0, line.length() - 1) : line;
    }

    private static String oneLine(String text) {
        return LINE_BREAK.matcher(text.strip()).replaceAll("; ");
    }
}
