package org.diffusionnft.trainer.config;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.diffusionnft.trainer.config.WriteKeys.Tree;
import org.diffusionnft.trainer.config.YamlNode.Mapping;

/** Rejects unknown keys, and suggests the one that was probably meant. */
final class UnknownKeys {
  private static final int SHORTEST_PART = 4;

  private final String file;
  private final List<String> known;

  private UnknownKeys(String file, List<String> known) {
    this.file = file;
    this.known = known;
  }

  /**
   * Checks a file's keys.
   *
   * @param tree all settings, as {@link WriteKeys} records them
   * @throws ConfigException for the first key that is not in the tree
   */
  static void refuse(String file, Mapping root, Map<String, ?> tree) {
    refuse(file, root, tree, "");
  }

  /**
   * Checks the keys of a mapping that is not a file's outermost one.
   *
   * @param prefix of its keys
   */
  static void refuse(String file, Mapping mapping, Map<String, ?> tree, String prefix) {
    new UnknownKeys(file, WriteKeys.paths(tree, prefix)).check(mapping, tree, prefix);
  }

  private void check(Mapping mapping, Map<String, ?> tree, String prefix) {
    mapping
        .entries()
        .forEach(
            (key, node) -> {
              if (!tree.containsKey(key)) {
                throw ConfigException.at(file, node.line(), complaint(prefix + key));
              }
              if (tree.get(key) instanceof Tree(var inner) && node instanceof Mapping section) {
                check(section, inner, prefix + key + ".");
              }
            });
  }

  private String complaint(String path) {
    String nearest = "";
    int least = Integer.MAX_VALUE;
    for (String candidate : known) {
      // A key in the wrong section counts as one mistake.
      int misplaced = section(path).equals(section(candidate)) ? 0 : 1;
      int change =
          isPart(leaf(path), leaf(candidate)) ? 1 : Spelling.distance(leaf(path), leaf(candidate));
      int distance = Math.min(Spelling.distance(path, candidate), misplaced + change);
      if (distance < least) {
        least = distance;
        nearest = candidate;
      }
    }
    boolean near = Spelling.isNear(least, leaf(path), leaf(nearest));
    return "unknown key "
        + path
        + (near ? ", did you mean " + nearest + "?" : ": the keys here are " + siblings(path));
  }

  /** The valid keys at the place of an unknown one. */
  private String siblings(String path) {
    return known.stream()
        .filter(key -> section(key).equals(section(path)))
        .map(UnknownKeys::leaf)
        .collect(Collectors.joining(", "));
  }

  /** {@code beta1} of {@code adamBeta1}. */
  private static boolean isPart(String word, String key) {
    return word.length() >= SHORTEST_PART
        && word.length() < key.length()
        && key.toLowerCase(Locale.ROOT).contains(word.toLowerCase(Locale.ROOT));
  }

  private static String leaf(String path) {
    return path.substring(path.lastIndexOf('.') + 1);
  }

  private static String section(String path) {
    return path.substring(0, path.lastIndexOf('.') + 1);
  }
}
