package org.diffusionnft.trainer.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.Sha256;
import org.diffusionnft.weights.io.StrictJson;

/**
 * {@code manifest.json} of a folder: size and SHA-256 of every other file. It is written last, so a
 * folder without one is incomplete, and any bit changed later is detected.
 */
final class FileManifest {
  static final String NAME = "manifest.json";
  private static final int VERSION = 1;

  private FileManifest() {}

  /** Records all files of a folder and its sub-folders. */
  static void write(Path folder) throws IOException {
    ObjectNode json = StrictJson.object();
    json.put("version", VERSION);
    ObjectNode files = json.putObject("files");
    for (String name : files(folder)) {
      Path file = folder.resolve(name);
      files.putObject(name).put("bytes", Files.size(file)).put("sha256", Sha256.of(file));
    }
    StrictJson.write(folder.resolve(NAME), json);
  }

  /**
   * Checks that a folder holds exactly the files of its manifest.
   *
   * @param needed files that must be listed
   * @throws InvalidFileException that names the first file that is missing, unlisted, truncated or
   *     changed
   */
  static void verify(Path folder, List<String> needed) throws InvalidFileException {
    Path manifest = folder.resolve(NAME);
    if (!Files.isRegularFile(manifest)) {
      throw new InvalidFileException(manifest, "is missing, so the checkpoint is not complete");
    }
    JsonNode json = StrictJson.readObject(manifest);
    if (json.path("version").asInt() != VERSION || !json.path("files").isObject()) {
      throw new InvalidFileException(manifest, "is no manifest of version " + VERSION);
    }
    for (String name : needed) {
      if (!json.path("files").has(name)) {
        throw new InvalidFileException(manifest, "does not name the file " + name);
      }
    }
    try {
      Set<String> unknown = new TreeSet<>(files(folder));
      for (Map.Entry<String, JsonNode> e : json.path("files").properties()) {
        if (!unknown.remove(e.getKey())) {
          throw new InvalidFileException(
              folder, "lacks the file " + InvalidFileException.quote(e.getKey()));
        }
        verify(folder.resolve(e.getKey()), e.getValue());
      }
      if (!unknown.isEmpty()) {
        throw new InvalidFileException(
            manifest, "does not know the file " + unknown.iterator().next());
      }
    } catch (InvalidFileException e) {
      throw e;
    } catch (IOException e) {
      throw new InvalidFileException(folder, "cannot be read: " + e.getMessage(), e);
    }
  }

  private static void verify(Path file, JsonNode noted) throws IOException {
    long bytes = noted.path("bytes").asLong(-1);
    if (Files.size(file) != bytes) {
      throw new InvalidFileException(
          file, "has " + Files.size(file) + " bytes, but " + bytes + " were written");
    }
    String expected = noted.path("sha256").asText();
    String found = Sha256.of(file);
    if (!found.equals(expected)) {
      throw new InvalidFileException(
          file, "was changed: its SHA-256 is " + found + ", but " + expected + " was written");
    }
  }

  /** Names relative to the folder, with slashes, sorted; without the manifest itself. */
  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> walk = Files.walk(folder)) {
      return walk.filter(Files::isRegularFile)
          .map(f -> folder.relativize(f).toString().replace('\\', '/'))
          .filter(name -> !name.equals(NAME))
          .sorted()
          .toList();
    }
  }
}
