package org.diffusionnft.studies.demo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import org.diffusionnft.images.Png;
import org.diffusionnft.shapes.ShapesReward;
import org.diffusionnft.shapes.evaluation.ScoreJson;
import org.diffusionnft.shapes.evaluation.ScoreTable;
import org.diffusionnft.shapes.evaluation.ScoreText;
import org.diffusionnft.trainer.EpochReport;
import org.diffusionnft.trainer.run.EpochJson;
import org.diffusionnft.trainer.run.PeakMemory;
import org.diffusionnft.weights.io.AtomicFolder;
import org.diffusionnft.weights.io.OutputException;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.peft.PeftAdapter;
import org.diffusionnft.weights.peft.PeftFolder;

/** What a demo leaves on disk; the folder appears when all of it is written. */
public final class DemoFolder {
  private static final Color BLUE = new Color(0x1f, 0x5f, 0xb0);
  private static final Color GREEN = new Color(0x2e, 0xa0, 0x43);
  private static final Color GREY = new Color(0x80, 0x80, 0x80);
  private static final Color ORANGE = new Color(0xd0, 0x80, 0x20);

  private DemoFolder() {}

  /**
   * Writes everything.
   *
   * @throws OutputException if the folder exists and isn't empty, or cannot be written; nothing is
   *     then left behind
   */
  public static void write(Path folder, Demo.Result result) throws OutputException {
    AtomicFolder.write(
        folder,
        hidden -> {
          StrictJson.write(hidden.resolve("summary.json"), summary(result));
          Files.writeString(hidden.resolve("metrics.jsonl"), metrics(result.epochs()));
          Files.writeString(hidden.resolve("config.yaml"), result.config().toYaml());
          Files.writeString(hidden.resolve("scores.txt"), table(result) + "\n");
          Files.write(hidden.resolve("before-after.png"), Png.encode(sheet(result)));
          Files.write(hidden.resolve("reward-curve.png"), Png.encode(curve(result)));
          PeftFolder.fill(
              Files.createDirectory(hidden.resolve("adapter")),
              Map.of(PeftFolder.DEFAULT, PeftAdapter.of(result.adapter())));
        });
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
    json.put("epochs", result.epochs().size());
    json.put("samples", result.samples());
    json.put("prompts", result.heldOut().prompts().size());
    json.put("seed", result.config().seed());
    return json;
  }

  private static String metrics(List<EpochReport> epochs) {
    return epochs.stream().map(e -> EpochJson.line(e) + "\n").collect(Collectors.joining());
  }

  private static BufferedImage sheet(Demo.Result result) {
    return new BeforeAfterSheet(result.heldOut(), result.outcomes()).draw();
  }

  private static BufferedImage curve(Demo.Result result) {
    List<EpochReport> epochs = result.epochs();
    CurveChart chart =
        new CurveChart("DiffusionNFT on ShapesWorld: means over the samples of an epoch")
            .curve("reward", epochs.stream().mapToDouble(EpochReport::reward).toArray(), BLUE);
    if (epochs.stream().allMatch(e -> e.components().containsKey(ShapesReward.Strict.NAME))) {
      double[] strict =
          epochs.stream()
              .mapToDouble(e -> e.components().getOrDefault(ShapesReward.Strict.NAME, 0.0))
              .toArray();
      chart.curve("strict score", strict, GREEN);
    }
    result
        .outcomes()
        .forEach(
            (contender, outcome) ->
                chart.level(
                    contender.title() + ", held out",
                    outcome.scores().total().strict(),
                    contender == Contender.NFT ? ORANGE : GREY));
    return chart.draw();
  }
}
