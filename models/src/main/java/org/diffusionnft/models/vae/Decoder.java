package org.diffusionnft.models.vae;

import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.autograd.Functions;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.Parameters;

/** From latents to images. */
final class Decoder {
  private final Conv in;
  private final List<Stage> stages = new ArrayList<>();
  private final Norm normOut;
  private final Conv out;

  Decoder(VaeConfig config, Parameters parameters) {
    this.in = Conv.of(parameters, "decoder.conv_in");
    stages.addAll(Middle.of(config, parameters, "decoder.mid_block"));
    int levels = config.blockChannels().size();
    for (int i = 0; i < levels; i++) {
      String block = "decoder.up_blocks." + i;
      for (int j = 0; j <= config.layersPerBlock(); j++) {
        stages.add(ResnetBlock.of(config, parameters, block + ".resnets." + j));
      }
      if (i + 1 < levels) {
        Conv conv = Conv.of(parameters, block + ".upsamplers.0.conv");
        stages.add(x -> Stage.then(Stage.passing(x, Functions::upsampleNearest2), conv::apply));
      }
    }
    this.normOut = Norm.of(config, parameters, "decoder.conv_norm_out");
    this.out = Conv.of(parameters, "decoder.conv_out");
  }

  /** {@code [B, L, H, W]} to {@code [B, C, d H, d W]}. */
  Variable apply(Variable latents) {
    Variable x = Stage.passing(latents, in::apply);
    for (Stage stage : stages) {
      x = Stage.then(x, stage::apply);
    }
    return Stage.then(Stage.then(x, normOut::activated), out::apply);
  }
}
