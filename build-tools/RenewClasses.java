import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.stream.Stream;

/**
 * Rewrites the classes of a jar in the class file format of Java 25. The JVM's class cache does not
 * accept the Java 5 format, in which picocli is published: its classes would be parsed and verified
 * at each start.
 *
 * <p>Run as a source file when the command line is packaged: {@code java RenewClasses.java JAR}.
 */
final class RenewClasses {
  public static void main(String[] args) throws IOException {
    Path jar = Path.of(args[0]);
    FileTime time = Files.getLastModifiedTime(jar);
    try (FileSystem files = FileSystems.newFileSystem(jar)) {
      Path root = files.getPath("/");
      ClassFile format =
          ClassFile.of(
              StackMapsOption.GENERATE_STACK_MAPS,
              ClassFile.ClassHierarchyResolverOption.of(
                  ClassHierarchyResolver.ofResourceParsing(
                          type -> {
                            String name = type.descriptorString();
                            Path file =
                                root.resolve(name.substring(1, name.length() - 1) + ".class");
                            try {
                              return Files.exists(file) ? Files.newInputStream(file) : null;
                            } catch (IOException e) {
                              throw new UncheckedIOException(e);
                            }
                          })
                      .orElse(ClassHierarchyResolver.defaultResolver())));
      // Transformed code is regenerated, with the stack map frames that the verifier needs.
      ClassTransform renewal =
          ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL)
              .andThen(
                  (builder, element) ->
                      builder.with(
                          element instanceof ClassFileVersion
                              ? ClassFileVersion.of(ClassFile.JAVA_25_VERSION, 0)
                              : element));
      for (Path file : classes(root)) {
        byte[] renewed = format.transformClass(format.parse(file), renewal);
        Files.write(file, renewed);
        Files.setLastModifiedTime(file, time);
      }
    }
    Files.setLastModifiedTime(jar, time);
  }

  private static List<Path> classes(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(file -> file.toString().endsWith(".class"))
          .filter(file -> !file.endsWith("module-info.class"))
          .toList();
    }
  }
}
