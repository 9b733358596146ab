package dev.pixie.python;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Lets one process at a time change a folder of environments; it dies with the process that holds it. */
final class SetupLock implements AutoCloseable {
    private static final long OTHER_THREAD_POLL_MILLIS = 200;

    private final FileChannel channel;

    private SetupLock(FileChannel channel) {
        this.channel = channel;
    }

    /** Takes the lock; says so if it has to wait for it. */
    static SetupLock take(Path folder, Consumer<String> progress) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        FileChannel channel =
                FileChannel.open(folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        boolean told = false;
        try {
            while (true) {
                FileLock lock = tryLock(channel);
                if (lock != null) {
                    return new SetupLock(channel);
                }
                if (!told) {
                    progress.accept("waiting for another pixie setup to finish");
                    told = true;
                }
                Thread.sleep(OTHER_THREAD_POLL_MILLIS);
            }
        } catch (IOException | InterruptedException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null; // another thread of this process has it
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
