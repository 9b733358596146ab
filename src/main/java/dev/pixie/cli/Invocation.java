package dev.pixie.cli;

/** How the user started Pixie, for commands that are printed to be copied. */
final class Invocation {
    private Invocation() {}

    /** {@code ./pixie}, {@code java -jar target/pixie.jar}, or {@code pixie}. */
    static String command() {
        String launcher = System.getenv("PIXIE_COMMAND"); // set by the launcher
        if (launcher != null && !launcher.isBlank()) {
            return ShellWord.quote(launcher);
        }
        String main = System.getProperty("sun.java.command", "").split(" ", 2)[0];
        return main.endsWith(".jar") ? "java -jar " + ShellWord.quote(main) : "pixie";
    }
}
