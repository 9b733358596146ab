package dev.pixie;

import java.util.List;

/**
 * How a search compares with the exact one for the same page of hits.
 *
 * @param recall share of the true hits that were found, in [0, 1]; 1 when there are none
 * @param limit how many hits were asked for
 * @param correct for each hit, in their order, whether it is a true one, or scores the same as one
 * @param missed the true hits that were not found, best first
 */
public record RecallCheck(double recall, int limit, List<Boolean> correct, List<Hit> missed) {
    public RecallCheck {
        correct = List.copyOf(correct);
        missed = List.copyOf(missed);
    }
}
