package org.diffusionnft.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.diffusionnft.cli.bench.ModelSize;
import picocli.CommandLine.Option;

/** The size of a benchmark's model: a part of Stable Diffusion 3.5 Medium. */
final class BenchModelOptions {
  @Option(
      names = "--layers",
      paramLabel = "N",
      defaultValue = "4",
      description =
          "Transformer blocks, 1 to 24; the last one drops the text stream. Default:"
              + " ${DEFAULT-VALUE}.")
  private int layers;

  @Option(
      names = "--resolution",
      paramLabel = "PIXELS",
      defaultValue = "512",
      description = "Side of the picture in pixels, a multiple of 16. Default: ${DEFAULT-VALUE}.")
  private int resolution;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "1",
      description = "Batch size. Default: ${DEFAULT-VALUE}.")
  private int batch;

  @Option(
      names = "--context",
      paramLabel = "N",
      defaultValue = "205",
      description = "Text tokens. Default: ${DEFAULT-VALUE}: 77 of CLIP and 128 of T5.")
  private int context;

  /**
   * The requested size.
   *
   * @throws IllegalArgumentException that names the option that is out of range
   */
  ModelSize size() {
    return new ModelSize(layers, resolution, batch, context);
  }

  /** The options by name. */
  static Map<String, String> parameters(ModelSize size) {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("layers", String.valueOf(size.layers()));
    parameters.put("resolution", String.valueOf(size.resolution()));
    parameters.put("batch", String.valueOf(size.batch()));
    parameters.put("context", String.valueOf(size.context()));
    return parameters;
  }
}
