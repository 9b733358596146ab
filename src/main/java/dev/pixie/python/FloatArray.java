package dev.pixie.python;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import jep.DirectNDArray;

/** A matrix of float32 numbers that Python sees as a numpy array; a row is usually a vector. */
public final class FloatArray extends NativeArray {
    private final FloatBuffer buffer;
    private final int rows;
    private final int columns;
    private final DirectNDArray<FloatBuffer> view;

    /** A matrix of zeros. */
    public FloatArray(int rows, int columns) {
        this(allocate(size(rows, columns)), rows, columns);
    }

    private FloatArray(FloatBuffer buffer, int rows, int columns) {
        this.buffer = buffer;
        this.rows = rows;
        this.columns = columns;
        view = new DirectNDArray<>(buffer, rows, columns);
    }

    /** A matrix of one row with these numbers. */
    public static FloatArray of(float[] row) {
        FloatArray array = new FloatArray(1, row.length);
        array.setRow(0, row);
        return array;
    }

    /** The number of rows. */
    public int rows() {
        return rows;
    }

    /** The number of columns. */
    public int columns() {
        return columns;
    }

    @Override
    public int[] shape() {
        return new int[] {rows, columns};
    }

    /** A copy of a row. */
    public float[] row(int row) {
        checkRows(row, 1, rows);
        float[] copy = new float[columns];
        buffer.get(row * columns, copy);
        return copy;
    }

    /** Overwrites a row. */
    public void setRow(int row, float[] numbers) {
        checkRows(row, 1, rows);
        if (numbers.length != columns) {
            throw new IllegalArgumentException(
                    "A row of %d numbers in an array of %d columns".formatted(numbers.length, columns));
        }
        buffer.put(row * columns, numbers);
    }

    /** Some of the rows, as a window on the same numbers. */
    public FloatArray rows(int from, int count) {
        checkRows(from, count, rows);
        return from == 0 && count == rows
                ? this
                : new FloatArray(buffer.slice(from * columns, count * columns), count, columns);
    }

    @Override
    DirectNDArray<FloatBuffer> view() {
        return view;
    }

    private static FloatBuffer allocate(int size) {
        return ByteBuffer.allocateDirect(Math.multiplyExact(size, Float.BYTES))
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }
}
