package dev.pixie.python;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pixie.InvalidInputException;
import dev.pixie.PythonFailure;
import dev.pixie.PythonSetupException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Threads, turns and interrupts. */
@Tag("python")
@Timeout(120)
class LaneTest {
    private final PythonRuntime runtime = TestPython.runtime();

    @Test
    void lanes_asked_for_by_many_threads_at_once_are_opened_once() throws Exception {
        Set<Lane> lanes = Collections.newSetFromMap(new IdentityHashMap<>());
        ExecutorService threads = Executors.newFixedThreadPool(16);
        try {
            List<Future<List<Lane>>> answers = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                answers.add(threads.submit(() -> {
                    List<Lane> seen = new ArrayList<>(runtime.lanes(LaneKind.DECODE));
                    seen.add(runtime.lane(LaneKind.WRITE));
                    seen.add(runtime.lane(LaneKind.EMBED));
                    seen.forEach(lane -> lane.call("hello", Map.of()));
                    return seen;
                }));
            }
            for (Future<List<Lane>> answer : answers) {
                lanes.addAll(answer.get());
            }
        } finally {
            threads.shutdown();
        }
        assertEquals(runtime.lanes(LaneKind.DECODE).size() + 2, lanes.size());
    }

    @Test
    void lanes_run_on_threads_of_their_own_that_let_the_jvm_end() throws Exception {
        Set<Long> pythonThreads = new HashSet<>();
        for (LaneKind kind : LaneKind.values()) {
            Thread thread = runtime.lane(kind).submit(Thread::currentThread).get();
            assertTrue(thread.isDaemon());
            assertTrue(thread.getName().startsWith(kind.threadName()), thread.getName());
            pythonThreads.add(runtime.lane(kind)
                    .call("where", Map.of())
                    .required("thread")
                    .asLong());
        }
        assertEquals(LaneKind.values().length, pythonThreads.size());
    }

    @Test
    void starting_again_gives_the_python_that_runs() {
        assertSame(runtime, PythonRuntime.start());
        assertSame(runtime, PythonRuntime.start(runtime.environment()));
        assertSame(runtime, PythonRuntime.running().orElseThrow());
    }

    @Test
    void a_second_python_is_refused_by_name() {
        PythonEnvironment other = PythonEnvironment.of(
                TestFacts.usable().executable("/elsewhere/bin/python").facts());
        PythonSetupException refusal = assertThrows(PythonSetupException.class, () -> PythonRuntime.start(other));
        assertTrue(refusal.getMessage().contains("/elsewhere/bin/python"), refusal.getMessage());
    }

    @Test
    void a_call_on_the_lanes_own_thread_does_not_wait_for_itself() throws Exception {
        Lane lane = runtime.lane(LaneKind.SEARCH);
        CompletableFuture<String> inside = lane.submit(() -> {
            String direct = lane.call("hello", Map.of()).required("version").asText();
            String later =
                    lane.callAsync("hello", Map.of()).get().required("version").asText();
            return direct + " " + later;
        });
        assertEquals(PixieVersion.get() + " " + PixieVersion.get(), inside.get());
    }

    @Test
    void an_interrupt_takes_back_a_call_that_waits() throws Exception {
        Lane lane = runtime.lane(LaneKind.WRITE);
        FloatArray untouched = new FloatArray(1, 1);
        AtomicBoolean stillInterrupted = new AtomicBoolean();
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        try (TestPython.Busy busy = TestPython.keepBusy(LaneKind.WRITE)) {
            Thread caller = new Thread(() -> {
                try {
                    lane.call("count_up", Map.of("start", 5), untouched);
                    thrown.complete(new AssertionError("the call went through"));
                } catch (CancellationException e) {
                    stillInterrupted.set(Thread.currentThread().isInterrupted());
                    thrown.complete(e);
                }
            });
            caller.start();
            caller.interrupt();
            assertInstanceOf(CancellationException.class, thrown.get());
        }
        assertTrue(stillInterrupted.get());
        lane.call("hello", Map.of());
        assertEquals(0, untouched.row(0)[0]);
    }

    @Test
    void an_interrupt_while_python_computes_waits_for_the_answer() throws Exception {
        Lane lane = runtime.lane(LaneKind.WRITE);
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        Thread caller = new Thread(() -> {
            LaneTask<JsonNode> task = new LaneTask<>(LaneTask.Urgency.NORMAL, 0, () -> {
                begun.countDown();
                return lane.call("spin", Map.of("seconds", 0.3));
            });
            lane.later(task);
            task.await();
            interrupted.complete(Thread.currentThread().isInterrupted());
        });
        caller.start();
        begun.await();
        caller.interrupt();
        assertTrue(interrupted.get());
    }

    @Test
    void a_cancelled_call_never_runs() throws Exception {
        Lane lane = runtime.lane(LaneKind.WRITE);
        FloatArray untouched = new FloatArray(1, 1);
        CompletableFuture<JsonNode> waiting;
        try (TestPython.Busy busy = TestPython.keepBusy(LaneKind.WRITE)) {
            waiting = lane.callAsync("count_up", Map.of("start", 5), untouched);
            assertTrue(waiting.cancel(true));
        }
        lane.call("hello", Map.of());
        assertTrue(waiting.isCancelled());
        assertEquals(0, untouched.row(0)[0]);
    }

    @Test
    void a_call_that_has_begun_can_not_be_cancelled() throws Exception {
        Lane lane = runtime.lane(LaneKind.WRITE);
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<JsonNode> running = lane.submit(() -> {
            begun.countDown();
            return lane.call("spin", Map.of("seconds", 0.2));
        });
        begun.await();
        assertFalse(running.cancel(true));
        assertFalse(running.isDone() && running.isCancelled());
        running.get();
    }

    @Test
    void urgent_work_goes_before_what_waits() throws Exception {
        Lane lane = runtime.lane(LaneKind.DECODE);
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        List<CompletableFuture<?>> all = new ArrayList<>();
        CountDownLatch release = new CountDownLatch(1);
        all.add(lane.submit(() -> release.await(1, TimeUnit.MINUTES)));
        all.add(lane.callAsync("hello", Map.of()).thenRun(() -> order.add("first")));
        all.add(lane.callAsync("hello", Map.of()).thenRun(() -> order.add("second")));
        all.add(lane.callUrgently("hello", Map.of()).thenRun(() -> order.add("urgent")));
        release.countDown();
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get();
        assertEquals(List.of("urgent", "first", "second"), order);
    }

    @Test
    void a_lane_outlives_whatever_its_work_throws() {
        Lane lane = runtime.lane(LaneKind.SEARCH);
        for (Throwable thrown : List.of(new StackOverflowError(), new OutOfMemoryError("not really"))) {
            CompletionException e = assertThrows(
                    CompletionException.class,
                    () -> lane.submit(() -> {
                                throw (Error) thrown;
                            })
                            .join());
            assertSame(thrown, e.getCause());
        }
        assertEquals(
                PixieVersion.get(),
                lane.call("hello", Map.of()).required("version").asText());
    }

    @Test
    void typed_errors_come_out_typed_with_pythons_report_as_their_cause() {
        Lane lane = runtime.lane(LaneKind.SEARCH);
        InvalidInputException wrong = assertThrows(
                InvalidInputException.class,
                () -> lane.call(
                        "embed_texts", Map.of("embedder", demo(lane), "texts", List.of("a")), new FloatArray(1, 3)));
        PythonFailure report = assertInstanceOf(PythonFailure.class, wrong.getCause());
        assertTrue(report.traceback().contains("embed_texts"), report.traceback());
        assertTrue(wrong.fix().isPresent());
    }

    @Test
    void thirty_two_threads_on_one_lane_get_their_own_answers() throws Exception {
        Lane lane = runtime.lane(LaneKind.SEARCH);
        ExecutorService threads = Executors.newFixedThreadPool(32);
        try {
            List<Future<Integer>> answers = IntStream.range(0, 640)
                    .mapToObj(i -> threads.submit(() -> lane.call("echo", Map.of("number", i))
                            .required("number")
                            .asInt()))
                    .toList();
            for (int i = 0; i < answers.size(); i++) {
                assertEquals(i, answers.get(i).get());
            }
        } finally {
            threads.shutdown();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = LaneKind.class,
            names = {"DECODE", "SEARCH"})
    void where_there_are_several_lanes_the_least_busy_is_given(LaneKind kind) {
        Lane first = runtime.lane(kind);
        CountDownLatch release = new CountDownLatch(1);
        CompletableFuture<Boolean> busy = first.submit(() -> release.await(1, TimeUnit.MINUTES));
        Lane second = runtime.lane(kind);
        assertNotSame(first, second);
        second.call("hello", Map.of());
        release.countDown();
        busy.join();
        assertTrue(runtime.lanes(kind).size() >= 2);
        assertTrue(runtime.lanes(kind).containsAll(List.of(first, second)));
    }

    private static int demo(Lane lane) {
        return lane.call("embedder_open", Map.of("model", "demo", "device", "cpu", "dtype", "float32"))
                .required("embedder")
                .asInt();
    }
}
