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
 * The folder of a run as pages read it. A page is given away, so nothing may get into it that does
 * not lie in the folder: a link that leads elsewhere counts as a file that is not there, as do
 * folders, devices and pipes.
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
   * @throws InvalidFileException if it holds no run
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

  /** The objects of a file; none if it is not there. */
  List<JsonNode> lines(String name) throws IOException {
    Optional<Path> file = file(name);
    return file.isEmpty() ? List.of() : JsonLines.read(file.get());
  }

  /** The text of a file; empty if it is not there. */
  String text(String name) throws IOException {
    Optional<Path> file = file(name);
    return file.isEmpty()
        ? ""
        : new String(Files.readAllBytes(file.get()), StandardCharsets.UTF_8); // whatever it holds
  }

  /** Names of the files in a folder of the run, in order, each with that folder before it. */
  List<String> names(String folder) throws IOException {
    Path inside = real.resolve(folder);
    if (!Files.isDirectory(inside) || !inside.toRealPath().startsWith(real)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(inside)) {
      return all.map(file -> folder + "/" + file.getFileName()).sorted().toList();
    }
  }

  /** A file by its name inside of the folder, which may come from anywhere. */
  Optional<Path> file(String name) throws IOException {
    try {
      Path file = real.resolve(name).toRealPath();
      return file.startsWith(real) && Files.isRegularFile(file)
          ? Optional.of(file)
          : Optional.empty();
    } catch (InvalidPathException | java.nio.file.FileSystemException e) {
      return Optional.empty(); // no name of a file, none there, or links in a circle
    }
  }
}
