package compat.image;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;

/** Command of the images that hold CorDapps: puts them into a folder, which a node's container shares. Arguments: from, to. */
public final class CopyCordapps {
    private CopyCordapps() {}

    public static void main(String[] args) throws IOException {
        Path target = Paths.get(args[1]);
        Files.createDirectories(target);
        try (DirectoryStream<Path> jars = Files.newDirectoryStream(Paths.get(args[0]), "*.jar")) {
            for (Path jar : jars) {
                Files.copy(jar, target.resolve(jar.getFileName().toString()), StandardCopyOption.REPLACE_EXISTING);
                System.out.println(target.resolve(jar.getFileName().toString()));
            }
        }
    }
}
