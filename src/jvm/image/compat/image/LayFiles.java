package compat.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

/**
 * Puts files from a folder of parts into a base directory, by an index of lines: digest, mode, packing, keys, path. What
 * was put there before stays as the node has made it since: only files that are new or whose digest has changed are written.
 * Arguments: folder, name of the index, base directory.
 */
public final class LayFiles {
    /** What was put there, in the base directory: a line a file, digest and path. */
    private static final String LAID = ".compat-laid";

    private LayFiles() {}

    public static void main(String[] args) throws IOException {
        Path from = Paths.get(args[0]);
        Path base = Paths.get(args[2]);
        Path record = base.resolve(LAID);
        TreeMap<String, String> laid = read(record);
        int written = 0;
        for (String line : Files.readAllLines(from.resolve(args[1]), StandardCharsets.UTF_8)) {
            String[] words = line.split("\t", 5);
            if (words[0].equals(laid.get(words[4]))) continue;
            lay(from, words, base);
            laid.put(words[4], words[0]);
            written++;
        }
        write(record, laid);
        System.out.println(written + " files laid in " + base + ", " + (laid.size() - written) + " as they were");
    }

    private static void lay(Path from, String[] words, Path base) throws IOException {
        Path target = base.resolve(words[4]).normalize();
        if (!target.startsWith(base)) throw new IOException(words[4] + " leads out of " + base);
        Files.createDirectories(target.getParent());
        Path part = target.resolveSibling(target.getFileName() + ".compat-part");
        List<InputStream> parts = new ArrayList<>();
        for (String key : words[3].split(",")) parts.add(Files.newInputStream(from.resolve(key)));
        try (InputStream packed = new SequenceInputStream(Collections.enumeration(parts));
                InputStream content = words[2].equals("gzip") ? new GZIPInputStream(packed) : packed) {
            Files.copy(content, part, StandardCopyOption.REPLACE_EXISTING);
        }
        Files.setPosixFilePermissions(part, permissions(Integer.parseInt(words[1], 8)));
        // Whole, or not at all: a Pod may be killed in the middle.
        Files.move(part, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        Set<PosixFilePermission> all = EnumSet.noneOf(PosixFilePermission.class);
        PosixFilePermission[] inOrder = PosixFilePermission.values();
        for (int bit = 0; bit < 9; bit++) {
            if ((mode & (0400 >> bit)) != 0) all.add(inOrder[bit]);
        }
        return all;
    }

    private static TreeMap<String, String> read(Path record) throws IOException {
        TreeMap<String, String> laid = new TreeMap<>();
        if (!Files.exists(record)) return laid;
        for (String line : Files.readAllLines(record, StandardCharsets.UTF_8)) {
            String[] words = line.split("\t", 2);
            laid.put(words[1], words[0]);
        }
        return laid;
    }

    private static void write(Path record, TreeMap<String, String> laid) throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (String path : laid.keySet()) {
            text.write((laid.get(path) + "\t" + path + "\n").getBytes(StandardCharsets.UTF_8));
        }
        Path part = record.resolveSibling(LAID + ".compat-part");
        Files.write(part, text.toByteArray());
        Files.move(part, record, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }
}
