package org.diffusionnft.weights.checkpoint;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.models.text.ClipTextEncoder;
import org.diffusionnft.models.text.T5Encoder;
import org.diffusionnft.models.text.TextEncoders;
import org.diffusionnft.models.tokenizer.Tokenizer;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Opening;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.diffusionnft.weights.safetensors.ShardedTensors;
import org.diffusionnft.weights.singlefile.SingleFile;
import org.diffusionnft.weights.singlefile.SingleFile.Part;
import org.diffusionnft.weights.tokenizer.TokenizerFolder;
import org.jspecify.annotations.Nullable;

/**
 * All of Stable Diffusion 3 on disk: a diffusers folder, or a single file. A single file contains
 * no tokenizers, often no text encoders, sometimes no autoencoder; missing parts may come from a
 * second, diffusers folder. Parts are opened on demand; nothing is copied.
 */
public final class ModelCheckpoint implements TextEncoders, AutoCloseable {
  /** Suffixes of the scale tensors that quantised checkpoints have in addition to their weights. */
  private static final List<String> SCALES =
      List.of(
          ".scale_weight",
          ".scale_input",
          ".weight_scale",
          ".input_scale",
          "scaled_fp8",
          ".absmax",
          ".quant_map",
          ".qweight",
          ".SCB");

  private final Path path;
  private final @Nullable Path folder;
  private final ModelIndex index;
  private final @Nullable SafetensorsFile file;
  private final @Nullable SingleFile single;
  private final Map<Part, Tokenizer> tokenizers = new EnumMap<>(Part.class);

  private ModelCheckpoint(
      Path path,
      @Nullable Path folder,
      ModelIndex index,
      @Nullable SafetensorsFile file,
      @Nullable SingleFile single) {
    this.path = path;
    this.folder = folder;
    this.index = index;
    this.file = file;
    this.single = single;
  }

  /**
   * Opens a model.
   *
   * @param path a diffusers folder or a single file
   * @param parts a diffusers folder with the parts that a single file lacks, or null
   * @throws InvalidFileException if there is no model, or it belongs to another family, which is
   *     named
   */
  public static ModelCheckpoint open(Path path, @Nullable Path parts) throws InvalidFileException {
    if (parts != null && !Files.isDirectory(parts)) {
      throw new InvalidFileException(parts, "no such folder");
    }
    if (Files.isDirectory(path)) {
      ModelIndex index = ModelIndex.of(path);
      requireTransformer(path);
      return new ModelCheckpoint(path, path, index, null, null);
    }
    ModelIndex index = parts == null ? new ModelIndex(Set.of()) : ModelIndex.of(parts);
    try (Opening opening = new Opening()) {
      SafetensorsFile file = opening.add(SafetensorsFile.open(path));
      return opening.done(new ModelCheckpoint(path, parts, index, file, SingleFile.of(file)));
    }
  }

  private static void requireTransformer(Path folder) throws InvalidFileException {
    if (!Files.isDirectory(folder.resolve(ModelLayout.folder(Part.TRANSFORMER)))) {
      if (Files.exists(folder.resolve("adapter_config.json"))
          || Files.exists(folder.resolve("pytorch_lora_weights.safetensors"))) {
        throw new InvalidFileException(
            folder,
            "is an adapter, not a model: name it with --adapter, and its model with --model");
      }
      Path above = folder.toAbsolutePath().normalize().getParent();
      if (above != null && Files.exists(above.resolve(ModelLayout.INDEX))) {
        throw new InvalidFileException(
            folder, "is a part of a model: name the folder around it, " + above);
      }
      String unet =
          Files.isDirectory(folder.resolve("unet"))
              ? ": with unet/ it looks like Stable Diffusion 1, 2 or XL"
              : "";
      throw new InvalidFileException(
          folder, "is no Stable Diffusion 3 folder, since it has no transformer/" + unet);
    }
  }

  /** The path of the model. */
  public Path path() {
    return path;
  }

  /** Whether it is one file. */
  public boolean isSingleFile() {
    return single != null;
  }

  /** The diffusers folder that parts come from; null for a single file without another folder. */
  public @Nullable Path folder() {
    return folder;
  }

