package org.diffusionnft.trainer;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.diffusionnft.autograd.Autocast;
import org.diffusionnft.images.Images;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.OptimizerStep.Share;
import org.diffusionnft.trainer.nft.LossTerms;
import org.jspecify.annotations.Nullable;

/** Computes a crew's work in this process, one piece at a time. */
final class Workbench {
  private final Trainer trainer;
  private final Memory memory;
  private boolean warm; // the first batch fills the model's caches

  Workbench(Trainer trainer) {
    this.trainer = trainer;
    this.memory = trainer.memory;
  }

  /**
   * Samples a batch with the old policy.
   *
   * @param prompts of the whole epoch
   * @param first index in the epoch of the first image
   * @param latents receives the images' latents, {@code [N, C, H, W]}, valid only during the call
   */
  List<Rollout.Made> sample(
      PromptTable table,
      long epoch,
      List<Prompt> prompts,
      int first,
      int count,
      Consumer<Tensor> latents,
      Stop stop) {
    Precision precision = trainer.config.sampling().precision();
    try (Memory.Scope _ = memory.scope()) {
      Trainer.SampledBatch batch =
          Autocast.in(
              precision, () -> trainer.sampleBatch(table, epoch, prompts, first, count, stop));
      List<Rollout.Made> made = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        made.add(new Rollout.Made(batch.latents().narrow(i, 1).toFloats(), batch.paths()[i]));
      }
      latents.accept(batch.latents());
      return made;
    }
  }

  /** The pictures of a sampled batch from another process. */
  Images decode(List<Rollout.Made> made) {
    Shape shape = trainer.shape(made.size());
    int size = made.getFirst().latents().length;
    float[] latents = new float[made.size() * size];
    for (int i = 0; i < made.size(); i++) {
      System.arraycopy(made.get(i).latents(), 0, latents, i * size, size);
    }
    try (Memory.Scope _ = memory.scope()) {
      return decode(Tensor.of(trainer.device, latents, shape.dims()));
    }
  }

  /** The pictures of a sampled batch. */
  Images decode(Tensor latents) {
    return Autocast.in(
        trainer.config.sampling().precision(), () -> trainer.task.decoder().decode(latents));
  }

  /**
   * Adds a share of a step's gradient to the trainer's.
   *
   * @param trained called for each descent
   * @return the terms of each descent
   */
  List<LossTerms> descend(
      Trainer.Pass pass,
      OptimizerStep step,
      Share share,
      Consumer<@Nullable TrainedBatch> trained,
      Stop stop) {
    int batchSize = trainer.config.training().batchSize();
    List<LossTerms> terms = new ArrayList<>();
    long live = memory.liveBytes();
    for (int d = share.from(); d < share.to(); d++) {
      stop.check();
      int first = step.batch(d) * batchSize;
      int turn = step.turn(d);
      Trainer.Trained one =
          Autocast.in(
              trainer.config.training().precision(),
              () -> pass.train(first, batchSize, turn, step.weight()));
      terms.add(one.terms());
      trained.accept(one.batch());
      if (turn == step.turns() - 1 || d == share.to() - 1) {
        batchDone(live);
        live = memory.liveBytes();
      }
    }
    return terms;
  }

  /** Ends a training batch: all but the first must have freed all the memory they took. */
  private void batchDone(long liveBefore) {
    if (warm) {
      memory.requireNoLeak("a training batch", liveBefore);
    }
    warm = true;
  }
}
