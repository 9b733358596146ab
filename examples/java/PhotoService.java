import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.pixie.Hit;
import dev.pixie.IndexOptions;
import dev.pixie.IndexReport;
import dev.pixie.InvalidInputException;
import dev.pixie.OverloadedException;
import dev.pixie.Pixie;
import dev.pixie.PixieException;
import dev.pixie.ProgressListener;
import dev.pixie.Query;
import dev.pixie.SearchResult;
import dev.pixie.Term;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A service that finds photos by what they show, in a hundred lines around one shared {@link Pixie}.
 *
 * <pre>
 * java -cp target/pixie.jar examples/java/PhotoService.java ~/Pictures ./photo-index 8080
 * curl 'http://localhost:8080/search?q=a+dog+on+a+beach&amp;k=5'
 * curl 'http://localhost:8080/similar?id=Pictures/beach.jpg'
 * </pre>
 *
 * <p>It answers from its first second on: the folder is indexed in the background, and whatever is indexed is found.
 */
public final class PhotoService implements AutoCloseable {
    private final Pixie pixie;
    private final HttpServer server;
    private final ExecutorService requests = Executors.newFixedThreadPool(32);

    private PhotoService(Pixie pixie, int port) throws IOException {
        this.pixie = pixie;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.setExecutor(requests);
        server.createContext("/search", exchange -> answer(exchange, parameters -> Query.text(parameters.get("q"))));
        server.createContext(
                "/similar", exchange -> answer(exchange, parameters -> Query.of(Term.item(parameters.get("id")))));
    }

    public static void main(String[] arguments) throws IOException {
        if (arguments.length < 3) {
            System.err.println("usage: PhotoService PICTURES COLLECTION PORT [MODEL]");
            System.exit(2);
        }
        var settings = Pixie.builder(Path.of(arguments[1]));
        if (arguments.length > 3) {
            settings.model(arguments[3]);
        }
        PhotoService service = new PhotoService(settings.open(), Integer.parseInt(arguments[2]));
        Runtime.getRuntime().addShutdownHook(new Thread(service::close));
        service.server.start();
        System.out.println(
                "listening on http://localhost:" + service.server.getAddress().getPort());
        service.index(Path.of(arguments[0]));
    }

    private void index(Path pictures) {
        IndexReport report = pixie.index(List.of(pictures), IndexOptions.DEFAULT, ProgressListener.NONE);
        System.out.printf(
                "indexed %s: %d new, %d unchanged, %d failed%n",
                pictures, report.added(), report.unchanged(), report.failures().size());
    }

    private interface Request {
        Query query(Map<String, String> parameters);
    }

    private void answer(HttpExchange exchange, Request request) throws IOException {
        try {
            Map<String, String> parameters = parameters(exchange.getRequestURI().getRawQuery());
            Query query = request.query(parameters).limit(Integer.parseInt(parameters.getOrDefault("k", "10")));
            send(exchange, 200, lines(pixie.search(query)));
        } catch (NullPointerException | NumberFormatException e) {
            send(exchange, 400, "a parameter is missing or no number\n");
        } catch (InvalidInputException e) {
            send(exchange, 400, e.message() + "\n");
        } catch (OverloadedException e) {
            send(exchange, 503, e.message() + "\n");
        } catch (PixieException e) {
            send(
                    exchange,
                    500,
                    e.message() + e.fix().map(fix -> " (" + fix + ")").orElse("") + "\n");
        }
    }

    private static String lines(SearchResult result) {
        StringBuilder lines = new StringBuilder();
        for (Hit hit : result) {
            lines.append("%.4f\t%s%n".formatted(hit.score(), hit.id()));
        }
        return lines.toString();
    }

    private static Map<String, String> parameters(String query) {
        Map<String, String> parameters = new HashMap<>();
        for (String pair : (query == null ? "" : query).split("&")) {
            String[] parts = pair.split("=", 2);
            parameters.put(parts[0], URLDecoder.decode(parts[parts.length - 1], StandardCharsets.UTF_8));
        }
        return parameters;
    }

    private static void send(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        try (exchange) {
            exchange.getResponseBody().write(body);
        }
    }

    /** Stops taking requests, then closes the collection; what is being indexed is committed first. */
    @Override
    public void close() {
        server.stop(1);
        requests.shutdown();
        pixie.close();
    }
}
