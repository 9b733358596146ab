package dev.pixie;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
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
    private final int limit;
    private final int offset;
    private final @Nullable Double minScore;
    private final boolean exact;
    private final @Nullable Modality target;

    private Query(
            List<Term> terms,
            int limit,
            int offset,
            @Nullable Double minScore,
            boolean exact,
            @Nullable Modality target) {
        this.terms = List.copyOf(terms);
        this.limit = limit;
        this.offset = offset;
        this.minScore = minScore;
        this.exact = exact;
        this.target = target;
        if (this.terms.isEmpty()) {
            throw new InvalidInputException("the query has no term", "say what you are looking for");
        }
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
    }

    /** A query of several terms, added up by their weights. */
    public static Query of(Term... terms) {
        return of(List.of(terms));
    }

    /** A query of several terms, added up by their weights. */
    public static Query of(List<Term> terms) {
        return new Query(terms, DEFAULT_LIMIT, 0, null, false, null);
    }

    /** A query for what a text says, taken as it is: no part of it is read as syntax. */
    public static Query text(String text) {
        return of(Term.text(text));
    }

    /** At most this many hits; 1 or more, {@value #DEFAULT_LIMIT} unless told. More than there are is not an error. */
    public Query limit(int limit) {
        return new Query(terms, limit, offset, minScore, exact, target);
    }

    /** Leaves out this many of the best hits, for the next page of an answer; 0 or more. */
    public Query offset(int offset) {
        return new Query(terms, limit, offset, minScore, exact, target);
    }

    /** Only hits with at least this score, in [-1, 1]. */
    public Query minScore(double minScore) {
        return new Query(terms, limit, offset, minScore, exact, target);
    }

    /** Whether to compare the query with every vector instead of asking the index. Scores are the same either way. */
    public Query exact(boolean exact) {
        return new Query(terms, limit, offset, minScore, exact, target);
    }

    /** Compares the query with vectors of this kind only: what pictures show, or what texts say. */
    public Query target(Modality target) {
        return new Query(terms, limit, offset, minScore, exact, Objects.requireNonNull(target, "target"));
    }

    /** At least one. */
    public List<Term> terms() {
        return terms;
    }

    /** How many hits at most. */
    public int limit() {
        return limit;
    }

    /** How many of the best hits are left out. */
    public int offset() {
        return offset;
    }

    /** The lowest score wanted, if one was set. */
    public OptionalDouble minScore() {
        return minScore == null ? OptionalDouble.empty() : OptionalDouble.of(minScore);
    }

    /** Whether every vector is compared. */
    public boolean exact() {
        return exact;
    }

    /** The only kind of vector to compare with, if one was set. */
    public Optional<Modality> target() {
        return Optional.ofNullable(target);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Query query
                && terms.equals(query.terms)
                && limit == query.limit
                && offset == query.offset
                && Objects.equals(minScore, query.minScore)
                && exact == query.exact
                && target == query.target;
    }

    @Override
    public int hashCode() {
        return Objects.hash(terms, limit, offset, minScore, exact, target);
    }

    @Override
    public String toString() {
        return "Query[terms=" + terms + ", limit=" + limit + ", offset=" + offset
                + (minScore == null ? "" : ", minScore=" + minScore)
                + (exact ? ", exact" : "")
                + (target == null ? "" : ", target=" + target) + "]";
    }
}
