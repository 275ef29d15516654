package org.diffusionnft.trainer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.images.Images;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.RewardUnavailableException;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.trainer.config.TrainConfig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Work that was shared out ends in the bits of work that was not. */
@Tag("slow")
class RemoteCrewTest {
  private static final String GRPO =
      """
      algorithm: grpo
      epochs: 2
      prompts: {promptsPerEpoch: 3, imagesPerPrompt: 8}
      sampling: {steps: 4, shift: 1, batchSize: 12, solver: dance, deterministic: false, noiseLevel: 0.3}
      training: {batchSize: 6, optimizerStepsPerEpoch: 2, timestepFraction: 1, learningRate: 0.02, innerEpochs: 2, gradientShards: %d}
      grpo: {sharedNoise: true, randomTimesteps: true}
      """;
  private static final String NFT =
      """
      training: {batchSize: 3, optimizerStepsPerEpoch: 1, timestepFraction: 1, learningRate: 0.02, innerEpochs: 2, gradientShards: %d}
      """;

  private static final String AWM = "algorithm: awm\nema: {decay: 0.7}\n";
  private static final Map<String, String> SETTINGS =
      Map.of(
          "nft",
          NFT,
          "grpo",
          GRPO,
          "awm",
          AWM + NFT,
          "stages",
          StagesTest.STAGES + "training: {gradientShards: %d}\n",
          "awm stages",
          AWM + StagesTest.STAGES + "training: {gradientShards: %d}\n");

  private final TinyRun run = new TinyRun();

  @AfterEach
  void close() {
    run.close();
  }

  private static final HeldOutPictures NONE =
      new HeldOutPictures() {
        @Override
        public int stage() {
          return 0;
        }

        @Override
        public int batchSize() {
          return 1;
        }

        @Override
        public int kept() {
          return 0;
        }

        @Override
        public Optional<WeightedRewards> scoring() {
          return Optional.empty();
        }

        @Override
        public Images sample(Adapter adapter, List<Prompt> batch, int first, Stop stop) {
          throw new UnsupportedOperationException();
        }
      };

  /**
   * Some benches, to which orders go in turn, from the last to the first; each order is done twice,
   * as a cluster may do. Every other time that a part of a stock is needed it has been lost.
   */
  private static final class Benches implements Courier {
    private final List<RemoteBench> benches = new ArrayList<>();
    private int next;

    private Benches(int count, TrainConfig config, List<TrainingTask> tasks) {
      for (int i = 0; i < count; i++) {
        benches.add(new RemoteBench(config, tasks, List.of(NONE)));
      }
    }

    private record Parts(List<? extends Shared> shared, List<byte[]> orders, byte[][] made)
        implements Stock {
      @Override
      public void close() {
        Arrays.fill(made, null);
      }
    }

    @Override
    public Stock stock(List<? extends Shared> shared, List<byte[]> parts) {
      return new Parts(shared, parts, new byte[parts.size()][]);
    }

    /** Made by the bench that does the order, in its middle. */
    private static byte[] part(Parts stock, int number, RemoteBench bench, Stop stop) {
      byte[] existing = stock.made[number];
      if (existing == null) {
        existing = bench.make(stock.shared, stock.orders.get(number), stop);
        stock.made[number] = existing;
      } else {
        stock.made[number] = null;
      }
      return existing;
    }

    private byte[] done(
        List<? extends Shared> shared, @Nullable Stock stock, Order order, Stop stop) {
      RemoteBench bench = next();
      Iterator<byte[]> parts =
          order.parts().stream().map(i -> part((Parts) stock, i, bench, stop)).iterator();
      return bench.run(shared, order.bytes(), parts, stop);
    }

    @Override
    public List<byte[]> run(
        String stage,
        List<? extends Shared> shared,
        @Nullable Stock stock,
        List<Order> orders,
        IntConsumer done,
        Stop stop) {
      byte[][] answers = new byte[orders.size()][];
      for (int i = orders.size() - 1; i >= 0; i--) {
        answers[i] = done(shared, stock, orders.get(i), stop);
        assertArrayEquals(answers[i], done(shared, stock, orders.get(i), stop), stage);
        done.accept(orders.size() - i);
      }
      return Arrays.asList(answers);
    }

    private RemoteBench next() {
      return benches.get(next++ % benches.size());
    }

    @Override
    public List<CrewMember> members() {
      return List.of();
    }

    @Override
    public String words() {
      return "";
    }