  /** The available parts. */
  public Set<Part> parts() {
    Set<Part> parts = EnumSet.noneOf(Part.class);
    for (Part part : Part.values()) {
      if (has(part)) {
        parts.add(part);
      }
    }
    return parts;
  }

  /** Whether a part is available. */
  public boolean has(Part part) {
    return isInFile(part)
        || (folder != null
            && !isMissing(ModelLayout.folder(part))
            && Files.isDirectory(partFolder(folder, part)));
  }

  private boolean isInFile(Part part) {
    return single != null && single.has(part);
  }

  /** Whether the folder's index marks the part as missing. */
  private boolean isMissing(String part) {
    return index.missing().contains(part);
  }

  private static Path partFolder(Path folder, Part part) {
    return folder.resolve(ModelLayout.folder(part));
  }

  /**
   * A part's tensors under the names of diffusers or transformers; the caller closes them.
   *
   * @throws InvalidFileException if it is missing or damaged
   */
  public TensorSource tensors(Part part) throws InvalidFileException {
    try (Opening opening = new Opening()) {
      TensorSource tensors =
          opening.add(
              single != null && single.has(part)
                  ? single.part(part)
                  : ShardedTensors.open(folderOf(part), ModelLayout.base(part)));
      requirePlain(tensors);
      return opening.done(tensors);
    }
  }

  /** Rejects quantised weights, which are meaningless without their scales. */
  private static void requirePlain(TensorSource tensors) throws InvalidFileException {
    for (String name : tensors.names()) {
      for (String end : SCALES) {
        if (name.endsWith(end)) {
          throw new InvalidFileException(
              tensors.path(),
              "is quantised, with scales such as "
                  + quote(name)
                  + ", which is not supported: get the file in BF16 or F16");
        }
      }
    }
  }

  /**
   * A part's {@code config.json}, or what diffusers would write for a single file.
   *
   * @throws InvalidFileException if the part is missing or damaged
   */
  public ObjectNode config(Part part) throws InvalidFileException {
    if (!isInFile(part)) {
      return StrictJson.readObject(folderOf(part).resolve(ModelLayout.CONFIG));
    }
    try (TensorSource tensors = tensors(part)) {
      return switch (part) {
        case TRANSFORMER -> MmditConfigFile.toJson(MmditConfigFile.infer(tensors));
        case VAE -> VaeConfigFile.toJson(VaeConfigFile.infer(tensors));
        case CLIP_L, CLIP_G -> ClipTextConfigFile.toJson(ClipTextConfigFile.infer(tensors));
        case T5 -> T5ConfigFile.toJson(T5ConfigFile.infer(tensors));
      };
    }
  }

  private Path folderOf(Part part) throws InvalidFileException {
    if (folder == null) {
      throw new InvalidFileException(
          path,
          "does not hold "
              + describe(part)
              + ": name a diffusers folder that has "
              + ModelLayout.folder(part)
              + "/ with --parts");
    }
    requireNotMissing(folder, ModelLayout.folder(part));
    Path found = partFolder(folder, part);
    if (!Files.isDirectory(found)) {
      throw new InvalidFileException(
          folder,
          "has no " + ModelLayout.folder(part) + "/, where " + describe(part) + " would be");
    }
    return found;
  }

  private void requireNotMissing(Path from, String part) throws InvalidFileException {
    if (isMissing(part)) {
      throw new InvalidFileException(
          from.resolve(ModelLayout.INDEX),
          "says that there is no "
              + part
              + ", which is needed: name its class there if "
              + from.resolve(part)
              + " is meant to be used");
    }
  }

  private static String describe(Part part) {
    return switch (part) {
      case TRANSFORMER -> "the transformer";
      case VAE -> "the autoencoder";
      case CLIP_L -> "the text encoder CLIP-L";
      case CLIP_G -> "the text encoder OpenCLIP bigG";
      case T5 -> "the text encoder T5";
    };
  }

  /**
   * The transformer; the caller closes it.
   *
   * @throws InvalidFileException if it is missing or damaged
   */
  public MmditCheckpoint transformer() throws InvalidFileException {
    return new MmditCheckpoint(
        MmditConfigFile.parse(configPath(Part.TRANSFORMER), config(Part.TRANSFORMER)),
        tensors(Part.TRANSFORMER));
  }

