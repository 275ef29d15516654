package org.diffusionnft.rewards;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * Where rewards look for the files of their models: where the option says, else in the folder that
 * the environment variable {@code DNFT_REWARD_MODELS} names, else in {@code reward_ckpts}, as the
 * reference code's instructions have it.
 */
public final class RewardFiles {
  private static final String VARIABLE = "DNFT_REWARD_MODELS";

  private RewardFiles() {}

  /** Whether one of them is where it is looked for without an option. */
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
   * @param what what it is, for the message
   * @param names what it can be called, the preferred name first
   * @param source where people get it
   * @throws InvalidInputException that says which file is missing and where people get it
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
