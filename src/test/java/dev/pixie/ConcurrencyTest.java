package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("python")
@Timeout(300)
class ConcurrencyTest {
    private static final int THREADS = 32;

    @TempDir
    private Path folder;

    private Pixie open() {
        return Pixie.builder(folder.resolve("photos")).model("demo").open();
    }

    @Test
    void thirty_two_threads_find_what_one_finds() throws Exception {
        try (Pixie pixie = open()) {
            addTexts(pixie, 200);
            for (int seed = 0; seed < 8; seed++) {
                pixie.add(Item.picture("picture-" + seed, TestPictures.png(seed)));
            }
            List<Query> queries = IntStream.range(0, 96)
                    .mapToObj(i -> switch (i % 4) {
                        case 0 -> Query.text("query number " + i);
                        case 1 -> Query.of(Term.picture(TestPictures.png(i % 8)));
                        case 2 ->
                            Query.of(
                                    Term.text("text " + i),
                                    Term.picture(TestPictures.png(i % 8)).weight(0.5));
                        default ->
                            Query.of(
                                    Term.item("text-" + i),
                                    Term.text("number " + i).minus());
                    })
                    .map(query -> query.limit(300))
                    .toList();
            List<SearchResult> one = queries.stream().map(pixie::search).toList();

            List<SearchResult> many = together(queries.stream()
                    .map(query -> (Callable<SearchResult>) () -> pixie.search(query))
                    .toList());

            for (int i = 0; i < queries.size(); i++) {
                assertSameScores(one.get(i), many.get(i), queries.get(i));
            }
        }
    }

