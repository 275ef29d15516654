package org.diffusionnft.weights.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Files with a JSON object a line. */
public final class JsonLines {
  public static final ObjectMapper JSON = new ObjectMapper();

  private JsonLines() {}

  /**
   * All objects of a file; none of a file that is not there. A last line that is cut, because it is
   * being written or its writer was killed, is left out.
   *
   * @throws InvalidFileException if another line is no JSON object
   */
  public static List<JsonNode> read(Path file) throws IOException {
    List<JsonNode> objects = new ArrayList<>();
    if (!Files.exists(file)) {
      return objects;
    }
    List<String> lines = Files.readAllLines(file);
    for (int i = 0; i < lines.size(); i++) {
      try {
        JsonNode line = JSON.readTree(lines.get(i));
        if (!line.isObject()) {
          throw new InvalidFileException(file, "line " + (i + 1) + " is no JSON object");
        }
        objects.add(line);
      } catch (JsonProcessingException e) {
        if (i + 1 < lines.size()) {
          throw new InvalidFileException(file, "line " + (i + 1) + " is no JSON", e);
        }
      }
    }
    return objects;
  }
}
