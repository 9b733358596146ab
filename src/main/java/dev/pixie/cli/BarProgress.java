package dev.pixie.cli;

import dev.pixie.Failure;
import dev.pixie.Progress;
import java.time.Duration;
import java.util.Optional;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;

/** A bar at the bottom of the terminal, with rate and time left. Files that fail are named above it. */
final class BarProgress implements IndexProgress {
    private static final int REDRAW_MILLIS = 200;

    private final Console console;
    private final ProgressBar bar;
    private volatile Optional<Duration> remaining = Optional.empty();

    BarProgress(Console console, String work) {
        this.console = console;
        this.bar = new ProgressBarBuilder()
                .setTaskName(work)
                .setInitialMax(-1) // how much there is to do shows with the first progress
                .setStyle(ProgressBarStyle.UNICODE_BLOCK)
                .setUpdateIntervalMillis(REDRAW_MILLIS)
                .setEtaFunction(state -> remaining)
                .setConsumer(new Bottom(console, console.width() - 1))
                .build();
    }

    @Override
    public void progressed(Progress progress) {
        remaining = progress.remaining();
        progress.total().ifPresent(bar::maxHint);
        bar.stepTo(progress.finished());
        bar.setExtraMessage(" " + Quantity.rate(progress.itemsPerSecond()) + "/s"
                + some(progress.added(), "new")
                + some(progress.updated(), "changed")
                + some(progress.moved(), "moved")
                + some(progress.unchanged(), "unchanged")
                + some(progress.failed(), "failed"));
    }

    private static String some(long count, String what) {
        return count == 0 ? "" : ", " + Quantity.count(count) + " " + what;
    }

    @Override
    public void failed(Failure failure) {
        console.error(FailureLine.of(failure));
    }

    @Override
    public void close() {
        bar.close();
        console.endBar();
    }

    private record Bottom(Console console, int getMaxRenderedLength) implements ProgressBarConsumer {
        @Override
        public void accept(String rendered) {
            console.drawBar(rendered);
        }

        @Override
        public void close() {}
    }
}
