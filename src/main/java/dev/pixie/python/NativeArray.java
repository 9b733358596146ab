package dev.pixie.python;

import jep.DirectNDArray;

/**
 * Numbers outside the Java heap that Python sees as a writable numpy array, without a copy.
 *
 * <p>Reusable from call to call. Not safe for use by several threads at once: while a call runs, the array is
 * Python's.
 */
public abstract sealed class NativeArray permits FloatArray, ByteArray {
    NativeArray() {}

    /** The numbers of the rows, columns and so on. */
    public abstract int[] shape();

    abstract DirectNDArray<?> view();

    /** How many numbers a shape holds. */
    static int size(int... shape) {
        if (shape.length == 0) {
            throw new IllegalArgumentException("An array needs at least one dimension");
        }
        int size = 1;
        for (int length : shape) {
            if (length < 0) {
                throw new IllegalArgumentException("The length of a dimension is " + length + "; it must be 0 or more");
            }
            size = Math.multiplyExact(size, length);
        }
        return size;
    }

    static void checkRows(int from, int count, int rows) {
        if (from < 0 || count < 0 || from > rows - count) {
            throw new IndexOutOfBoundsException(
                    "Rows %d to %d of an array of %d rows".formatted(from, from + (long) count - 1, rows));
        }
    }
}