  /**
   * The autoencoder; the caller closes it.
   *
   * @throws InvalidFileException if it is missing or damaged
   */
  public VaeCheckpoint vae() throws InvalidFileException {
    return new VaeCheckpoint(
        VaeConfigFile.parse(configPath(Part.VAE), config(Part.VAE)), tensors(Part.VAE));
  }

  /**
   * The source of a part's configuration: its {@code config.json}, or a single file.
   *
   * @throws InvalidFileException if the part is missing
   */
  public Path configPath(Part part) throws InvalidFileException {
    return isInFile(part) ? path : folderOf(part).resolve(ModelLayout.CONFIG);
  }

  /**
   * The noise schedule of the folder, or Stable Diffusion 3's.
   *
   * @throws InvalidFileException if its file is damaged
   */
  public FlowMatchSchedule.Config schedule() throws InvalidFileException {
    Path scheduler = schedulePath();
    return scheduler == null ? FlowMatchSchedule.Config.SD3 : SchedulerConfigFile.read(scheduler);
  }

  /** The file of the noise schedule; null if there is none and Stable Diffusion 3's is used. */
  public @Nullable Path schedulePath() {
    Path scheduler = folder == null ? null : folder.resolve(ModelLayout.SCHEDULER);
    return scheduler != null && !isMissing(ModelIndex.SCHEDULER) && Files.exists(scheduler)
        ? scheduler
        : null;
  }

  @Override
  public Tokenizer clipLTokenizer() throws InvalidFileException {
    return tokenizer(Part.CLIP_L);
  }

  @Override
  public Tokenizer clipGTokenizer() throws InvalidFileException {
    return tokenizer(Part.CLIP_G);
  }

  @Override
  public Tokenizer t5Tokenizer() throws InvalidFileException {
    return tokenizer(Part.T5);
  }

  /** A tokenizer, cached: reading one takes longer than encoding a thousand prompts. */
  private synchronized Tokenizer tokenizer(Part part) throws InvalidFileException {
    Tokenizer tokenizer = tokenizers.get(part);
    if (tokenizer == null) {
      tokenizer = openTokenizer(part);
      tokenizers.put(part, tokenizer);
    }
    return tokenizer;
  }

  private Tokenizer openTokenizer(Part part) throws InvalidFileException {
    if (folder == null) {
      throw new InvalidFileException(
          path,
          "holds no tokenizers, as no single file does: name a diffusers folder that has"
              + " tokenizer/, tokenizer_2/ and tokenizer_3/ with --parts");
    }
    requireNotMissing(folder, ModelLayout.tokenizer(part));
    Path from = folder.resolve(ModelLayout.tokenizer(part));
    int vocabulary =
        part == Part.T5
            ? T5ConfigFile.parse(configPath(part), config(part)).vocabSize()
            : ClipTextConfigFile.parse(configPath(part), config(part)).vocabSize();
    String said =
        isInFile(part)
            ? "the number of tokens of %s in %s".formatted(describe(part), path)
            : "vocab_size in " + configPath(part);
    return TokenizerFolder.open(from, vocabulary, said);
  }

  @Override
  public <R> R useClipL(Device device, Function<ClipTextEncoder, R> use)
      throws InvalidFileException {
    return useClip(Part.CLIP_L, device, use);
  }

  @Override
  public <R> R useClipG(Device device, Function<ClipTextEncoder, R> use)
      throws InvalidFileException {
    return useClip(Part.CLIP_G, device, use);
  }

  private <R> R useClip(Part part, Device device, Function<ClipTextEncoder, R> use)
      throws InvalidFileException {
    try (ClipTextCheckpoint checkpoint =
        new ClipTextCheckpoint(
            ClipTextConfigFile.parse(configPath(part), config(part)), tensors(part))) {
      return checkpoint.use(device, use);
    }
  }

  @Override
  public boolean hasT5() {
    return has(Part.T5);
  }

  @Override
  public <R> R useT5(Device device, Function<T5Encoder, R> use) throws InvalidFileException {
    try (T5Checkpoint checkpoint =
        new T5Checkpoint(
            T5ConfigFile.parse(configPath(Part.T5), config(Part.T5)), tensors(Part.T5))) {
      return checkpoint.use(device, use);
    }
  }

  /** Unmaps the file, if this is a single file. */
  @Override
  public void close() {
    if (file != null) {
      file.close();
    }
  }
}
