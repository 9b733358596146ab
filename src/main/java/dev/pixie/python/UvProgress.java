package dev.pixie.python;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Timer;
import java.util.TimerTask;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Tells what uv is at, from what it prints when it is not on a terminal, and now and then that it still is. */
final class UvProgress implements AutoCloseable {
    private static final long REMINDER_MILLIS = 15_000;
    private static final Pattern BEGUN = Pattern.compile("(Downloading|Building) (?<name>\\S+?)( \\((?<size>.+)\\))?");
    private static final Pattern ENDED = Pattern.compile("(Downloaded|Built) (?<name>\\S+)");
    private static final Pattern TOTAL = Pattern.compile("(Prepared|Installed|Bytecode compiled) .*");

    private final Consumer<String> progress;
    private final Map<String, String> unfinished = new LinkedHashMap<>();
    private final Timer timer = new Timer("pixie-setup-progress", true);
    private long lastMillis = System.currentTimeMillis();

    UvProgress(Consumer<String> progress) {
        this.progress = progress;
        timer.schedule(
                new TimerTask() {
                    @Override
                    public void run() {
                        remind();
                    }
                },
                REMINDER_MILLIS,
                REMINDER_MILLIS);
    }

    synchronized void line(String line) {
        String text = line.strip();
        Matcher begun = BEGUN.matcher(text);
        Matcher ended = ENDED.matcher(text);
        if (begun.matches()) {
            String size = begun.group("size");
            unfinished.put(begun.group("name"), size == null ? "" : " (" + size + ")");
            tell("  " + text);
        } else if (ended.matches()) {
            unfinished.remove(ended.group("name"));
        } else if (TOTAL.matcher(text).matches()) {
            tell("  " + text);
        }
    }

    private synchronized void remind() {
        if (System.currentTimeMillis() - lastMillis < REMINDER_MILLIS) {
            return;
        }
        StringBuilder text = new StringBuilder(unfinished.isEmpty() ? "  still installing" : "  still waiting for");
        String separator = " ";
        for (Map.Entry<String, String> entry : unfinished.entrySet()) {
            text.append(separator).append(entry.getKey()).append(entry.getValue());
            separator = ", ";
        }
        tell(text.toString());
    }

    private void tell(String text) {
        lastMillis = System.currentTimeMillis();
        progress.accept(text);
    }

    @Override
    public void close() {
        timer.cancel();
    }
}
