package dev.pixie.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The process's output: results on one stream, everything else on the other, both UTF-8 whatever the locale.
 *
 * <p>Every line of results is on its way when {@link #result} returns, so that a program at the other end of a pipe can
 * act on the first hit at once. Safe for use by several threads at once; lines never mix.
 */
final class Console {
    /** When to use colours. */
    enum Color {
        AUTO,
        ALWAYS,
        NEVER
    }

    private final OutputStream results;
    private final PrintStream messages;
    private final boolean resultsOnTerminal;
    private final boolean messagesOnTerminal;
    private final Color color;
    private final @Nullable Integer fixedWidth;
    private boolean barShown;

    private Console(
            OutputStream results,
            PrintStream messages,
            boolean resultsOnTerminal,
            boolean messagesOnTerminal,
            Color color,
            @Nullable Integer fixedWidth) {
        this.results = results;
        this.messages = messages;
        this.resultsOnTerminal = resultsOnTerminal;
        this.messagesOnTerminal = messagesOnTerminal;
        this.color = color;
        this.fixedWidth = fixedWidth;
    }

    /** The console of this process. */
    static Console ofProcess() {
        return new Console(
                new FileOutputStream(FileDescriptor.out),
                new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
                Terminal.is(Terminal.STDOUT),
                Terminal.is(Terminal.STDERR),
                Color.AUTO,
                null);
    }

    /** A console without colours that writes to two streams as if both were terminals of some width, or both pipes. */
    static Console of(OutputStream results, OutputStream messages, boolean onTerminal, int width) {
        PrintStream lines = new PrintStream(messages, true, StandardCharsets.UTF_8);
        return new Console(results, lines, onTerminal, onTerminal, Color.NEVER, width);
    }

    /** This console with colours as asked for. */
    Console in(Color color) {
        return color == this.color || color == Color.AUTO
                ? this
                : new Console(results, messages, resultsOnTerminal, messagesOnTerminal, color, fixedWidth);
    }

    // https://no-color.org: any value but the empty one turns colours off
    private boolean inColor(boolean onTerminal) {
        return switch (color) {
            case ALWAYS -> true;
            case NEVER -> false;
            case AUTO ->
                onTerminal
                        && System.getenv().getOrDefault("NO_COLOR", "").isEmpty()
                        && !"dumb".equals(System.getenv("TERM"));
        };
    }

    /** Whether results are read by a person at a terminal. */
    boolean resultsOnTerminal() {
        return resultsOnTerminal;
    }

    /** Whether messages are read by a person at a terminal. */
    boolean messagesOnTerminal() {
        return messagesOnTerminal;
    }

    /** Whether a person can be asked something. */
    boolean canAsk() {
        return messagesOnTerminal && Terminal.is(Terminal.STDIN);
    }

    /** Columns of the terminal. */
    int width() {
        return fixedWidth != null ? fixedWidth : Terminal.width();
    }

    /** Whether results are in colour. */
    boolean resultsInColor() {
        return inColor(resultsOnTerminal);
    }

    /** The text in a style, if results are in colour. */
    String styled(Style style, String text) {
        return resultsInColor() ? style.apply(text) : text;
    }

    /** The text in a style, if messages are in colour. */
    String styledMessage(Style style, String text) {
        return inColor(messagesOnTerminal) ? style.apply(text) : text;
    }

    /** Writes a line of results. */
    void result(String line) {
        write(line + '\n');
    }

    /** Writes a line of results: a label, padded to {@code width} columns, and what it is about. */
    void field(int width, String label, String value) {
        result(styled(Style.DIM, TextWidth.padEnd(label, width)) + " " + TextWidth.printable(value));
    }

    /** Writes results whose lines are ended already. */
    void resultAsIs(String text) {
        write(text);
    }

    /** Writes a result that ends in NUL, which no file name can hold. */
    void resultEndingInNul(String text) {
        write(text + '\0');
    }

    private synchronized void write(String text) {
        try {
            results.write(text.getBytes(StandardCharsets.UTF_8));
            results.flush();
        } catch (IOException e) {
            throw new OutputLostException(e);
        }
    }

    /** Writes a line that is not a result, as it is. */
    synchronized void message(String line) {
        if (barShown) {
            messages.print("\r\u001b[K"); // the line that the progress bar stands on
        }
        messages.println(line);
    }

    /** Tells of something that a user may want to know. */
    void note(String text) {
        message(styledMessage(Style.DIM, "pixie: " + text));
    }

    /** Tells of something that is not quite right. */
    void warn(String text) {
        message(styledMessage(Style.YELLOW, "pixie: warning: ") + text);
    }

    /** Tells of something that went wrong. */
    void error(String text) {
        message(styledMessage(Style.RED, "pixie: ") + text);
    }

    /** Asks a question and leaves the cursor behind it. */
    synchronized void ask(String question) {
        messages.print(question);
        messages.flush();
    }

    /** Draws a line over the one the cursor is on; further messages appear above it until {@link #endBar}. */
    synchronized void drawBar(String line) {
        messages.print("\r" + line + "\u001b[K");
        messages.flush();
        barShown = true;
    }

    /** Removes what {@link #drawBar} drew. */
    synchronized void endBar() {
        if (barShown) {
            messages.print("\r\u001b[K");
            messages.flush();
            barShown = false;
        }
    }
}
