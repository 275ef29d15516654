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

/** Loads models of the world: the shipped one, or one that {@code dnft pretrain shapes} made. */
public final class ShapesModel {
  /** What settings call the shipped one, and the world. */
  public static final String NAME = "shapes";

  /** How models of the world are evaluated: ten steps, without shift and without guidance. */
  public static final SamplingSettings SAMPLING =
      new SamplingSettings(10, "dpm2", true, 0, 1, 1, 129, 256, Precision.F32);

  /** The guidance scale of comparisons with guidance. */
  public static final double GUIDANCE = 3;

  private static final String SHIPPED = "base/";

  private ShapesModel() {}

  /**
   * What settings name: {@link #NAME}, or a folder.
   *
   * @throws IOException if there is none
   */
  public static Mmdit open(String model, Device device) throws IOException {
    return open(model.equals(NAME) ? null : Path.of(model), device);
  }

  /**
   * The model of a folder, or the shipped one if none is given.
   *
   * @throws IOException if there is none
   */
  public static Mmdit open(@Nullable Path folder, Device device) throws IOException {
    return folder == null ? shipped(device) : load(folder, device);
  }

  /**
   * The model that comes with the program, frozen, in memory of its own.
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
   * A model from a folder, frozen, in memory of its own: widened to F32 once, since it is small.
   *
   * @throws InvalidFileException if the folder holds no model of the world
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

  /** A sampler of a model without adapter, as it is evaluated by default. */
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
