package dev.pixie.python;

import dev.pixie.PythonSetupException;
import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jep.MainInterpreter;
import jep.PyConfig;
import jep.SharedInterpreter;

/** What {@link ChildJvm} runs. */
final class ChildScenes {
    private ChildScenes() {}

    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "print" -> print();
            case "busy" -> busy();
            case "leave-while-busy" -> leaveWhileBusy();
            case "broken-library" -> brokenLibrary(Path.of(arguments[1]));
            case "broken-home" -> brokenHome(Path.of(arguments[1]));
            case "two-class-loaders" -> twoClassLoaders();
            case "jep-in-use" -> jepInUse();
            case "run-command" -> runCommand(Path.of(arguments[1]));
            case "find" -> find(arguments.length > 1 ? Optional.of(Path.of(arguments[1])) : Optional.empty());
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    private static void print() {
        TestPython.lane(LaneKind.SEARCH).call("write", Map.of("text", "said by Python, without an end of line"));
    }

    private static void busy() {
        Lane lane = TestPython.lane(LaneKind.EMBED);
        lane.callAsync("spin", Map.of("seconds", 600));
        TestPython.lane(LaneKind.SEARCH).call("hello", Map.of());
        System.out.println("busy");
        lane.call("hello", Map.of());
    }

    private static void leaveWhileBusy() throws InterruptedException {
        EmbedQueue queue = EmbedQueue.open(TestPython.runtime(), "demo", "cpu", "float32", 1000, Duration.ofSeconds(1));
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < queue.facts().textBatch(); i++) {
            texts.add("text " + i);
        }
        FloatArray out = new FloatArray(texts.size(), queue.facts().dimension());
        queue.bulkTexts(texts, out).join();
        for (int i = 0; i < 500; i++) {
            queue.bulkTexts(texts, out);
        }
        Thread.sleep(50);
        System.exit(7);
    }

    private static void brokenLibrary(Path library) {
        PythonEnvironment broken = PythonEnvironment.of(
                TestFacts.usable().with("libjep", library.toString()).facts());
        tell(() -> PythonRuntime.start(broken));
        tell(() -> PythonRuntime.start(PythonEnvironment.find()));
    }

    private static void brokenHome(Path executable) {
        PythonFacts real = PythonEnvironment.find().facts();
        PythonEnvironment broken = PythonEnvironment.of(TestFacts.usable()
                .with("libjep", real.libjep().orElseThrow().toString())
                .executable(executable.toString())
                .facts());
        tell(() -> PythonRuntime.start(broken));
    }

    private static void twoClassLoaders() throws Exception {
        TestPython.runtime();
        List<URL> classPath = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            classPath.add(Path.of(entry).toUri().toURL());
        }
        try (URLClassLoader other =
                new URLClassLoader(classPath.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            Class<?> runtime = other.loadClass(PythonRuntime.class.getName());
            runtime.getMethod("start").invoke(null);
        } catch (InvocationTargetException e) {
            System.out.println(e.getCause());
        }
    }

    private static void jepInUse() {
        PythonEnvironment python = PythonEnvironment.find();
        MainInterpreter.setJepLibraryPath(python.libjep().toString());
        MainInterpreter.setInitParams(
                PyConfig.python().setProgramName(python.executable().toString()));
        try (SharedInterpreter somebody = new SharedInterpreter()) {
            somebody.exec("answer = 42");
            tell(PythonRuntime::start);
        }
    }

    private static void runCommand(Path script) throws Exception {
        new ChildProcess(List.of(script.toString()), System.getenv(), Duration.ofMinutes(5))
                .onErrorLine(System.out::println)
                .run();
    }

    private static void find(Optional<Path> explicit) {
        tell(() -> System.out.println(PythonEnvironment.find(explicit).executable()));
        System.out.println("setup needed: " + PythonSetup.isNeeded(explicit));
        System.out.println("home exists: " + Files.exists(PixieHome.home()));
    }

    private static void tell(Runnable attempt) {
        try {
            attempt.run();
            System.out.println("no error");
        } catch (PythonSetupException e) {
            System.out.println(e.message() + " (" + e.fix().orElseThrow() + ")");
        }
    }
}
