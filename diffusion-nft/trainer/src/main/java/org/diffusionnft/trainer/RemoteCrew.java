package org.diffusionnft.trainer;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.images.Images;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.RewardUnavailableException;
import org.diffusionnft.rewards.WeightedRewards.Scores;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.trainer.Courier.Order;
import org.diffusionnft.trainer.Courier.Stock;
import org.diffusionnft.trainer.OptimizerStep.Share;
import org.diffusionnft.trainer.config.StagePlan;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.nft.LossTerms;
import org.jspecify.annotations.Nullable;

/**
 * Worker processes, each with a {@link RemoteBench}. An order is a sampling batch, a share of an
 * optimizer step, or a batch of held-out pictures: whole batches, because kernels are chosen by
 * shape. Sampled images stay where they were made, since together they may be more than one process
 * can hold or send. Answers are joined, and shares added, in the order of the orders.
 */
public final class RemoteCrew implements Crew {
  private final StagePlan plan;
  private final List<TrainingTask> tasks;
  private final Device device;
  private final Courier courier;
  private long evaluations;

  /**
   * A crew.
   *
   * @param run may have stages
   * @param tasks one for each stage
   * @param courier is closed with the crew
   */
  public RemoteCrew(TrainConfig run, List<TrainingTask> tasks, Courier courier) {
    this.plan = run.plan();
    this.tasks = List.copyOf(tasks);
    this.device = tasks.getFirst().model().device();
    this.courier = courier;
  }

  private record Shared(String name, String version, byte[] bytes) implements Courier.Shared {}

  @Override
  public Shift begin(long epoch, List<Prompt> prompts, Adapter old) {
    return new RemoteShift(epoch, prompts, old);
  }

  @Override
  public Gallery evaluate(
      HeldOutPictures pictures, Adapter adapter, List<Prompt> prompts, Stop stop) {
    List<Batch> batches = Batch.cut(prompts, pictures.batchSize());
    List<Order> orders = new ArrayList<>();
    for (Batch batch : batches) {
      orders.add(
          Order.of(
              order(Wire.Order.EVALUATE)
                  .number(pictures.stage())
                  .number(batch.first())
                  .number(pictures.kept())
                  .prompts(batch.prompts())
                  .toBytes()));
    }
    String version = "evaluation-" + evaluations++;
    List<WireReader> answers =
        run(
            "evaluation",
            List.of(new Shared(Wire.HELD_OUT, version, Wire.adapter(adapter))),
            null,
            orders,
            i -> describe("held-out picture", batches.get(i)),
            _ -> {},
            stop);
    List<Images> kept = new ArrayList<>();
    List<Scores> scores = new ArrayList<>();
    for (WireReader in : answers) {
      kept.add(Wire.images(in));
      if (in.number() == 1) {
        scores.add(Wire.scores(in));
      }
    }
    return new Gallery(kept, scores.isEmpty() ? null : Scores.concat(scores));
  }

  private final class RemoteShift implements Shift {
    private final long epoch;
    private final TrainConfig config;
    private final Randomness randomness;
    private final List<Prompt> prompts;
    private final List<Batch> batches;
    private final List<Shared> shared;
    private final Stock images;
    private @Nullable Shared lesson;
    private @Nullable Shared average;

    private RemoteShift(long epoch, List<Prompt> prompts, Adapter old) {
      StagePlan.Part stage = plan.at(epoch);
      this.epoch = epoch;
      this.config = stage.config();
      this.randomness = tasks.get(stage.index()).randomness();
      this.prompts = prompts;
      this.batches = Batch.cut(prompts, config.sampling().batchSize());
      this.shared =
          List.of(
              new Shared(
                  Wire.PROMPTS, "epoch-" + epoch, new WireWriter().prompts(prompts).toBytes()),
              new Shared(Wire.OLD, "epoch-" + epoch, Wire.adapter(old)));
      List<byte[]> parts = new ArrayList<>();
      for (Batch batch : batches) {
        parts.add(
            new WireWriter()
                .number(epoch)
                .number(batch.first())
                .number(batch.prompts().size())
                .toBytes());
      }
      this.images = courier.stock(shared, parts);
    }

    @Override
    public Rollout sample(IntConsumer sampled, Stop stop) {
      int size = config.sampling().batchSize();
      List<Order> orders = new ArrayList<>();
      for (int part = 0; part < batches.size(); part++) {
        orders.add(new Order(order(Wire.Order.SCORE).number(epoch).toBytes(), List.of(part)));
      }
      List<WireReader> answers =
          run(
              "sampling",
              shared,
              images,
              orders,
              i -> describe("image", batches.get(i)) + " of epoch " + (epoch + 1),
              done -> sampled.accept(Math.min(done * size, prompts.size())),
              stop);
      List<Scores> scores = answers.stream().map(Wire::scores).toList();
      return new Rollout(epoch, prompts, this::fetch, Scores.concat(scores));
    }

    private Rollout.Made fetch(int image) {
      Order order =
          new Order(order(Wire.Order.SHOW).number(image).toBytes(), parts(List.of(image)));
      String what = "image %d of epoch %d".formatted(image + 1, epoch + 1);
      return Wire.made(
          run("a picture", shared, images, List.of(order), _ -> what, _ -> {}, Stop.NEVER)
              .getFirst());
    }

