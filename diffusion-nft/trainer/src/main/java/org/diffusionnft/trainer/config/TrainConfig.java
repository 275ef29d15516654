package org.diffusionnft.trainer.config;

import static org.diffusionnft.trainer.config.InvalidSettingException.require;
import static org.diffusionnft.trainer.config.InvalidSettingException.requireNotNegative;
import static org.diffusionnft.trainer.config.InvalidSettingException.requireWithin;

import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;
import org.diffusionnft.models.sampling.Guidance;
import org.diffusionnft.models.solver.CpsSolver;
import org.diffusionnft.models.solver.StochasticSolver;
import org.diffusionnft.rewards.RewardSettings;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.trainer.config.WriteKeys.Tree;
import org.diffusionnft.trainer.nft.SoftUpdateSchedule;
import org.diffusionnft.weights.io.TextFile;
import org.jspecify.annotations.Nullable;

/**
 * All settings of a DiffusionNFT run. Defaults are those of the reference code's {@code
 * config/nft.py:sd3_geneval}; the other official runs are {@link Preset}s. Where its names differ
 * from ours, the settings' documentation gives both. Its mixed precision is F16; ours is F32 or, if
 * asked for, BF16.
 *
 * @param algorithm how a policy learns from scored images
 * @param seed every random number of a run follows from it. In the reference code: {@code seed}.
 * @param epochs rounds of sampling and training. In the reference code: {@code num_epochs}.
 * @param saveEvery epochs between saved states, 0 for the last one only. In the reference code:
 *     {@code save_freq}.
 * @param model a folder or file of weights, or {@code shapes}, the model that is shipped. In the
 *     reference code: {@code pretrained.model}.
 * @param resolution width and height of images, in pixels. In the reference code: {@code
 *     resolution}.
 * @param pipeline what stands before and behind a model on disk
 * @param output folder that a run writes to. In the reference code: {@code save_dir}.
 * @param rewards weights, and options, of rewards by name; what is maximised is the weighted sum.
 *     In the reference code: {@code reward_fn}.
 * @param prompts which prompts an epoch draws
 * @param sampling how images to train on are sampled
 * @param training how these images are trained on
 * @param loss the loss
 * @param grpo what {@code algorithm: grpo} needs as well
 * @param awm what {@code algorithm: awm} needs as well
 * @param crd what {@code algorithm: crd} needs as well
 * @param oldPolicy how slowly the policy that samples follows the one in training: {@code
 *     decayType} alone, or {@code flat}, {@code start}, {@code rate} and {@code cap}
 * @param adapter what is trained
 * @param ema the average of what is trained
 * @param evaluation evaluations on the way
 * @param checkpoints which saved states are kept
 * @param stages parts of the run, one after another, each with {@code epochs}, a {@code name} and
 *     what it changes of {@code rewards}, {@code prompts}, {@code sampling}, {@code training},
 *     {@code loss}, {@code grpo}, {@code awm}, {@code crd} and {@code oldPolicy}; what it leaves
 *     out is the run's
 */
