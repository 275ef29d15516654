package org.diffusionnft.trainer.journal;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.diffusionnft.images.Images;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.images.Png;
import org.diffusionnft.images.Sheet;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.Rollout;
import org.diffusionnft.trainer.TrainingTask;
import org.diffusionnft.trainer.config.StagePlan;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.trainer.evaluation.Evaluation;
import org.diffusionnft.weights.io.AppendedFile;
import org.diffusionnft.weights.io.AtomicFile;
import org.diffusionnft.weights.io.JsonLines;
import org.diffusionnft.weights.io.StrictJson;

/**
 * Records, during a run, what its report shows in addition to the metrics: {@code prompts.jsonl}
 * (what each prompt scored), {@code held-out.jsonl} (each reward's score of each picture of an
 * evaluation), {@code groups.jsonl} with {@code groups/} (the best and the worst picture of a
 * prompt, now and then), {@code samples/} (the same pictures through time) and TensorBoard's event
 * files.
 */
public final class RunJournal implements AutoCloseable {
  /** The file with the rewards' scores of each picture of the evaluations. */
  public static final String HELD_OUT = "held-out.jsonl";

  /** About how many best-and-worst pairs a whole run records. */
  private static final int PAIRS = 40;

  private static final int SIDE = 128;

  /** The number of an evaluation's pictures that are shown. */
  private static final int SHOWN = 24;

  private static final int COLUMNS = 8;
  private static final int CELL = 96;
  private static final int GAP = 4;

  private final Path folder;
  private final TrainingTask task;
  private final StagePlan plan;
  private final int pairEvery;
  private final EventFile events;

  private RunJournal(Path folder, TrainConfig config, TrainingTask task, EventFile events) {
    this.folder = folder;
    this.task = task;
    this.plan = config.plan();
    this.pairEvery = Math.max(1, config.epochs() / PAIRS);
    this.events = events;
  }

  /**
   * Starts or continues a journal in a run's folder.
   *
   * @param epochs number of epochs done; entries of later ones are dropped
   */
  public static RunJournal open(Path folder, TrainConfig config, TrainingTask task, long epochs)
      throws IOException {
    for (String name : List.of("prompts.jsonl", "groups.jsonl")) {
      JsonLines.dropAfter(folder.resolve(name), "epoch", epochs);
    }
    return new RunJournal(folder, config, task, EventFile.start(folder, epochs + 1));
  }

