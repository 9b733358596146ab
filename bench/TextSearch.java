import dev.pixie.Pixie;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The Java side of bench/boundary: text searches by one client and by many, one JSON line of results. */
public final class TextSearch {
    private TextSearch() {}

    public static void main(String[] arguments) throws Exception {
        int searches = Integer.parseInt(arguments[1]);
        int clients = Integer.parseInt(arguments[2]);
        try (Pixie pixie = Pixie.builder(Path.of(arguments[0])).dtype("float32").readOnly(true).open()) {
            for (int i = 0; i < 10; i++) {
                pixie.search(text(i));
            }
            double[] seconds = new double[searches];
            long begin = System.nanoTime();
            for (int i = 0; i < searches; i++) {
                long start = System.nanoTime();
                pixie.search(text(i));
                seconds[i] = (System.nanoTime() - start) / 1e9;
            }
            double alone = searches / ((System.nanoTime() - begin) / 1e9);
            Arrays.sort(seconds);
            System.out.printf(
                    Locale.ROOT,
                    "{\"median\": %.6f, \"alone\": %.2f, \"together\": %.2f}%n",
                    seconds[searches / 2], alone, together(pixie, searches, clients));
        }
    }

    private static double together(Pixie pixie, int searches, int clients) throws Exception {
        var pool = Executors.newFixedThreadPool(clients);
        try {
            long begin = System.nanoTime();
            List<Future<?>> running = new ArrayList<>();
            for (int client = 0; client < clients; client++) {
                int first = client * 1000;
                Callable<Void> work = () -> {
                    for (int i = 0; i < searches / 4; i++) {
                        pixie.search(text(first + i));
                    }
                    return null;
                };
                running.add(pool.submit(work));
            }
            for (Future<?> one : running) {
                one.get();
            }
            return (double) clients * (searches / 4) / ((System.nanoTime() - begin) / 1e9);
        } finally {
            pool.shutdown();
        }
    }

    private static String text(int i) {
        return "a photo of dog number " + i + " on a beach";
    }
}
