/**
 * The command line: one class a verb, thin over {@link dev.pixie.Pixie}.
 *
 * <p>Results go to standard output, everything else to standard error. A person at a terminal gets tables, a program at
 * the other end of a pipe gets one JSON object a line. {@link dev.pixie.cli.ExitCode} has the exit codes.
 */
@NullMarked
package dev.pixie.cli;

import org.jspecify.annotations.NullMarked;
