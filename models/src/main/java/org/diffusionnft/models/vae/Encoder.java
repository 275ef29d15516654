package org.diffusionnft.models.vae;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;

/** From images to the distribution of latents. */
final class Encoder {
  private final Conv in;
  private final List<Stage> stages = new ArrayList<>();
  private final Norm normOut;
  private final Conv out;

  Encoder(VaeConfig config, Parameters parameters) {
    this.in = Conv.of(parameters, "encoder.conv_in");
    int levels = config.blockChannels().size();
    for (int i = 0; i < levels; i++) {
      String block = "encoder.down_blocks." + i;
      for (int j = 0; j < config.layersPerBlock(); j++) {
        stages.add(ResnetBlock.of(config, parameters, block + ".resnets." + j));
      }
      if (i + 1 < levels) {
        stages.add(Conv.of(parameters, block + ".downsamplers.0.conv")::halve);
      }
    }
    stages.addAll(Middle.of(config, parameters, "encoder.mid_block"));
    this.normOut = Norm.of(config, parameters, "encoder.conv_norm_out");
    this.out = Conv.of(parameters, "encoder.conv_out");
  }

  /** {@code [B, C, H, W]} to {@code [B, 2 L, H/d, W/d]}: means, then logarithms of variances. */
  Variable apply(Variable image) {
    Variable x = Stage.passing(image, in::apply);
    for (Stage stage : stages) {
      x = Stage.then(x, stage::apply);
    }
    return Stage.then(Stage.then(x, normOut::activated), out::apply);
  }
}
