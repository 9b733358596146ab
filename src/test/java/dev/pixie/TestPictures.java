package dev.pixie;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;

/** Pictures that the tests draw themselves: each seed another one. */
final class TestPictures {
    private TestPictures() {}

    /** The bytes of a PNG file of 96 by 64 pixels with some coloured shapes. */
    static byte[] png(int seed) {
        Random random = new Random(seed);
        BufferedImage picture = new BufferedImage(96, 64, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = picture.createGraphics();
        pen.setColor(color(random));
        pen.fillRect(0, 0, 96, 64);
        for (int i = 0; i < 6; i++) {
            pen.setColor(color(random));
            pen.fillOval(random.nextInt(80), random.nextInt(50), 8 + random.nextInt(40), 8 + random.nextInt(40));
        }
        pen.dispose();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(picture, "png", bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Writes a PNG file; makes the folders above it. */
    static Path write(Path file, int seed) throws IOException {
        Files.createDirectories(file.getParent());
        return Files.write(file, png(seed));
    }

    /** Writes {@code 0.png} to {@code count-1.png}, each another picture. */
    static Path writeMany(Path folder, int count) throws IOException {
        for (int seed = 0; seed < count; seed++) {
            write(folder.resolve(seed + ".png"), seed);
        }
        return folder;
    }

    private static Color color(Random random) {
        return new Color(random.nextInt(0x1000000));
    }
}
