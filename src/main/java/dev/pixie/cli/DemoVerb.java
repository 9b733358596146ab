package dev.pixie.cli;

import dev.pixie.CollectionException;
import dev.pixie.IndexOptions;
import dev.pixie.IndexReport;
import dev.pixie.Pixie;
import dev.pixie.Query;
import dev.pixie.Root;
import dev.pixie.Term;
import dev.pixie.python.PixieHome;
import dev.pixie.python.PythonEnvironment;
import dev.pixie.python.PythonSetup;
import dev.pixie.python.ShippedFiles;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;

@Command(
        name = "demo",
        description = {
            "Indexes the drawings that ship with Pixie and answers three queries: a text, a picture, and both together.",
            "",
            "Runs on a small model that ships with Pixie and needs no download. It knows drawings, not photographs. Sets"
                    + " Python up first if there is none."
        })
final class DemoVerb extends VerbWithOptions {
    private static final String COLLECTION = "demo";
    private static final int HITS = 5;

    @Override
    int run(Console console) {
        console.result(
                console.styled(Style.BOLD, "Pixie demo") + ": a small model that knows drawings, not photographs.");
        PythonEnvironment python = PythonSetup.isNeeded(common().python())
                ? SetupDialog.setUp(PythonSetup.options(), console)
                : PythonEnvironment.find(common().python());
        Path pictures = ShippedFiles.pictures();
        Path folder = PixieHome.collections().resolve(COLLECTION);
        try (GracefulStop stop = GracefulStop.install(console);
                Pixie pixie = Pixie.builder(folder).model("demo").python(python).open()) {
            removePicturesOfAnotherBuild(pixie, pictures);
            IndexReport report = index(pixie, pictures, stop, console);
            if (report.interrupted()) {
                return stop.exitCode();
            }
            console.result(Quantity.count(report.found(), "picture") + " in the collection '" + COLLECTION + "', "
                    + Quantity.count(report.added() + report.updated()) + " of them indexed just now.");
            answer(pixie, pictures, console);
        } catch (CollectionException e) {
            if (e.code().equals("wrong_model")) {
                throw new CollectionException(
                        "the demo's collection was made with the demo model of another version of Pixie",
                        "remove the folder " + folder + " and run the demo again",
                        e.code(),
                        e);
            }
            throw e;
        }
        sayWhatIsNext(console);
        return ExitCode.DONE;
    }

    /** The same drawings in another folder, of a checkout or of another jar, would be found twice. */
    private static void removePicturesOfAnotherBuild(Pixie pixie, Path pictures) {
        for (Root root : pixie.stats().roots()) {
            boolean ofPixie =
                    root.path().endsWith("examples/pictures") || root.path().startsWith(PixieHome.cache());
            if (ofPixie && !root.path().equals(pictures)) {
                pixie.items().withMissing().prefix(root.name() + "/").remove();
            }
        }
    }

    private static IndexReport index(Pixie pixie, Path pictures, GracefulStop stop, Console console) {
        try (IndexProgress progress = IndexProgress.of(IndexProgress.Kind.AUTO, console, "Indexing")) {
            return pixie.index(List.of(pictures), IndexOptions.DEFAULT.stopWhen(stop::asked), progress);
        }
    }

    private static void answer(Pixie pixie, Path pictures, Console console) {
        Path tiger = pictures.resolve("tiger.png");
        Path heart = pictures.resolve("red-heart.png");
        show("A text", "\"a hot drink\"", Query.text("a hot drink"), pixie, console);
        show("A picture", file(tiger), Query.of(Term.picture(tiger)), pixie, console);
        show(
                "A picture and a text, and what not to find",
                file(heart) + " green --minus red",
                Query.of(
                        Term.picture(heart),
                        Term.text("green"),
                        Term.text("red").minus()),
                pixie,
                console);
    }

    /** A picture as the shortest word that means it here. */
    private static String file(Path picture) {
        Path here = Path.of("").toAbsolutePath();
        Path shown = picture.startsWith(here) ? here.relativize(picture) : picture;
        return "@" + ShellWord.quote(FileArgument.nameOf(shown));
    }

    private static void show(String title, String words, Query query, Pixie pixie, Console console) {
        console.result("");
        console.result(console.styled(Style.BOLD, title));
        console.result(console.styled(Style.CYAN, "$ " + search(words)));
        HitOutput.printTable(pixie.search(query.limit(HITS)), 0, console);
    }

    private static void sayWhatIsNext(Console console) {
        console.result("");
        console.result(console.styled(Style.BOLD, "Now you"));
        console.result("  " + console.styled(Style.CYAN, search("\"something red to eat\"")));
        console.result("  " + console.styled(Style.CYAN, Invocation.command() + " index ~/Pictures")
                + "   your photographs, with the real model (fetched once, 1.7 GB)");
    }

    private static String search(String words) {
        return Invocation.command() + " search -c " + COLLECTION + " " + words;
    }
}
