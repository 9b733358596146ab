package dev.pixie.cli;

import dev.pixie.python.PythonEnvironment;
import dev.pixie.python.PythonSetup;
import java.nio.file.Path;
import java.util.Optional;

/** Finds the Python to run on, and offers to set one up for a user who can answer. */
final class SetupDialog {
    /** Set by the launcher: whoever runs Pixie from its sources has asked for all that it needs. */
    private static final boolean UNASKED = "1".equals(System.getenv("PIXIE_SETUP"));

    private SetupDialog() {}

    /**
     * The Python that the user named, or the one that Pixie set up.
     *
     * @throws dev.pixie.PythonSetupException when there is none, with the fix
     */
    static PythonEnvironment python(Optional<Path> explicit, Console console) {
        offer(explicit, console);
        return PythonEnvironment.find(explicit);
    }

    /** Offers to set Python up if there is none and a user is there to answer; the launcher's word is an answer. */
    static void offer(Optional<Path> explicit, Console console) {
        if (PythonSetup.isNeeded(explicit) && (UNASKED || console.canAsk())) {
            console.message(
                    "Pixie has no Python environment yet. Making one downloads PyTorch and takes some minutes.");
            if (UNASKED || Question.yes("Make it now", console)) {
                setUp(PythonSetup.options(), console);
            }
        }
    }

    /** Sets Python up and shows how that goes. */
    static PythonEnvironment setUp(PythonSetup.Options options, Console console) {
        return PythonSetup.run(options, console::message);
    }
}
