package org.diffusionnft.trainer;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import org.diffusionnft.images.Images;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.RewardUnavailableException;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.rewards.WeightedRewards.Scores;
import org.diffusionnft.trainer.OptimizerStep.Share;
import org.diffusionnft.trainer.Rollout.Made;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.nft.LossTerms;
import org.jspecify.annotations.Nullable;

/**
 * The workbench of a worker process that computes for a run elsewhere: model, rewards, and the
 * policies that it received last. It keeps them only as a cache: an answer depends on the order and
 * the shared data alone. For one thread at a time.
 */
public final class RemoteBench implements AutoCloseable {
  private final Trainer trainer;
  private final Workbench bench;
  private final List<HeldOutPictures> pictures;
  private final Map<String, String> versions = new HashMap<>();
  private List<Prompt> prompts = List.of();
  private @Nullable PromptTable table;
  private @Nullable Adapter evaluated;
  private double[][] advantages = new double[0][];
  private float[] rewards = new float[0];

  /**
   * A bench.
   *
   * @param run may have stages
   * @param tasks one for each stage; they remain owned by the caller
   * @param pictures how held-out pictures are made in each stage
   */
  public RemoteBench(
      TrainConfig run, List<TrainingTask> tasks, List<? extends HeldOutPictures> pictures) {
    this.trainer =
        Trainer.withoutOptimization(run, tasks, Trainer.newAdapter(run, tasks.getFirst().model()));
    this.bench = new Workbench(trainer);
    this.pictures = List.copyOf(pictures);
  }

  /**
   * The answer of a process that would not compute what the run's own process would; the sentence
   * says why.
   */
  public static byte[] refusal(String sentence) {
    return answer(Wire.Answer.REFUSED).text(sentence).toBytes();
  }

  /**
   * Makes a part of a stock: a batch of sampled images.
   *
   * @throws StoppedException if a stop is requested
   */
  public byte[] make(List<? extends Courier.Shared> shared, byte[] order, Stop stop) {
    Map<String, Courier.Shared> byName = byName(shared);
    WireReader in = new WireReader(order);
    long epoch = in.number();
    int first = in.count();
    int count = in.count();
    trainer.enter(epoch);
    PromptTable known = table(byName);
    showOld(byName);
    return Wire.batch(first, bench.sample(known, epoch, prompts, first, count, _ -> {}, stop));
  }

  /**
   * Runs an order. A failure that would likely recur elsewhere is returned in the answer; any other
   * is thrown.
   *
   * @param parts parts of the stock that the order needs, in the order in which it names them;
   *     iterating may make them on this bench
   * @throws StoppedException if a stop is requested
   */
  public byte[] run(
      List<? extends Courier.Shared> shared, byte[] order, Iterator<byte[]> parts, Stop stop) {
    try {
      Map<String, Courier.Shared> byName = byName(shared);
      WireReader in = new WireReader(order);
      return switch (Wire.Order.values()[in.count()]) {
        case SCORE -> score(byName, in, parts);
        case DESCEND -> descend(byName, in, parts, stop);
        case SHOW -> picture(in, parts);
        case EVALUATE -> evaluate(byName, in, stop);
      };
    } catch (RewardUnavailableException e) {
      return answer(Wire.Answer.UNAVAILABLE).text(String.valueOf(e.getMessage())).toBytes();
    } catch (TrainingDivergedException e) {
      return answer(Wire.Answer.DIVERGED).text(String.valueOf(e.getMessage())).toBytes();
    }
  }

  private static Map<String, Courier.Shared> byName(List<? extends Courier.Shared> shared) {
    Map<String, Courier.Shared> byName = new LinkedHashMap<>();
    shared.forEach(s -> byName.put(s.name(), s));
    return byName;
  }

  private static WireWriter answer(Wire.Answer answer) {
    return new WireWriter().number(answer.ordinal());
  }

  private byte[] score(Map<String, Courier.Shared> shared, WireReader in, Iterator<byte[]> parts) {
    SequencedMap<Integer, Made> made = Wire.batch(parts.next());
    trainer.enter(in.number());
    table(shared);
    List<Prompt> asked = made.keySet().stream().map(prompts::get).toList();
    Images images = bench.decode(List.copyOf(made.values()));
    WireWriter out = answer(Wire.Answer.DONE);
    Wire.write(out, trainer.task.rewards().score(images, asked));
    return out.toBytes();
  }

  /** An image as it was made, to be shown. */
  private static byte[] picture(WireReader in, Iterator<byte[]> parts) {
    Made made = Wire.batch(parts.next()).get(in.count());
    WireWriter out = answer(Wire.Answer.DONE);
    Wire.write(out, Objects.requireNonNull(made, "the part has another image"));
    return out.toBytes();
  }

