package org.diffusionnft.weights.peft;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.weights.peft.PeftConfig.Exclusions;
import org.jspecify.annotations.Nullable;

/**
 * Which modules PEFT adapts, as in its {@code check_target_module_exists}. It ignores the tensors
 * of any other module.
 */
final class TargetedModules {
  /** All modules whose weight is a matrix; case-insensitive. */
  private static final String ALL_LINEAR = "all-linear";

  /** What precedes a layer index if there is no pattern. */
  private static final String ANY_NAME = "[^.]*";

  private record Expression(String text, Pattern pattern) {}

  private final BoundedPatterns bounds = new BoundedPatterns();
  private final PeftConfig config;
  private final Set<String> targets;
  private final Set<String> excluded;
  private final Set<Integer> layers;
  private final @Nullable Expression target;
  private final @Nullable Expression exclusion;
  private final List<Expression> layerNumbers;
  private final boolean allLinear;

  /**
   * The modules of a configuration.
   *
   * @throws InvalidInputException naming a pattern that is not a valid regular expression, or too
   *     large
   */
  TargetedModules(PeftConfig config) {
    Exclusions exclusions = config.exclusions();
    String pattern = config.targetPattern();
    this.config = config;
    this.targets = new HashSet<>(config.targetModules());
    this.excluded = new HashSet<>(exclusions.modules());
    this.layers = new HashSet<>(exclusions.layers());
    this.allLinear = pattern != null && pattern.toLowerCase(Locale.ROOT).equals(ALL_LINEAR);
    this.target = whole(allLinear ? null : pattern);
    this.exclusion = whole(exclusions.pattern());
    List<String> before = exclusions.layerPatterns();
    this.layerNumbers =
        (before.isEmpty() ? List.of(ANY_NAME) : before)
            .stream()
                .map(n -> new Expression(n, BoundedPatterns.compile(".*?\\.", n, "\\.(\\d+)\\.")))
                .toList();
  }

  private static @Nullable Expression whole(@Nullable String text) {
    return text == null ? null : new Expression(text, BoundedPatterns.compile("", text, ""));
  }

  /**
   * The option, with its value, that keeps PEFT from adapting a module; null if it is adapted.
   *
   * @param dimensions of the module's factors
   * @throws InvalidInputException naming a pattern that takes too long to match
   */
  @Nullable String optionAgainst(String module, int dimensions) {
    Exclusions exclusions = config.exclusions();
    if (isNamed(excluded, module) || matches(exclusion, module)) {
      return "exclude_modules "
          + quote(exclusion == null ? exclusions.modules().toString() : exclusion.text());
    }
    if (target != null) {
      return matches(target, module) ? null : "target_modules " + quote(target.text());
    }
    if (allLinear) {
      return dimensions == 2 ? null : "target_modules " + quote(ALL_LINEAR);
    }
    if (targets.contains(module)) {
      return null;
    }
    if (!targets.isEmpty() && !isNamed(targets, module)) {
      return "target_modules " + quote(config.targetModules().toString());
    }
    if (!layers.isEmpty() && !isInLayers(module)) {
      return "layers_to_transform "
          + quote(exclusions.layers().toString())
          + " with layers_pattern "
          + quote(exclusions.layerPatterns().toString());
    }
    return null;
  }

  /** Whether a name is one of these, or ends with a dot and one of these. */
  private static boolean isNamed(Set<String> ends, String module) {
    String end = module;
    while (!ends.contains(end)) {
      int dot = end.indexOf('.');
      if (dot < 0) {
        return false;
      }
      end = end.substring(dot + 1);
    }
    return true;
  }

  private boolean matches(@Nullable Expression expression, String module) {
    return expression != null
        && bounds.search(expression.pattern(), expression.text(), module, Matcher::matches);
  }

  /** The first pattern that finds a layer index decides, as in PEFT. */
  private boolean isInLayers(String module) {
    for (Expression expression : layerNumbers) {
      Boolean inLayer =
          bounds.search(expression.pattern(), expression.text(), module, this::inLayer);
      if (inLayer != null) {
        return inLayer;
      }
    }
    return false;
  }

  /** Whether the matched layer is one of these; null without a match. */
  private @Nullable Boolean inLayer(Matcher matcher) {
    return matcher.lookingAt() ? layers.contains(number(matcher.group(1))) : null;
  }

  /** The number in a group, or one that no layer has: the pattern may contain groups of its own. */
  private static int number(@Nullable String digits) {
    try {
      return digits == null ? -1 : Integer.parseInt(digits);
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
