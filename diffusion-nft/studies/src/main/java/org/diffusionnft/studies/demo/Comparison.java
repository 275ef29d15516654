package org.diffusionnft.studies.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import org.diffusionnft.images.Png;
import org.diffusionnft.shapes.ShapesReward;
import org.diffusionnft.shapes.evaluation.ScoreJson;
import org.diffusionnft.shapes.evaluation.ScoreTable;
import org.diffusionnft.shapes.evaluation.ScoreText;
import org.diffusionnft.studies.chart.LineChart;
import org.diffusionnft.trainer.run.PeakMemory;
import org.diffusionnft.weights.io.AtomicFile;
import org.diffusionnft.weights.io.OutputException;
import org.diffusionnft.weights.io.StrictJson;

/** The files that a demo adds to its run's folder: scores and pictures. */
public final class Comparison {
  private static final Color BLUE = new Color(0x1f, 0x5f, 0xb0);
  private static final Color GREEN = new Color(0x2e, 0xa0, 0x43);
  private static final Color GREY = new Color(0x80, 0x80, 0x80);
  private static final Color ORANGE = new Color(0xd0, 0x80, 0x20);

  private Comparison() {}

  /**
   * Writes all files, the summary last.
   *
   * @throws OutputException if something cannot be written
   */
  static void write(Path folder, Demo.Result result) throws OutputException {
    BufferedImage sheet = new BeforeAfterSheet(result.heldOut(), result.outcomes()).draw();
    AtomicFile.write(folder.resolve("before-after.png"), Png.encode(sheet));
    AtomicFile.write(folder.resolve("reward-curve.png"), Png.encode(curve(result)));
    AtomicFile.write(folder.resolve("scores.txt"), table(result) + "\n");
    StrictJson.write(folder.resolve("summary.json"), summary(result));
  }

  /** The scores of all contenders, with their intervals. */
  public static String table(Demo.Result result) {
    SequencedMap<String, ScoreTable> columns = new LinkedHashMap<>();
    result
        .outcomes()
        .forEach((contender, outcome) -> columns.put(contender.title(), outcome.scores()));
    return ScoreText.of(columns);
  }

  private static ObjectNode summary(Demo.Result result) {
    ObjectNode json = StrictJson.object();
    result
        .outcomes()
        .forEach((contender, outcome) -> json.set(contender.key(), ScoreJson.of(outcome.scores())));
    json.put("seconds", Math.round(result.seconds() * 10) / 10.0);
    PeakMemory.residentMb().ifPresent(mb -> json.put("peakResidentMb", mb));
    json.put("epochs", result.metrics().size());
    json.put("samples", result.samples());
    json.put("prompts", result.heldOut().prompts().size());
    json.put("seed", result.config().seed());
    return json;
  }

  private static BufferedImage curve(Demo.Result result) {
    List<JsonNode> metrics = result.metrics();
    Contender trained = result.outcomes().lastEntry().getKey();
    LineChart chart =
        new LineChart("epoch", "", 0, 1)
            .title(trained.title() + " on ShapesWorld: means over the samples of an epoch");
    add(chart, "reward", metrics.stream().map(line -> line.path("reward")).toList(), BLUE);
    List<JsonNode> strict =
        metrics.stream().map(line -> line.path("rewards").path(ShapesReward.Strict.NAME)).toList();
    if (strict.stream().allMatch(JsonNode::isNumber)) {
      add(chart, "strict score", strict, GREEN);
    }
    result
        .outcomes()
        .forEach(
            (contender, outcome) ->
                chart.level(
                    contender.title() + ", held out",
                    outcome.scores().total().strict(),
                    contender.equals(trained) ? ORANGE : GREY));
    return chart.draw();
  }

  /** Adds the values of all epochs, in a pale colour, and their running mean. */
  private static void add(LineChart chart, String name, List<JsonNode> epochs, Color colour) {
    double[] x = IntStream.rangeClosed(1, epochs.size()).asDoubleStream().toArray();
    double[] y = epochs.stream().mapToDouble(JsonNode::asDouble).toArray();
    chart.faint(x, y, colour).curve(name, x, smooth(y), colour);
  }

  /** The running mean over each epoch and some before it. */
  static double[] smooth(double[] values) {
    int window = Math.max(1, values.length / 20);
    double[] out = new double[values.length];
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      sum += values[i] - (i >= window ? values[i - window] : 0);
      out[i] = sum / Math.min(i + 1, window);
    }
    return out;
  }
}
