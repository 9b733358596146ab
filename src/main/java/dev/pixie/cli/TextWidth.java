package dev.pixie.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jline.utils.WCWidth;

/**
 * How many columns of a terminal a text takes: one for most characters, two for Chinese, Japanese, Korean and emoji,
 * none for marks that combine with the character before them.
 */
final class TextWidth {
    private static final String ELLIPSIS = "…";
    private static final int EMOJI_PRESENTATION = 0xFE0F;

    // What a reader sees as one character: a letter with its accents, a flag, a family joined from four people.
    private static final class Clusters {
        static final Pattern PATTERN = Pattern.compile("\\X");
    }

    private TextWidth() {}

    /** Columns that a text takes which {@link #printable} has cleaned. */
    static int of(String text) {
        if (isAscii(text)) {
            return text.length();
        }
        int width = 0;
        Matcher cluster = Clusters.PATTERN.matcher(text);
        while (cluster.find()) {
            width += ofCluster(cluster.group());
        }
        return width;
    }

    private static int ofCluster(String cluster) {
        if (cluster.indexOf(EMOJI_PRESENTATION) >= 0) {
            return 2;
        }
        return cluster.codePoints().map(TextWidth::ofCodePoint).max().orElse(0);
    }

    private static int ofCodePoint(int codePoint) {
        if (codePoint >= 0x1F1E6 && codePoint <= 0x1F1FF) {
            return 2; // regional indicators: a pair of them is one flag
        }
        return Math.max(0, WCWidth.wcwidth(codePoint));
    }

    /** The beginning of a text in at most {@code columns}, ending in an ellipsis if something was cut. */
    static String cutEnd(String text, int columns) {
        if (of(text) <= columns) {
            return text;
        }
        return columns < 1 ? "" : head(text, columns - 1).stripTrailing() + ELLIPSIS;
    }

    /** A text in at most {@code columns}, its middle cut out: of a path, both the folder and the name are telling. */
    static String cutMiddle(String text, int columns) {
        if (of(text) <= columns) {
            return text;
        }
        if (columns < 1) {
            return "";
        }
        int end = (columns - 1) * 2 / 3;
        return head(text, columns - 1 - end) + ELLIPSIS + tail(text, end);
    }

    /** The text with spaces after it up to {@code columns}. */
    static String padEnd(String text, int columns) {
        return text + " ".repeat(Math.max(0, columns - of(text)));
    }

    /** The text with spaces before it up to {@code columns}. */
    static String padStart(String text, int columns) {
        return " ".repeat(Math.max(0, columns - of(text))) + text;
    }

    /**
     * The text on one line and harmless to a terminal: runs of white space become a space, and control characters,
     * with which a file's name could steer the terminal, as well as unpaired surrogates become replacement characters.
     */
    static String printable(String text) {
        StringBuilder clean = new StringBuilder(text.length());
        text.codePoints().forEach(codePoint -> {
            if (Character.isWhitespace(codePoint)) {
                if (clean.length() > 0 && clean.charAt(clean.length() - 1) != ' ') {
                    clean.append(' ');
                }
            } else if (isControl(codePoint)) {
                clean.append('\uFFFD');
            } else {
                clean.appendCodePoint(codePoint);
            }
        });
        return clean.toString().stripTrailing();
    }

    private static boolean isControl(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL, Character.SURROGATE -> true;
            // bidirectional overrides would reorder the rest of the line
            case Character.FORMAT ->
                codePoint >= 0x202A && codePoint <= 0x202E || codePoint >= 0x2066 && codePoint <= 0x2069;
            default -> false;
        };
    }

    private static String head(String text, int columns) {
        int end = 0;
        int width = 0;
        Matcher cluster = Clusters.PATTERN.matcher(text);
        while (cluster.find()) {
            width += ofCluster(cluster.group());
            if (width > columns) {
                break;
            }
            end = cluster.end();
        }
        return text.substring(0, end);
    }

    private static String tail(String text, int columns) {
        int excess = of(text) - columns;
        int width = 0;
        Matcher cluster = Clusters.PATTERN.matcher(text);
        while (cluster.find()) {
            if (width >= excess) {
                return text.substring(cluster.start());
            }
            width += ofCluster(cluster.group());
        }
        return "";
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0x7E) {
                return false;
            }
        }
        return true;
    }
}
