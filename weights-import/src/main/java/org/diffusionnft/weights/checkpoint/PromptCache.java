package org.diffusionnft.weights.checkpoint;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.diffusionnft.autograd.Autocast;
import org.diffusionnft.models.text.PromptEncoding;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.NotFinite;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.Sha256;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.diffusionnft.weights.safetensors.SafetensorsWriter;
import org.diffusionnft.weights.singlefile.SingleFile.Part;

/**
 * Prompt embeddings on disk, one file each, so that a prompt is encoded only once. A file's name is
 * a digest of the prompt, the encoding options, and the encoders' files (path, size, time), so
 * entries of other encoders never match.
 */
public final class PromptCache {
  private static final String TEXT = "prompt_embeds";
  private static final String POOLED = "pooled_prompt_embeds";

  private final Path folder;
  private final String encoders;

  private PromptCache(Path folder, String encoders) {
    this.folder = folder;
    this.encoders = encoders;
  }

  /**
   * The cache of a model.
   *
   * @param folder created when something is stored
   * @throws IOException if the model's files cannot be inspected
   */
  public static PromptCache of(Path folder, ModelCheckpoint model) throws IOException {
    StringBuilder identity = new StringBuilder();
    for (Part part : new Part[] {Part.CLIP_L, Part.CLIP_G, Part.T5}) {
      Path from = model.folder();
      if (from != null) {
        describe(from.resolve(ModelLayout.folder(part)), identity);
        describe(from.resolve(ModelLayout.tokenizer(part)), identity);
      }
    }
    describe(model.path(), identity);
    return new PromptCache(folder, identity.toString());
  }

  private static void describe(Path path, StringBuilder to) throws IOException {
    if (Files.isRegularFile(path)) {
      to.append(path.toAbsolutePath().normalize())
          .append(' ')
          .append(Files.size(path))
          .append(' ')
          .append(Files.getLastModifiedTime(path).toMillis())
          .append('\n');
    } else if (Files.isDirectory(path)) {
      try (Stream<Path> files = Files.list(path)) {
        for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
          describe(file, to);
        }
      }
    }
  }

  /**
   * A stored embedding, owned by the device's innermost scope. An unreadable entry counts as
   * missing.
   */
  public Optional<Conditioning> find(String prompt, PromptEncoding encoding, Device device) {
    Path path = path(prompt, encoding);
    if (!Files.exists(path)) {
      return Optional.empty();
    }
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      Shape text = file.shape(TEXT);
      boolean fits =
          text.equals(
              Shape.of(1, PromptEncoding.CLIP_TOKENS + encoding.t5Tokens(), encoding.width()));
      if (!fits || file.shape(POOLED).rank() != 2 || file.shape(POOLED).dim(0) != 1) {
        return Optional.empty();
      }
      Tensor tokens = file.tensor(TEXT, device);
      Tensor pooled = file.tensor(POOLED, device);
      boolean numbers = tokens.dtype() == DType.F32 && pooled.dtype() == DType.F32;
      if (!numbers || NotFinite.find(tokens) != null || NotFinite.find(pooled) != null) {
        return Optional.empty();
      }
      return Optional.of(Conditioning.of(Elementwise.copy(tokens), Elementwise.copy(pooled)));
    } catch (InvalidFileException e) {
      return Optional.empty();
    }
  }

  /**
   * Stores an embedding.
   *
   * @throws IOException if it cannot be written
   */
  public void put(String prompt, PromptEncoding encoding, Conditioning embedded)
      throws IOException {
    Files.createDirectories(folder);
    SafetensorsWriter.write(
        path(prompt, encoding),
        Map.of(TEXT, embedded.text().value(), POOLED, embedded.pooled().value()),
        Map.of());
  }

  private Path path(String prompt, PromptEncoding encoding) {
    String key =
        encoders
            + encoding.t5Tokens()
            + " "
            + encoding.withT5()
            + " "
            + encoding.width()
            + (Autocast.precision() == Precision.F32 ? "" : " " + Autocast.precision())
            + "\n"
            + prompt;
    return folder.resolve(Sha256.of(key.getBytes(StandardCharsets.UTF_8)) + ".safetensors");
  }
}
