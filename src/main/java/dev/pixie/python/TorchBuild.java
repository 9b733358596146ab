package dev.pixie.python;

import java.util.Locale;

/** Which build of torch an environment has. */
enum TorchBuild {
    /** The CPU build of torch's own index: a tenth of the size. */
    CPU,
    /** What the package index gives for the platform; on Linux the CUDA build, which runs on a CPU as well. */
    INDEX;

    String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
