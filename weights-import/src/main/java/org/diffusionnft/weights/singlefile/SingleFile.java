package org.diffusionnft.weights.singlefile;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.TensorsOf;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * The parts of a checkpoint in one file, as Stability AI publishes them: always a transformer,
 * often the autoencoder, sometimes the text encoders. Each part has the names of diffusers or
 * transformers; no tensor is left over.
 */
public final class SingleFile {

  /** A part of a checkpoint. */
  public enum Part {
    /** The diffusion transformer. */
    TRANSFORMER(MmditKeyMap.PREFIX),
    /** The autoencoder. */
    VAE(VaeKeyMap.PREFIX),
    /** The text encoder CLIP-L. */
    CLIP_L("text_encoders.clip_l.transformer."),
    /** The text encoder OpenCLIP bigG. */
    CLIP_G("text_encoders.clip_g.transformer."),
    /** The text encoder T5-XXL. */
    T5("text_encoders.t5xxl.transformer.");

    private final String prefix;

    Part(String prefix) {
      this.prefix = prefix;
    }

    /** The prefix of its tensors' names. */
    public String prefix() {
      return prefix;
    }
  }

  /** Tensors that tools add to such files and no model reads. */
  private static final Pattern IGNORED =
      Pattern.compile(
          "text_encoders\\.\\w+\\.logit_scale|model_sampling\\.sigmas"
              + "|text_encoders\\.t5xxl\\.transformer\\.spiece_model");

  private static final int MOST_LISTED = 20;

  private final TensorSource file;
  private final Map<Part, TensorsOf> parts = new EnumMap<>(Part.class);

  private SingleFile(TensorSource file) {
    this.file = file;
  }

  /**
   * Sorts the tensors of a file.
   *
   * @param file remains the caller's, and must stay open while a part is used
   * @throws InvalidFileException if tensors belong to no part, or are those of another kind of
   *     model
   */
  public static SingleFile of(TensorSource file) throws InvalidFileException {
    SingleFile single = new SingleFile(file);
    boolean bare = file.names().stream().noneMatch(n -> n.startsWith(MmditKeyMap.PREFIX));
    if (bare && MmditKeyMap.isSingleFile(file.names())) {
      single.parts.put(Part.TRANSFORMER, all(file));
      return single;
    }
    Map<Part, Map<String, String>> originals = new EnumMap<>(Part.class);
    Set<String> unknown = new TreeSet<>();
    for (String name : file.names()) {
      Part part = null;
      for (Part candidate : Part.values()) {
        part = name.startsWith(candidate.prefix()) ? candidate : part;
      }
      if (IGNORED.matcher(name).matches()) {
        continue;
      }
      if (part == null) {
        unknown.add(name);
      } else {
        originals
            .computeIfAbsent(part, _ -> new LinkedHashMap<>())
            .put(name.substring(part.prefix().length()), name);
      }
    }
    if (!originals.containsKey(Part.TRANSFORMER) || !MmditKeyMap.isSingleFile(file.names())) {
      throw new InvalidFileException(
          file.path(),
          "is no Stable Diffusion 3 checkpoint: " + ModelFamily.sentence(file.names()));
    }
    if (!unknown.isEmpty()) {
      throw new InvalidFileException(
          file.path(), "has tensors of no known part: " + listed(unknown));
    }
    originals.forEach((part, names) -> single.parts.put(part, new TensorsOf(file, names)));
    return single;
  }

  private static TensorsOf all(TensorSource file) {
    return new TensorsOf(
        file,
        file.names().stream()
            .collect(Collectors.toMap(n -> n, n -> n, (a, _) -> a, LinkedHashMap::new)));
  }

  private static TensorSource view(Part part, TensorsOf tensors) {
    return switch (part) {
      case TRANSFORMER -> new MmditSingleFile(tensors);
      case VAE -> new VaeSingleFile(tensors);
      case CLIP_L, CLIP_G, T5 -> tensors;
    };
  }

  /** Whether the file has a part. */
  public boolean has(Part part) {
    return parts.containsKey(part);
  }

  /**
   * A part under the names of diffusers or transformers; closing it leaves the file open.
   *
   * @throws InvalidFileException if the file does not have it
   */
  public TensorSource part(Part part) throws InvalidFileException {
    TensorsOf tensors = parts.get(part);
    if (tensors == null) {
      throw new InvalidFileException(file.path(), "has no tensors " + quote(part.prefix() + "*"));
    }
    return view(part, tensors);
  }

  private static String listed(Collection<String> names) {
    List<String> shown = new ArrayList<>();
    for (String name : names) {
      if (shown.size() < MOST_LISTED) {
        shown.add(quote(name));
      }
    }
    int more = names.size() - shown.size();
    return String.join(", ", shown) + (more > 0 ? " and " + more + " more" : "");
  }
}
