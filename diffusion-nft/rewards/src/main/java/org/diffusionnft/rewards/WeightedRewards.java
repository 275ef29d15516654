package org.diffusionnft.rewards;

import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.ServiceLoader;
import java.util.TreeMap;
import org.diffusionnft.images.Images;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Opening;

/** Several rewards whose weighted sum is maximised. A reward of weight 0 is only reported. */
public final class WeightedRewards implements AutoCloseable {
  private final SequencedMap<String, Reward> rewards;
  private final Map<String, Double> weights;

  /**
   * Combines rewards.
   *
   * @param rewards by name
   * @param weights by the same names
   * @throws InvalidInputException if the names differ or there are none
   */
  public WeightedRewards(SequencedMap<String, Reward> rewards, Map<String, Double> weights) {
    if (rewards.isEmpty() || !rewards.keySet().equals(weights.keySet())) {
      throw new InvalidInputException(
          "rewards %s need a weight each, not %s".formatted(rewards.keySet(), weights.keySet()));
    }
    this.rewards = new LinkedHashMap<>(rewards);
    this.weights = new LinkedHashMap<>(weights);
  }

  /** One reward alone. */
  public static WeightedRewards of(String name, Reward reward) {
    return new WeightedRewards(new LinkedHashMap<>(Map.of(name, reward)), Map.of(name, 1.0));
  }

  /**
   * Opens rewards by the names under which they are registered.
   *
   * @throws InvalidInputException if a name is unknown, or a reward cannot be loaded
   */
  public static WeightedRewards open(SequencedMap<String, RewardSettings> settings) {
    SequencedMap<String, Reward> rewards = new LinkedHashMap<>();
    Map<String, Double> weights = new LinkedHashMap<>();
    try (Opening opening = new Opening()) {
      settings.forEach(
          (name, setting) -> {
            rewards.put(name, opening.add(open(name, setting)));
            weights.put(name, setting.weight());
          });
      return opening.done(new WeightedRewards(rewards, weights));
    }
  }

  /**
   * Opens one reward.
   *
   * @param name its name in messages
   */
  static Reward open(String name, RewardSettings settings) {
    TreeMap<String, RewardProvider> found = new TreeMap<>();
    ServiceLoader.load(RewardProvider.class).forEach(p -> found.put(p.name(), p));
    Map<String, String> options = new LinkedHashMap<>(settings.options());
    String given = options.remove(RewardSettings.TYPE);
    String type = given == null ? name : given;
    RewardProvider provider = found.get(type);
    if (provider == null) {
      throw new InvalidInputException(
          "there is no reward '%s': those found are %s"
              .formatted(type, found.isEmpty() ? "none" : String.join(", ", found.keySet())));
    }
    return provider.open(new RewardOptions(name, options));
  }

  /**
   * Scores of images.
   *
   * @param total the weighted sum, rounded to float as the reference code does
   * @param components the score of each reward, unweighted
   */
  public record Scores(float[] total, SequencedMap<String, float[]> components) {

    /**
     * The concatenated scores of several batches.
     *
     * @param batches at least one, all from the same rewards
     */
    public static Scores concat(List<Scores> batches) {
      SequencedMap<String, float[]> components = new LinkedHashMap<>();
      for (String name : batches.getFirst().components.keySet()) {
        components.put(name, join(batches.stream().map(b -> b.components.get(name)).toList()));
      }
      return new Scores(join(batches.stream().map(Scores::total).toList()), components);
    }

    /** The mean of the weighted sums. */
    public double mean() {
      return mean(total);
    }

    /** The mean score of each reward, unweighted. */
    public SequencedMap<String, Double> means() {
      SequencedMap<String, Double> means = new LinkedHashMap<>();
      components.forEach((name, scores) -> means.put(name, mean(scores)));
      return means;
    }

    private static double mean(float[] values) {
      double sum = 0;
      for (float value : values) {
        sum += value;
      }
      return sum / values.length;
    }

    private static float[] join(List<float[]> parts) {
      FloatBuffer joined = FloatBuffer.allocate(parts.stream().mapToInt(p -> p.length).sum());
      parts.forEach(joined::put);
      return joined.array();
    }
  }

