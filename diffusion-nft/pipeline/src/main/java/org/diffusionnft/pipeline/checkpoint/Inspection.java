package org.diffusionnft.pipeline.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.checkpoint.ModelCheckpoint;
import org.diffusionnft.weights.peft.AdapterFile;
import org.diffusionnft.weights.peft.DiffusersLora;
import org.diffusionnft.weights.peft.PeftAdapter;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.diffusionnft.weights.safetensors.ShardedTensors;
import org.diffusionnft.weights.singlefile.ModelFamily;
import org.diffusionnft.weights.singlefile.SingleFile.Part;

/** What is in a file or folder of tensors, as lines for people. */
public final class Inspection {
  private static final int SHOWN_VALUES = 6;

  private final Device device;
  private final boolean listsTensors;
  private final List<String> lines = new ArrayList<>();

  private Inspection(Device device, boolean listsTensors) {
    this.device = device;
    this.listsTensors = listsTensors;
  }

  /**
   * Looks into a diffusers folder, a part's folder, a PEFT folder, or a safetensors file.
   *
   * @param device reads the few tensors that are looked at
   * @param listsTensors whether every tensor is listed
   * @throws IOException if there is nothing of the kind, or it is damaged
   */
  public static List<String> of(Path path, Device device, boolean listsTensors) throws IOException {
    Inspection inspection = new Inspection(device, listsTensors);
    inspection.inspect(path);
    return inspection.lines;
  }

  private void inspect(Path path) throws IOException {
    lines.add(path + ":");
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
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      if (file.names().stream()
          .anyMatch(n -> n.startsWith("model.diffusion_model.joint_blocks."))) {
        model(path);
      } else if (file.names().stream().allMatch(n -> n.startsWith("transformer."))
          && file.names().stream().anyMatch(n -> n.contains(".lora_A."))) {
        adapter(path);
      } else {
        tensors("", file);
      }
      file.metadata().forEach((key, value) -> lines.add("  metadata " + key + ": " + cut(value)));
    }
  }

  private static String cut(String text) {
    String line = text.replaceAll("\\s+", " ");
    return line.length() > 200 ? line.substring(0, 200) + "..." : line;
  }

  private void model(Path path) throws IOException {
    try (ModelCheckpoint model = ModelCheckpoint.open(path, null)) {
      lines.add(
          "  "
              + (model.isSingleFile() ? "a single file" : "a diffusers folder")
              + " of Stable Diffusion 3 with "
              + model.parts().stream().map(Part::toString).collect(Collectors.joining(", ")));
      for (Part part : model.parts()) {
        try (TensorSource tensors = model.tensors(part)) {
          tensors(part + ": ", tensors);
          lines.add("    configuration: " + model.config(part));
        }
      }
    }
  }

  private void tensors(String label, TensorSource tensors) throws IOException {
    Map<DType, Long> numbers = new EnumMap<>(DType.class);
    long bytes = 0;
    for (String name : tensors.names()) {
      Shape shape = tensors.shape(name);
      DType dtype = tensors.dtype(name);
      numbers.merge(dtype, shape.elements(), Long::sum);
      bytes += shape.elements() * dtype.bytes();
    }
    lines.add(
        String.format(
            Locale.ROOT,
            "  %s%,d numbers in %,d tensors, %.2f GiB (%s)",
            label,
            numbers.values().stream().mapToLong(Long::longValue).sum(),
            tensors.names().size(),
            bytes / (double) (1 << 30),
            numbers.entrySet().stream()
                .map(e -> String.format(Locale.ROOT, "%s %,d", e.getKey(), e.getValue()))
                .collect(Collectors.joining(", "))));
    if (label.isEmpty()) {
      lines.add("  " + ModelFamily.sentence(tensors.names()));
    }
    if (listsTensors) {
      for (String name : tensors.names()) {
        lines.add(
            String.format(
                Locale.ROOT, "    %-5s %s %s", tensors.dtype(name), tensors.shape(name), name));
      }
    }
  }

  private void adapter(Path path) throws IOException {
    try (Memory.Scope _ = device.memory().scope()) {
      PeftAdapter adapter = AdapterFile.read(path, device);
      long numbers =
          adapter.modules().values().stream()
              .mapToLong(f -> f.a().elements() + f.b().elements())
              .sum();
      lines.add(
          String.format(
              Locale.ROOT,
              "  a LoRA adapter of %d layers, rank %d, alpha %s, %,d numbers; target modules %s",
              adapter.modules().size(),
              adapter.config().rank(),
              adapter.config().alpha(),
              numbers,
              adapter.config().targetModules()));
      lines.add("  singular values of alpha/r B A, largest first; e is their effective rank");
      adapter
          .modules()
          .forEach(
              (module, factors) -> {
                double[] values = AdapterSpectrum.of(factors, adapter.scaling(module));
                lines.add(
                    String.format(
                        Locale.ROOT,
                        "    %-44s rank %3d  e %5.1f  %s%s",
                        module,
                        factors.rank(),
                        AdapterSpectrum.effectiveRank(values),
                        shown(values),
                        values.length > SHOWN_VALUES ? " ..." : ""));
              });
    }
  }

  private static String shown(double[] values) {
    List<String> shown = new ArrayList<>();
    for (int i = 0; i < Math.min(SHOWN_VALUES, values.length); i++) {
      shown.add(String.format(Locale.ROOT, "%.2e", values[i]));
    }
    return String.join(" ", shown);
  }
}