  /** All images of an epoch are scored. */
  public void scored(Rollout rollout, double[][] advantages) {
    try {
      long epoch = rollout.epoch() + 1;
      Map<String, double[]> sums = new LinkedHashMap<>();
      for (int i = 0; i < rollout.images(); i++) {
        double[] sum = sums.computeIfAbsent(rollout.prompts().get(i).text(), _ -> new double[2]);
        sum[0] += rollout.scores().total()[i];
        sum[1]++;
      }
      prompts(line(epoch, plan.after(epoch).name()), false, means(sums));
      if (epoch == 1 || epoch % pairEvery == 0) {
        pair(epoch, rollout, advantages);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, Double> means(Map<String, double[]> sums) {
    Map<String, Double> means = new LinkedHashMap<>();
    sums.forEach((prompt, sum) -> means.put(prompt, sum[0] / sum[1]));
    return means;
  }

  private static ObjectNode line(long epoch, String stage) {
    ObjectNode line = StrictJson.object();
    line.put("epoch", epoch);
    if (!stage.isEmpty()) {
      line.put("stage", stage);
    }
    return line;
  }

  private void prompts(ObjectNode line, boolean heldOut, Map<String, Double> scores)
      throws IOException {
    line.put("held_out", heldOut);
    ObjectNode byPrompt = line.putObject("scores");
    scores.forEach((prompt, score) -> byPrompt.put(prompt, Math.round(score * 1e4) / 1e4));
    append("prompts.jsonl", line);
  }

  /**
   * Records the pair of the prompt whose images differ most in reward: it shows best what the run
   * learns from.
   */
  private void pair(long epoch, Rollout rollout, double[][] advantages) throws IOException {
    float[] rewards = rollout.scores().total();
    int best = 0;
    int worst = 0;
    for (int i = 0; i < rewards.length; i++) {
      for (int j = 0; j < rewards.length; j++) {
        boolean same = rollout.prompts().get(i).text().equals(rollout.prompts().get(j).text());
        if (same && rewards[i] - rewards[j] > rewards[best] - rewards[worst]) {
          best = i;
          worst = j;
        }
      }
    }
    ObjectNode line = line(epoch, plan.after(epoch).name());
    line.put("prompt", rollout.prompts().get(best).text());
    member(line.putObject("best"), epoch, "best", rollout, best, advantages[best][0]);
    member(line.putObject("worst"), epoch, "worst", rollout, worst, advantages[worst][0]);
    append("groups.jsonl", line);
  }

  private void member(
      ObjectNode json, long epoch, String name, Rollout rollout, int i, double advantage)
      throws IOException {
    String file = "groups/epoch-%06d-%s.png".formatted(epoch, name);
    json.put("image", file);
    json.put("reward", rollout.scores().total()[i]);
    json.put("r", plan.after(epoch).config().loss().toLoss().optimality(advantage));
    BufferedImage made = decode(rollout.latents(i)).toImage();
    picture(file, new Sheet(1, SIDE, SIDE).on(Color.BLACK).draw(List.of(made)));
  }

  private Pixels decode(float[] latents) {
    Device device = task.model().device();
    try (Memory.Scope _ = device.memory().scope()) {
      Shape c = task.latents();
      Images image =
          task.decoder().decode(Tensor.of(device, latents, 1, c.dim(0), c.dim(1), c.dim(2)));
      return image.pixels(0);
    }
  }

  /**
   * The scores and pictures of an evaluation, always of the same prompts and seeds.
   *
   * @param epoch epochs done
   */
  public void evaluated(long epoch, Evaluation evaluation) {
    List<String> captions = evaluation.prompts();
    try {
      events.scalars(epoch, JsonLines.numbers("held_out/", evaluation.numbers()));
      Map<String, double[]> sums = new LinkedHashMap<>();
      for (int i = 0; i < captions.size(); i++) {
        double[] sum = sums.computeIfAbsent(captions.get(i), _ -> new double[2]);
        sum[0] += evaluation.scores().get(i);
        sum[1]++;
      }
      ObjectNode line = line(epoch, plan.after(epoch).name());
      prompts(line.deepCopy(), true, means(sums));
      if (!evaluation.rewards().isEmpty()) {
        heldOut(line, evaluation.rewards());
      }
      BufferedImage sheet = sheet(evaluation.pictures());
      byte[] png = picture("samples/epoch-%06d.png".formatted(epoch), sheet);
      events.picture(epoch, "samples", sheet.getWidth(), sheet.getHeight(), png);
      List<String> shown = captions.subList(0, Math.min(captions.size(), SHOWN));
      Path list = folder.resolve("samples/captions.txt");
      if (!Files.exists(list)) {
        AtomicFile.write(list, String.join("\n", shown) + "\n");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One number per picture, since changes are measured picture by picture. */
  private void heldOut(ObjectNode line, Map<String, float[]> rewards) throws IOException {
    ObjectNode byReward = line.putObject("scores");
    rewards.forEach(
        (name, scores) -> {
          ArrayNode all = byReward.putArray(name);
          for (float score : scores) {
            all.add(Float.parseFloat(String.format(Locale.ROOT, "%.6g", score)));
          }
        });
    append(HELD_OUT, line);
  }

  private static BufferedImage sheet(List<Pixels> pictures) {
    List<BufferedImage> shown = pictures.stream().limit(SHOWN).map(Pixels::toImage).toList();
    return new Sheet(Math.min(shown.size(), COLUMNS), CELL, CELL).withGap(GAP).draw(shown);
  }

  /**
   * An epoch is done.
   *
   * @param metrics its line of {@code metrics.jsonl}
   */
  public void epochDone(long epoch, String metrics) {
    try {
      Map<String, Double> values =
          JsonLines.numbers("", StrictJson.parseObject(folder, "metrics", metrics));
      values.remove("epoch");
      events.scalars(epoch, values);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private byte[] picture(String file, BufferedImage image) throws IOException {
    byte[] png = Png.encode(image);
    Path path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    AtomicFile.write(path, png);
    return png;
  }

  private void append(String file, ObjectNode line) throws IOException {
    AppendedFile.append(folder.resolve(file), line + "\n");
  }

  @Override
  public void close() throws IOException {
    events.close();
  }
}
