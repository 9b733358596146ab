/**
 * Pixie finds pictures and texts by meaning, inside your own process.
 *
 * <p>Start at {@link dev.pixie.Pixie}: it is an open collection, and everything else in this package is what goes into
 * it or comes out of it. All failures are {@link dev.pixie.PixieException}s.
 */
@NullMarked
package dev.pixie;

import org.jspecify.annotations.NullMarked;
