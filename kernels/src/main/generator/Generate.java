import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes the kernels that repeat one pattern: tiles unrolled over rows and columns, and a loop for
 * each function of a table. The compiler keeps vectors in registers only where each has its own
 * variable and each loop names the functions it calls. So this code must exist, but it is
 * generated, not maintained.
 *
 * <p>Run by the build as a source file: {@code java Generate.java FOLDER}, and with {@code tornado}
 * appended for the device code of the profile of that name. An unchanged file is not rewritten, so
 * that it is not recompiled.
 */
final class Generate {
  private static final String HEADER =
      """
      // Written by kernels/src/main/generator/%s.java: change it there.
      package %s;

      """;

  /** A class: its name, which generator writes it, and its text from the imports on. */
  record Source(String name, String generator, String text) {}

  public static void main(String[] args) throws IOException {
    if (args.length == 1) {
      write(args[0], "org.diffusionnft.kernels", forTheProcessor());
    } else {
      write(args[0], "org.diffusionnft.kernels.tornado", forDevices());
    }
  }

  private static List<Source> forDevices() {
    return List.of(
        DeviceTiles.medium(),
        DeviceTiles.large(),
        DeviceAttention.narrow(),
        DeviceAttention.wide());
  }

  private static List<Source> forTheProcessor() {
    return List.of(
        Tiles.tall(),
        Tiles.tallTransposed(),
        Tiles.wide(),
        Tiles.narrow(),
        Unary.values(),
        Unary.gradients(),
        Binary.source(),
        Rows.source());
  }

  private static void write(String root, String name, List<Source> sources) throws IOException {
    Path folder = Path.of(root, name.split("\\."));
    Files.createDirectories(folder);
    for (Source source : sources) {
      Path file = folder.resolve(source.name() + ".java");
      String text = HEADER.formatted(source.generator(), name) + source.text();
      if (!Files.exists(file) || !Files.readString(file, UTF_8).equals(text)) {
        Files.writeString(file, text, UTF_8);
      }
    }
    deleteOthers(folder, sources);
  }

  /** Deletes what an earlier version of the generator wrote. */
  private static void deleteOthers(Path folder, List<Source> sources) throws IOException {
    List<String> names = sources.stream().map(source -> source.name() + ".java").toList();
    try (var files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        if (!names.contains(file.getFileName().toString())) {
          Files.delete(file);
        }
      }
    }
  }
}
