package org.diffusionnft.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.trainer.nft.PromptStatistics;
import org.diffusionnft.trainer.nft.PromptStatistics.Spread;
import org.diffusionnft.weights.io.InvalidFileException;

/** Advantages and statistics of one epoch's rewards, per prompt and overall. */
final class StatTrackerCase implements CaseKind {
  private static final Margin MARGIN = new Margin.Relative(1e-12);

  /**
   * NumPy computes this one in float32, over groups whose order depends on its unstable sort, which
   * differs between processors.
   */
  private static final Margin FLOAT_MEAN = new Margin.Ulps(4);

  private static final Pattern TOP = Pattern.compile("mean_reward_(\\d+)");

  @Override
  public String name() {
    return "stat_tracker";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return folder.config().has("tables")
        && folder.inputs().names().stream().allMatch(n -> n.endsWith(".rewards"));
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws InvalidFileException {
    for (CaseConfig table : folder.config().list("tables")) {
      List<String> prompts = new ArrayList<>();
      for (CaseConfig prompt : table.list("prompts")) {
        prompts.add(prompt.node().asText());
      }
      verify(folder, table.text("id"), prompts, checks);
    }
  }

  private static void verify(CaseFolder folder, String id, List<String> prompts, Checks checks)
      throws InvalidFileException {
    PromptStatistics statistics = PromptStatistics.of(prompts, rewards(folder, id + ".rewards"));
    for (String name : folder.expected().names()) {
      if (!name.startsWith(id + ".")) {
        continue;
      }
      String output = name.substring(name.lastIndexOf('.') + 1);
      Spread spread = name.contains("global_std_true") ? Spread.GLOBAL : Spread.PER_PROMPT;
      Matcher top = TOP.matcher(output);
      if (top.matches()) {
        checks.values(name, MARGIN, statistics.meanOfTop(Integer.parseInt(top.group(1))));
      } else {
        switch (output) {
          case "advantages" -> checks.values(name, MARGIN, flat(statistics.advantages(spread)));
          case "group_size" -> checks.values(name, MARGIN, statistics.groupSize());
          case "trained_prompt_num" ->
              checks.values(name, Margin.exact(), statistics.prompts().size());
          case "zero_std_ratio" -> checks.values(name, MARGIN, statistics.zeroStdRatio());
          case "reward_std_mean" -> checks.values(name, FLOAT_MEAN, statistics.rewardStdMean());
          default -> {
            // Checks.finish reports it.
          }
        }
      }
    }
  }

  private static float[][] rewards(CaseFolder folder, String name) throws InvalidFileException {
    Shape shape = folder.inputs().shape(name);
    float[] flat = folder.floats(folder.inputs(), name);
    int columns = shape.rank() == 2 ? shape.intDim(1) : 1;
    float[][] rewards = new float[flat.length / columns][];
    for (int i = 0; i < rewards.length; i++) {
      rewards[i] = Arrays.copyOfRange(flat, i * columns, (i + 1) * columns);
    }
    return rewards;
  }

  private static double[] flat(double[][] rows) {
    return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
  }
}
