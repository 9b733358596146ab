package dev.pixie.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Lets work that can be resumed end well: the first Ctrl-C or SIGTERM asks it to stop, the second ends the process at
 * once. Committed data is safe either way.
 *
 * <p>The JDK's shutdown hooks can't do this: they never learn of a second signal.
 */
final class GracefulStop implements AutoCloseable {
    private static final List<String> SIGNALS = List.of("INT", "TERM");
    private static final int SIGNAL_BASE = 128;

    private final Console console;
    private final List<Runnable> restorers = new ArrayList<>();
    private volatile @Nullable Signal received;

    private GracefulStop(Console console) {
        this.console = console;
    }

    /** Takes the signals over until it is closed. */
    static GracefulStop install(Console console) {
        GracefulStop stop = new GracefulStop(console);
        for (String name : SIGNALS) {
            Signal signal = new Signal(name);
            try {
                SignalHandler before = Signal.handle(signal, stop::receive);
                stop.restorers.add(() -> Signal.handle(signal, before));
            } catch (IllegalArgumentException e) {
                // the JVM runs with -Xrs: it leaves signals alone, and so must we
            }
        }
        return stop;
    }

    private void receive(Signal signal) {
        if (received != null) {
            Runtime.getRuntime().halt(SIGNAL_BASE + signal.getNumber());
        }
        received = signal;
        console.note("stopping as soon as the batch in hand is saved (once more ends at once)");
    }

    /** Whether the work should stop. */
    boolean asked() {
        return received != null;
    }

    /** The exit code of a process that the signal ended: 130 for Ctrl-C, 143 for SIGTERM. */
    int exitCode() {
        Signal signal = received;
        return signal == null ? ExitCode.DONE : SIGNAL_BASE + signal.getNumber();
    }

    @Override
    public void close() {
        restorers.forEach(Runnable::run);
    }
}
