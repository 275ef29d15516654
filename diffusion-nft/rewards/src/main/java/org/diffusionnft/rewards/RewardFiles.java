package org.diffusionnft.rewards;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * Finds the model files of rewards: at the path of an option, else in the folder that the
 * environment variable {@code DNFT_REWARD_MODELS} names, else in {@code reward_ckpts}, as in the
 * reference code's instructions.
 */
public final class RewardFiles {
  private static final String VARIABLE = "DNFT_REWARD_MODELS";

  private RewardFiles() {}

  /** Whether one of these files is at a default location. */
  public static boolean isThere(List<String> names) {
    return usualPlaces(names).stream().anyMatch(Files::exists);
  }

  private static List<Path> usualPlaces(List<String> names) {
    Path folder = Path.of(System.getenv().getOrDefault(VARIABLE, "reward_ckpts"));
    return names.stream().map(folder::resolve).toList();
  }

  /**
   * A file or folder that a reward needs.
   *
   * @param key the option that can name it
   * @param what a description for the message
   * @param names possible file names, the preferred one first
   * @param source where to get it
   * @throws InvalidInputException that says which file is missing and where to get it
   */
  public static Path require(
      RewardOptions options, String key, String what, List<String> names, String source) {
    Path given = options.path(key).orElse(null);
    List<Path> candidates = given == null ? usualPlaces(names) : List.of(given);
    for (Path candidate : candidates) {
      if (Files.exists(candidate)) {
        return candidate;
      }
    }
    throw new InvalidInputException(
        ("reward '%s' needs %s, and there is no %s: get it from %s, and put it there or name its"
                + " place with rewards.%s.%s")
            .formatted(
                options.reward(), what, candidates.getFirst(), source, options.reward(), key));
  }
}
