package org.diffusionnft.shapes;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The prompts of the world, with a fixed split into those for training and those held out for
 * evaluation.
 *
 * <p>The split is by meaning, so that "a red circle" and "one red circle" are on the same side.
 * Only for categories with too few meanings (single_object and two_object) is it by wording.
 */
public final class ShapesPrompts {
  private static final List<String> ONE = List.of("a", "one");
  private static final List<String> ALONE = List.of("a", "one", "a single");
  private static final List<String> MANY = List.of("two", "three", "four");

  // Chosen such that each category holds out about a fifth of its prompts.
  private static final long SALT = 64770;

  private final Draws draws;

  /** Prompts drawn from the given generator. */
  public ShapesPrompts(RandomGenerator random) {
    this.draws = new Draws(random);
  }

  /** A prompt for training. */
  public ShapesPrompt forTraining(PromptMix mix) {
    return draw(draws.of(mix.categories()), false);
  }

  /** A held-out prompt of the given category. */
  public ShapesPrompt heldOut(Category category) {
    return draw(category, true);
  }

  /**
   * The evaluation set: held-out prompts of alternating categories; a repeated prompt means another
   * sample.
   */
  public static List<ShapesPrompt> evaluationSet(int size, RandomGenerator random) {
    ShapesPrompts prompts = new ShapesPrompts(random);
    List<ShapesPrompt> set = new ArrayList<>();
    Category[] categories = Category.values();
    for (int i = 0; i < size; i++) {
      set.add(prompts.heldOut(categories[i % categories.length]));
    }
    return List.copyOf(set);
  }

  /** Whether a prompt is excluded from pretraining and reinforcement learning. */
  public static boolean isHeldOut(ShapesPrompt prompt) {
    boolean byWording =
        prompt.category() == Category.SINGLE_OBJECT || prompt.category() == Category.TWO_OBJECT;
    return Long.remainderUnsigned(hash(byWording ? prompt.text() : prompt.meaning()), 5) == 0;
  }

  private static long hash(String key) {
    long hash = 0xcbf29ce484222325L + SALT;
    for (byte b : key.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ b) * 0x100000001b3L;
    }
    hash = (hash ^ (hash >>> 32)) * 0x9e3779b97f4a7c15L;
    return hash ^ (hash >>> 29);
  }

  private ShapesPrompt draw(Category category, boolean heldOut) {
    while (true) {
      ShapesPrompt prompt = any(category);
      if (isHeldOut(prompt) == heldOut) {
        return prompt;
      }
    }
  }

  private ShapesPrompt any(Category category) {
    return switch (category) {
      case SINGLE_OBJECT -> of(category, new NounPhrase(draws.of(ALONE), 1, null, draws.kind()));
      case COLORS -> of(category, new NounPhrase(draws.of(ALONE), 1, draws.hue(), draws.kind()));
      case COUNTING -> {
        int count = 2 + draws.below(MANY.size());
        Hue hue = draws.chance(0.5) ? draws.hue() : null;
        yield of(category, new NounPhrase(MANY.get(count - 2), count, hue, draws.kind()));
      }
      case TWO_OBJECT -> two(category, false, true, null);
      case COLOR_ATTR -> two(category, true, false, null);
      case POSITION -> two(category, draws.chance(0.5), true, draws.of(List.of(Relation.values())));
    };
  }

  private static ShapesPrompt of(Category category, NounPhrase phrase) {
    return new ShapesPrompt(category, List.of(phrase), null);
  }

  private ShapesPrompt two(
      Category category, boolean coloured, boolean differentKinds, @Nullable Relation relation) {
    while (true) {
      NounPhrase first = one(coloured);
      NounPhrase second = one(coloured);
      boolean distinct =
          differentKinds ? first.kind() != second.kind() : first.hue() != second.hue();
      if (distinct) {
        return new ShapesPrompt(category, List.of(first, second), relation);
      }
    }
  }

  private NounPhrase one(boolean coloured) {
    return new NounPhrase(draws.of(ONE), 1, coloured ? draws.hue() : null, draws.kind());
  }
}
