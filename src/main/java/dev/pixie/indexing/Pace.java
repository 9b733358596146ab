package dev.pixie.indexing;

import java.time.Duration;
import java.util.Optional;

/**
 * Items per second, smoothed so that a time left can be read off it: an average whose memory fades by half every ten
 * seconds. The first items only start the clock, because what comes before them is the loading of the model.
 */
final class Pace {
    private static final double HALF_LIFE_SECONDS = 10;

    private boolean started;
    private long since;
    private double items;
    private double seconds;

    void advance(long nanoTime, long count) {
        if (started) {
            double elapsed = (nanoTime - since) / 1e9;
            double kept = Math.pow(0.5, elapsed / HALF_LIFE_SECONDS);
            items = items * kept + count;
            seconds = seconds * kept + elapsed;
        }
        started = true;
        since = nanoTime;
    }

    /** 0 until there is something to go by. */
    double perSecond() {
        return seconds > 0 ? items / seconds : 0;
    }

    Optional<Duration> timeFor(long count) {
        double rate = perSecond();
        return rate > 0 ? Optional.of(Duration.ofMillis(Math.round(count / rate * 1000))) : Optional.empty();
    }
}
