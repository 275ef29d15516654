package org.diffusionnft.weights.peft;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The part of PEFT's {@code LoraConfig} that defines the meaning of an adapter's tensors.
 *
 * @param rank {@code r}: rank of modules that match no rank pattern
 * @param alpha {@code lora_alpha}: numerator of the scaling of modules that match no alpha pattern
 * @param rankStabilized {@code use_rslora}: scale with {@code alpha / sqrt(rank)}, not {@code alpha
 *     / rank}
 * @param dropout {@code lora_dropout}, for training
 * @param targetModules name suffixes of adapted modules; empty if there is a pattern instead
 * @param targetPattern a regular expression for whole names of adapted modules, if {@code
 *     target_modules} is one
 * @param exclusions modules excluded from these
 * @param rankPattern rank by regular expression of the module's name
 * @param alphaPattern alpha by regular expression of the module's name
 * @param baseModel {@code base_model_name_or_path}
 */
public record PeftConfig(
    int rank,
    double alpha,
    boolean rankStabilized,
    double dropout,
    List<String> targetModules,
    @Nullable String targetPattern,
    Exclusions exclusions,
    ModulePatterns<Integer> rankPattern,
    ModulePatterns<Double> alphaPattern,
    @Nullable String baseModel) {

  /**
   * {@code exclude_modules}, {@code layers_to_transform} and {@code layers_pattern}.
   *
   * @param modules name suffixes of modules that are not adapted
   * @param pattern a regular expression for whole names, if given instead
   * @param layers indices of the adapted layers; empty for all
   * @param layerPatterns regular expressions for what precedes a layer index; empty for anything
   */
  public record Exclusions(
      List<String> modules,
      @Nullable String pattern,
      List<Integer> layers,
      List<String> layerPatterns) {
    /** No exclusions. */
    public static final Exclusions NONE = new Exclusions(List.of(), null, List.of(), List.of());

    /** Keeps copies of the lists. */
    public Exclusions {
      modules = List.copyOf(modules);
      layers = List.copyOf(layers);
      layerPatterns = List.copyOf(layerPatterns);
    }
  }

  /** Keeps a copy of the list. */
  public PeftConfig {
    targetModules = List.copyOf(targetModules);
  }

  /** A configuration without exclusions, with patterns given as maps. */
  public PeftConfig(
      int rank,
      double alpha,
      boolean rankStabilized,
      double dropout,
      List<String> targetModules,
      @Nullable String targetPattern,
      Map<String, Integer> rankPattern,
      Map<String, Double> alphaPattern,
      @Nullable String baseModel) {
    this(
        rank,
        alpha,
        rankStabilized,
        dropout,
        targetModules,
        targetPattern,
        Exclusions.NONE,
        new ModulePatterns<>(rankPattern),
        new ModulePatterns<>(alphaPattern),
        baseModel);
  }

  /** A configuration with one rank and one alpha for all modules. */
  public static PeftConfig of(int rank, double alpha, List<String> targetModules) {
    return new PeftConfig(rank, alpha, false, 0, targetModules, null, Map.of(), Map.of(), null);
  }

  /** The rank a module should have. */
  public int rank(String module) {
    return rankPattern.get(module, rank);
  }

  /** The factor on {@code B A} of a module with this rank. */
  public double scaling(String module, int actualRank) {
    double a = alphaPattern.get(module, alpha);
    return a / (rankStabilized ? Math.sqrt(actualRank) : actualRank);
  }
}
