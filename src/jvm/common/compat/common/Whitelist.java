package compat.common;

import java.io.IOException;
import java.lang.reflect.Modifier;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import net.corda.core.contracts.Contract;
import net.corda.core.crypto.SecureHash;

/**
 * Contract classes of unsigned jars, with the hashes of the jars that hold them. The classes are loaded, not scanned: so a
 * contract that reaches {@link Contract} only through an interface of Corda's own (UpgradedContract) is found as well.
 */
public final class Whitelist {
    private static final Pattern SIGNATURE = Pattern.compile("META-INF/[^/]+\\.(RSA|EC|DSA)", Pattern.CASE_INSENSITIVE);

    public final Map<String, List<SecureHash>> contracts = new TreeMap<>();

    /** @param jars all CorDapps: contracts of unsigned ones may extend classes of signed ones */
    public static Whitelist of(List<Path> jars) throws InputException {
        Whitelist whitelist = new Whitelist();
        for (Path jar : jars) {
            whitelist.add(jar, jars);
        }
        return whitelist;
    }

    private void add(Path jar, List<Path> all) throws InputException {
        try (URLClassLoader loader = new URLClassLoader(urls(jar, all), Whitelist.class.getClassLoader())) {
            List<String> entries = entries(jar);
            if (entries.stream().anyMatch(entry -> SIGNATURE.matcher(entry).matches())) {
                return;
            }
            SecureHash hash = SecureHash.sha256(Files.readAllBytes(jar));
            for (String entry : entries) {
                String name = className(entry);
                if (name != null && isContract(name, loader)) {
                    contracts.computeIfAbsent(name, missing -> new ArrayList<>()).add(hash);
                }
            }
        } catch (IOException e) {
            throw new InputException("cannot read the CorDapp " + jar + ": " + e, e);
        }
    }

    /** The jar itself comes first, then those that its classes may extend. */
    private static URL[] urls(Path jar, List<Path> all) throws MalformedURLException {
        List<URL> urls = new ArrayList<>();
        urls.add(jar.toUri().toURL());
        for (Path other : all) {
            if (!other.equals(jar)) {
                urls.add(other.toUri().toURL());
            }
        }
        return urls.toArray(new URL[0]);
    }

    private static List<String> entries(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile(), false)) {
            return file.stream().map(ZipEntry::getName).sorted().collect(Collectors.toList());
        }
    }

    private static String className(String entry) {
        boolean isClass = entry.endsWith(".class") && !entry.startsWith("META-INF/");
        return isClass ? entry.substring(0, entry.length() - ".class".length()).replace('/', '.') : null;
    }

    private static boolean isContract(String name, ClassLoader loader) {
        try {
            Class<?> type = Class.forName(name, false, loader);
            boolean concrete = !type.isInterface() && !Modifier.isAbstract(type.getModifiers());
            return concrete && Contract.class.isAssignableFrom(type);
        } catch (ClassNotFoundException | LinkageError e) {
            // Needs something that no node has either (a user interface, a test library): it cannot be a contract in use.
            return false;
        }
    }
}
