package org.diffusionnft.trainer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.images.Images;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.rewards.WeightedRewards.Scores;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.nft.LossTerms;

/** The encoding of orders and answers. */
final class Wire {
  /** The kind of an order: its first number. */
  enum Order {
    SCORE,
    DESCEND,
    SHOW,
    EVALUATE
  }

  /** The outcome of an order: the first number of its answer. */
  enum Answer {
    DONE,
    /** A reward gave no scores. */
    UNAVAILABLE,
    /** A loss is not finite. */
    DIVERGED,
    /** This process would not compute what the run's own would. */
    REFUSED
  }

  static final String PROMPTS = "prompts";
  static final String OLD = "old";
  static final String POLICY = "policy";
  static final String AVERAGE = "average";
  static final String LESSON = "lesson";
  static final String HELD_OUT = "held-out";

  private Wire() {}

  /** All matrices of an adapter. */
  static byte[] adapter(Adapter adapter) {
    WireWriter out = new WireWriter();
    adapter.parameters().forEach(p -> out.floats(p.value().toFloats()));
    return out.toBytes();
  }

  /** Sets an adapter's matrices to those that {@link #adapter} wrote. */
  static void read(byte[] bytes, Adapter adapter, Device device) {
    WireReader in = new WireReader(bytes);
    try (Memory.Scope _ = device.memory().scope()) {
      List<Tensor> values = new ArrayList<>();
      for (Variable parameter : adapter.parameters()) {
        values.add(Tensor.of(device, in.floats(), parameter.shape().dims()));
      }
      adapter.set(values);
    }
  }

  static void write(WireWriter out, Rollout.Made made) {
    out.floats(made.latents()).floats(made.path());
  }

  static Rollout.Made made(WireReader in) {
    return new Rollout.Made(in.floats(), in.floats());
  }

  /** A sampled batch: the index of its first image, and each image. */
  static byte[] batch(int first, List<Rollout.Made> made) {
    WireWriter out = new WireWriter().number(first).number(made.size());
    made.forEach(one -> write(out, one));
    return out.toBytes();
  }

  /** The images of a sampled batch, by index. */
  static SequencedMap<Integer, Rollout.Made> batch(byte[] bytes) {
    WireReader in = new WireReader(bytes);
    int first = in.count();
    int count = in.count();
    SequencedMap<Integer, Rollout.Made> made = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      made.put(first + i, made(in));
    }
    return made;
  }

  static void write(WireWriter out, Gradients gradients, Adapter policy) {
    policy.parameters().forEach(p -> out.floats(gradients.of(p).toFloats()));
  }

  /** Adds a gradient to a sum. */
  static void add(WireReader in, Gradients sum, Adapter policy, Device device) {
    for (Variable parameter : policy.parameters()) {
      try (Memory.Scope _ = device.memory().scope()) {
        sum.add(parameter, Tensor.of(device, in.floats(), parameter.shape().dims()));
      }
    }
  }

  static void write(WireWriter out, Scores scores) {
    out.floats(scores.total()).number(scores.components().size());
    scores.components().forEach((name, values) -> out.text(name).floats(values));
  }

  static Scores scores(WireReader in) {
    float[] total = in.floats();
    SequencedMap<String, float[]> components = new LinkedHashMap<>();
    int count = in.count();
    for (int i = 0; i < count; i++) {
      components.put(in.text(), in.floats());
    }
    return new Scores(total, components);
  }

  static void write(WireWriter out, Images images) {
    out.number(images.channels()).number(images.height()).number(images.width());
    out.floats(images.values());
  }

  static Images images(WireReader in) {
    int channels = in.count();
    int height = in.count();
    int width = in.count();
    return new Images(in.floats(), channels, height, width);
  }

  static void write(WireWriter out, OptimizerStep step) {
    out.number(step.epoch()).number(step.step()).number(step.pass());
    out.number(step.firstBatch()).number(step.batches()).number(step.turns());
  }

  static OptimizerStep step(WireReader in) {
    return new OptimizerStep(
        in.number(), in.number(), in.number(), in.count(), in.count(), in.count());
  }

  static void write(WireWriter out, LossTerms terms) {
    out.number(terms.totalLoss()).number(terms.policyLoss()).number(terms.unweightedPolicyLoss());
    write(out, terms.referenceMse());
    write(out, terms.oldReferenceMse());
    out.number(terms.oldDeviation()).number(terms.oldDeviationMax());
    out.number(terms.x0Norm()).number(terms.x0NormMax());
  }

  static LossTerms terms(WireReader in) {
    return new LossTerms(
        in.decimal(),
        in.decimal(),
        in.decimal(),
        optional(in),
        optional(in),
        in.decimal(),
        in.decimal(),
        in.decimal(),
        in.decimal());
  }

  private static void write(WireWriter out, OptionalDouble value) {
    out.number(value.isPresent() ? 1L : 0L).number(value.orElse(0));
  }

  private static OptionalDouble optional(WireReader in) {
    boolean present = in.number() == 1;
    double value = in.decimal();
    return present ? OptionalDouble.of(value) : OptionalDouble.empty();
  }
}
