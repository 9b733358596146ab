package dev.pixie.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Rows in columns that fit the width of a terminal. Columns that may shrink share what the fixed ones leave over; a
 * column in which no row has anything is left out.
 *
 * <p>Cells are cleaned by {@link TextWidth#printable}. Not safe for use by several threads at once.
 */
final class Table {
    /** Where a column's text stands, and how it gives way when the terminal is narrow. */
    enum Fit {
        /** Right-aligned, never cut. */
        NUMBER,
        /** Left-aligned, never cut. */
        WORD,
        /** Left-aligned, loses its middle. */
        PATH,
        /** Left-aligned, loses its end. */
        TEXT;

        private boolean shrinks() {
            return this == PATH || this == TEXT;
        }
    }

    private static final String GAP = "  ";
    private static final int NARROWEST = 8;

    private final String[] titles;
    private final Fit[] fits;
    private final List<String[]> rows = new ArrayList<>();

    private Table(String[] titles, Fit[] fits) {
        this.titles = titles;
        this.fits = fits;
    }

    /** A table with these columns; an empty title is fine. */
    static Table of(List<String> titles, List<Fit> fits) {
        if (titles.size() != fits.size()) {
            throw new IllegalArgumentException(titles.size() + " titles for " + fits.size() + " columns");
        }
        return new Table(titles.toArray(String[]::new), fits.toArray(Fit[]::new));
    }

    /** Adds a row, a cell for each column. */
    void add(String... cells) {
        if (cells.length != fits.length) {
            throw new IllegalArgumentException(cells.length + " cells for " + fits.length + " columns");
        }
        rows.add(Arrays.stream(cells).map(TextWidth::printable).toArray(String[]::new));
    }

    /** How many rows there are. */
    int size() {
        return rows.size();
    }

    /** Prints the table as wide as the terminal. */
    /** Prints a page of what there is {@code total} of, and says how to get at the next one. */
    void printPage(int offset, long total, Console console) {
        if (size() == 0) {
            console.note(total == 0 ? "nothing there" : "nothing after the first " + Quantity.count(total));
            return;
        }
        print(console);
        long rest = total - offset - size();
        if (rest > 0) {
            console.note(Quantity.count(rest) + " more (next: --offset " + (offset + size()) + ")");
        }
    }

    void print(Console console) {
        List<String> lines = lines(console.width());
        console.result(console.styled(Style.DIM, lines.get(0)));
        lines.subList(1, lines.size()).forEach(console::result);
    }

    /** The title line and the rows, each at most {@code width} columns wide as far as the fixed columns allow. */
    List<String> lines(int width) {
        int[] widths = widths(width);
        List<String> lines = new ArrayList<>(rows.size() + 1);
        lines.add(line(titles, widths));
        for (String[] row : rows) {
            lines.add(line(row, widths));
        }
        return lines;
    }

    private String line(String[] cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < cells.length; i++) {
            if (widths[i] > 0) {
                line.append(line.length() == 0 ? "" : GAP).append(cell(cells[i], fits[i], widths[i]));
            }
        }
        return line.toString().stripTrailing();
    }

    private static String cell(String text, Fit fit, int width) {
        return switch (fit) {
            case NUMBER -> TextWidth.padStart(text, width);
            case WORD -> TextWidth.padEnd(text, width);
            case PATH -> TextWidth.padEnd(TextWidth.cutMiddle(text, width), width);
            case TEXT -> TextWidth.padEnd(TextWidth.cutEnd(text, width), width);
        };
    }

    private int[] widths(int width) {
        int[] widths = new int[fits.length];
        for (int i = 0; i < fits.length; i++) {
            for (String[] row : rows) {
                widths[i] = Math.max(widths[i], TextWidth.of(row[i]));
            }
            if (widths[i] > 0) {
                widths[i] = Math.max(widths[i], TextWidth.of(titles[i]));
            }
        }
        int gaps =
                Math.max(0, (int) Arrays.stream(widths).filter(each -> each > 0).count() - 1);
        int excess = Arrays.stream(widths).sum() + GAP.length() * gaps - width;
        while (excess > 0) {
            int widest = widestThatShrinks(widths);
            if (widest < 0) {
                break;
            }
            widths[widest]--;
            excess--;
        }
        return widths;
    }

    private int widestThatShrinks(int[] widths) {
        int widest = -1;
        for (int i = 0; i < widths.length; i++) {
            boolean wider = widest < 0 || widths[i] > widths[widest];
            if (fits[i].shrinks() && widths[i] > NARROWEST && wider) {
                widest = i;
            }
        }
        return widest;
    }
}