    @Test
    void threads_may_add_search_and_remove_at_once() throws Exception {
        try (Pixie pixie = open()) {
            addTexts(pixie, 50);
            List<Callable<Long>> work = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                String name = "thread-" + i;
                work.add(() -> {
                    long added = pixie.add(Item.text(name, name), Item.text(name + "-extra", name))
                            .added();
                    assertTrue(pixie.get(name).isPresent());
                    pixie.search(name);
                    return added - pixie.remove(name + "-extra");
                });
            }
            assertEquals(
                    THREADS, together(work).stream().mapToLong(Long::longValue).sum());
            assertEquals(50 + THREADS, pixie.size());
        }
    }

    @Test
    void a_collection_that_is_closed_turns_every_call_away() throws Exception {
        Pixie pixie = open();
        pixie.add(Item.text("a", "a dog"));
        pixie.close();
        pixie.close();
        assertThrows(ClosedException.class, () -> pixie.search("a dog"));
        assertThrows(ClosedException.class, () -> pixie.searchAsync(Query.text("a dog")));
        assertThrows(ClosedException.class, () -> pixie.add(Item.text("b", "a cat")));
        assertThrows(ClosedException.class, () -> pixie.get("a"));
        assertThrows(ClosedException.class, pixie::stats);
        assertThrows(ClosedException.class, () -> pixie.embed("a dog"));
        assertEquals("demo", pixie.model().name());
    }

    @Test
    void a_collection_opens_again_in_the_same_process() {
        for (int round = 0; round < 5; round++) {
            try (Pixie pixie = open()) {
                assertEquals(round, pixie.size());
                pixie.add(Item.text("round-" + round, "round " + round));
                assertEquals(
                        "round-" + round,
                        pixie.search("round " + round).hits().get(0).id());
            }
        }
    }

    @Test
    void closing_waits_for_running_calls_and_loses_nothing_that_was_reported() throws Exception {
        Pixie pixie = open();
        addTexts(pixie, 20);
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        AtomicInteger reported = new AtomicInteger();
        CountDownLatch busy = new CountDownLatch(THREADS);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                String name = "worker-" + i;
                running.add(pool.submit(() -> {
                    for (int round = 0; ; round++) {
                        try {
                            pixie.search("a text " + round);
                            pixie.add(Item.text(name + "-" + round, name));
                            reported.incrementAndGet();
                        } catch (ClosedException e) {
                            return null;
                        } finally {
                            busy.countDown();
                        }
                    }
                }));
            }
            busy.await();
            pixie.close();
            for (Future<?> worker : running) {
                worker.get();
            }
        } finally {
            pool.shutdownNow();
        }
        try (Pixie again = open()) {
            assertEquals(20 + reported.get(), again.size());
        }
    }

    @Test
    void closing_stops_a_long_addition_after_the_batch_in_hand() throws Exception {
        Pixie pixie = open();
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<AddReport> adding = CompletableFuture.supplyAsync(() ->
                pixie.addAll(Stream.iterate(0, i -> i + 1).map(i -> Item.text("text-" + i, "text " + i)), progress -> {
                    if (progress.done() > 0) {
                        begun.countDown();
                    }
                }));
        begun.await();
        pixie.close();
        AddReport report = adding.get();
        assertTrue(report.interrupted());
        try (Pixie again = open()) {
            assertEquals(report.added(), again.size());
        }
    }

    @Test
    void an_interrupted_addition_keeps_what_it_reports() throws Exception {
        try (Pixie pixie = open()) {
            Thread caller = Thread.currentThread();
            AddReport report = pixie.addAll(
                    Stream.iterate(0, i -> i + 1).map(i -> Item.text("text-" + i, "text " + i)), progress -> {
                        if (progress.done() > 100) {
                            caller.interrupt();
                        }
                    });
            assertTrue(Thread.interrupted(), "the interrupt status is set again");
            assertTrue(report.interrupted());
            assertEquals(report.added(), pixie.size());
        }
    }

    @Test
    void an_interrupted_search_is_cancelled_and_the_collection_stays_usable() {
        try (Pixie pixie = open()) {
            pixie.add(Item.text("a", "a dog"));
            Thread.currentThread().interrupt();
            assertThrows(CancellationException.class, () -> pixie.search("a dog"));
            assertTrue(Thread.interrupted());
            assertEquals("a", pixie.search("a dog").hits().get(0).id());
        }
    }

    @Test
    void async_searches_may_be_cancelled_in_any_state() throws Exception {
        try (Pixie pixie = open()) {
            addTexts(pixie, 50);
            List<CompletableFuture<SearchResult>> searches = IntStream.range(0, 200)
                    .mapToObj(i -> pixie.searchAsync(Query.text("query " + i)))
                    .toList();
            for (int i = 0; i < searches.size(); i += 2) {
                searches.get(i).cancel(false);
            }
            for (int i = 1; i < searches.size(); i += 2) {
                assertEquals(10, searches.get(i).get().hits().size());
            }
            assertEquals(10, pixie.search("and after").hits().size());
        }
    }

    @Test
    void more_than_may_wait_is_turned_away_at_once_and_the_rest_is_answered() throws Exception {
        PixieBuilder narrow =
                Pixie.builder(folder.resolve("photos")).model("demo").queueCapacity(2);
        try (Pixie pixie = narrow.open()) {
            pixie.add(Item.text("a", "a dog"));
            List<CompletableFuture<SearchResult>> searches = IntStream.range(0, 100)
                    .mapToObj(i -> pixie.searchAsync(Query.text("query " + i)))
                    .toList();
            int answered = 0;
            int turnedAway = 0;
            for (CompletableFuture<SearchResult> search : searches) {
                try {
                    answered += search.get().hits().size();
                } catch (ExecutionException e) {
                    assertInstanceOf(OverloadedException.class, e.getCause());
                    turnedAway++;
                }
            }
            assertEquals(100, answered + turnedAway);
            assertTrue(answered > 0 && turnedAway > 0, answered + " answered");
            assertEquals("a", pixie.search("a dog").hits().get(0).id());
        }
    }

    @Test
    void a_caller_may_search_again_from_the_end_of_an_async_search() throws Exception {
        try (Pixie pixie = open()) {
            addTexts(pixie, 10);
            String second = pixie.searchAsync(Query.text("text 1"))
                    .thenApply(first ->
                            pixie.search(Query.of(Term.item(first.hits().get(0).id()))))
                    .get()
                    .hits()
                    .get(0)
                    .id();
            assertTrue(second.startsWith("text-"), second);
        }
    }

    @Test
    void a_collection_closed_with_little_patience_is_closed_all_the_same() throws Exception {
        Pixie pixie = Pixie.builder(folder.resolve("photos"))
                .model("demo")
                .closeTimeout(Duration.ofMillis(1))
                .open();
        List<CompletableFuture<SearchResult>> searches = IntStream.range(0, 100)
                .mapToObj(i -> pixie.searchAsync(Query.text("query " + i)))
                .toList();
        pixie.close();
        for (CompletableFuture<SearchResult> search : searches) {
            assertEquals(
                    0,
                    search.handle((result, failure) -> {
                                if (failure == null) {
                                    return 0;
                                }
                                return failure instanceof ClosedException ? 0 : 1;
                            })
                            .get());
        }
        try (Pixie again = open()) {
            assertEquals(0, again.size());
        }
    }

    private static void addTexts(Pixie pixie, int count) {
        pixie.addAll(
                IntStream.range(0, count).mapToObj(i -> Item.text("text-" + i, "text " + i)), ProgressListener.NONE);
    }

    private static <T> List<T> together(List<Callable<T>> calls) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        try {
            List<T> results = new ArrayList<>();
            for (Future<T> future : pool.invokeAll(calls)) {
                results.add(future.get());
            }
            return results;
        } finally {
            pool.shutdownNow();
        }
    }

    /** Hits whose scores are the same to 1e-5 may change places, so ids are compared by score. */
    private static void assertSameScores(SearchResult one, SearchResult many, Query query) {
        Map<String, Double> scores = new HashMap<>();
        one.forEach(hit -> scores.put(hit.id(), hit.score()));
        assertEquals(one.hits().size(), many.hits().size(), query.toString());
        for (Hit hit : many) {
            assertEquals(scores.get(hit.id()), hit.score(), 1e-5, query + " " + hit.id());
        }
    }
}
