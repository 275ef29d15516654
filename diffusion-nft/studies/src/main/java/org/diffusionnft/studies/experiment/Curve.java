package org.diffusionnft.studies.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.weights.io.JsonLines;

/**
 * The course of one training: its cost so far and its score at each evaluation.
 *
 * @param points in order; the first is the base model's, at no cost
 */
record Curve(List<Point> points) {
  /**
   * One evaluation.
   *
   * @param samples images sampled
   * @param steps optimizer steps
   * @param seconds spent on sampling and training, not on evaluating
   * @param processorSeconds the same as CPU time of all of the process's threads
   * @param score strict score, in [0, 1]
   */
  record Point(long samples, long steps, double seconds, double processorSeconds, double score) {
    double used(Cost cost) {
      return switch (cost) {
        case SAMPLES -> samples;
        case STEPS -> steps;
        case SECONDS -> seconds;
        case PROCESSOR_SECONDS -> processorSeconds;
      };
    }
  }

  /** A cost of training. */
  enum Cost {
    /** Images sampled. */
    SAMPLES("samples"),
    /** Optimizer steps. */
    STEPS("gradient steps"),
    /** Wall-clock time, which other work on the machine increases. */
    SECONDS("seconds"),
    /** CPU time. */
    PROCESSOR_SECONDS("processor seconds");

    private final String title;

    Cost(String title) {
      this.title = title;
    }

    String title() {
      return title;
    }
  }

  Curve {
    points = List.copyOf(points);
  }

  /** Reads the files of a run. */
  static Curve read(Path run, TrainConfig config, double baseScore) throws IOException {
    Map<Long, Point> used = new HashMap<>();
    double seconds = 0;
    double processorSeconds = 0;
    for (JsonNode json : JsonLines.read(run.resolve("metrics.jsonl"))) {
      for (String phase : new String[] {"sampling", "training"}) {
        seconds += json.path(phase + "_seconds").asDouble();
        processorSeconds += json.path(phase + "_processor_seconds").asDouble();
      }
      long epoch = json.path("epoch").asLong();
      long samples = epoch * config.prompts().imagesPerEpoch();
      used.put(
          epoch, new Point(samples, json.path("steps").asLong(), seconds, processorSeconds, 0));
    }
    List<Point> points = new ArrayList<>();
    points.add(new Point(0, 0, 0, 0, baseScore));
    for (JsonNode json : JsonLines.read(run.resolve("evaluations.jsonl"))) {
      Point at = used.get(json.path("epoch").asLong());
      if (at != null) {
        double score = json.path("total").asDouble();
        points.add(new Point(at.samples, at.steps, at.seconds, at.processorSeconds, score));
      }
    }
    return new Curve(points);
  }

  Point last() {
    return points.getLast();
  }

  double best() {
    return points.stream().mapToDouble(Point::score).max().orElse(0);
  }

  /**
   * The cost at which a score was first reached, interpolated linearly between evaluations;
   * infinite if it never was.
   */
  double costOf(double score, Cost cost) {
    for (int i = 0; i < points.size(); i++) {
      Point here = points.get(i);
      if (here.score >= score) {
        if (i == 0) {
          return 0;
        }
        Point before = points.get(i - 1);
        double share = (score - before.score) / (here.score - before.score);
        return before.used(cost) + share * (here.used(cost) - before.used(cost));
      }
    }
    return Double.POSITIVE_INFINITY;
  }
}
