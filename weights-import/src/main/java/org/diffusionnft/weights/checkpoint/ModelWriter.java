package org.diffusionnft.weights.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.AtomicFolder;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.safetensors.SafetensorsWriter;
import org.diffusionnft.weights.singlefile.AsSingleFile;
import org.diffusionnft.weights.singlefile.SingleFile.Part;
import org.jspecify.annotations.Nullable;

/** Writes a whole model in either layout, with one tensor in memory at a time. */
public final class ModelWriter {
  private record Written(TensorSource tensors, ObjectNode config) {}

  private final Map<Part, Written> parts = new EnumMap<>(Part.class);
  private final Map<Part, Path> tokenizers = new EnumMap<>(Part.class);
  private FlowMatchSchedule.Config schedule = FlowMatchSchedule.Config.SD3;

  /** Adds a part, which remains the caller's. */
  public ModelWriter part(Part part, TensorSource source, ObjectNode config) {
    parts.put(part, new Written(source, config));
    return this;
  }

  /** Adds the tokenizer of a text encoder, a folder to be copied. */
  public ModelWriter tokenizer(Part part, Path folder) {
    tokenizers.put(part, folder);
    return this;
  }

  /** Sets the noise schedule. */
  public ModelWriter schedule(FlowMatchSchedule.Config config) {
    this.schedule = config;
    return this;
  }

  /**
   * Writes one file, as Stability AI publishes them; it cannot contain configurations and
   * tokenizers.
   *
   * @param dtype the dtype tensors are converted to; null to keep theirs
   * @param device see {@link SafetensorsWriter#write(Path, TensorSource, DType, Device, Map)}
   * @throws IOException if a source is damaged or the file cannot be written
   */
  public void writeSingleFile(Path out, @Nullable DType dtype, Device device) throws IOException {
    Map<Part, TensorSource> tensors = new EnumMap<>(Part.class);
    parts.forEach((part, written) -> tensors.put(part, written.tensors()));
    SafetensorsWriter.write(
        out, AsSingleFile.of(out, tensors), dtype, device, SafetensorsWriter.PYTORCH);
  }

  /**
   * Writes a folder like diffusers, atomically.
   *
   * @throws IOException if it exists, a source is damaged, or it cannot be written
   */
  public void writeFolder(Path out, @Nullable DType dtype, Device device) throws IOException {
    AtomicFolder.write(
        out,
        folder -> {
          StrictJson.write(folder.resolve(ModelLayout.INDEX), index());
          Files.createDirectories(folder.resolve(ModelLayout.SCHEDULER).resolveSibling("."));
          StrictJson.write(
              folder.resolve(ModelLayout.SCHEDULER), SchedulerConfigFile.toJson(schedule));
          for (Map.Entry<Part, Written> e : parts.entrySet()) {
            Part part = e.getKey();
            Path target = Files.createDirectory(folder.resolve(ModelLayout.folder(part)));
            StrictJson.write(target.resolve(ModelLayout.CONFIG), e.getValue().config());
            SafetensorsWriter.write(
                target.resolve(ModelLayout.base(part) + ".safetensors"),
                e.getValue().tensors(),
                dtype,
                device,
                SafetensorsWriter.PYTORCH);
          }
          for (Map.Entry<Part, Path> e : tokenizers.entrySet()) {
            copy(e.getValue(), folder.resolve(ModelLayout.tokenizer(e.getKey())));
          }
        });
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectory(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, to.resolve(file.getFileName().toString()));
      }
    }
  }

  /** {@code model_index.json}: the library and class of every part, null where it is missing. */
  private ObjectNode index() {
    ObjectNode json = StrictJson.object();
    json.put("_class_name", "StableDiffusion3Pipeline");
    json.put("_diffusers_version", "0.40.0.dev0");
    entry(json, "scheduler", true, "diffusers", "FlowMatchEulerDiscreteScheduler");
    for (Part part : List.of(Part.CLIP_L, Part.CLIP_G, Part.T5)) {
      String type = part == Part.T5 ? "T5EncoderModel" : "CLIPTextModelWithProjection";
      entry(json, ModelLayout.folder(part), parts.containsKey(part), "transformers", type);
    }
    for (Part part : List.of(Part.CLIP_L, Part.CLIP_G, Part.T5)) {
      String type = part == Part.T5 ? "T5TokenizerFast" : "CLIPTokenizer";
      entry(json, ModelLayout.tokenizer(part), tokenizers.containsKey(part), "transformers", type);
    }
    entry(
        json,
        "transformer",
        parts.containsKey(Part.TRANSFORMER),
        "diffusers",
        "SD3Transformer2DModel");
    entry(json, "vae", parts.containsKey(Part.VAE), "diffusers", "AutoencoderKL");
    return json;
  }

  private static void entry(
      ObjectNode json, String name, boolean present, String library, String type) {
    var pair = json.putArray(name);
    if (present) {
      pair.add(library).add(type);
    } else {
      pair.addNull().addNull();
    }
  }
}
