package org.diffusionnft.studies.benchmark;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.diffusionnft.images.Images;
import org.diffusionnft.images.Png;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.RewardSettings;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.trainer.Stop;
import org.diffusionnft.weights.io.AtomicFile;
import org.diffusionnft.weights.io.FolderLock;
import org.diffusionnft.weights.io.Sha256;
import org.diffusionnft.weights.io.StrictJson;

/**
 * Measures policies in a folder: each policy makes one picture of each prompt, which every reward
 * scores. An evaluation that was stopped or killed resumes where it was and ends with the same
 * bytes; policies can be added to a finished one.
 *
 * @param benchmark prompts and rewards
 * @param settings how pictures are sampled
 * @param policies at least one; the others are compared with the first
 * @param folder the output folder
 */
public record BenchmarkRun(
    Benchmark benchmark, BenchmarkSettings settings, List<Policy> policies, Path folder) {

  /** Receives the events of an evaluation. */
  @FunctionalInterface
  public interface Listener {
    /**
     * Pictures are scored.
     *
     * @param policy of these pictures
     * @param done pictures of all policies done, earlier ones included
     * @param all total number of pictures
     */
    void scored(Policy policy, long done, long all);
  }

  /**
   * Checks the policies.
   *
   * @throws InvalidInputException if there is none, or two have the same name
   */
  public BenchmarkRun {
    policies = List.copyOf(policies);
    if (policies.isEmpty()) {
      throw new InvalidInputException("there is nothing to evaluate: name an adapter");
    }
    for (Policy policy : policies) {
      if (policies.stream().filter(p -> p.name().equals(policy.name())).count() > 1) {
        throw new InvalidInputException(
            "two adapters are called '"
                + policy.name()
                + "': give them names with --adapter NAME=PATH");
      }
    }
  }

  /**
   * Makes and scores the missing pictures, and writes the results.
   *
   * @param stop ends it; whole batches are kept
   * @return the results as text
   * @throws IOException if the folder holds something else, an adapter does not fit, or the folder
   *     cannot be written
   * @throws org.diffusionnft.rewards.RewardUnavailableException if a reward gave no scores
   */
  public String run(BenchmarkModel model, WeightedRewards rewards, Listener listener, Stop stop)
      throws IOException {
    benchmark.check(rewards);
    for (Policy policy : policies) {
      if (policy.adapter() != null) {
        model.adapter(policy.adapter()).close(); // a mismatch is reported before any work
      }
    }
    Files.createDirectories(folder);
    BenchmarkFolder files = new BenchmarkFolder(folder);
    try (FolderLock _ = FolderLock.take(folder)) {
      files.begin(toJson());
      for (Policy policy : policies) {
        files.begin(policy, adapterOf(policy));
      }
      Measuring measuring = new Measuring(model, rewards, files, listener, stop);
      for (Policy policy : policies) {
        measuring.measure(policy);
      }
      Results results = read(files);
      StrictJson.write(files.results(), ResultsJson.of(benchmark.name(), results));
      byte[] sheet = ContactSheet.png(files, results, settings.kept());
      AtomicFile.write(files.sheet(), sheet);
      AtomicFile.write(files.page(), new ResultsPage(this, results).html(sheet));
      return ResultsText.of(results);
    }
  }

  /** Makes and scores pictures batch by batch. */
  private final class Measuring {
    private final BenchmarkModel model;
    private final WeightedRewards rewards;
    private final BenchmarkFolder files;
    private final Listener listener;
    private final Stop stop;
    private long before;

    Measuring(
        BenchmarkModel model,
        WeightedRewards rewards,
        BenchmarkFolder files,
        Listener listener,
        Stop stop) {
      this.model = model;
      this.rewards = rewards;
      this.files = files;
      this.listener = listener;
      this.stop = stop;
    }

    void measure(Policy policy) throws IOException {
      if (policy.adapter() == null) {
        measure(policy, ForwardPass.BASE);
      } else {
        try (Adapter adapter = model.adapter(policy.adapter())) {
          measure(policy, ForwardPass.with(adapter));
        }
      }
      before += benchmark.prompts().size();
    }

    private void measure(Policy policy, ForwardPass pass) throws IOException {
      List<Prompt> prompts = benchmark.prompts();
      long all = (long) prompts.size() * policies.size();
      int batch = settings.sampling().batchSize();
      ScoreFile scores = files.scores(policy);
      int first = scores.repair(batch, prompts.size());
      listener.scored(policy, before + first, all);
      while (first < prompts.size()) {
        stop.check();
        List<Prompt> part = prompts.subList(first, Math.min(first + batch, prompts.size()));
        Images images = model.sample(pass, part, first, stop);
        for (int i = 0; i < part.size() && first + i < settings.kept(); i++) {
          AtomicFile.write(files.picture(policy, first + i), Png.encode(images.pixels(i)));
        }
        // Last, since a picture counts as done once it has scores.
        scores.append(first, part, rewards.score(images, part));
        first += part.size();
        listener.scored(policy, before + first, all);
      }
    }
  }

  private Results read(BenchmarkFolder files) throws IOException {
    SequencedMap<Policy, SequencedMap<String, double[]>> scores = new LinkedHashMap<>();
    for (Policy policy : policies) {
      scores.put(policy, files.scores(policy).read(benchmark.rewards().keySet()));
    }
    return new Results(benchmark.prompts(), scores);
  }

  /** Everything that scores depend on, except the policies. */
  ObjectNode toJson() {
    ObjectNode json = StrictJson.object();
    json.put("benchmark", benchmark.name());
    json.put("prompts", benchmark.prompts().size());
    StringBuilder prompts = new StringBuilder();
    benchmark
        .prompts()
        .forEach(p -> prompts.append(p.text()).append('\t').append(p.metadata()).append('\n'));
    json.put("prompts' SHA-256", Sha256.of(prompts.toString().getBytes(StandardCharsets.UTF_8)));
    json.setAll(settings.toJson());
    ObjectNode rewards = json.putObject("rewards");
    for (var reward : benchmark.rewards().entrySet()) {
      ObjectNode options = rewards.putObject(reward.getKey());
      RewardSettings own = reward.getValue();
      own.options().forEach(options::put);
    }
    return json;
  }

  /** The checksum of each of the adapter's files. */
  private static ObjectNode adapterOf(Policy policy) throws IOException {
    ObjectNode json = StrictJson.object();
    if (policy.adapter() == null) {
      json.put("adapter", "none");
    } else if (Files.isDirectory(policy.adapter())) {
      try (Stream<Path> files = Files.list(policy.adapter())) {
        for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
          String name = String.valueOf(file.getFileName());
          if (name.startsWith("adapter_")) { // the folder may also hold a model card and the like
            json.put(name, Sha256.of(file));
          }
        }
      }
    } else {
      json.put(String.valueOf(policy.adapter().getFileName()), Sha256.of(policy.adapter()));
    }
    return json;
  }
}
