package org.diffusionnft.shapes.model;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.diffusionnft.models.WeightSource;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.config.SamplingSettings;
import org.diffusionnft.weights.checkpoint.MmditCheckpoint;
import org.diffusionnft.weights.io.AtomicFile;
import org.diffusionnft.weights.io.InvalidFileException;
import org.jspecify.annotations.Nullable;

/** Loads models of the world: the built-in one, or one from {@code dnft pretrain shapes}. */
public final class ShapesModel {
  /** The name of the built-in model, and of the world, in settings. */
  public static final String NAME = "shapes";

  /**
   * The sampling settings for evaluating models of the world: ten steps, without shift and
   * guidance.
   */
  public static final SamplingSettings SAMPLING =
      new SamplingSettings(10, "dpm2", true, 0, 1, 1, 129, 256, Precision.F32);

  /** The guidance scale of comparisons with guidance. */
  public static final double GUIDANCE = 3;

  private static final String SHIPPED = "base/";

  private ShapesModel() {}

  /**
   * Opens the model that settings name: {@link #NAME}, or a folder.
   *
   * @throws IOException if there is no such model
   */
  public static Mmdit open(String model, Device device) throws IOException {
    return open(model.equals(NAME) ? null : Path.of(model), device);
  }

  /**
   * Opens the model in a folder, or the built-in one if none is given.
   *
   * @throws IOException if there is no such model
   */
  public static Mmdit open(@Nullable Path folder, Device device) throws IOException {
    return folder == null ? shipped(device) : load(folder, device);
  }

  /**
   * The built-in model, frozen, in its own memory.
   *
   * @throws IOException if it cannot be unpacked to a temporary folder
   */
  public static Mmdit shipped(Device device) throws IOException {
    Path folder = Files.createTempDirectory("dnft-shapes");
    try {
      unpack(ShapesModelFolder.CONFIG, folder);
      unpack(ShapesModelFolder.WEIGHTS, folder);
      return load(folder, device);
    } finally {
      Files.deleteIfExists(folder.resolve(ShapesModelFolder.CONFIG));
      Files.deleteIfExists(folder.resolve(ShapesModelFolder.WEIGHTS));
      Files.deleteIfExists(folder);
    }
  }

  /**
   * A model from a folder, frozen, in its own memory: converted to F32 once, since it is small.
   *
   * @throws InvalidFileException if the folder does not hold a model of the world
   */
  public static Mmdit load(Path folder, Device device) throws InvalidFileException {
    try (MmditCheckpoint checkpoint = MmditCheckpoint.open(folder);
        var _ = device.memory().scope()) {
      ShapesModelConfig.requireFits(checkpoint.config());
      return Mmdit.load(checkpoint.config(), new Widened(checkpoint.weights(device)));
    } catch (InvalidInputException e) {
      throw new InvalidFileException(folder, "is no ShapesWorld model: " + e.getMessage(), e);
    }
  }

  /** A sampler of a model without adapter, with the default evaluation settings. */
  public static ShapesSampler sampler(Mmdit model) {
    return new ShapesSampler(model, ForwardPass.BASE, SAMPLING);
  }

  private static void unpack(String name, Path folder) throws IOException {
    try (InputStream in = ShapesModel.class.getResourceAsStream(SHIPPED + name)) {
      if (in == null) {
        throw new IOException(
            "this build has no ShapesWorld model inside: make one with 'dnft pretrain shapes' and"
                + " name its folder with --base");
      }
      AtomicFile.write(folder.resolve(name), in.readAllBytes());
    }
  }

  private record Widened(WeightSource source) implements WeightSource {
    @Override
    public Tensor get(String name, Shape expected) {
      return Elementwise.convert(source.get(name, expected), DType.F32);
    }

    @Override
    public java.util.Set<String> names() {
      return source.names();
    }
  }
}
