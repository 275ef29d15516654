package org.diffusionnft.trainer.run;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.trainer.PromptFile;
import org.diffusionnft.trainer.PromptFile.Split;
import org.diffusionnft.trainer.config.EvaluationSettings;
import org.diffusionnft.trainer.config.PipelineSettings;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * The prompts of a run.
 *
 * @param training distinct prompts
 * @param heldOut for evaluation, in the order of their file; none if there is no evaluation
 */
record PromptFiles(List<Prompt> training, List<Prompt> heldOut) {

  /**
   * Reads the prompt files that a configuration names.
   *
   * @throws InvalidFileException if a file is missing or damaged
   * @throws InvalidInputException if there are too few prompts, or none to evaluate on
   */
  static PromptFiles of(TrainConfig config) throws InvalidFileException {
    Path source = Path.of(config.prompts().source());
    List<Prompt> training = PromptFile.distinct(source, PromptFile.read(source, Split.TRAIN));
    if (training.size() < config.prompts().promptsPerEpoch()) {
      throw new InvalidInputException(
          "an epoch has %d different prompts, but %s holds only %d: lower prompts.promptsPerEpoch"
              .formatted(config.prompts().promptsPerEpoch(), source, training.size()));
    }
    EvaluationSettings evaluation = config.evaluation();
    return new PromptFiles(
        training, evaluation.every() == 0 ? List.of() : heldOut(source, evaluation));
  }

  /**
   * Checks that the rewards can use all of these prompts.
   *
   * @param trained of the training prompts
   * @param measured of the held-out ones
   * @throws InvalidFileException that names file and line of the first unusable prompt, and says
   *     why
   */
  void check(TrainConfig config, WeightedRewards trained, WeightedRewards measured)
      throws InvalidFileException {
    Path source = Path.of(config.prompts().source());
    PromptFile.check(source, Split.TRAIN, Long.MAX_VALUE, trained::check);
    if (!heldOut.isEmpty()) {
      String own = config.evaluation().source();
      Path file = own.equals(PipelineSettings.NONE) ? source : Path.of(own);
      PromptFile.check(file, Split.TEST, heldOut.size(), measured::check);
    }
  }

  private static List<Prompt> heldOut(Path training, EvaluationSettings evaluation)
      throws InvalidFileException {
    boolean own = evaluation.source().equals(PipelineSettings.NONE);
    if (own && !Files.isDirectory(training)) {
      throw new InvalidInputException(
          "evaluation.every is "
              + evaluation.every()
              + ", but there are no held-out prompts: name their file with evaluation.source, or"
              + " set evaluation.every to 0");
    }
    Path source = own ? training : Path.of(evaluation.source());
    List<Prompt> all = PromptFile.read(source, Split.TEST);
    return List.copyOf(all.subList(0, Math.min(all.size(), evaluation.prompts())));
  }
}
