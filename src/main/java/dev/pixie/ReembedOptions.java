package dev.pixie;

import java.util.Objects;
import java.util.function.BooleanSupplier;

/**
 * How all vectors of a collection are made anew.
 *
 * <p>Immutable and safe to share between threads.
 */
public final class ReembedOptions {
    /** On the best device, with the precision chosen by measurement; what fails keeps the old model in place. */
    public static final ReembedOptions DEFAULT = new ReembedOptions("auto", "auto", false, () -> false);

    private final String device;
    private final String dtype;
    private final boolean skipFailed;
    private final BooleanSupplier stop;

    private ReembedOptions(String device, String dtype, boolean skipFailed, BooleanSupplier stop) {
        this.device = device;
        this.dtype = dtype;
        this.skipFailed = skipFailed;
        this.stop = stop;
    }

    /** Where the model runs: {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}. */
    public ReembedOptions device(String device) {
        return new ReembedOptions(Objects.requireNonNull(device, "device"), dtype, skipFailed, stop);
    }

    /** The model's precision: {@code auto}, {@code float32}, {@code bfloat16} or {@code float16}. */
    public ReembedOptions dtype(String dtype) {
        return new ReembedOptions(device, Objects.requireNonNull(dtype, "dtype"), skipFailed, stop);
    }

    /**
     * Whether items whose pictures can't be read now are left behind. An item keeps the vectors that could be made; one
     * without any leaves the collection. Each is then among {@link Pixie#failures()}, and all that was known of it is in
     * {@link ReembedReport#leftOut()}, which {@link Pixie#importTable} reads back.
     */
    public ReembedOptions skipFailed(boolean skipFailed) {
        return new ReembedOptions(device, dtype, skipFailed, stop);
    }

    /**
     * Stops the run soon after {@code stop} turns true: what is being embedded is committed, the report says
     * {@code interrupted}, and the next run goes on from there. Interrupting the calling thread does the same.
     *
     * @param stop asked often, from the calling thread
     */
    public ReembedOptions stopWhen(BooleanSupplier stop) {
        return new ReembedOptions(device, dtype, skipFailed, Objects.requireNonNull(stop, "stop"));
    }

    String device() {
        return device;
    }

    String dtype() {
        return dtype;
    }

    boolean skipFailed() {
        return skipFailed;
    }

    BooleanSupplier stop() {
        return stop;
    }

    @Override
    public String toString() {
        return "ReembedOptions[device=" + device + ", dtype=" + dtype + ", skipFailed=" + skipFailed + "]";
    }
}
