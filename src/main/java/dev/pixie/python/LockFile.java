package dev.pixie.python;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** A requirements file in which every package has its version, its marker and its hashes. */
record LockFile(List<Entry> entries) {
    /**
     * One package.
     *
     * @param name normalised: lower case, with hyphens
     * @param text everything about it, several lines
     */
    record Entry(String name, String text) {
        /** Name, version and marker. */
        String requirement() {
            return text.lines().findFirst().orElseThrow().replaceFirst("\\s*\\\\$", "");
        }
    }

    static LockFile read(Path file) throws IOException {
        return parse(Files.readString(file));
    }

    static LockFile parse(String content) {
        List<Entry> entries = new ArrayList<>();
        StringBuilder current = new StringBuilder();
        for (String line : content.lines().toList()) {
            boolean continues = line.startsWith(" ") || line.isBlank() || line.startsWith("#");
            if (!continues && current.length() > 0) {
                entries.add(entry(current));
                current.setLength(0);
            }
            if (!line.isBlank() && !line.strip().startsWith("#")) {
                current.append(line).append('\n');
            }
        }
        if (current.length() > 0) {
            entries.add(entry(current));
        }
        return new LockFile(List.copyOf(entries));
    }

    LockFile only(Predicate<Entry> kept) {
        return new LockFile(entries.stream().filter(kept).toList());
    }

    void write(Path file) throws IOException {
        Files.writeString(file, toString());
    }

    /** Without comments. */
    @Override
    public String toString() {
        return entries.stream().map(Entry::text).collect(Collectors.joining());
    }

    private static Entry entry(CharSequence text) {
        String name = text.toString().split("[=\\[ ;]", 2)[0];
        return new Entry(name.toLowerCase(Locale.ROOT).replaceAll("[-_.]+", "-"), text.toString());
    }
}
