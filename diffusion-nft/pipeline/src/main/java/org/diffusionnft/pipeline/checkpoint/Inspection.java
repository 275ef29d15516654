package org.diffusionnft.pipeline.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.StoredType;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.checkpoint.ModelCheckpoint;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.peft.AdapterFile;
import org.diffusionnft.weights.peft.DiffusersLora;
import org.diffusionnft.weights.peft.LoraFactors;
import org.diffusionnft.weights.peft.PeftAdapter;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.diffusionnft.weights.safetensors.ShardedTensors;
import org.diffusionnft.weights.singlefile.ModelFamily;
import org.diffusionnft.weights.singlefile.SingleFile.Part;
import org.diffusionnft.weights.torch.TensorFiles;

/** The contents of a file or folder of tensors, as lines of text. */
public final class Inspection {
  private static final int SHOWN_VALUES = 6;

  private final Device device;
  private final boolean listsTensors;
  private final Consumer<String> lines;

  private Inspection(Device device, boolean listsTensors, Consumer<String> lines) {
    this.device = device;
    this.listsTensors = listsTensors;
    this.lines = lines;
  }

  /**
   * Inspects a diffusers folder, a component's folder, a PEFT folder, or a safetensors file.
   *
   * @param device reads the few tensors that are examined
   * @param listsTensors whether every tensor is listed
   * @throws IOException if it is none of these, or damaged
   */
  public static List<String> of(Path path, Device device, boolean listsTensors) throws IOException {
    List<String> lines = new ArrayList<>();
    show(path, device, listsTensors, lines::add);
    return lines;
  }

  /**
   * Like {@link #of}, but passes on each line as soon as it is known, so that lines before a
   * damaged part are still shown.
   *
   * @throws IOException see {@link #of}
   */
  public static void show(Path path, Device device, boolean listsTensors, Consumer<String> lines)
      throws IOException {
    new Inspection(device, listsTensors, lines).inspect(path);
  }

  private void inspect(Path path) throws IOException {
    lines.accept(path + ":");
    boolean adapter =
        Files.exists(path.resolve("adapter_config.json"))
            || Files.exists(path.resolve(DiffusersLora.NAME));
    if (adapter) {
      adapter(path);
    } else if (Files.isDirectory(path.resolve("transformer"))) {
      model(path);
    } else if (Files.isDirectory(path)) {
      boolean diffusers = hasTensors(path, "diffusion_pytorch_model");
      try (TensorSource tensors =
          ShardedTensors.open(path, diffusers ? "diffusion_pytorch_model" : "model")) {
        tensors("", tensors);
      }
    } else {
      file(path);
    }
  }

  private static boolean hasTensors(Path folder, String base) throws IOException {
    try (var files = Files.list(folder)) {
      return files.anyMatch(f -> f.getFileName().toString().startsWith(base + "."));
    }
  }

  private void file(Path path) throws IOException {
    try (TensorSource file = TensorFiles.open(path)) {
      if (file.names().stream()
          .anyMatch(n -> n.startsWith("model.diffusion_model.joint_blocks."))) {
        singleFile(path, file);
      } else if (file.names().stream().allMatch(n -> n.startsWith("transformer."))
          && file.names().stream().anyMatch(n -> n.contains(".lora_A."))) {
        adapter(path);
      } else {
        tensors("", file);
      }
      if (file instanceof SafetensorsFile safetensors) {
        safetensors
            .metadata()
            .forEach((key, value) -> lines.accept("  metadata " + key + ": " + cut(value)));
      }
    }
  }

  /** A file that cannot be used as a model is still shown as a file of tensors. */
  private void singleFile(Path path, TensorSource file) throws IOException {
    try {
      model(path);
    } catch (InvalidFileException e) {
      lines.accept("  cannot be used as a model: " + e.getMessage());
      tensors("", file);
    }
  }

  private static String cut(String text) {
    String line = text.replaceAll("\\s+", " ");
    return line.length() > 200 ? line.substring(0, 200) + "..." : line;
  }

