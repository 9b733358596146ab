import dev.pixie.IndexOptions;
import dev.pixie.IndexReport;
import dev.pixie.Pixie;
import dev.pixie.ProgressListener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The Java side of bench/embed: indexes a folder with the model loaded before, one JSON line of results. */
public final class IndexPictures {
    private IndexPictures() {}

    public static void main(String[] arguments) throws Exception {
        Path pictures = Path.of(arguments[3]);
        try (Pixie pixie = Pixie.builder(Path.of(arguments[0]))
                .model(arguments[1])
                .dtype(arguments[2])
                .open()) {
            try (var files = Files.list(pictures)) {
                pixie.embed(files.findFirst().orElseThrow());
            }
            long begin = System.nanoTime();
            IndexReport report = pixie.index(List.of(pictures), IndexOptions.DEFAULT, ProgressListener.NONE);
            double seconds = (System.nanoTime() - begin) / 1e9;
            if (!report.failures().isEmpty()) {
                throw new IllegalStateException("failed: " + report.failures());
            }
            System.out.printf(Locale.ROOT, "{\"rate\": %.4f}%n", report.added() / seconds);
        }
    }
}
