package dev.pixie;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What to search for, and how much of it.
 *
 * <pre>{@code
 * Query query = Query.of(Term.picture(Path.of("holiday.jpg")), Term.text("people").minus())
 *         .limit(20)
 *         .minScore(0.2);
 * }</pre>
 *
 * <p>Immutable and safe to share between threads: every setting makes a new query.
 */
public final class Query {
    /** How many hits a query asks for when it does not say. */
    public static final int DEFAULT_LIMIT = 10;

    private final List<Term> terms;
    private final Settings settings;

    private Query(List<Term> terms, Settings settings) {
        this.terms = List.copyOf(terms);
        this.settings = settings;
        if (this.terms.isEmpty()) {
            throw new InvalidInputException("the query has no term", "say what you are looking for");
        }
        settings.check();
    }

    /** What a query asks for besides its terms. Never changed once a query has it. */
    private static final class Settings {
        private int limit = DEFAULT_LIMIT;
        private int offset;
        private @Nullable Double minScore;
        private @Nullable Modality target;
        private boolean exact;
        private @Nullable IndexKind kind;
        private @Nullable Integer probes;
        private @Nullable Integer candidates;
        private boolean explain;
        private boolean check;
        private @Nullable Filter where;
        private @Nullable String sort;

        private Settings copy() {
            Settings copy = new Settings();
            copy.limit = limit;
            copy.offset = offset;
            copy.minScore = minScore;
            copy.target = target;
            copy.exact = exact;
            copy.kind = kind;
            copy.probes = probes;
            copy.candidates = candidates;
            copy.explain = explain;
            copy.check = check;
            copy.where = where;
            copy.sort = sort;
            return copy;
        }

        private void check() {
            if (limit < 1) {
                throw new InvalidInputException("the limit of a query is " + limit, "give 1 or more");
            }
            if (offset < 0) {
                throw new InvalidInputException("the offset of a query is " + offset, "give 0 or more");
            }
            if (minScore != null && !(minScore >= -1 && minScore <= 1)) {
                throw new InvalidInputException(
                        "the lowest score of a query is " + minScore, "scores are cosines: give a number from -1 to 1");
            }
            if (exact && kind != null && kind != IndexKind.EXACT) {
                throw new InvalidInputException(
                        "the query asks for an exact search, and for one by the kind " + kind, "leave one of them out");
            }
            if (probes != null && probes < 1) {
                throw new InvalidInputException("the number of probes of a query is " + probes, "give 1 or more");
            }
            if (candidates != null && candidates < 1) {
                throw new InvalidInputException(
                        "the number of candidates of a query is " + candidates, "give 1 or more");
            }
        }

        private List<@Nullable Object> values() {
            return Arrays.asList(
                    limit, offset, minScore, target, exact, kind, probes, candidates, explain, check, where, sort);
        }
    }

    /** A query of several terms, added up by their weights. */
    public static Query of(Term... terms) {
        return of(List.of(terms));
    }

    /** A query of several terms, added up by their weights. */
    public static Query of(List<Term> terms) {
        return new Query(terms, new Settings());
    }

    /** A query for what a text says, taken as it is: no part of it is read as syntax. */
    public static Query text(String text) {
        return of(Term.text(text));
    }

    /** At most this many hits; 1 or more, {@value #DEFAULT_LIMIT} unless told. More than there are is not an error. */
    public Query limit(int limit) {
        return with(changed -> changed.limit = limit);
    }

    /** Leaves out this many of the best hits, for the next page of an answer; 0 or more. */
    public Query offset(int offset) {
        return with(changed -> changed.offset = offset);
    }

    /** Only hits with at least this score, in [-1, 1]. */
    public Query minScore(double minScore) {
        return with(changed -> changed.minScore = minScore);
    }

    /** Whether to compare the query with every vector instead of asking the index. Scores are the same either way. */
    public Query exact(boolean exact) {
        return with(changed -> changed.exact = exact);
    }

    /** Compares the query with vectors of this kind only: what pictures show, or what texts say. */
    public Query target(Modality target) {
        Objects.requireNonNull(target, "target");
        return with(changed -> changed.target = target);
    }

