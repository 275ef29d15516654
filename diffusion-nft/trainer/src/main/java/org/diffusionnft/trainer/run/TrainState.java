package org.diffusionnft.trainer.run;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.autograd.Ema;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.Trainer;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.OutputException;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.diffusionnft.weights.safetensors.SafetensorsWriter;

/**
 * The tensors of a run between two epochs: the policy in training, the one that samples, the
 * average, the optimizer's moments; also epoch and step. Random numbers are addressed by epoch and
 * step and need not be saved.
 */
final class TrainState {
  private static final String EPOCH = "epoch";
  private static final String STEP = "step";
  private static final String SECOND_MOMENT = "second_moment.";

  private TrainState() {}

  /** Writes the state of a trainer. */
  static void save(Path file, Trainer trainer) throws OutputException {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put(EPOCH, Long.toString(trainer.epoch()));
    metadata.put(STEP, Long.toString(trainer.step()));
    SafetensorsWriter.write(file, tensors(trainer), metadata);
  }

  /**
   * Copies a state into a new trainer.
   *
   * @throws InvalidFileException if it is not a state of such a run
   */
  static void load(Path file, Trainer trainer) throws InvalidFileException {
    Device device = trainer.device();
    try (SafetensorsFile source = SafetensorsFile.open(file);
        var _ = device.memory().scope()) {
      for (Map.Entry<String, Tensor> e : tensors(trainer).entrySet()) {
        String name = e.getKey();
        Tensor target = e.getValue();
        if (source.dtype(name) != DType.F32 || !source.shape(name).equals(target.shape())) {
          throw new InvalidFileException(
              file,
              "tensor "
                  + name
                  + " should be F32 "
                  + target.shape()
                  + ", not "
                  + source.dtype(name)
                  + " "
                  + source.shape(name));
        }
        Tensor saved = source.tensor(name, device);
        source.requireFinite(name, saved);
        if (name.startsWith(SECOND_MOMENT)) {
          requireSquares(file, name, saved);
        }
        device.elementwise().convert(saved, target);
      }
    }
  }

  /** Second moments must not be negative: the optimizer divides by their roots. */
  private static void requireSquares(Path file, String name, Tensor saved)
      throws InvalidFileException {
    for (float value : saved.toFloats()) {
      if (value < 0) {
        throw new InvalidFileException(
            file,
            "tensor %s is a mean of squares, but holds %s: the file is damaged"
                .formatted(name, value));
      }
    }
  }

  /**
   * Checks that a file is readable, without checking its tensors.
   *
   * @throws InvalidFileException if it cannot
   */
  static void verify(Path file) throws InvalidFileException {
    try (SafetensorsFile source = SafetensorsFile.open(file)) {
      source.metadata();
    }
  }

  private static Map<String, Tensor> tensors(Trainer trainer) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    add(tensors, "policy.", trainer.policy());
    add(tensors, "old.", trainer.old());
    List<String> names = List.copyOf(trainer.policy().named().keySet());
    Ema ema = trainer.ema();
    if (ema != null) {
      add(tensors, "average.", names, ema.averages());
    }
    add(tensors, "first_moment.", names, trainer.optimizer().firstMoments());
    add(tensors, SECOND_MOMENT, names, trainer.optimizer().secondMoments());
    return tensors;
  }

  private static void add(Map<String, Tensor> tensors, String prefix, Adapter adapter) {
    adapter.named().forEach((name, matrix) -> tensors.put(prefix + name, matrix.value()));
  }

  private static void add(
      Map<String, Tensor> tensors, String prefix, List<String> names, List<Tensor> values) {
    for (int i = 0; i < names.size(); i++) {
      tensors.put(prefix + names.get(i), values.get(i));
    }
  }
}