@RecordBuilder
public record TrainConfig(
    Algorithm algorithm,
    long seed,
    int epochs,
    int saveEvery,
    String model,
    int resolution,
    PipelineSettings pipeline,
    String output,
    SequencedMap<String, RewardSettings> rewards,
    PromptSettings prompts,
    SamplingSettings sampling,
    TrainingSettings training,
    LossSettings loss,
    GrpoSettings grpo,
    AwmSettings awm,
    CrdSettings crd,
    SoftUpdateSchedule oldPolicy,
    AdapterSettings adapter,
    EmaSettings ema,
    EvaluationSettings evaluation,
    CheckpointSettings checkpoints,
    List<Stage> stages)
    implements TrainConfigBuilder.With {

  /** The most pixels per side that a picture, or a tile of one, can have. */
  static final int LARGEST_SIDE = 1 << 14;

  static final int MOST_EPOCHS = 1_000_000;

  /** Checks ranges, and that the sizes of batches, epochs and steps fit each other. */
  public TrainConfig {
    requireWithin("epochs", epochs, 1, MOST_EPOCHS);
    require("saveEvery", saveEvery, saveEvery >= 0, "at least 0");
    requireWithin("resolution", resolution, 1, LARGEST_SIDE);
    rewards = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(rewards));
    require("rewards", rewards, !rewards.isEmpty(), "at least one name with its weight");
    long part = (long) training.batchSize() * training.optimizerStepsPerEpoch();
    if (prompts.imagesPerEpoch() % part != 0) {
      throw new InvalidSettingException(
          "training",
          ("cuts the %d images of an epoch (%d prompts of %d images) into %d optimizer steps of"
                  + " batches of %d, which does not divide evenly: choose batchSize or"
                  + " optimizerStepsPerEpoch such that their product divides it")
              .formatted(
                  prompts.imagesPerEpoch(),
                  prompts.promptsPerEpoch(),
                  prompts.imagesPerPrompt(),
                  training.optimizerStepsPerEpoch(),
                  training.batchSize()));
    }
    long trained =
        (long) training.innerEpochs()
            * (prompts.imagesPerEpoch() / training.batchSize())
            * training.trainedTimesteps(sampling.steps());
    require(
        "training",
        trained,
        trained <= Integer.MAX_VALUE,
        "such that an epoch has at most 2^31 passes over a batch");
    requireEqualShares(algorithm, prompts, sampling, training);
    boolean noisy = sampling.toSolver() instanceof StochasticSolver s && !s.deterministic();
    if (algorithm == Algorithm.GRPO && !noisy) {
      throw new InvalidSettingException(
          "algorithm",
          "grpo needs noise in sampling: set sampling.solver to flow, flow_cps or dance,"
              + " sampling.deterministic to false and sampling.noiseLevel above 0");
    }
    if (algorithm == Algorithm.GRPO
        && grpo.ratio() == GrpoSettings.Ratio.GUARDED
        && sampling.toSolver() instanceof CpsSolver) {
      throw new InvalidSettingException(
          "grpo",
          "cannot guard the ratio of solver flow_cps, whose densities have no scale: set"
              + " grpo.ratio to plain, or sampling.solver to flow or dance");
    }
    if (algorithm == Algorithm.AWM && awm.averageWeight() > 0 && !ema.enabled()) {
      throw new InvalidSettingException(
          "awm",
          "pulls to the average with weight "
              + awm.averageWeight()
              + ", but ema.enabled is false: set it to true, or awm.averageWeight to 0");
    }
    if (training.trainedTimesteps(sampling.steps()) < 1) {
      throw new InvalidSettingException(
          "training",
          "leaves no timestep to train at: timestepFraction %s of %d sampling steps is below 1"
              .formatted(training.timestepFraction(), sampling.steps()));
    }
    if (training.timestepsInRange(sampling.steps()) < training.trainedTimesteps(sampling.steps())) {
      throw new InvalidSettingException(
          "training",
          "takes %d timesteps for each image, but timestepRange %s leaves %d of the %d sampling steps: make timestepFraction smaller or timestepRange larger"
              .formatted(
                  training.trainedTimesteps(sampling.steps()),
                  training.timestepRange(),
                  training.timestepsInRange(sampling.steps()),
                  sampling.steps()));
    }
    stages = List.copyOf(stages);
    if (!stages.isEmpty()) {
      requireStages(epochs, stages);
      TrainConfig run =
          new TrainConfig(
              algorithm,
              seed,
              epochs,
              saveEvery,
              model,
              resolution,
              pipeline,
              output,
              rewards,
              prompts,
              sampling,
              training,
              loss,
              grpo,
              awm,
              crd,
              oldPolicy,
              adapter,
              ema,
              evaluation,
              checkpoints,
              List.of());
      stages.forEach(stage -> stage.in(run));
    }
  }

  private static void requireStages(int epochs, List<Stage> stages) {
    int sum = Stage.sum(stages);
    if (epochs > sum) {
      throw new InvalidSettingException(
          "epochs",
          "is %d, but the stages end after %d: leave epochs out, or make the last stage longer"
              .formatted(epochs, sum));
    }
    List<String> names = stages.stream().map(Stage::name).toList();
    for (int i = 0; i < names.size(); i++) {
      if (names.indexOf(names.get(i)) < i) {
        throw new InvalidSettingException(
            "stages", "has two of the name '%s': give each another name".formatted(names.get(i)));
      }
    }
  }

  private static void requireEqualShares(
      Algorithm algorithm,
      PromptSettings prompts,
      SamplingSettings sampling,
      TrainingSettings training) {
    long part = (long) training.batchSize() * training.optimizerStepsPerEpoch();
    long batches = prompts.imagesPerEpoch() / part;
    long turns = turns(algorithm, sampling, training);
    if (batches * turns % training.gradientShards() != 0) {
      throw new InvalidSettingException(
          "training",
          ("cuts each optimizer step into gradientShards: %d, which does not divide evenly: a step"
                  + " has %d passes over a batch (%d batches at %d timesteps each), so choose a"
                  + " divisor of %d")
              .formatted(
                  training.gradientShards(), batches * turns, batches, turns, batches * turns));
    }
  }

  /** The last step of a sampled trajectory is not trained by policy gradients. */
  private static int turns(
      Algorithm algorithm, SamplingSettings sampling, TrainingSettings training) {
    int trained = training.trainedTimesteps(sampling.steps());
    return algorithm == Algorithm.GRPO ? Math.min(trained, sampling.steps() - 1) : trained;
  }

  /** The reference code's configuration for GenEval. */
  public static TrainConfig official() {
    return new TrainConfig(
        Algorithm.NFT,
        42,
        100_000,
        30,
        "stabilityai/stable-diffusion-3.5-medium",
        512,
        PipelineSettings.official(),
        "logs/nft/sd3/geneval",
        RewardSettings.weights(Map.of("geneval", 1.0)),
        PromptSettings.official(),
        SamplingSettings.official(),
        TrainingSettings.official(),
        LossSettings.official(),
        GrpoSettings.official(),
        AwmSettings.official(),
        CrdSettings.official(),
        SoftUpdateSchedule.ofType(1),
        AdapterSettings.official(),
        EmaSettings.official(),
        EvaluationSettings.official(),
        CheckpointSettings.official(),
        List.of());
  }

  /** The settings of each epoch. */
  public StagePlan plan() {
    return StagePlan.of(this);
  }

  /**
   * The same run with another number of epochs. If it has stages, a longer run has a longer last
   * stage; a shorter one does not reach its later stages.
   */
  @Override
  public TrainConfig withEpochs(int epochs) {
    return with(run -> run.epochs(epochs).stages(Stage.reaching(stages, epochs)));
  }

  /**
   * The same run with its files at another place.
   *
   * @param place maps a model or prompts path of the settings to its new place
   */
  public TrainConfig relocated(UnaryOperator<String> place) {
    return with(
        run ->
            run.model(place.apply(model))
                .prompts(prompts.withSource(place.apply(prompts.source())))
                .evaluation(evaluation.withSource(place.apply(evaluation.source())))
                .stages(stages.stream().map(stage -> stage.relocated(place)).toList()));
  }

  /** The precision of the whole run: F32 if sampling and training differ. */
  public Precision precision() {
    return sampling.precision() == training.precision() ? training.precision() : Precision.F32;
  }

  /** Whether the empty prompt is needed, for guidance in sampling or of the base in training. */
  public boolean needsEmptyPrompt() {
    boolean guidedBase = algorithm == Algorithm.CRD && !new Guidance(crd.klGuidance()).isNone();
    return sampling.isGuided() || guidedBase;
  }

  /** The number of timesteps that each image is trained at in a pass. */
  public int turns() {
    return turns(algorithm, sampling, training);
  }

  /** The number of timesteps that each image is trained at, from the settings alone. */
  public int trainedTimesteps() {
    return training.trainedTimesteps(sampling.steps());
  }

  /** The number of timesteps that those are chosen from, the noisiest of sampling. */
  public int timestepsInRange() {
    return training.timestepsInRange(sampling.steps());
  }

  /**
   * Reads a file; missing settings have their official values.
   *
   * @throws ConfigException that names file, line and key of the first mistake
   * @throws IOException if the file cannot be read
   */
  public static TrainConfig read(Path file) throws IOException {
    return read(file, official());
  }

  /** {@link #read(Path)} with other defaults. */
  public static TrainConfig read(Path file, TrainConfig defaults) throws IOException {
    return parse(file.toString(), TextFile.read(file, YamlNode.LONGEST), defaults);
  }

  /**
   * Reads a text.
   *
   * @param name what the text is called in messages
   * @param defaults values of missing settings
   * @throws ConfigException that names line and key of the first mistake
   */
  public static TrainConfig parse(String name, String text, TrainConfig defaults) {
    YamlNode.Mapping root = YamlNode.parse(name, text);
    UnknownKeys.refuse(name, root, WriteKeys.of(defaults, TrainConfig::bind));
    return ReadKeys.read(name, root, defaults, TrainConfig::bind);
  }

  /** Every key and its value. */
  SequencedMap<String, Object> tree() {
    return WriteKeys.of(this, TrainConfig::bind);
  }

  /** All settings as a file that {@link #read} takes. */
  public String toYaml() {
    StringWriter text = new StringWriter();
    YAMLFactory factory =
        YAMLFactory.builder()
            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
            .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
            .stringQuotingChecker(new QuotedTexts())
            .build();
    try (YAMLGenerator yaml = factory.createGenerator(text)) {
      write(yaml, tree());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  static TrainConfig bind(Keys keys, TrainConfig d) {
    TrainConfig run =
        new TrainConfig(
            keys.choice("algorithm", d.algorithm),
            keys.integer("seed", d.seed),
            keys.count("epochs", d.epochs),
            keys.count("saveEvery", d.saveEvery),
            keys.text("model", d.model),
            keys.count("resolution", d.resolution),
            keys.section("pipeline", d.pipeline, PipelineSettings::bind),
            keys.text("output", d.output),
            keys.rewards("rewards", d.rewards),
            keys.section("prompts", d.prompts, PromptSettings::bind),
            keys.section("sampling", d.sampling, SamplingSettings::bind),
            keys.section("training", d.training, TrainingSettings::bind),
            keys.section("loss", d.loss, LossSettings::bind),
            keys.section("grpo", d.grpo, GrpoSettings::bind),
            keys.section("awm", d.awm, AwmSettings::bind),
            keys.section("crd", d.crd, CrdSettings::bind),
            keys.section("oldPolicy", d.oldPolicy, TrainConfig::bindOldPolicy),
            keys.section("adapter", d.adapter, AdapterSettings::bind),
            keys.section("ema", d.ema, EmaSettings::bind),
            keys.section("evaluation", d.evaluation, EvaluationSettings::bind),
            keys.section("checkpoints", d.checkpoints, CheckpointSettings::bind),
            List.of());
    List<Stage> stages = keys.stages("stages", d.stages, run);
    int epochs = endsWithStages(keys) ? Stage.sum(stages) : run.epochs;
    return run.with(whole -> whole.epochs(epochs).stages(stages));
  }

  /** Whether a run has stages and no explicit number of epochs. */
  private static boolean endsWithStages(Keys asked) {
    return asked.says("stages") && !asked.says("epochs");
  }

  /**
   * a schedule of the reference code: 0 on policy, 1 rising by 0.001 to 0.5, 2 rising by 0.0075 to
   * 0.999 after 75 steps. In the reference code: {@code decay_type}.
   */
  static SoftUpdateSchedule bindOldPolicy(Keys keys, SoftUpdateSchedule defaults) {
    OptionalInt type = keys.optionalInteger("decayType");
    type.ifPresent(t -> require("decayType", t, t >= 0 && t <= 2, "0, 1 or 2"));
    SoftUpdateSchedule d = type.isPresent() ? SoftUpdateSchedule.ofType(type.getAsInt()) : defaults;
    long flat = keys.integer("flat", d.flat());
    double start = keys.number("start", d.start());
    double rate = keys.number("rate", d.rate());
    double cap = keys.number("cap", d.cap());
    require("flat", flat, flat >= 0, "at least 0");
    require("start", start, start >= 0 && start <= 1, "0 to 1");
    requireNotNegative("rate", rate);
    require("cap", cap, cap >= 0 && cap <= 1, "0 to 1");
    return new SoftUpdateSchedule(flat, start, rate, cap);
  }

  private static void write(YAMLGenerator yaml, Object value) throws IOException {
    switch (value) {
      case Tree(var inner) -> write(yaml, inner);
      case Map<?, ?> map -> {
        yaml.writeStartObject();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          if (!isNothing(entry.getValue())) {
            yaml.writeFieldName(String.valueOf(entry.getKey()));
            write(yaml, entry.getValue());
          }
        }
        yaml.writeEndObject();
      }
      case List<?> list -> {
        yaml.writeStartArray();
        for (Object item : list) {
          write(yaml, item);
        }
        yaml.writeEndArray();
      }
      case Double number -> yaml.writeNumber(number);
      case Number number -> yaml.writeNumber(number.longValue());
      case Boolean flag -> yaml.writeBoolean(flag);
      default -> writeText(yaml, value.toString());
    }
  }

  /** Values that are absent are not written. */
  private static boolean isNothing(@Nullable Object value) {
    return value instanceof OptionalInt
        || (value instanceof List<?> list && list.isEmpty())
        || (value instanceof Map<?, ?> map && map.isEmpty());
  }

  /** Multi-line texts are written as blocks for legibility, unless reading would change them. */
  private static void writeText(YAMLGenerator yaml, String text) throws IOException {
    boolean escaped = QuotedTexts.needsEscapes(text);
    yaml.configure(YAMLGenerator.Feature.MINIMIZE_QUOTES, !escaped);
    yaml.writeString(text);
    yaml.enable(YAMLGenerator.Feature.MINIMIZE_QUOTES);
  }
}
