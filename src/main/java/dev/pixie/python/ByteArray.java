package dev.pixie.python;

import java.nio.ByteBuffer;
import java.util.Arrays;
import jep.DirectNDArray;

/** Unsigned bytes that Python sees as a numpy array of dtype uint8: the content of a file, or pixels. */
public final class ByteArray extends NativeArray {
    private final ByteBuffer buffer;
    private final int[] shape;
    private final DirectNDArray<ByteBuffer> view;

    /** An array of zeros. */
    public ByteArray(int... shape) {
        this(ByteBuffer.allocateDirect(size(shape)), shape.clone());
    }

    private ByteArray(ByteBuffer buffer, int[] shape) {
        this.buffer = buffer;
        this.shape = shape;
        view = new DirectNDArray<>(buffer, true, shape);
    }

    /** A one-dimensional array with a copy of these bytes. */
    public static ByteArray copyOf(byte[] bytes) {
        ByteArray array = new ByteArray(bytes.length);
        array.buffer.put(0, bytes);
        return array;
    }

    @Override
    public int[] shape() {
        return shape.clone();
    }

    /** The number of rows: the first of the dimensions. */
    public int rows() {
        return shape[0];
    }

    /** Some of the rows, as a window on the same bytes. */
    public ByteArray rows(int from, int count) {
        checkRows(from, count, shape[0]);
        int row = rowLength();
        int[] window = shape.clone();
        window[0] = count;
        return new ByteArray(buffer.slice(from * row, count * row), window);
    }

    /** A copy of a row. */
    public byte[] row(int row) {
        checkRows(row, 1, shape[0]);
        byte[] copy = new byte[rowLength()];
        buffer.get(row * copy.length, copy);
        return copy;
    }

    /** Overwrites a row with a row, as long as it, of another array. */
    public void setRow(int row, ByteArray from, int fromRow) {
        checkRows(row, 1, shape[0]);
        checkRows(fromRow, 1, from.shape[0]);
        int length = rowLength();
        if (from.rowLength() != length) {
            throw new IllegalArgumentException(
                    "A row of %d bytes for an array with rows of %d".formatted(from.rowLength(), length));
        }
        buffer.put(row * length, from.buffer, fromRow * length, length);
    }

    @Override
    DirectNDArray<ByteBuffer> view() {
        return view;
    }

    private int rowLength() {
        return shape.length == 1 ? 1 : size(Arrays.copyOfRange(shape, 1, shape.length));
    }
}
