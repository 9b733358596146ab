package dev.pixie;

import java.io.Serial;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A Python exception that Pixie did not expect, with everything Python said.
 *
 * <p>It is also the cause of the typed exceptions that began in Python. Python's frames stand above Java's in
 * {@link #getStackTrace()}, so that every logger shows them.
 */
public final class PythonFailure extends PixieException {
    @Serial
    private static final long serialVersionUID = 1L;

    private static final Pattern FRAME = Pattern.compile(
            "^\\s+File \"(?<file>[^\"]+)\", line (?<line>\\d{1,9}), in (?<name>.+)$", Pattern.MULTILINE);

    private final String type;
    private final String traceback;

    /**
     * A failure as Python reported it.
     *
     * @param type the name of Python's class, such as {@code ValueError}
     * @param message {@code str()} of the Python exception, complete; may be empty
     * @param traceback the text of {@code traceback.format_exception}, chained exceptions included; may be empty
     */
    public PythonFailure(String type, String message, @Nullable String fix, String traceback) {
        super(message.isEmpty() ? type : type + ": " + message, fix, null);
        this.type = Objects.requireNonNull(type, "type");
        this.traceback = Objects.requireNonNull(traceback, "traceback");
        List<StackTraceElement> frames = new ArrayList<>(pythonFrames(traceback));
        Collections.addAll(frames, getStackTrace());
        setStackTrace(frames.toArray(StackTraceElement[]::new));
    }

    /** The name of Python's class, such as {@code ValueError}. */
    public String type() {
        return type;
    }

    /** Python's own report, chained exceptions included; empty if there was none. */
    public String traceback() {
        return traceback;
    }

    private static List<StackTraceElement> pythonFrames(String traceback) {
        List<StackTraceElement> frames = new ArrayList<>();
        Matcher frame = FRAME.matcher(traceback);
        while (frame.find()) {
            frames.add(new StackTraceElement(
                    "<python>", frame.group("name"), frame.group("file"), Integer.parseInt(frame.group("line"))));
        }
        Collections.reverse(frames); // Python prints the most recent call last, Java first
        return frames;
    }
}
