package org.diffusionnft.reports;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.JsonLines;

/**
 * The folder of a run, as read for pages. Pages may be shared, so they must not contain anything
 * from outside the folder: a link to elsewhere counts as a missing file, as do folders, devices and
 * pipes.
 */
final class RunFolder {
  private static final String METRICS = "metrics.jsonl";

  private final Path given;
  private final Path real;

  private RunFolder(Path given, Path real) {
    this.given = given;
    this.real = real;
  }

  /**
   * Opens a folder.
   *
   * @throws InvalidFileException if it does not hold a run
   */
  static RunFolder open(Path folder) throws IOException {
    RunFolder run;
    try {
      run = new RunFolder(folder, folder.toRealPath());
    } catch (NoSuchFileException e) {
      throw new InvalidFileException(folder, "no such folder", e);
    }
    if (run.file(METRICS).isEmpty()) {
      throw new InvalidFileException(
          folder,
          Files.exists(run.real.resolve(METRICS))
              ? METRICS + " leads out of the folder: give the folder that it lies in"
              : "has no metrics.jsonl: give the folder of a run of 'dnft train' or 'dnft demo'");
    }
    return run;
  }

  /** The folder's own name. */
  String name() {
    return String.valueOf(given.toAbsolutePath().normalize().getFileName());
  }

  /** The lines of the metrics. */
  List<JsonNode> metrics() throws IOException {
    return lines(METRICS);
  }

  /** The objects of a file; none if it is missing. */
  List<JsonNode> lines(String name) throws IOException {
    Optional<Path> file = file(name);
    return file.isEmpty() ? List.of() : JsonLines.read(file.get());
  }

  /** The text of a file; empty if it is missing. */
  String text(String name) throws IOException {
    Optional<Path> file = file(name);
    return file.isEmpty()
        ? ""
        : new String(Files.readAllBytes(file.get()), StandardCharsets.UTF_8); // malformed or not
  }

  /** The sorted names of the files in a subfolder, each prefixed with that folder. */
  List<String> names(String folder) throws IOException {
    Path inside = real.resolve(folder);
    if (!Files.isDirectory(inside) || !inside.toRealPath().startsWith(real)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(inside)) {
      return all.map(file -> folder + "/" + file.getFileName()).sorted().toList();
    }
  }

  /** A file by its name within the folder; the name may come from any source. */
  Optional<Path> file(String name) throws IOException {
    try {
      Path file = real.resolve(name).toRealPath();
      return file.startsWith(real) && Files.isRegularFile(file)
          ? Optional.of(file)
          : Optional.empty();
    } catch (InvalidPathException | java.nio.file.FileSystemException e) {
      return Optional.empty(); // an invalid name, a missing file, or cyclic links
    }
  }
}
