package org.diffusionnft.shapes;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The frequencies of the categories of training prompts. */
public enum PromptMix {
  /**
   * About the ratio of GenEval's training prompts in the code of FlowGRPO and DiffusionNFT
   * (position 7, counting 5, attribution 3, colours 1, two objects 1), and single objects as often
   * as the easy ones.
   */
  GENEVAL("shapes"),

  /** All equally often, as in the held-out set. */
  EVEN("shapes-even");

  private static final List<Category> RATIO =
      Stream.of(
              Collections.nCopies(7, Category.POSITION),
              Collections.nCopies(5, Category.COUNTING),
              Collections.nCopies(3, Category.COLOR_ATTR),
              List.of(Category.COLORS, Category.TWO_OBJECT, Category.SINGLE_OBJECT))
          .flatMap(List::stream)
          .toList();
  private static final List<Category> ALL = List.of(Category.values());

  private final String source;

  PromptMix(String source) {
    this.source = source;
  }

  /** The mix with this name in {@code prompts.source}. */
  public static Optional<PromptMix> of(String source) {
    return Stream.of(values()).filter(mix -> mix.source.equals(source)).findFirst();
  }

  /** Its name in settings. */
  public String source() {
    return source;
  }

  /** The categories, each repeated by its frequency. */
  List<Category> categories() {
    return switch (this) {
      case GENEVAL -> RATIO;
      case EVEN -> ALL;
    };
  }
}
