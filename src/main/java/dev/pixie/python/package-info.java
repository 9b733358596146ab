/**
 * One CPython inside this JVM: finding it, setting it up, starting it once, and calling the Python package
 * {@code pixie} from any thread.
 *
 * <p>The only package that sees {@code jep}. Applications use {@link dev.pixie.Pixie}; of this package they need at
 * most {@link dev.pixie.python.PythonEnvironment}, to choose the interpreter.
 */
@NullMarked
package dev.pixie.python;

import org.jspecify.annotations.NullMarked;
