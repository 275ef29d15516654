package org.diffusionnft.verify;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.diffusionnft.models.adapter.AdapterConfig;
import org.diffusionnft.rewards.RewardSettings;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.trainer.config.AdapterSettings;
import org.diffusionnft.trainer.config.Algorithm;
import org.diffusionnft.trainer.config.AwmSettings;
import org.diffusionnft.trainer.config.CheckpointSettings;
import org.diffusionnft.trainer.config.CrdSettings;
import org.diffusionnft.trainer.config.EmaSettings;
import org.diffusionnft.trainer.config.EvaluationSettings;
import org.diffusionnft.trainer.config.GrpoSettings;
import org.diffusionnft.trainer.config.LossSettings;
import org.diffusionnft.trainer.config.PipelineSettings;
import org.diffusionnft.trainer.config.PromptSettings;
import org.diffusionnft.trainer.config.SamplingSettings;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.config.TrainingSettings;
import org.diffusionnft.trainer.nft.AdvantageMode;
import org.diffusionnft.trainer.nft.LossBranches;
import org.diffusionnft.trainer.nft.LossWeighting;
import org.diffusionnft.trainer.nft.PromptStatistics.Spread;
import org.diffusionnft.trainer.nft.SoftUpdateSchedule;
import org.diffusionnft.weights.io.InvalidFileException;

/** Converts the reference code's configuration of a recorded run to ours, key by key. */
final class TraceConfig {
  private final CaseConfig official;
  private final CaseConfig sample;
  private final CaseConfig train;
  private final CaseConfig hyper;

  private TraceConfig(CaseFolder folder) throws InvalidFileException {
    official = folder.config().get("official_config_used");
    sample = official.get("sample");
    train = official.get("train");
    hyper = folder.config().get("hyper");
  }

  /**
   * The configuration of a case.
   *
   * @param images images per epoch
   */
  static TrainConfig of(CaseFolder folder, int images) throws InvalidFileException {
    TraceConfig trace = new TraceConfig(folder);
    int perPrompt = trace.sample.integer("num_image_per_prompt");
    return new TrainConfig(
        Algorithm.NFT,
        trace.official.integer("seed"),
        trace.official.integer("num_epochs"),
        0,
        "recorded",
        trace.official.integer("resolution"),
        PipelineSettings.official(),
        "nowhere",
        RewardSettings.weights(Map.of("recorded", 1.0)),
        new PromptSettings("recorded", images / perPrompt, perPrompt),
        trace.sampling(),
        trace.training(images),
        trace.loss(),
        GrpoSettings.official(),
        AwmSettings.official(),
        CrdSettings.official(),
        SoftUpdateSchedule.ofType(trace.official.integer("decay_type")),
        new AdapterSettings(
            trace.hyper.integer("r"), trace.hyper.number("alpha"), AdapterConfig.JOINT_ATTENTION),
        new EmaSettings(trace.train.flag("ema"), 0.9, 1),
        EvaluationSettings.official(),
        CheckpointSettings.official(),
        List.of());
  }

  private SamplingSettings sampling() throws InvalidFileException {
    return new SamplingSettings(
        sample.integer("num_steps"),
        sample.text("solver"),
        sample.flag("deterministic"),
        sample.number("noise_level"),
        sample.number("guidance_scale"),
        3,
        sample.integer("train_batch_size"),
        0,
        Precision.F32);
  }

  private TrainingSettings training(int images) throws InvalidFileException {
    int batchSize = train.integer("batch_size");
    int accumulated = train.integer("gradient_accumulation_steps");
    if (images / batchSize % accumulated != 0) {
      throw new InvalidFileException(
          train.file(),
          "%sgradient_accumulation_steps is %d, of which the %d batches of an epoch are no multiple"
              .formatted(train.at(), accumulated, images / batchSize));
    }
    return new TrainingSettings(
        batchSize,
        images / batchSize / accumulated,
        1,
        train.integer("num_inner_epochs"),
        train.number("timestep_fraction"),
        1,
        train.number("learning_rate"),
        0,
        train.number("adam_beta1"),
        train.number("adam_beta2"),
        train.number("adam_epsilon"),
        train.number("adam_weight_decay"),
        train.number("max_grad_norm"),
        false,
        Precision.F32);
  }

  /** All advantages, unless the configuration says otherwise. */
  private AdvantageMode advantageMode() throws InvalidFileException {
    return train.has("adv_mode")
        ? AdvantageMode.valueOf(train.text("adv_mode").toUpperCase(Locale.ROOT))
        : AdvantageMode.ALL;
  }

  private LossSettings loss() throws InvalidFileException {
    return new LossSettings(
        official.number("beta"),
        train.number("beta"),
        train.number("adv_clip_max"),
        advantageMode(),
        LossBranches.BOTH,
        LossWeighting.SELF_NORMALIZED,
        0,
        sample.flag("global_std") ? Spread.GLOBAL : Spread.PER_PROMPT,
        true);
  }
}
