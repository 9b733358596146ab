package decoy;

/** In a Java package that has the name of a Python module. */
public final class Decoy {
    private Decoy() {}
}