  private byte[] descend(
      Map<String, Courier.Shared> shared, WireReader in, Iterator<byte[]> parts, Stop stop) {
    OptimizerStep step = Wire.step(in);
    Share share = new Share(in.count(), in.count());
    // This comes first, since a part may have to be made here.
    Map<Integer, Made> made = images(in, parts);
    trainer.at(step.epoch(), step.step());
    PromptTable known = table(shared);
    showOld(shared);
    show(shared, Wire.POLICY, bytes -> Wire.read(bytes, trainer.policy, trainer.device));
    Adapter average = trainer.pulledTo();
    if (average != null) {
      show(shared, Wire.AVERAGE, bytes -> Wire.read(bytes, average, trainer.device));
    }
    show(shared, Wire.LESSON, this::readLesson);
    try {
      List<LossTerms> terms =
          bench.descend(
              trainer.pass(rollout(step.epoch(), made), advantages, known, step.pass()),
              step,
              share,
              _ -> {},
              stop);
      WireWriter out = answer(Wire.Answer.DONE).number(terms.size());
      terms.forEach(t -> Wire.write(out, t));
      Wire.write(out, trainer.gradients, trainer.policy);
      return out.toBytes();
    } finally {
      trainer.gradients.zero();
    }
  }

  /** The images that an order names, read part by part: there is memory for one part only. */
  private static Map<Integer, Made> images(WireReader in, Iterator<byte[]> parts) {
    int count = in.count();
    Set<Integer> named = new HashSet<>();
    for (int i = 0; i < count; i++) {
      named.add(in.count());
    }
    Map<Integer, Made> images = new HashMap<>();
    while (parts.hasNext()) {
      Map<Integer, Made> part = Wire.batch(parts.next());
      part.keySet().retainAll(named);
      images.putAll(part);
    }
    return images;
  }

  /** A rollout with only the images that an order trains on. */
  private Rollout rollout(long epoch, Map<Integer, Made> made) {
    return new Rollout(epoch, prompts, made::get, new Scores(rewards, new LinkedHashMap<>()));
  }

  private void readLesson(byte[] bytes) {
    WireReader in = new WireReader(bytes);
    rewards = in.floats();
    advantages = new double[in.count()][];
    Arrays.setAll(advantages, _ -> in.doubles());
  }

  private byte[] evaluate(Map<String, Courier.Shared> shared, WireReader in, Stop stop) {
    HeldOutPictures stage = pictures.get(in.count());
    int first = in.count();
    int kept = in.count();
    List<Prompt> batch = in.prompts();
    Adapter adapter = evaluated();
    show(shared, Wire.HELD_OUT, bytes -> Wire.read(bytes, adapter, trainer.device));
    Images images = stage.sample(adapter, batch, first, stop);
    WireWriter out = answer(Wire.Answer.DONE);
    Wire.write(out, Gallery.keep(images, first, kept));
    Optional<WeightedRewards> scoring = stage.scoring();
    out.number(scoring.isPresent() ? 1L : 0L);
    scoring.ifPresent(judges -> Wire.write(out, judges.score(images, batch)));
    return out.toBytes();
  }

  private Adapter evaluated() {
    Adapter existing = evaluated;
    if (existing == null) {
      existing = trainer.policy.copy(false);
      evaluated = existing;
    }
    return existing;
  }

  private PromptTable table(Map<String, Courier.Shared> shared) {
    show(
        shared,
        Wire.PROMPTS,
        bytes -> {
          if (table != null) {
            table.close();
            table = null;
          }
          prompts = new WireReader(bytes).prompts();
          table = trainer.table(prompts);
        });
    PromptTable shown = table;
    if (shown == null) {
      throw new IllegalStateException("no prompts were shared");
    }
    return shown;
  }

  private void showOld(Map<String, Courier.Shared> shared) {
    show(
        shared,
        Wire.OLD,
        bytes -> {
          Wire.read(bytes, trainer.old(), trainer.device);
          trainer.old.merge();
        });
  }

  @FunctionalInterface
  private interface Taking {
    void take(byte[] bytes);
  }

  /** Reads shared data unless it is the version that was read last. */
  private void show(Map<String, Courier.Shared> shared, String name, Taking taking) {
    Courier.Shared one = shared.get(name);
    if (one == null) {
      throw new IllegalStateException("an order came without " + name);
    }
    if (!one.version().equals(versions.get(name))) {
      versions.remove(name); // if reading fails, it must be read again
      taking.take(one.bytes());
      versions.put(name, one.version());
    }
  }

  /** Frees everything except the tasks. */
  @Override
  public void close() {
    if (table != null) {
      table.close();
    }
    if (evaluated != null) {
      evaluated.close();
    }
    trainer.close();
  }
}
