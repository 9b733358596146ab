package dev.pixie.python;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Paths to text and back without loss, whatever the locale.
 *
 * <p>A JVM in a POSIX locale, as in many containers, refuses {@code Path.of("é.jpg")}, and no JVM takes a file name that
 * is not UTF-8. Python writes such bytes as lone surrogates U+DC80 to U+DCFF (PEP 383). A path made from a {@code
 * file:} URI holds its bytes as they are, so that is the way round.
 */
public final class FileName {
    private static final int ESCAPED_BYTE = 0xDC00;

    private FileName() {}

    /**
     * The path that a name means, absolute or relative to the working directory.
     *
     * @throws InvalidPathException if no file can have that name
     */
    public static Path path(String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            if (name.indexOf('\0') >= 0) {
                throw e;
            }
            String absolute = name.startsWith("/") ? name : System.getProperty("user.dir") + "/" + name;
            return Path.of(URI.create("file://" + percentEncoded(bytes(absolute))));
        }
    }

    /** The name of a path as Python knows it. */
    public static String text(Path path) {
        String name = path.toString();
        try {
            if (Path.of(name).equals(path)) {
                return name;
            }
        } catch (InvalidPathException e) {
            // its text can't be read back here: take the bytes
        }
        return text(percentDecoded(path.toAbsolutePath().toUri().getRawPath()));
    }

    private static byte[] bytes(String name) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        name.codePoints().forEach(point -> {
            if (point >= ESCAPED_BYTE + 0x80 && point <= ESCAPED_BYTE + 0xFF) {
                bytes.write(point - ESCAPED_BYTE);
            } else {
                bytes.writeBytes(Character.toString(point).getBytes(StandardCharsets.UTF_8));
            }
        });
        return bytes.toByteArray();
    }

    private static String text(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < bytes.length; ) {
            int length = utf8Length(bytes, i);
            if (length == 0) {
                text.append((char) (ESCAPED_BYTE + (bytes[i++] & 0xFF)));
            } else {
                text.append(new String(bytes, i, length, StandardCharsets.UTF_8));
                i += length;
            }
        }
        return text.toString();
    }

    /** How many bytes the character at {@code start} takes; 0 if there is none. */
    private static int utf8Length(byte[] bytes, int start) {
        for (int length = 1; length <= 4 && start + length <= bytes.length; length++) {
            String character = new String(bytes, start, length, StandardCharsets.UTF_8);
            if (character.codePointCount(0, character.length()) == 1 && character.codePointAt(0) != 0xFFFD) {
                return length;
            }
        }
        return 0;
    }

    private static String percentEncoded(byte[] bytes) {
        StringBuilder encoded = new StringBuilder();
        for (byte b : bytes) {
            if (b == '/') {
                encoded.append('/');
            } else {
                encoded.append('%');
                encoded.append(Character.forDigit((b >> 4) & 0xF, 16));
                encoded.append(Character.forDigit(b & 0xF, 16));
            }
        }
        return encoded.toString();
    }

    private static byte[] percentDecoded(String encoded) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < encoded.length(); i++) {
            if (encoded.charAt(i) == '%') {
                bytes.write(Integer.parseInt(encoded, i + 1, i + 3, 16));
                i += 2;
            } else {
                bytes.write(encoded.charAt(i));
            }
        }
        return bytes.toByteArray();
    }
}