    /**
     * Asks an index of this kind instead of the collection's own. It is built when it is asked for first, in memory,
     * and kept until the collection is closed; a warning {@code index_built} says so.
     */
    public Query kind(IndexKind kind) {
        Objects.requireNonNull(kind, "kind");
        return with(changed -> changed.kind = kind);
    }

    /** Has the index open this many of its buckets, 1 or more, for this search alone. Not all kinds have buckets. */
    public Query probes(int probes) {
        return with(changed -> changed.probes = probes);
    }

    /** Has the index look closer at this many vectors, 1 or more, for this search alone. Not all kinds can. */
    public Query candidates(int candidates) {
        return with(changed -> changed.candidates = candidates);
    }

    /** Whether the result is to say what was looked at: {@link SearchResult#explanation}. */
    public Query explain(boolean explain) {
        return with(changed -> changed.explain = explain);
    }

    /** Whether to search exactly as well, and to say what was missed: {@link SearchResult#check}. */
    public Query check(boolean check) {
        return with(changed -> changed.check = check);
    }

    /**
     * Looks only at items that a filter matches. As many hits as were asked for come back whenever there are so many
     * such items.
     */
    public Query where(Filter where) {
        Objects.requireNonNull(where, "where");
        return with(changed -> changed.where = where);
    }

    /**
     * Gives the hits that were found in another order than by their score.
     *
     * @param order {@code date}, {@code path} or another name, see {@link Items#sort}; {@code score} for the best first
     */
    public Query sort(String order) {
        Objects.requireNonNull(order, "order");
        return with(changed -> changed.sort = order);
    }

    private Query with(Consumer<Settings> change) {
        Settings changed = settings.copy();
        change.accept(changed);
        return new Query(terms, changed);
    }

    /** At least one. */
    public List<Term> terms() {
        return terms;
    }

    /** How many hits at most. */
    public int limit() {
        return settings.limit;
    }

    /** How many of the best hits are left out. */
    public int offset() {
        return settings.offset;
    }

    /** The lowest score wanted, if one was set. */
    public OptionalDouble minScore() {
        Double minScore = settings.minScore;
        return minScore == null ? OptionalDouble.empty() : OptionalDouble.of(minScore);
    }

    /** Whether every vector is compared. */
    public boolean exact() {
        return settings.exact;
    }

    /** The only kind of vector to compare with, if one was set. */
    public Optional<Modality> target() {
        return Optional.ofNullable(settings.target);
    }

    /** The kind of index to ask, if one was set. */
    public Optional<IndexKind> kind() {
        return Optional.ofNullable(settings.kind);
    }

    /** How many buckets to open, if that was set. */
    public OptionalInt probes() {
        Integer probes = settings.probes;
        return probes == null ? OptionalInt.empty() : OptionalInt.of(probes);
    }

    /** How many vectors to look closer at, if that was set. */
    public OptionalInt candidates() {
        Integer candidates = settings.candidates;
        return candidates == null ? OptionalInt.empty() : OptionalInt.of(candidates);
    }

    /** Whether the result says what was looked at. */
    public boolean explain() {
        return settings.explain;
    }

    /** Whether the result says what was missed. */
    public boolean check() {
        return settings.check;
    }

    /** The filter, if one was set. */
    public Optional<Filter> where() {
        return Optional.ofNullable(settings.where);
    }

    /** The order of the hits, if another than by their score was set. */
    public Optional<String> sort() {
        return Optional.ofNullable(settings.sort);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Query query
                && terms.equals(query.terms)
                && settings.values().equals(query.settings.values());
    }

    @Override
    public int hashCode() {
        return Objects.hash(terms, settings.values());
    }

    @Override
    public String toString() {
        return "Query[terms=" + terms + ", limit=" + settings.limit + ", offset=" + settings.offset
                + named("minScore", settings.minScore)
                + (settings.exact ? ", exact" : "")
                + named("target", settings.target)
                + named("kind", settings.kind)
                + named("probes", settings.probes)
                + named("candidates", settings.candidates)
                + named("where", settings.where)
                + named("sort", settings.sort)
                + (settings.explain ? ", explain" : "")
                + (settings.check ? ", check" : "") + "]";
    }

    private static String named(String name, @Nullable Object value) {
        return value == null ? "" : ", " + name + "=" + value;
    }
}