    @Override
    public void close() {
      benches.forEach(RemoteBench::close);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "nft,1,1",
    "nft,4,3",
    "nft,16,2",
    "grpo,1,2",
    "grpo,3,3",
    "awm,4,3",
    "stages,1,2",
    "awm stages,1,3"
  })
  void manyBenchesGiveTheBitsOfOneProcess(String run, int shards, int benches) {
    TrainConfig config = TinyRun.config(SETTINGS.get(run).formatted(shards));
    List<EpochReport> local = new ArrayList<>();
    List<EpochReport> remote = new ArrayList<>();
    List<float[]> expected = trained(config, 0, local);
    List<float[]> actual = trained(config, benches, remote);
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), actual.get(i), "matrix " + i);
    }
    for (int i = 0; i < local.size(); i++) {
      assertEquals(local.get(i).terms(), remote.get(i).terms());
      assertEquals(local.get(i).components(), remote.get(i).components());
    }
  }

  private List<float[]> trained(TrainConfig config, int benches, List<EpochReport> reports) {
    List<TrainingTask> tasks = run.tasks(config);
    int[] told = new int[2];
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void sampled(long epoch, int images, int of) {
            told[0] = images;
          }

          @Override
          public void trained(long epoch, int done, int of, TrainedBatch batch) {
            told[1] = done;
            assertTrue(done <= of);
          }
        };
    try (Crew crew =
            benches == 0
                ? null
                : new RemoteCrew(config, tasks, new Benches(benches, config, tasks));
        Trainer trainer = trainer(config, tasks, crew)) {
      for (int epoch = 0; epoch < config.epochs(); epoch++) {
        TrainConfig now = config.plan().at(epoch).config();
        reports.add(trainer.runEpoch(listener));
        assertEquals(now.prompts().imagesPerEpoch(), told[0]);
        assertEquals(
            now.training().innerEpochs()
                * now.prompts().imagesPerEpoch()
                / now.training().batchSize()
                * now.turns(),
            told[1]);
      }
      List<float[]> values = new ArrayList<>();
      for (Variable parameter : trainer.policy().parameters()) {
        values.add(parameter.value().toFloats());
      }
      return values;
    }
  }

  private static Trainer trainer(
      TrainConfig config, List<TrainingTask> tasks, @Nullable Crew crew) {
    Adapter policy = Trainer.newAdapter(config, tasks.getFirst().model());
    return Trainer.of(config, tasks, policy, crew);
  }

  /** Images stay where they are made: those of a crew need no room in this process. */
  @Test
  void onlyOneProcessAloneNeedsRoomForAllImages() {
    TrainConfig config =
        TinyRun.config(
            """
            algorithm: grpo
            prompts: {promptsPerEpoch: 1000, imagesPerPrompt: 1200}
            sampling: {steps: 1000, solver: flow, deterministic: false}
            """);
    List<TrainingTask> tasks = run.tasks(config);
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> trainer(config, tasks, null).close());
    assertTrue(String.valueOf(e.getMessage()).contains("but Java's heap has"), e.getMessage());
    try (Crew crew = new RemoteCrew(config, tasks, new Benches(1, config, tasks));
        Trainer trainer = trainer(config, tasks, crew)) {
      assertSame(crew, trainer.crew());
    }
  }

  /** What a task throws is tried again elsewhere, so what would happen again is no exception. */
  @Test
  void aRewardThatFailsIsPartOfTheAnswer() {
    TrainConfig config = TinyRun.config("");
    TrainingTask task =
        run.task(
            config,
            WeightedRewards.of(
                "broken",
                (_, _) -> {
                  throw new IllegalStateException("no such judge");
                }));
    List<TrainingTask> tasks = List.of(task);
    try (Crew crew = new RemoteCrew(config, tasks, new Benches(2, config, tasks));
        Trainer trainer = trainer(config, tasks, crew)) {
      RewardUnavailableException e =
          assertThrows(
              RewardUnavailableException.class, () -> trainer.runEpoch(TrainingListener.NONE));
      assertTrue(String.valueOf(e.getMessage()).contains("(no such judge)"), e.getMessage());
    }
  }

  @Test
  void promptsTravelWithTheirMetadata() {
    Prompt prompt =
        new Prompt(
            "ünïcode", Map.of("include", List.of(Map.of("class", "dog", "count", 2)), "x", 0.5));
    assertEquals(
        List.of(prompt, Prompt.of("")),
        new WireReader(new WireWriter().prompts(List.of(prompt, Prompt.of(""))).toBytes())
            .prompts());
  }

  @Test
  void aMessageThatIsCutOffIsNoMemoryBomb() {
    byte[] bytes = new WireWriter().number(Integer.MAX_VALUE).toBytes();
    assertThrows(IllegalStateException.class, () -> new WireReader(bytes).floats());
    assertThrows(IllegalStateException.class, () -> new WireReader(bytes).prompts());
  }
}
