package org.diffusionnft.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import org.diffusionnft.http.LocalServer;
import org.diffusionnft.pipeline.PictureListener;
import org.diffusionnft.pipeline.PictureRequest;
import org.diffusionnft.rewards.RewardSettings;
import org.diffusionnft.rewards.WeightedRewards;
import org.diffusionnft.serve.ApiKeys;
import org.diffusionnft.serve.DiskMaker;
import org.diffusionnft.serve.ImageServer;
import org.diffusionnft.serve.PictureMaker;
import org.diffusionnft.serve.ShapesMaker;
import org.diffusionnft.studies.benchmark.Policy;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Precision;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dnft serve}: pictures and rewards over HTTP. */
@Command(
    name = "serve",
    description = {
      "Serves pictures over an OpenAI-compatible HTTP API (POST /v1/images/generations), and"
          + " scores of pictures (POST /v1/rewards), until interrupted; running requests are"
          + " finished first.",
      "Clients choose an adapter with 'model'; the first one is the default, and the model"
          + " without an adapter is called base. Also GET /v1/models, /health, /metrics for"
          + " Prometheus and /openapi.json."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class ServeCommand implements Callable<Integer> {
  private static final int LARGEST_PORT = 65_535;
  private static final int MOST_WAITING = 100_000;
  private static final int LONGEST_LIMIT = 86_400;
  private static final long LOOK_MILLIS = 100;

  @Spec private CommandSpec spec;
  @Mixin private PolicyOptions policies;
  @Mixin private PrecisionOption precision;
  @Mixin private ComputeOptions compute;
  @Mixin private CacheOptions caching;
  @Mixin private RewardsOption rewards;

  @Option(
      names = "--host",
      paramLabel = "NAME|ADDRESS",
      defaultValue = LocalServer.THIS_MACHINE,
      description =
          "Address to listen on, 0.0.0.0 for all. Default: ${DEFAULT-VALUE}, this machine only.")
  private String host;

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "8080",
      description = "Port to listen on, 0 for any free one. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(
      names = "--api-key-file",
      paramLabel = "FILE",
      description =
          "File of API keys, one per line; clients must send one of them. Default: no key is"
              + " needed.")
  private @Nullable Path keyFile;

  @Option(
      names = "--queue",
      paramLabel = "N",
      defaultValue = "256",
      description =
          "Maximum number of waiting requests; further ones are told to retry later. Default:"
              + " ${DEFAULT-VALUE}.")
  private int waiting;

  @Option(
      names = "--time-limit",
      paramLabel = "SECONDS",
      defaultValue = "3600",
      description = "Time limit of a request, including waiting. Default: ${DEFAULT-VALUE}.")
  private int limit;

  @Option(
      names = "--max-pixels",
      paramLabel = "N",
      defaultValue = "2097152",
      description = "Largest picture from a model on disk. Default: ${DEFAULT-VALUE}.")
  private long mostPixels;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Sampling steps of requests that do not specify them. Default: 40.")
  private @Nullable Integer steps;

  @Option(
      names = "--guidance",
      paramLabel = "SCALE",
      description = "Guidance scale of requests that do not specify it. Default: 4.5.")
  private @Nullable Double guidance;

  @ArgGroup(validate = false, heading = "%nFor models on disk:%n")
  private PictureOptions pictures = new PictureOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    requireWithin("--port", port, 0, LARGEST_PORT);
    requireWithin("--queue", waiting, 1, MOST_WAITING);
    requireWithin("--time-limit", limit, 1, LONGEST_LIMIT);
    ApiKeys keys = keyFile == null ? ApiKeys.none() : ApiKeys.read(keyFile);
    SequencedMap<String, RewardSettings> scored = rewards.settings();
    ImageServer.Settings settings =
        new ImageServer.Settings(host, port, waiting, Duration.ofSeconds(limit));
    PrintWriter err = spec.commandLine().getErr();
    try (WeightedRewards scoring = scored == null ? null : WeightedRewards.open(scored);
        Device device = compute.open();
        PictureMaker maker = maker(device);
        ImageServer server =
            ImageServer.start(settings, maker, scoring, keys, bug -> report(bug, err))) {
      PrintWriter console = spec.commandLine().getOut();
      console.println("serving at " + server.address() + " (Ctrl-C ends it)");
      console.flush();
      if (server.isOpenToOthers() && keyFile == null) {
        compute.warn(
            "whoever can reach this machine's port "
                + port
                + " can use it: --api-key-file sets keys");
      }
      Interruption.serving(
          err,
          stop -> {
            while (!stop.isAsked()) {
              Thread.sleep(LOOK_MILLIS);
            }
            server.drain();
          });
      return 0;
    }
  }

  /** In one sentence if there is one, as for too little memory. */
  private static void report(Throwable bug, PrintWriter err) {
    String sentence = ErrorMessages.sentence(bug);
    if (sentence == null) {
      bug.printStackTrace(err);
    } else {
      err.println("dnft: " + sentence);
    }
    err.flush();
  }

  private static void requireWithin(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw new InvalidInputException(
          "%s must be %d to %d, not %d".formatted(option, least, most, value));
    }
  }

  private PictureMaker maker(Device device) throws IOException {
    SequencedMap<String, Path> paths = new LinkedHashMap<>();
    for (Policy policy : policies.adapters()) {
      if (policy.adapter() == null || paths.put(policy.name(), policy.adapter()) != null) {
        throw new InvalidInputException(
            "two adapters are called '" + policy.name() + "': name them with --adapter NAME=PATH");
      }
    }
    if (policies.isShapes()) {
      return ShapesMaker.open(null, paths, device);
    }
    PictureRequest usual = pictures.request("");
    return DiskMaker.open(
        Path.of(policies.model()),
        pictures.toModel(policies.parts(), precision.or(Precision.F32)),
        paths,
        usual
            .withSteps(steps == null ? usual.steps() : steps)
            .withGuidance(guidance == null ? usual.guidance() : guidance),
        mostPixels,
        device,
        caching.folder(),
        new Warnings());
  }

  /** Shows the warnings of the model. */
  private final class Warnings implements PictureListener {
    @Override
    public void warning(String sentence) {
      compute.warn(sentence);
    }
  }
}
