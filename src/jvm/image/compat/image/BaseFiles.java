package compat.image;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.TreeSet;

/**
 * Tells what is in a base directory, since images have no shell: the length of what follows on a line of its own, so that
 * an answer that was cut off is noticed, then a file's content or the names of a folder's files.
 * Arguments: `read` or `list`, base directory, path below it. Status 3: there is no such file or folder.
 */
public final class BaseFiles {
    private static final int ABSENT = 3;

    private BaseFiles() {}

    public static void main(String[] args) throws IOException {
        Path base = Paths.get(args[1]).toRealPath();
        Path path = base.resolve(args[2]);
        boolean isRead = args[0].equals("read");
        if (isRead ? !Files.isRegularFile(path) : !Files.isDirectory(path)) System.exit(ABSENT);
        // Links are followed, but not out of the base directory.
        if (!path.toRealPath().startsWith(base)) throw new IOException(path + " leads out of " + base);
        byte[] content = isRead ? Files.readAllBytes(path) : names(path);
        try (OutputStream out = new BufferedOutputStream(System.out)) {
            out.write((content.length + "\n").getBytes(StandardCharsets.US_ASCII));
            out.write(content);
        }
    }

    private static byte[] names(Path folder) throws IOException {
        TreeSet<String> names = new TreeSet<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, entry -> Files.isRegularFile(entry))) {
            for (Path entry : entries) names.add(entry.getFileName().toString());
        }
        StringBuilder text = new StringBuilder();
        for (String name : names) text.append(name).append('\n');
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }
}
