package org.diffusionnft.models.transformer;

import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.autograd.Tape;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.WeightSource;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.AdapterConfig;
import org.diffusionnft.models.adapter.AdapterInit;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;

/**
 * The first block of SD3.5-Medium on its own, with random weights and inputs. It is in this package
 * because blocks are not public.
 */
public final class BenchmarkedBlock {
  private static final MmditConfig CONFIG =
      new MmditConfig(
          128, 2, 16, 2, 64, 24, 4096, 1536, 2048, 16, 32, List.of(0, 1), QkNorm.RMS_NORM);

  private final MmditBlock block;
  private final Variable image;
  private final Variable text;
  private final Variable conditioning;
  private final Adapter adapter;
  private final Gradients gradients;

  /** A block on a device, closed with it. */
  public BenchmarkedBlock(Device device, int imageTokens, int textTokens) {
    SequencedMap<String, Shape> shapes = MmditLayout.parameters(CONFIG);
    WeightSource random =
        new WeightSource() {
          @Override
          public Set<String> names() {
            return shapes.keySet();
          }

          @Override
          public Tensor get(String name, Shape expected) {
            return random(device, expected, 1 / Math.sqrt(CONFIG.width()));
          }
        };
    this.block = MmditBlock.of(CONFIG, new MmditWeights(CONFIG, random, _ -> false), 0);
    long width = CONFIG.width();
    this.image = Variable.constant(random(device, Shape.of(1, imageTokens, width), 1));
    this.text = Variable.constant(random(device, Shape.of(1, textTokens, width), 1));
    this.conditioning = Variable.constant(random(device, Shape.of(1, width), 1));
    this.adapter =
        Adapter.create(
            new AdapterConfig(32, 64, AdapterConfig.JOINT_ATTENTION),
            shapes,
            device,
            AdapterInit.gaussian(0));
    this.gradients = new Gradients(adapter.parameters());
  }

  /** Forward without a tape. */
  public void forward() {
    block.apply(new Streams(image, text), conditioning, null);
  }

  /** Forward with the adapter, mean of squares of both streams, backward. */
  public void train() {
    gradients.zero();
    Tape tape = new Tape();
    Variable loss =
        tape.record(
            () -> {
              Streams out = block.apply(new Streams(image, text), conditioning, adapter);
              Variable c = out.requireText();
              return out.image().mul(out.image()).mean().add(c.mul(c).mean());
            });
    tape.backward(loss, gradients);
  }

  private static Tensor random(Device device, Shape shape, double bound) {
    int elements = Math.toIntExact(shape.elements());
    float[] values = new Philox(1, elements).uniforms(0, elements);
    for (int i = 0; i < elements; i++) {
      values[i] = (float) ((2.0 * values[i] - 1) * bound);
    }
    return Tensor.of(device, values, shape.dims()).keepForever();
  }
}
