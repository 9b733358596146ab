import dev.pixie.Pixie;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The Java side of bench/boundary. For each line {@code FIRST COUNT CLIENTS} on its input it makes that many searches
 * for each client, and prints their seconds, or with several clients the seconds for all of them together, as a list.
 */
public final class TextSearch {
    private TextSearch() {}

    public static void main(String[] arguments) throws Exception {
        var orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        try (Pixie pixie =
                Pixie.builder(Path.of(arguments[0])).dtype("float32").readOnly(true).open()) {
            for (String line = orders.readLine(); line != null; line = orders.readLine()) {
                String[] order = line.split(" ");
                int first = Integer.parseInt(order[0]);
                int count = Integer.parseInt(order[1]);
                int clients = Integer.parseInt(order[2]);
                System.out.println(
                        clients == 1 ? alone(pixie, first, count) : List.of(together(pixie, first, count, clients)));
            }
        }
    }

    private static List<Double> alone(Pixie pixie, int first, int count) {
        List<Double> seconds = new ArrayList<>();
        for (int i = first; i < first + count; i++) {
            long begin = System.nanoTime();
            pixie.search(text(i));
            seconds.add((System.nanoTime() - begin) / 1e9);
        }
        return seconds;
    }

    private static double together(Pixie pixie, int first, int count, int clients) throws Exception {
        var pool = Executors.newFixedThreadPool(clients);
        try {
            long begin = System.nanoTime();
            List<Future<?>> running = new ArrayList<>();
            for (int client = 0; client < clients; client++) {
                int from = first + client * count;
                Callable<List<Double>> work = () -> alone(pixie, from, count);
                running.add(pool.submit(work));
            }
            for (Future<?> one : running) {
                one.get();
            }
            return (System.nanoTime() - begin) / 1e9;
        } finally {
            pool.shutdown();
        }
    }

    private static String text(int i) {
        return i + " dogs and a child on a beach"; // nothing in common at the start, which a batch would compute once
    }
}
