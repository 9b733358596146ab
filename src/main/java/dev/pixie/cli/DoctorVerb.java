package dev.pixie.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "doctor",
        description = "Checks what Pixie needs of this machine, a line a check, and tells how to fix what fails.",
        footer = {"", "Exit code: 0 if Pixie can run, 1 if something is broken."})
final class DoctorVerb extends VerbWithOptions {
    private static final int NAME = 17;
    private static final int STATUS = 9;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Override
    int run(Console console) {
        Diagnosis diagnosis = Diagnosis.make(common().python());
        if (json) {
            console.result(DiagnosisJson.of(diagnosis));
        } else {
            print(diagnosis.checks(), console);
        }
        return diagnosis.isBroken() ? ExitCode.FAILED : ExitCode.DONE;
    }

    private static void print(List<Check> checks, Console console) {
        for (int i = 0; i < checks.size(); i++) {
            Check check = checks.get(i);
            String status = TextWidth.padEnd(check.status().word(), STATUS);
            console.result(console.styled(check.status().style(), status)
                    + TextWidth.padEnd(check.name(), NAME)
                    + TextWidth.printable(check.message()));
            boolean sameFixFollows =
                    i + 1 < checks.size() && checks.get(i + 1).fix().equals(check.fix());
            if (check.fix().isPresent() && !sameFixFollows) {
                console.result(" ".repeat(STATUS + NAME) + "fix: " + check.fix().get());
            }
        }
    }
}
