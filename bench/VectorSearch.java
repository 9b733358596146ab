import dev.pixie.Pixie;
import dev.pixie.Query;
import dev.pixie.Term;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The Java side of bench/ann. Takes a collection's folder and a file of queries, little-endian floats one vector after
 * the other. For each line {@code FIRST COUNT CLIENTS} on its input it makes that many searches and prints their seconds
 * as a list; with several clients, each makes as many, and the list holds what all of them took together.
 */
public final class VectorSearch {
    private VectorSearch() {}

    public static void main(String[] arguments) throws Exception {
        var orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        try (Pixie pixie =
                Pixie.builder(Path.of(arguments[0])).readOnly(true).open()) {
            List<Query> queries = queries(Path.of(arguments[1]), pixie.model().dimension());
            for (String line = orders.readLine(); line != null; line = orders.readLine()) {
                String[] order = line.split(" ");
                int first = Integer.parseInt(order[0]);
                int count = Integer.parseInt(order[1]);
                int clients = Integer.parseInt(order[2]);
                List<Query> asked = queries.subList(first, first + count);
                System.out.println(clients == 1 ? alone(pixie, asked) : List.of(together(pixie, asked, clients)));
            }
        }
    }

    private static List<Query> queries(Path file, int dimension) throws Exception {
        var numbers = ByteBuffer.wrap(Files.readAllBytes(file))
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
        List<Query> queries = new ArrayList<>();
        while (numbers.hasRemaining()) {
            float[] vector = new float[dimension];
            numbers.get(vector);
            queries.add(Query.of(Term.vector(vector)));
        }
        return queries;
    }

    private static double together(Pixie pixie, List<Query> queries, int clients) throws Exception {
        var pool = Executors.newFixedThreadPool(clients);
        try {
            long begin = System.nanoTime();
            List<Future<?>> running = new ArrayList<>();
            for (int client = 0; client < clients; client++) {
                running.add(pool.submit(() -> alone(pixie, queries)));
            }
            for (Future<?> one : running) {
                one.get();
            }
            return (System.nanoTime() - begin) / 1e9;
        } finally {
            pool.shutdown();
        }
    }

    private static List<Double> alone(Pixie pixie, List<Query> queries) {
        List<Double> seconds = new ArrayList<>();
        for (Query query : queries) {
            long begin = System.nanoTime();
            pixie.search(query);
            seconds.add((System.nanoTime() - begin) / 1e9);
        }
        return seconds;
    }
}
