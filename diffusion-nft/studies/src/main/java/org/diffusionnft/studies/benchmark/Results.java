package org.diffusionnft.studies.benchmark;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.trainer.evaluation.MeanInterval;

/**
 * The scores of the policies. Means are over pictures, as in the reference code; intervals take
 * into account that pictures of one prompt are not independent.
 *
 * @param prompts of each picture
 * @param scores by policy and reward, picture by picture; the other policies are compared with the
 *     first
 */
record Results(List<Prompt> prompts, SequencedMap<Policy, SequencedMap<String, double[]>> scores) {

  /**
   * A policy compared with the first one, on the same prompts and noise.
   *
   * @param mean of its scores minus those of the first
   * @param better fraction of pictures that score higher, in [0, 1]
   * @param worse fraction of pictures that score lower
   */
  record Difference(MeanInterval mean, double better, double worse) {}

  List<Policy> policies() {
    return List.copyOf(scores.keySet());
  }

  List<String> rewards() {
    return List.copyOf(scores.firstEntry().getValue().keySet());
  }

  /** The categories of prompts in alphabetical order; empty if there are fewer than two. */
  List<String> categories() {
    List<String> found = prompts.stream().map(Benchmark::category).distinct().sorted().toList();
    return found.size() < 2 ? List.of() : found;
  }

  /** The number of distinct prompts. */
  long differentPrompts() {
    return prompts.stream().map(Prompt::text).distinct().count();
  }

  /** The mean score of a policy on all prompts. */
  MeanInterval mean(Policy policy, String reward) {
    return MeanInterval.grouped(values(policy, reward), texts(prompts));
  }

  /** The mean score of a policy on the prompts of a category. */
  MeanInterval mean(Policy policy, String reward, String category) {
    double[] all = values(policy, reward);
    int[] wanted =
        IntStream.range(0, all.length)
            .filter(i -> Benchmark.category(prompts.get(i)).equals(category))
            .toArray();
    return MeanInterval.grouped(
        Arrays.stream(wanted).mapToDouble(i -> all[i]).toArray(),
        texts(Arrays.stream(wanted).mapToObj(prompts::get).toList()));
  }

  /** The difference of a policy's scores from those of the first one. */
  Difference difference(Policy policy, String reward) {
    double[] own = values(policy, reward);
    double[] first = values(policies().getFirst(), reward);
    double[] more = IntStream.range(0, own.length).mapToDouble(i -> own[i] - first[i]).toArray();
    return new Difference(
        MeanInterval.grouped(more, texts(prompts)),
        Arrays.stream(more).filter(d -> d > 0).count() / (double) more.length,
        Arrays.stream(more).filter(d -> d < 0).count() / (double) more.length);
  }

  private static List<String> texts(List<Prompt> prompts) {
    return prompts.stream().map(Prompt::text).toList();
  }

  /** The scores of a policy's pictures, by reward. */
  SequencedMap<String, double[]> of(Policy policy) {
    return Objects.requireNonNull(scores.get(policy), policy.name());
  }

  private double[] values(Policy policy, String reward) {
    return Objects.requireNonNull(of(policy).get(reward), reward);
  }
}
