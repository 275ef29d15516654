package org.diffusionnft.studies.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.trainer.Stop;
import org.diffusionnft.trainer.TrainingDivergedException;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.weights.io.AppendedFile;
import org.diffusionnft.weights.io.AtomicFile;
import org.diffusionnft.weights.io.JsonLines;
import org.diffusionnft.weights.io.OutputException;
import org.diffusionnft.weights.io.StrictJson;

/**
 * A random search in a folder: a training in {@code runs/NN} for every setting, a line in {@code
 * results.jsonl} when it is done, and at the end {@code index.html}, {@code results.json} and
 * {@code best.yaml}. Finished runs are kept, so a stopped search resumes.
 *
 * @param space the space to draw from
 * @param base settings that all runs share, including their length
 * @param settings number of settings to try
 * @param seed of the random settings
 * @param folder of the search
 */
public record SearchRun(SearchSpace space, TrainConfig base, int settings, long seed, Path folder) {
  private static final String RESULTS = "results.jsonl";
  private static final String BASE = "base.yaml";

  /**
   * A tried setting.
   *
   * @param number from 1
   * @param values one value per dimension
   * @param score strict score at the end, in [0, 1]; 0 if the run diverged
   * @param best the best score during the run
   * @param failure what went wrong; empty if nothing
   */
  public record Tried(int number, List<String> values, double score, double best, String failure) {}

  /** Checks that there are held-out prompts, whose scores rank the settings. */
  public SearchRun {
    if (base.evaluation().every() < 1) {
      throw new InvalidInputException(
          "a search judges by held-out scores: set evaluation.every to at least 1");
    }
  }

  /**
   * Tries the remaining settings, and writes the page.
   *
   * @param command the user's command to repeat it
   * @return all settings, the best first
   * @throws IOException if the folder holds another search, or the output cannot be written
   */
  public List<Tried> run(Device device, String command, ExperimentRun.Listener listener, Stop stop)
      throws IOException {
    List<List<String>> drawn = space.draw(settings, seed);
    drawn.forEach(values -> space.config(base, values)); // errors are reported before any work
    List<Tried> tried = new ArrayList<>(done(drawn));
    Files.createDirectories(folder.resolve("runs"));
    AtomicFile.write(folder.resolve(BASE), base.toYaml());
    for (int i = tried.size(); i < drawn.size(); i++) {
      Tried one = attempt(i + 1, drawn.get(i), device, listener, stop);
      AppendedFile.append(folder.resolve(RESULTS), json(one) + "\n");
      tried.add(one);
    }
    tried.sort(Comparator.comparingDouble(Tried::score).reversed().thenComparingInt(Tried::number));
    ObjectNode results = StrictJson.object();
    results.put("method", space.method().name()).put("seed", seed).put("epochs", base.epochs());
    ArrayNode all = results.putArray("settings");
    tried.forEach(one -> all.add(json(one)));
    StrictJson.write(folder.resolve("results.json"), results);
    AtomicFile.write(folder.resolve("best.yaml"), best(tried.getFirst(), command));
    AtomicFile.write(folder.resolve("index.html"), new SearchPage(this, tried, command).html());
    return tried;
  }

  private Tried attempt(
      int number, List<String> values, Device device, ExperimentRun.Listener listener, Stop stop)
      throws IOException {
    Path run = folder.resolve("runs").resolve(String.format(Locale.ROOT, "%02d", number));
    TrainConfig config = space.config(base, values);
    String failure = "";
    try {
      TrainedRun.train(run, config, device, listener, stop);
    } catch (TrainingDivergedException e) {
      failure = String.valueOf(e.getMessage());
    }
    double best = 0;
    double last = 0;
    for (JsonNode line : JsonLines.read(run.resolve("evaluations.jsonl"))) {
      last = line.path("total").asDouble();
      best = Math.max(best, last);
    }
    return new Tried(number, values, failure.isEmpty() ? last : 0, best, failure);
  }

  /** The settings tried before, in order. */
  private List<Tried> done(List<List<String>> drawn) throws IOException {
    Path before = folder.resolve(BASE);
    if (Files.exists(before) && !TrainConfig.read(before).equals(base)) {
      throw other("settings");
    }
    JsonLines.keep(folder.resolve(RESULTS), _ -> true, "setting"); // except a truncated line
    List<Tried> tried = new ArrayList<>();
    for (JsonNode line : JsonLines.read(folder.resolve(RESULTS))) {
      List<String> values = new ArrayList<>();
      line.path("values").forEach(value -> values.add(value.asText()));
      if (tried.size() == drawn.size()) {
        return tried; // more were tried before than are requested now
      }
      if (!values.equals(drawn.get(tried.size()))) {
        throw other("draws");
      }
      tried.add(
          new Tried(
              tried.size() + 1,
              values,
              line.path("score").asDouble(),
              line.path("best").asDouble(),
              line.path("failure").asText()));
    }
    return tried;
  }

  private OutputException other(String what) {
    return new OutputException(
        folder, "holds a search with other " + what + ": choose another folder with --out", null);
  }

  private static ObjectNode json(Tried one) {
    ObjectNode json = StrictJson.object();
    json.put("setting", one.number);
    json.put("score", one.score).put("best", one.best);
    ArrayNode values = json.putArray("values");
    one.values.forEach(values::add);
    if (!one.failure.isEmpty()) {
      json.put("failure", one.failure);
    }
    return json;
  }

  /** Settings for {@code dnft train --config}. */
  private String best(Tried one, String command) {
    String yaml =
        space.config(base, one.values).withOutput("best-" + space.method().name()).toYaml();
    return String.format(
            Locale.ROOT,
            "# The best of %d settings of %s after %d epochs: strict score %.1f %%.%n# Found by"
                + " %s%n",
            settings,
            space.method().title(),
            base.epochs(),
            100 * one.score,
            command.replace("\n", " "))
        + yaml;
  }
}
