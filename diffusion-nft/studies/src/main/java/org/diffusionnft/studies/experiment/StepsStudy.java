package org.diffusionnft.studies.experiment;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.shapes.evaluation.HeldOut;
import org.diffusionnft.shapes.evaluation.Score;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.shapes.model.ShapesSampler;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.trainer.config.SamplingSettings;
import org.diffusionnft.weights.io.StrictJson;

/**
 * How the strict score of trained and untrained models depends on the number of sampling steps,
 * with the same prompts and noise for all.
 *
 * @param steps numbers of sampling steps
 * @param solvers names of solvers, see {@link org.diffusionnft.models.solver.Solver}
 * @param heldOut prompts and noise
 */
public record StepsStudy(List<Integer> steps, List<String> solvers, HeldOut heldOut) {
  private static final int MOST_STEPS = 1000;

  /**
   * Checks the ranges.
   *
   * @throws InvalidInputException that names the option
   */
  public StepsStudy {
    steps = List.copyOf(steps);
    solvers = List.copyOf(solvers);
    if (steps.isEmpty() || solvers.isEmpty()) {
      throw new InvalidInputException("--steps and --solvers each need at least one value");
    }
    for (int count : steps) {
      if (count < 1 || count > MOST_STEPS) {
        throw new InvalidInputException("--steps takes 1 to " + MOST_STEPS + ", not " + count);
      }
    }
    for (String solver : solvers) {
      ShapesModel.SAMPLING
          .withSolver(solver)
          .toSampler(); // an unknown name is reported before any work
    }
  }

  /**
   * One policy with one solver.
   *
   * @param scores one for each number of steps
   */
  public record Row(String policy, String solver, List<Score> scores) {
    /** Keeps a copy of the list. */
    public Row {
      scores = List.copyOf(scores);
    }
  }

  /** The number of pictures that {@link #run} makes per policy. */
  public int pictures() {
    return solvers.size() * steps.size() * heldOut.prompts().size();
  }

  /**
   * Samples from one policy and judges it.
   *
   * @param name in the table
   * @param done called with the number of pictures done so far
   * @return a row for each solver
   */
  public List<Row> run(
      Mmdit model, String name, ForwardPass pass, double guidance, IntConsumer done) {
    List<Row> rows = new ArrayList<>();
    int before = 0;
    for (String solver : solvers) {
      List<Score> scores = new ArrayList<>();
      for (int count : steps) {
        SamplingSettings sampling =
            ShapesModel.SAMPLING.withSteps(count).withSolver(solver).withGuidanceScale(guidance);
        int already = before;
        scores.add(
            heldOut
                .evaluate(
                    new ShapesSampler(model, pass, sampling),
                    pictures -> done.accept(already + pictures))
                .scores()
                .total());
        before += heldOut.prompts().size();
      }
      rows.add(new Row(name, solver, scores));
    }
    return rows;
  }

  /** The table in Markdown: strict score in percent with its 95 % interval. */
  public String markdown(List<Row> rows) {
    StringBuilder text = new StringBuilder("| steps | |");
    steps.forEach(count -> text.append(' ').append(count).append(" |"));
    text.append("\n| --- | --- |").append(" --- |".repeat(steps.size()));
    for (Row row : rows) {
      text.append("\n| ").append(row.policy()).append(" | ").append(row.solver()).append(" |");
      for (Score score : row.scores()) {
        text.append(' ').append(score.interval().around(score.strict())).append(" |");
      }
    }
    return text.toString();
  }

  /** The same numbers for programs. */
  public ObjectNode json(List<Row> rows) {
    ObjectNode json = StrictJson.object();
    json.put("prompts", heldOut.prompts().size());
    ArrayNode all = json.putArray("scores");
    for (Row row : rows) {
      for (int i = 0; i < steps.size(); i++) {
        Score score = row.scores().get(i);
        all.addObject()
            .put("policy", row.policy())
            .put("solver", row.solver())
            .put("steps", steps.get(i))
            .put("strict", score.strict())
            .put("low", score.interval().low())
            .put("high", score.interval().high());
      }
    }
    return json;
  }
}
