package dev.pixie.python;

/**
 * One reason why Pixie can't run on an interpreter.
 *
 * @param check what was looked at
 * @param message what is wrong
 * @param fix what to do about it
 */
public record PythonProblem(Check check, String message, String fix) {
    /** What is looked at. */
    public enum Check {
        /** CPython 3.10 to 3.13. */
        VERSION,
        /** The path can be passed to C. */
        PATH,
        /** The interpreter can be loaded as a shared library. */
        SHARED,
        /** The build has a global interpreter lock. */
        FREE_THREADING,
        /** jep is installed, in the version of the Java side. */
        JEP,
        /** jep's native library can be loaded and passes arrays. */
        LIBJEP,
        /** The other packages are installed. */
        PACKAGES
    }
}
