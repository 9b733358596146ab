package dev.pixie.cli;

import dev.pixie.python.PythonEnvironment;
import dev.pixie.python.PythonSetup;
import java.util.EnumSet;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "setup",
        description = {
            "Makes the Python environment that Pixie runs on, once for all checkouts and jars of this version.",
            "",
            "Safe to interrupt and to run again. With --python naming an environment that already has what Pixie needs,"
                    + " that one is used from now on and nothing is installed."
        },
        footer = {
            "",
            "Examples:",
            "  pixie setup",
            "  pixie setup --python /usr/bin/python3.12 --torch cpu",
            "  pixie setup --with heif,raw"
        })
final class SetupVerb extends VerbWithOptions {
    @Option(
            names = "--torch",
            paramLabel = "BUILD",
            defaultValue = "auto",
            description = "The build of PyTorch: cpu, cuda, or auto (cpu where there is no NVIDIA GPU).")
    private PythonSetup.Torch torch = PythonSetup.Torch.AUTO;

    @Option(
            names = "--with",
            paramLabel = "EXTRA",
            split = ",",
            description = "Also what reads HEIC pictures (heif) or cameras' raw files (raw); with commas between them.")
    private Set<PythonSetup.Extra> extras = EnumSet.noneOf(PythonSetup.Extra.class);

    @Option(names = "--force", description = "Make the environment again although there is one.")
    private boolean force;

    @Override
    int run(Console console) {
        PythonSetup.Options options =
                PythonSetup.options().torch(torch).force(force).with(extras);
        if (common().python().isPresent()) {
            options = options.python(common().python().get());
        }
        PythonEnvironment python = SetupDialog.setUp(options, console);
        console.result("ready: " + python);
        return ExitCode.DONE;
    }
}
