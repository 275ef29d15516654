import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import com.google.googlejavaformat.java.StringWrapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Checks or applies google-java-format to every Java file of the tree, with the toolchain's JDK 25:
 * the formatter parses with the javac of its JVM, and Maven's own JVM may be too old for Java 25.
 *
 * <p>Run by the parent pom as a source file: {@code java Format.java check|apply ROOT STAMP}. Files
 * older than STAMP, which is touched after every clean run, are known to be formatted and are
 * skipped.
 */
final class Format {
  public static void main(String[] args) throws IOException {
    boolean apply = args[0].equals("apply");
    Path root = Path.of(args[1]);
    Path stamp = Path.of(args[2]);

    FileTime started = FileTime.fromMillis(System.currentTimeMillis());
    List<Path> sources = sourcesNewerThan(stamp, root);
    List<Path> wrong = Collections.synchronizedList(new ArrayList<>());
    sources.parallelStream()
        .forEach(
            file -> {
              if (differs(file, apply)) {
                wrong.add(root.relativize(file));
              }
            });
    wrong.sort(null);

    if (apply) {
      wrong.forEach(file -> System.out.println("formatted " + file));
    } else if (!wrong.isEmpty()) {
      wrong.forEach(file -> System.err.println("not formatted: " + file));
      System.err.println("Run 'mvn -N -Pformat validate' to format them.");
      System.exit(1);
    }
    Files.createDirectories(stamp.getParent());
    Files.write(stamp, new byte[0]);
    Files.setLastModifiedTime(stamp, started);
  }

  private static List<Path> sourcesNewerThan(Path stamp, Path root) throws IOException {
    FileTime known =
        Files.exists(stamp) ? Files.getLastModifiedTime(stamp) : FileTime.fromMillis(0);
    List<Path> sources = new ArrayList<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
            String name = String.valueOf(dir.getFileName());
            boolean skip = name.equals("target") || (name.startsWith(".") && !dir.equals(root));
            return skip ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            // A single-file program declares what JBang needs in comments with their own syntax.
            boolean script = file.startsWith(root.resolve("examples/DiffusionNft.java"));
            if (file.toString().endsWith(".java")
                && !script
                && attributes.lastModifiedTime().compareTo(known) >= 0) {
              sources.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return sources;
  }

  /** Whether the file differs from the formatter's output; {@code apply} then rewrites it. */
  private static boolean differs(Path file, boolean apply) {
    try {
      String before = Files.readString(file, UTF_8);
      Formatter formatter = new Formatter();
      String imports = RemoveUnusedImports.removeUnusedImports(before);
      String ordered = ImportOrderer.reorderImports(imports, JavaFormatterOptions.Style.GOOGLE);
      String after = StringWrapper.wrap(formatter.formatSource(ordered), formatter);
      if (after.equals(before)) {
        return false;
      }
      if (apply) {
        Files.writeString(file, after, UTF_8);
      }
      return true;
    } catch (FormatterException e) {
      throw new IllegalStateException(file + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
