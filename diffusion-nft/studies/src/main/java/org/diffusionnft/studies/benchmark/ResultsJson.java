package org.diffusionnft.studies.benchmark;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.diffusionnft.trainer.evaluation.MeanInterval;
import org.diffusionnft.weights.io.StrictJson;

/** The results for programs: {@code results.json}. */
final class ResultsJson {
  private ResultsJson() {}

  static ObjectNode of(String benchmark, Results results) {
    ObjectNode json = StrictJson.object();
    json.put("benchmark", benchmark);
    json.put("pictures", results.prompts().size());
    json.put("prompts", results.differentPrompts());
    ObjectNode policies = json.putObject("policies");
    for (Policy policy : results.policies()) {
      ObjectNode rewards = policies.putObject(policy.name());
      for (String reward : results.rewards()) {
        ObjectNode score = rewards.putObject(reward);
        put(score, results.mean(policy, reward));
        if (!results.categories().isEmpty()) {
          ObjectNode categories = score.putObject("categories");
          double sum = 0;
          for (String category : results.categories()) {
            MeanInterval mean = results.mean(policy, reward, category);
            put(categories.putObject(category), mean);
            sum += mean.mean();
          }
          score.put("mean of categories", sum / results.categories().size());
        }
      }
    }
    ObjectNode differences = json.putObject("differences");
    Policy first = results.policies().getFirst();
    for (Policy policy : results.policies().subList(1, results.policies().size())) {
      ObjectNode rewards = differences.putObject(policy.name());
      rewards.put("to", first.name());
      for (String reward : results.rewards()) {
        Results.Difference difference = results.difference(policy, reward);
        ObjectNode node = rewards.putObject(reward);
        put(node, difference.mean());
        node.put("better", difference.better());
        node.put("worse", difference.worse());
      }
    }
    return json;
  }

  /** Leaves out the interval for a single prompt. */
  private static void put(ObjectNode node, MeanInterval interval) {
    node.put("mean", interval.mean());
    if (!Double.isNaN(interval.half())) {
      node.put("low", interval.mean() - interval.half());
      node.put("high", interval.mean() + interval.half());
    }
    node.put("prompts", interval.count());
  }
}
