package dev.pixie.python;

import dev.pixie.PythonFailure;
import dev.pixie.PythonSetupException;
import java.nio.file.Path;
import java.util.Map;
import jep.ClassEnquirer;
import jep.JepConfig;
import jep.JepException;
import jep.MainInterpreter;
import jep.PyConfig;
import jep.SharedInterpreter;
import jep.python.PyCallable;

/**
 * Python as jep shows it to one thread.
 *
 * <p>Never closed: modules such as numpy and torch can't be loaded into a process twice.
 */
final class JepInterpreter implements Lane.Interpreter {
    /**
     * Environment variables that take effect only if they are set before the first import, unless the user has set
     * them.
     */
    private static final Map<String, String> DEFAULTS = Map.of(
            // Idle OpenMP threads that spin cost a busy machine nine tenths of torch's speed.
            "OMP_WAIT_POLICY", "PASSIVE",
            // NumPy's second thread spins between products: two lanes that compute get several times slower by it.
            "OPENBLAS_NUM_THREADS", "1",
            // Rust threads of their own make tokenizers warn about forks, and gain nothing for single texts.
            "TOKENIZERS_PARALLELISM", "false");

    /**
     * Of Java, Python sees java.* alone. Otherwise a Java package hides the Python package of the same name, and the
     * class path is searched at every start.
     */
    private static final ClassEnquirer JAVA_ONLY = new ClassEnquirer() {
        @Override
        public boolean isJavaPackage(String name) {
            return name.equals("java") || name.startsWith("java.");
        }

        @Override
        public String[] getClassNames(String packageName) {
            return new String[0];
        }

        @Override
        public String[] getSubPackages(String packageName) {
            return new String[0];
        }
    };

    /**
     * The tree goes first on the path, so that no pixie among the installed packages wins over this jar's. Lanes hand
     * the interpreter lock on after 0.5 ms instead of 5: the search lane's calls are shorter than that, and 32 clients
     * get twice as many answers of a small model.
     */
    private static final String PREPARE = """
            import json, os, sys
            for _name, _value in json.loads(_defaults).items():
                os.environ.setdefault(_name, _value)
            _tree = json.loads(_tree)
            if _tree not in sys.path:
                sys.path.insert(0, _tree)
            sys.setswitchinterval(0.0005)
            """;

    /** What is registered last runs first, with the exit code as its argument. */
    private static final String SKIP_EXIT_HANDLERS = """
            import ctypes
            _libc = ctypes.CDLL(None)
            if hasattr(_libc, "on_exit"):
                _libc.on_exit(ctypes.cast(_libc._exit, ctypes.c_void_p), None)
            """;

    private final SharedInterpreter python;
    private final PyCallable bridge;

    private JepInterpreter(SharedInterpreter python, PyCallable bridge) {
        this.python = python;
        this.bridge = bridge;
    }

    /**
     * Says which Python the process will run, before the first interpreter is opened. It takes effect once in a
     * process.
     *
     * @throws PythonSetupException if something else in this JVM has started Python already
     */
    static void configure(PythonEnvironment environment) {
        try {
            MainInterpreter.setJepLibraryPath(environment.libjep().toString());
            // Isolated: PYTHONPATH and the user's own packages don't count, and no signal handler replaces Java's.
            MainInterpreter.setInitParams(PyConfig.isolated()
                    .setProgramName(environment.executable().toString())
                    .setArgv("pixie")
                    .setParseArgv(false));
            SharedInterpreter.setConfig(
                    new JepConfig().setClassEnquirer(JAVA_ONLY).setClassLoader(JepInterpreter.class.getClassLoader()));
        } catch (IllegalStateException | JepException e) {
            throw new PythonSetupException(
                    "Something else in this JVM has started Python through jep already",
                    "open Pixie first, or run it in a JVM of its own",
                    e);
        }
    }

    /** Opens an interpreter for the calling thread. */
    static JepInterpreter open(Path pythonTree) {
        SharedInterpreter python;
        try (var phase = Timings.phase("jep")) {
            python = new SharedInterpreter();
        }
        try (var phase = Timings.phase("imports")) {
            python.set("_defaults", Json.ascii(DEFAULTS));
            python.set("_tree", Json.ascii(pythonTree.toString()));
            python.exec(PREPARE);
            python.exec("from pixie.bridge import call as _call");
            return new JepInterpreter(python, python.getValue("_call", PyCallable.class));
        }
    }

    @Override
    public String call(String function, String argument, NativeArray... arrays) {
        Object[] arguments = new Object[2 + arrays.length];
        arguments[0] = function;
        arguments[1] = argument;
        for (int i = 0; i < arrays.length; i++) {
            arguments[2 + i] = arrays[i].view();
        }
        try {
            return bridge.callAs(String.class, arguments);
        } catch (JepException e) {
            // bridge.call never raises: this is jep itself, such as an array it can't convert.
            PythonFailure failure = new PythonFailure("jep", String.valueOf(e.getMessage()), null, "");
            failure.initCause(e);
            throw failure;
        }
    }

    @Override
    public void skipExitHandlers() {
        python.exec(SKIP_EXIT_HANDLERS);
    }
}
