package org.diffusionnft.weights.safetensors;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Opening;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.StoredType;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.StrictJson;

/**
 * The tensors of a folder written by Hugging Face's libraries: one file, or several with an index
 * ({@code BASE.safetensors.index.json}) that names the file of each tensor. An index may only name
 * files in its own folder.
 */
public final class ShardedTensors implements TensorSource {
  private static final String SUFFIX = ".safetensors";

  private final Path index;
  private final List<SafetensorsFile> files;
  private final Map<String, SafetensorsFile> byName;

  private ShardedTensors(
      Path index, List<SafetensorsFile> files, Map<String, SafetensorsFile> byName) {
    this.index = index;
    this.files = files;
    this.byName = byName;
  }

  /**
   * Opens the tensors of a folder.
   *
   * @param base the name without its suffix, {@code model} or {@code diffusion_pytorch_model}; the
   *     variant {@code BASE.fp16} is used if there is no other
   * @throws InvalidFileException if files are missing, or the index names a file outside the folder
   *     or a tensor that its file lacks, or omits a tensor of its files
   */
  public static TensorSource open(Path folder, String base) throws InvalidFileException {
    for (String name : List.of(base + SUFFIX, base + ".fp16" + SUFFIX)) {
      if (Files.exists(folder.resolve(name))) {
        return SafetensorsFile.open(folder.resolve(name));
      }
    }
    String variant = SUFFIX + ".index.fp16.json";
    for (String name : List.of(base + SUFFIX + ".index.json", base + variant)) {
      if (Files.exists(folder.resolve(name))) {
        return openIndex(folder.resolve(name));
      }
    }
    throw new InvalidFileException(
        folder, "has neither " + base + SUFFIX + " nor " + base + SUFFIX + ".index.json");
  }

  private static ShardedTensors openIndex(Path index) throws InvalidFileException {
    ObjectNode json = StrictJson.readObject(index);
    JsonNode map = json.path("weight_map");
    if (!map.isObject() || map.isEmpty()) {
      throw new InvalidFileException(index, "has no weight_map that names the files of tensors");
    }
    Map<String, List<String>> tensorsOf = new TreeMap<>();
    for (Map.Entry<String, JsonNode> e : map.properties()) {
      String file = e.getValue().asText();
      if (!e.getValue().isTextual() || !isPlainName(file)) {
        throw new InvalidFileException(
            index,
            "says that tensor "
                + quote(e.getKey())
                + " is in "
                + quote(file)
                + ", which is no file name of its own folder");
      }
      tensorsOf.computeIfAbsent(file, _ -> new ArrayList<>()).add(e.getKey());
    }
    for (String name : tensorsOf.keySet()) { // before any is opened: it explains other mismatches
      if (!Files.exists(index.resolveSibling(name))) {
        throw new InvalidFileException(
            index, "names the file " + quote(name) + ", which is missing: download it too");
      }
    }
    List<SafetensorsFile> files = new ArrayList<>();
    try (Opening opening = new Opening()) {
      Map<String, SafetensorsFile> byName = new LinkedHashMap<>();
      for (Map.Entry<String, List<String>> shard : tensorsOf.entrySet()) {
        files.add(opening.add(openShard(index, shard.getKey(), shard.getValue(), byName)));
      }
      return opening.done(new ShardedTensors(index, files, byName));
    }
  }

  private static SafetensorsFile openShard(
      Path index, String name, List<String> tensors, Map<String, SafetensorsFile> byName)
      throws InvalidFileException {
    Path path = index.resolveSibling(name);
    SafetensorsFile file = SafetensorsFile.open(path);
    Set<String> missing = new TreeSet<>(tensors);
    missing.removeAll(file.names());
    Set<String> unlisted = new TreeSet<>(file.names());
    unlisted.removeAll(Set.copyOf(tensors));
    if (!missing.isEmpty() || !unlisted.isEmpty()) {
      file.close();
      throw new InvalidFileException(
          index,
          "does not fit the file "
              + quote(name)
              + (missing.isEmpty()
                  ? ", which has a tensor " + quote(unlisted.iterator().next()) + " besides"
                  : ", which has no tensor " + quote(missing.iterator().next())));
    }
    file.names().forEach(tensor -> byName.put(tensor, file));
    return file;
  }

  /** Whether a name contains no folder, on any system. */
  private static boolean isPlainName(String file) {
    return file.endsWith(SUFFIX)
        && file.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ')
        && !file.startsWith(".");
  }

  @Override
  public Path path() {
    return index;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(byName.keySet());
  }

  private SafetensorsFile file(String name) throws InvalidFileException {
    SafetensorsFile file = byName.get(name);
    if (file == null) {
      throw new InvalidFileException(
          index, "has no tensor " + quote(name) + " among its " + byName.size());
    }
    return file;
  }

  @Override
  public DType dtype(String name) throws InvalidFileException {
    return file(name).dtype(name);
  }

  @Override
  public StoredType stored(String name) throws InvalidFileException {
    return file(name).stored(name);
  }

  @Override
  public Shape shape(String name) throws InvalidFileException {
    return file(name).shape(name);
  }

  @Override
  public Tensor tensor(String name, Device device) throws InvalidFileException {
    return file(name).tensor(name, device);
  }

  @Override
  public List<Place> madeOf(String name) throws InvalidFileException {
    return List.of(new Place(file(name), name));
  }

  @Override
  public void close() {
    files.forEach(SafetensorsFile::close);
  }
}
