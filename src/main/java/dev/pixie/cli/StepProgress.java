package dev.pixie.cli;

import dev.pixie.Step;
import java.util.function.Consumer;

/** Shows the step that long work is at, as the last line of a terminal; nothing where there is none. */
final class StepProgress implements Consumer<Step>, AutoCloseable {
    private final Console console;

    StepProgress(Console console) {
        this.console = console;
    }

    @Override
    public void accept(Step step) {
        if (console.messagesOnTerminal()) {
            String line = (step.done() + 1) + "/" + step.total() + "  " + step.name();
            console.drawBar(TextWidth.cutEnd(line, console.width() - 1));
        }
    }

    @Override
    public void close() {
        console.endBar();
    }
}
