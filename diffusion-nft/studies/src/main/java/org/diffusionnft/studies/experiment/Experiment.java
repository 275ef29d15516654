package org.diffusionnft.studies.experiment;

import java.util.List;
import java.util.Locale;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.tensor.InvalidInputException;

/**
 * A question and the training variants that answer it. All start from the same base, have the same
 * prompts and noise for a seed, train on the same number of images, and are evaluated alike.
 *
 * @param name on the command line
 * @param question that it answers
 * @param expectation the expected result according to the paper (arXiv 2509.16117), in our words
 * @param settings shared by all arms, where they differ from the demo's, as YAML
 * @param arms the variants; ratios are relative to the first
 */
public record Experiment(
    String name, String question, String expectation, String settings, List<Arm> arms) {

  /** The best of four settings tried for DiffusionNFT, listed in {@code docs/experiments.md}. */
  private static final String BEST_NFT = "loss: {guidanceBeta: 0.1}";

  /** The base of the ablations: {@link #BEST_NFT} with the other settings of its search. */
  private static final String ABLATED = searched("3e-3", 0.1);

  private static final Arm FLOW_GRPO =
      Arm.grpo("flow-grpo", "FlowGRPO", "flow", "clipRange: 5e-3, klWeight: 4e-3");

  /**
   * DiffusionNFT and its rivals, each with the best of four settings tried on another seed, listed
   * in {@code docs/experiments.md}.
   */
  public static final Experiment HEAD_TO_HEAD =
      new Experiment(
          "head-to-head",
          "How many samples, gradient steps and seconds does each method need for equal scores?",
          "DiffusionNFT is 3 to 25 times as efficient as FlowGRPO, measured in training time to"
              + " equal scores.",
          searched("3e-3", 1),
          List.of(
              new Arm("nft", "DiffusionNFT", BEST_NFT),
              FLOW_GRPO.with("training: {learningRate: 1e-3}\n"),
              new Arm(
                  "dance-grpo",
                  "DanceGRPO",
                  """
                  algorithm: grpo
                  sampling: {solver: dance, deterministic: false, noiseLevel: 0.3}
                  grpo: {clipRange: 5e-3, klWeight: 0, sharedNoise: true, randomTimesteps: true}
                  loss: {advantageSpread: per_prompt}
                  training: {learningRate: 1e-3}
                  """),
              new Arm(
                  "rejection",
                  "rejection fine-tuning",
                  """
                  loss: {branches: accepted, guidanceBeta: 1}
                  oldPolicy: {decayType: 0}
                  """),
              new Arm(
                  "reward-weighted",
                  "reward-weighted fine-tuning",
                  "loss: {branches: positive, guidanceBeta: 1, advClipMax: 0.25}")));

  /**
   * DiffusionNFT and objectives that are newer or claim to fix its rivals, each with the settings
   * of its authors' code, except for a common learning rate.
   */
  public static final Experiment OBJECTIVES =
      new Experiment(
          "objectives",
          "Which of the newer objectives learns most from equally many samples?",
          "Each is better than those before it by its authors' own figures, on large models.",
          searched("1e-3", 1),
          List.of(
              new Arm("nft", "DiffusionNFT", BEST_NFT),
              new Arm("awm", "AWM", "algorithm: awm\noldPolicy: {decayType: 0}"),
              new Arm(
                  "crd",
                  "CRD",
                  String.format(
                      Locale.ROOT, "algorithm: crd\ncrd: {klGuidance: %s}", ShapesModel.GUIDANCE)),
              FLOW_GRPO,
              Arm.grpo("flow-cps", "Flow-CPS", "flow_cps", "clipRange: 5e-3, klWeight: 4e-3"),
              Arm.grpo(
                  "guard", "GRPO-Guard", "flow", "ratio: guarded, clipRange: 5e-3, klWeight: 0")));

  /**
   * The ablations of the paper, and two more, on timesteps and guidance: changes to {@link
   * #ABLATED}.
   */
  public static final List<Experiment> ABLATIONS =
      List.of(
          new Experiment(
              "negative-branch",
              "Is the negative policy needed?",
              "Without it the reward collapses almost at once in online training.",
              ABLATED,
              List.of(
                  new Arm("both", "both branches", ""),
                  new Arm(
                      "positive", "positive only", "loss: {branches: positive, guidanceBeta: 1}"),
                  new Arm(
                      "accepted", "accepted only", "loss: {branches: accepted, guidanceBeta: 1}"))),
          new Experiment(
              "solver",
              "Which solver should collect the images?",
              "ODE solvers beat the SDE, whose images are noisier; second order is as good as or a"
                  + " little better than first.",
              ABLATED,
              List.of(
                  new Arm("ode2", "ODE, second order", "sampling: {solver: dpm2}"),
                  new Arm("ode1", "ODE, first order", "sampling: {solver: flow}"),
                  new Arm(
                      "sde",
                      "SDE",
                      "sampling: {solver: flow, deterministic: false, noiseLevel: 0.7}"))),
          new Experiment(
              "weighting",
              "How should errors at different noise levels be weighted?",
              "Adaptive weighting is as good as the best heuristics; 1 - t collapses.",
              ABLATED,
              List.of(
                  new Arm("adaptive", "adaptive", "loss: {weighting: self_normalized}"),
                  new Arm("uniform", "uniform", "loss: {weighting: uniform}"),
                  new Arm("t", "t", "loss: {weighting: t}"),
                  new Arm("one-minus-t", "1 - t", "loss: {weighting: one_minus_t}"))),
          new Experiment(
              "soft-update",
              "How fast should the old policy follow?",
              "At once is fast at first and unstable later; 0.9 throughout is stable and slow; a"
                  + " decay that rises is both fast and stable.",
              ABLATED,
              List.of(
                  // The paper's min(0.001 i, 0.5) stays near 0 during a run of this length.
                  new Arm(
                      "rising",
                      "rising to 0.5, 20 times as fast as the paper's",
                      "oldPolicy: {flat: 0, rate: 0.02, cap: 0.5}"),
                  new Arm(
                      "rising-0.8",
                      "min(0.01 i, 0.8), the paper's",
                      "oldPolicy: {flat: 0, rate: 0.01, cap: 0.8}"),
                  new Arm("zero", "0, on policy", "oldPolicy: {decayType: 0}"),
                  new Arm("slow", "0.9", "oldPolicy: {flat: 0, rate: 1, cap: 0.9}"))),
          new Experiment(
              "timesteps",
              "At which of the ten sampling timesteps should images be trained?",
              "The paper trains at nearly all; it has no ablation of it.",
              ABLATED,
              List.of(
                  new Arm("any", "any 5", "training: {timestepRange: 1}"),
                  new Arm("of-7", "5 of the noisiest 7", "training: {timestepRange: 0.7}"),
                  new Arm("noisiest-5", "the noisiest 5", "training: {timestepRange: 0.5}"),
                  new Arm(
                      "noisiest-3",
                      "the noisiest 3",
                      "training: {timestepFraction: 0.3, timestepRange: 0.3}"))),
          new Experiment(
              "guidance-beta",
              "How strong should the implicit guidance be?",
              "Around 1 is stable; a smaller beta is a larger step: faster, and less stable.",
              ABLATED,
              List.of(
                  new Arm("beta-1", "beta 1", "loss: {guidanceBeta: 1}"),
                  new Arm("beta-0.1", "beta 0.1", "loss: {guidanceBeta: 0.1}"),
                  new Arm("beta-10", "beta 10", "loss: {guidanceBeta: 10}"))),
          new Experiment(
              "guidance",
              "Does it help to collect images with classifier-free guidance?",
              "DiffusionNFT is trained and sampled without throughout; there is no ablation of it.",
              ABLATED,
              List.of(
                  new Arm("without", "without guidance", ""),
                  new Arm(
                      "with",
                      "with guidance",
                      String.format(
                          Locale.ROOT, "sampling: {guidanceScale: %s}", ShapesModel.GUIDANCE)))));

  /** Keeps a copy of the list. */
  public Experiment {
    arms = List.copyOf(arms);
  }

  /** The settings of all methods' searches, where they differ from the demo's. */
  private static String searched(String learningRate, double guidanceBeta) {
    return """
    training: {learningRate: %s, learningRateDecaySteps: 100, timestepRange: 1}
    loss: {guidanceBeta: %s, optimalityOffset: 0}
    ema: {decay: 0.95}
    """
        .formatted(learningRate, guidanceBeta);
  }

  /** The default number of epochs of {@link #rewards}: enough to show an effect in minutes. */
  public static final int REWARD_EPOCHS = 9;

  /** Two further rewards, to be weighted such that all rewards vary alike within a group. */
  private static final String COMPACT = "jpeg_compressibility: %s";

  private static final String COLOUR = "colour: {weight: %s, wish: '3060c0'}";
  private static final String SCORE = "shapes_strict: 0.5, shapes_graded: 0.5";

  /**
   * What happens to other rewards when training on one? Uses three conflicting rewards: prompt
   * following, small files, blue pictures; each alone, all at once, and in three stages that each
   * add one.
   *
   * @param epochs of each run, at least as many as there are stages
   * @throws InvalidInputException if there are fewer
   */
  public static Experiment rewards(int epochs) {
    int third = epochs / 3;
    if (third < 1) {
      throw new InvalidInputException(
          "experiment rewards trains in three stages: --epochs must be at least 3, not " + epochs);
    }
    String compact = String.format(Locale.ROOT, COMPACT, 1);
    String colour = String.format(Locale.ROOT, COLOUR, 1);
    String withCompact = SCORE + ", " + String.format(Locale.ROOT, COMPACT, 2000);
    String all = withCompact + ", " + String.format(Locale.ROOT, COLOUR, 15);
    return new Experiment(
        "rewards",
        "Trained on one reward, what happens to the others?",
        "A policy that is trained on one reward alone gives up others; trained on several, in"
            + " stages, it gains in all that it is trained on.",
        """
        epochs: %d
        loss: {guidanceBeta: 0.1}
        evaluation:
          every: 3
          rewards: {shapes_strict: 0, jpeg_compressibility: 0, %s}
        """
            .formatted(epochs, colour),
        List.of(
            new Arm("score", "what was asked for", "rewards: {" + SCORE + "}"),
            new Arm("compact", "small files", "rewards: {" + compact + "}"),
            new Arm("colour", "blue pictures", "rewards: {" + colour + "}"),
            new Arm("all", "all at once", "rewards: {" + all + "}"),
            new Arm(
                "staged",
                "one more in each stage",
                """
                stages:
                  - {name: score, epochs: %d, rewards: {%s}}
                  - {name: and compact, epochs: %d, rewards: {%s}}
                  - {name: and blue, epochs: %d, rewards: {%s}}
                """
                    .formatted(third, SCORE, third, withCompact, epochs - 2 * third, all))));
  }

  /**
   * The ablation with this name.
   *
   * @throws InvalidInputException that lists all names if there is none
   */
  public static Experiment ablation(String name) {
    return ABLATIONS.stream()
        .filter(a -> a.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "there is no ablation '"
                        + name
                        + "': choose one of "
                        + String.join(", ", ABLATIONS.stream().map(Experiment::name).toList())));
  }
}