  /**
   * These rewards plus others that are only reported; others of a name that exists already are left
   * out.
   *
   * @param others remain owned by the caller
   */
  public WeightedRewards measuring(SequencedMap<String, Reward> others) {
    SequencedMap<String, Reward> all = new LinkedHashMap<>(others);
    Map<String, Double> weighed = new LinkedHashMap<>();
    others.keySet().forEach(name -> weighed.put(name, 0.0));
    all.putAll(rewards);
    weighed.putAll(weights);
    return new WeightedRewards(all, weighed);
  }

  /** The names of the rewards. */
  public List<String> names() {
    return List.copyOf(rewards.keySet());
  }

  /**
   * Checks that every reward can score pictures of a prompt.
   *
   * @throws InvalidInputException that says which one cannot, and why
   */
  public void check(Prompt prompt) {
    rewards.forEach(
        (name, reward) -> {
          try {
            reward.check(prompt);
          } catch (InvalidInputException e) {
            throw e;
          } catch (RuntimeException e) {
            throw new InvalidInputException(
                "reward '%s' cannot take the prompt '%s': %s"
                    .formatted(name, prompt.text(), described(e)),
                e);
          }
        });
  }

  /**
   * Scores images with every reward.
   *
   * @throws RewardUnavailableException if a reward throws anything, or does not give one finite
   *     number for each image
   */
  public Scores score(Images images, List<Prompt> prompts) {
    double[] sum = new double[images.count()];
    SequencedMap<String, float[]> components = new LinkedHashMap<>();
    scoreAll(images, prompts)
        .forEach(
            (name, scores) -> {
              check(name, scores, prompts);
              components.put(name, scores);
              double weight = weights.getOrDefault(name, 0.0);
              for (int i = 0; i < sum.length; i++) {
                sum[i] += weight * scores[i];
              }
            });
    float[] total = new float[sum.length];
    for (int i = 0; i < total.length; i++) {
      total[i] = (float) sum[i];
      if (!Float.isFinite(total[i])) {
        throw new RewardUnavailableException(
            "the weighted sum of the rewards is %s for an image of the prompt '%s'"
                .formatted(sum[i], prompts.get(i).text()));
      }
    }
    return new Scores(total, components);
  }

  /**
   * Several rewards score concurrently, each on its own thread, since some may wait for other
   * machines.
   */
  private SequencedMap<String, float[]> scoreAll(Images images, List<Prompt> prompts) {
    SequencedMap<String, float[]> all = new LinkedHashMap<>();
    if (rewards.size() == 1) {
      rewards.forEach((name, reward) -> all.put(name, score(name, reward, images, prompts)));
      return all;
    }
    try (InParallel<float[]> calls = new InParallel<>(rewards.size())) {
      rewards.forEach((name, reward) -> calls.submit(() -> score(name, reward, images, prompts)));
      List<float[]> scores = calls.results();
      int i = 0;
      for (String name : rewards.keySet()) {
        all.put(name, scores.get(i++));
      }
    }
    return all;
  }

  /** Catches whatever a reward throws, so that earlier training is not lost. */
  private static float[] score(String name, Reward reward, Images images, List<Prompt> prompts) {
    try {
      return reward.score(images, prompts);
    } catch (RewardUnavailableException e) {
      throw e;
    } catch (RuntimeException | LinkageError | StackOverflowError e) {
      throw new RewardUnavailableException(
          "reward '%s' failed: %s".formatted(name, described(e)), e);
    }
  }

  /** The message of a failure; if it is not a sentence for users, also its type and place. */
  private static String described(Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    if (failure instanceof InvalidInputException) {
      return message;
    }
    StackTraceElement[] trace = failure.getStackTrace();
    return failure.getClass().getName()
        + (failure.getMessage() == null ? "" : " (" + message + ")")
        + (trace.length == 0 ? "" : " at " + trace[0]);
  }

  @Override
  public void close() {
    rewards.values().forEach(Reward::close);
  }

  private static void check(String name, float[] scores, List<Prompt> prompts) {
    if (scores.length != prompts.size()) {
      throw new RewardUnavailableException(
          "reward '%s' gave %d scores for %d images"
              .formatted(name, scores.length, prompts.size()));
    }
    for (int i = 0; i < scores.length; i++) {
      if (!Float.isFinite(scores[i])) {
        throw new RewardUnavailableException(
            "reward '%s' gave %s for an image of the prompt '%s'"
                .formatted(name, scores[i], prompts.get(i).text()));
      }
    }
  }
}
