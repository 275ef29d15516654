package org.diffusionnft.trainer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.tensor.InvalidInputException;

/** Where an epoch's prompts come from. */
@FunctionalInterface
public interface PromptPool {
  /**
   * Number of consecutive draws without a new prompt after which the generator counts as exhausted.
   */
  int MOST_IN_VAIN = 100_000;

  /** Draws prompts with distinct texts. */
  List<Prompt> draw(RandomGenerator random, int count);

  /**
   * A given list, from which prompts are drawn without replacement.
   *
   * @throws InvalidInputException if two texts are equal
   */
  static PromptPool of(List<Prompt> prompts) {
    SequencedMap<String, Prompt> byText = new LinkedHashMap<>();
    for (Prompt prompt : prompts) {
      if (byText.putIfAbsent(prompt.text(), prompt) != null) {
        throw new InvalidInputException(
            "the prompt '" + prompt.text() + "' is there twice: remove one of the two");
      }
    }
    List<Prompt> pool = List.copyOf(byText.values());
    return (random, count) -> {
      if (count > pool.size()) {
        throw new InvalidInputException(
            "an epoch needs %d different prompts, but there are only %d"
                .formatted(count, pool.size()));
      }
      List<Prompt> drawn = new ArrayList<>();
      for (int i : Shuffle.first(random, pool.size(), count)) {
        drawn.add(pool.get(i));
      }
      return drawn;
    };
  }

  /** Prompts from a generator, redrawn until their texts are distinct. */
  static PromptPool generated(Function<RandomGenerator, Prompt> generator) {
    return (random, count) -> {
      SequencedMap<String, Prompt> byText = new LinkedHashMap<>();
      int inVain = 0;
      while (byText.size() < count) {
        if (inVain > MOST_IN_VAIN) {
          throw new InvalidInputException(
              "an epoch needs %d different prompts, but there seem to be only %d"
                  .formatted(count, byText.size()));
        }
        Prompt prompt = generator.apply(random);
        inVain = byText.putIfAbsent(prompt.text(), prompt) == null ? 0 : inVain + 1;
      }
      return List.copyOf(byText.values());
    };
  }
}
