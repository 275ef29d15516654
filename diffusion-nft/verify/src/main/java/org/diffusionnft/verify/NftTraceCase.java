package org.diffusionnft.verify;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.trainer.ImageDecoder;
import org.diffusionnft.trainer.NftTrainer;
import org.diffusionnft.trainer.TrainingTask;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.weights.checkpoint.MmditCheckpoint;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * A short run of the reference code's whole trainer: its random draws are replayed through ours,
 * and every latent, reward, advantage, prediction, loss, gradient and adapter of every epoch is
 * compared.
 */
final class NftTraceCase implements CaseKind {
  private static final String INIT = "lora_init.base_model.model.";

  @Override
  public String name() {
    return "nft_trace";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return folder.config().has("official_config_used")
        && folder.hasInput("z_init")
        && folder.hasInput("train_noise");
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws IOException {
    MmditConfig modelConfig = TransformerInputs.config(folder);
    RecordedRun run = new RecordedRun(folder, device);
    TrainConfig config = TraceConfig.of(folder, run.images());
    Shape z = folder.inputs().shape("z_init");
    try (MmditCheckpoint checkpoint =
            MmditCheckpoint.open(folder.path().resolve("weights.safetensors"), modelConfig);
        Mmdit model = Mmdit.load(modelConfig, checkpoint.weights(device))) {
      TrainingTask task =
          new TrainingTask(
              model,
              Shape.of(z.dim(-3), z.dim(-2), z.dim(-1)),
              run,
              ImageDecoder.identity(),
              WeightedRewards.of("recorded", run),
              run);
      Adapter start =
          RecordedAdapter.read(
              folder, INIT, config.adapter().toConfig(), modelConfig, true, device);
      try (NftTrainer trainer = new NftTrainer(config, List.of(task), start)) {
        trainer.resumeAt(0, folder.config().get("hyper").integer("start_step"));
        float[] timesteps = config.sampling().toSchedule().timesteps();
        TraceRecorder recorder =
            new TraceRecorder(
                trainer,
                run,
                timesteps,
                config.trainedTimesteps(),
                config.training().innerEpochs());
        trainer.run(recorder);
        compare(folder, recorder.outputs(), checks);
      }
    }
  }

  private static void compare(CaseFolder folder, Map<String, double[]> outputs, Checks checks)
      throws InvalidFileException {
    for (String name : folder.expected().names()) {
      double[] values = outputs.get(name);
      if (values != null) {
        checks.values(name, values);
      }
    }
  }
}