    /** The sampling batches that contain these images. */
    private List<Integer> parts(List<Integer> some) {
      int size = config.sampling().batchSize();
      return some.stream().map(image -> image / size).distinct().sorted().toList();
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
      List<Share> shares = step.shares(config.training().gradientShards());
      List<Order> orders = new ArrayList<>();
      shares.forEach(share -> orders.add(descent(step, share, rollout)));
      List<Shared> needed = new ArrayList<>(shared);
      needed.add(lesson(rollout, advantages));
      Adapter policy = policies.trained();
      needed.add(new Shared(Wire.POLICY, "step-" + step.step(), Wire.adapter(policy)));
      if (policies.average() != null) {
        needed.add(average("pass-" + step.pass(), policies.average()));
      }
      int each = step.descents() / shares.size();
      int[] told = new int[1];
      List<WireReader> answers =
          run(
              "training",
              needed,
              images,
              orders,
              i -> describeGradient(step, shares.get(i), rollout),
              done -> {
                for (; told[0] < done * each; told[0]++) {
                  trained.accept(null);
                }
              },
              stop);
      List<LossTerms> terms = new ArrayList<>();
      for (WireReader in : answers) {
        int count = in.count();
        for (int i = 0; i < count; i++) {
          terms.add(Wire.terms(in));
        }
        Wire.add(in, sum, policy, device);
      }
      return terms;
    }

    private Order descent(OptimizerStep step, Share share, Rollout rollout) {
      WireWriter out = order(Wire.Order.DESCEND);
      Wire.write(out, step);
      out.number(share.from()).number(share.to());
      List<Integer> trainedOn = images(step, share, rollout);
      out.number(trainedOn.size());
      trainedOn.forEach(image -> out.number(image.longValue()));
      return new Order(out.toBytes(), parts(trainedOn));
    }

    /** What the algorithm may need to know about all images. */
    private Shared lesson(Rollout rollout, double[][] advantages) {
      Shared existing = lesson;
      if (existing == null) {
        WireWriter out = new WireWriter().floats(rollout.scores().total());
        out.number(advantages.length);
        for (double[] row : advantages) {
          out.doubles(row);
        }
        existing = new Shared(Wire.LESSON, "epoch-" + epoch, out.toBytes());
        lesson = existing;
      }
      return existing;
    }

    private Shared average(String version, Adapter adapter) {
      Shared existing = average;
      if (existing == null || !existing.version.equals(version)) {
        existing = new Shared(Wire.AVERAGE, version, Wire.adapter(adapter));
        average = existing;
      }
      return existing;
    }

    /** The images of a share's batches. */
    private List<Integer> images(OptimizerStep step, Share share, Rollout rollout) {
      int[] order = randomness.imageOrder(step.pass(), rollout.images());
      int batchSize = config.training().batchSize();
      List<Integer> images = new ArrayList<>();
      for (int batch = step.batch(share.from()); batch <= step.batch(share.to() - 1); batch++) {
        for (int place = batch * batchSize; place < (batch + 1) * batchSize; place++) {
          images.add(order[place]);
        }
      }
      return images;
    }

    private String describeGradient(OptimizerStep step, Share share, Rollout rollout) {
      int first = images(step, share, rollout).getFirst();
      return "the gradient of optimizer step %d, passes %d to %d (the first is of image %d, '%s')"
          .formatted(
              step.step() + 1,
              share.from() + 1,
              share.to(),
              first + 1,
              rollout.prompts().get(first).text());
    }

    /** Workers drop the old policy when they receive the next epoch's. */
    @Override
    public void close() {
      images.close();
    }
  }

  private static WireWriter order(Wire.Order order) {
    return new WireWriter().number(order.ordinal());
  }

  private List<WireReader> run(
      String stage,
      List<Shared> shared,
      @Nullable Stock stock,
      List<Order> orders,
      IntFunction<String> describe,
      IntConsumer done,
      Stop stop) {
    List<byte[]> answers;
    try {
      answers = courier.run(stage, shared, stock, orders, done, stop);
    } catch (Courier.OrderLostException e) {
      String what = e.order() < 0 ? stage : describe.apply(e.order());
      throw new CrewUnavailableException(what + " failed: " + e.getMessage(), e);
    }
    List<WireReader> readers = new ArrayList<>();
    for (byte[] answer : answers) {
      WireReader in = new WireReader(answer);
      switch (Wire.Answer.values()[in.count()]) {
        case DONE -> readers.add(in);
        case UNAVAILABLE -> throw new RewardUnavailableException(in.text());
        case DIVERGED -> throw new TrainingDivergedException(in.text());
        case REFUSED -> throw new CrewUnavailableException(in.text(), null);
      }
    }
    return readers;
  }

  private static String describe(String what, Batch batch) {
    int last = batch.first() + batch.prompts().size();
    String prompt = batch.prompts().getFirst().text();
    return batch.prompts().size() == 1
        ? "%s %d ('%s')".formatted(what, batch.first() + 1, prompt)
        : "%ss %d to %d (the first is '%s')".formatted(what, batch.first() + 1, last, prompt);
  }

  @Override
  public List<CrewMember> members() {
    return courier.members();
  }

  @Override
  public String words() {
    return courier.words();
  }

  @Override
  public void close() {
    courier.close();
  }
}
