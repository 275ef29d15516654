package org.diffusionnft.trainer;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.images.Images;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.rewards.WeightedRewards.Scores;
import org.diffusionnft.trainer.OptimizerStep.Share;
import org.diffusionnft.trainer.nft.LossTerms;
import org.jspecify.annotations.Nullable;

/**
 * This process alone. It uses the trainer's own policies and gradients: nothing is copied, and
 * rewards score a batch while the next one is sampled.
 */
final class LocalCrew implements Crew {
  private final Trainer trainer;
  private final Workbench bench;
  private @Nullable Gradients total; // over several shares; the trainer's own holds the sum of one

  LocalCrew(Trainer trainer) {
    this.trainer = trainer;
    this.bench = new Workbench(trainer);
  }

  @Override
  public Shift begin(long epoch, List<Prompt> prompts, Adapter old) {
    return new LocalShift(epoch, prompts);
  }

  @Override
  public Gallery evaluate(
      HeldOutPictures pictures, Adapter adapter, List<Prompt> prompts, Stop stop) {
    List<Images> kept = new ArrayList<>();
    Optional<WeightedRewards> rewards = pictures.scoring();
    try (RewardQueue queue = rewards.map(RewardQueue::new).orElse(null)) {
      for (Batch batch : Batch.cut(prompts, pictures.batchSize())) {
        stop.check();
        Images images = pictures.sample(adapter, batch.prompts(), batch.first(), stop);
        if (queue != null) {
          queue.submit(images, batch.prompts());
        }
        kept.add(Gallery.keep(images, batch.first(), pictures.kept()));
      }
      return new Gallery(kept, queue == null ? null : queue.await(stop));
    }
  }

  @Override
  public void close() {
    if (total != null) {
      total.close();
    }
  }

  private final class LocalShift implements Shift {
    private final long epoch;
    private final List<Prompt> prompts;
    private final PromptTable table;
    private long passNumber = -1;
    private Trainer.@Nullable Pass pass;

    private LocalShift(long epoch, List<Prompt> prompts) {
      this.epoch = epoch;
      this.prompts = prompts;
      this.table = trainer.table(prompts);
    }

    @Override
    public Rollout sample(IntConsumer sampled, Stop stop) {
      List<Rollout.Made> made = new ArrayList<>();
      try (RewardQueue queue = new RewardQueue(trainer.task.rewards())) {
        for (Batch batch : Batch.cut(prompts, trainer.config.sampling().batchSize())) {
          stop.check();
          int count = batch.prompts().size();
          made.addAll(
              bench.sample(
                  table,
                  epoch,
                  prompts,
                  batch.first(),
                  count,
                  latents -> queue.submit(bench.decode(latents), batch.prompts()),
                  stop));
          sampled.accept(batch.first() + count);
        }
        Scores scores = queue.await(stop);
        return new Rollout(epoch, prompts, made::get, scores);
      }
    }

    @Override
    public List<LossTerms> descend(
        OptimizerStep step,
        Policies policies,
        Rollout rollout,
        double[][] advantages,
        Gradients sum,
        Consumer<@Nullable TrainedBatch> trained,
        Stop stop) {
      List<Share> shares = step.shares(trainer.config.training().gradientShards());
      Trainer.Pass now = pass(step, rollout, advantages);
      if (shares.size() == 1) {
        return bench.descend(now, step, shares.getFirst(), trained, stop);
      }
      List<LossTerms> terms = new ArrayList<>();
      Adapter policy = policies.trained();
      Gradients added = total(policy);
      try {
        for (Share share : shares) {
          terms.addAll(bench.descend(now, step, share, trained, stop));
          move(policy, sum, added);
        }
        move(policy, added, sum);
      } finally {
        added.zero();
      }
      return terms;
    }

    private Trainer.Pass pass(OptimizerStep step, Rollout rollout, double[][] advantages) {
      Trainer.Pass current = pass;
      if (current == null || passNumber != step.pass()) {
        current = trainer.pass(rollout, advantages, table, step.pass());
        pass = current;
        passNumber = step.pass();
      }
      return current;
    }

    @Override
    public void close() {
      table.close();
    }
  }

  private Gradients total(Adapter policy) {
    Gradients existing = total;
    if (existing == null) {
      existing = new Gradients(policy.parameters());
      total = existing;
    }
    return existing;
  }

  /** Adds one gradient to another and sets the first to zero. */
  private static void move(Adapter policy, Gradients from, Gradients to) {
    for (Variable parameter : policy.parameters()) {
      to.add(parameter, from.of(parameter));
    }
    from.zero();
  }
}
