package compat.zone;

import compat.common.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The zone's folder. A file is there whole or not at all, whenever the process is killed; what is told to others is on disk. */
final class Storage {
    private static final String PART = ".part";

    final Path folder;

    private Storage(Path folder) {
        this.folder = folder;
    }

    /** Makes the folder, only for its owner, and locks it for as long as this process lives. */
    static Storage open(Path folder) throws IOException, InputException {
        Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        FileChannel lock = FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (lock.tryLock() == null) {
            throw new InputException(folder + " is in use by another doorman");
        }
        Storage storage = new Storage(folder);
        storage.removeParts(folder);
        return storage;
    }

    /** @param name below the folder; its own folder is made */
    void write(String name, byte[] content) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Path part = file.resolveSibling(file.getFileName() + PART);
        try (FileChannel channel = FileChannel.open(
                part, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel directory = FileChannel.open(file.getParent(), StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    /** Null where there is no such file. */
    byte[] read(String name) throws IOException {
        try {
            return Files.readAllBytes(folder.resolve(name));
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    void remove(String name) throws IOException {
        Files.deleteIfExists(folder.resolve(name));
    }

    /** Files of a folder below this one, sorted; none where there is no such folder. */
    List<Path> list(String below) throws IOException {
        Path wanted = folder.resolve(below);
        if (!Files.isDirectory(wanted)) {
            return Collections.emptyList();
        }
        try (Stream<Path> files = Files.list(wanted)) {
            return files.filter(Files::isRegularFile).sorted().collect(Collectors.toList());
        }
    }

    /** What a killed process was about to write: nobody was told of it. */
    private void removeParts(Path below) throws IOException {
        List<Path> parts;
        try (Stream<Path> all = Files.walk(below)) {
            parts = all.filter(file -> file.toString().endsWith(PART)).collect(Collectors.toList());
        }
        for (Path part : parts) {
            Files.delete(part);
        }
    }
}