  private void model(Path path) throws IOException {
    try (ModelCheckpoint model = ModelCheckpoint.open(path, null)) {
      lines.accept(
          "  "
              + (model.isSingleFile() ? "a single file" : "a diffusers folder")
              + " of Stable Diffusion 3 with "
              + model.parts().stream().map(Part::toString).collect(Collectors.joining(", ")));
      for (Part part : model.parts()) {
        try (TensorSource tensors = model.tensors(part)) {
          tensors(part + ": ", tensors);
          lines.accept("    configuration: " + model.config(part));
        }
      }
    }
  }

  private void tensors(String label, TensorSource tensors) throws IOException {
    Map<String, Long> numbers = new TreeMap<>();
    double bits = 0;
    for (String name : tensors.names()) {
      Shape shape = tensors.shape(name);
      StoredType type = tensors.stored(name);
      numbers.merge(type.name(), shape.elements(), Long::sum);
      bits += (double) shape.elements() * type.bits();
    }
    lines.accept(
        String.format(
            Locale.ROOT,
            "  %s%,d numbers in %,d tensors, %.2f GiB (%s)",
            label,
            numbers.values().stream().mapToLong(Long::longValue).sum(),
            tensors.names().size(),
            bits / Byte.SIZE / (1 << 30),
            numbers.entrySet().stream()
                .map(e -> String.format(Locale.ROOT, "%s %,d", e.getKey(), e.getValue()))
                .collect(Collectors.joining(", "))));
    if (label.isEmpty()) {
      lines.accept("  " + ModelFamily.sentence(tensors.names()));
    }
    if (listsTensors) {
      for (String name : tensors.names()) {
        lines.accept(
            String.format(
                Locale.ROOT,
                "    %-7s %s %s",
                tensors.stored(name).name(),
                tensors.shape(name),
                name));
      }
    }
  }

  private void adapter(Path path) throws IOException {
    try (Memory.Scope _ = device.memory().scope()) {
      PeftAdapter adapter = AdapterFile.readAsIs(path, device);
      long numbers =
          adapter.modules().values().stream()
              .mapToLong(f -> f.a().elements() + f.b().elements())
              .sum();
      lines.accept(
          String.format(
              Locale.ROOT,
              "  a LoRA adapter of %d %s, rank %d, alpha %s, %,d numbers; target modules %s",
              adapter.modules().size(),
              adapter.modules().size() == 1 ? "layer" : "layers",
              adapter.config().rank(),
              adapter.config().alpha(),
              numbers,
              adapter.config().targetModules()));
      lines.accept("  singular values of alpha/r B A, largest first; e is their effective rank");
      InvalidFileException first = null;
      for (Map.Entry<String, LoraFactors> e : adapter.modules().entrySet()) {
        String fault = e.getValue().fault();
        lines.accept(
            "    %-44s rank %3d  ".formatted(e.getKey(), e.getValue().rank())
                + (fault == null
                    ? spectrum(e.getValue(), adapter.scaling(e.getKey()))
                    : "holds " + fault));
        if (fault != null && first == null) {
          first = AdapterFile.notFinite(path, e.getKey(), fault);
        }
      }
      if (first != null) {
        throw first;
      }
    }
  }

  private static String spectrum(LoraFactors factors, double scale) {
    double[] values = AdapterSpectrum.of(factors, scale);
    return String.format(
        Locale.ROOT,
        "e %5.1f  %s%s",
        AdapterSpectrum.effectiveRank(values),
        shown(values),
        values.length > SHOWN_VALUES ? " ..." : "");
  }

  private static String shown(double[] values) {
    List<String> shown = new ArrayList<>();
    for (int i = 0; i < Math.min(SHOWN_VALUES, values.length); i++) {
      shown.add(String.format(Locale.ROOT, "%.2e", values[i]));
    }
    return String.join(" ", shown);
  }
}
