package dev.pixie.cli;

import dev.pixie.python.PythonEnvironment;
import picocli.CommandLine.Mixin;

/** A verb that takes the common options, as all do but the one that passes its words on. */
abstract class VerbWithOptions extends Verb {
    @Mixin
    private CommonOptions common = new CommonOptions();

    @Override
    final CommonOptions common() {
        return common;
    }

    /** The Python to run on, set up if the user agrees to that now. */
    final PythonEnvironment python(Console console) {
        return SetupDialog.python(common.python(), console);
    }
}
