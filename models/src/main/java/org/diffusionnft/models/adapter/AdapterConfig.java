package org.diffusionnft.models.adapter;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Shape;

/**
 * The configuration of a low-rank adapter: PEFT's {@code LoraConfig}.
 *
 * @param rank r, the inner dimension
 * @param alpha the adapter's output is multiplied by {@code alpha / rank}
 * @param targetModules a layer is adapted if its name is one of these or ends with a dot and one of
 *     these: {@code attn.to_q} matches that of every block's {@code attn}, but not of {@code attn2}
 */
public record AdapterConfig(int rank, double alpha, List<String> targetModules) {
  /** The layers that DiffusionNFT and Flow-GRPO adapt: all of the joint attention. */
  public static final List<String> JOINT_ATTENTION =
      List.of(
          "attn.add_k_proj",
          "attn.add_q_proj",
          "attn.add_v_proj",
          "attn.to_add_out",
          "attn.to_k",
          "attn.to_out.0",
          "attn.to_q",
          "attn.to_v");

  /**
   * Checks the fields.
   *
   * @throws InvalidInputException if the rank is below 1, alpha is not finite, or no module is
   *     named
   */
  public AdapterConfig {
    targetModules = List.copyOf(targetModules);
    if (rank < 1) {
      throw new InvalidInputException("the LoRA rank is " + rank + " but must be at least 1");
    }
    if (!Double.isFinite(alpha)) {
      throw new InvalidInputException("lora_alpha is " + alpha + " but must be a finite number");
    }
    if (targetModules.isEmpty()) {
      throw new InvalidInputException("target_modules of the LoRA adapter is empty");
    }
  }

  /** Factor on the adapter's output: {@code alpha / rank}. */
  public double scale() {
    return alpha / rank;
  }

  /** Whether a layer with this name is adapted. */
  public boolean targets(String module) {
    return targetModules.stream().anyMatch(target -> matches(module, target));
  }

  /**
   * The adapted layers of a model, with the shapes of their weights, in the model's order.
   *
   * @param parameters names and shapes of the model's parameters, such as {@code
   *     MmditLayout.parameters}
   * @throws InvalidInputException if a target matches no layer; one of {@link #JOINT_ATTENTION}
   *     need not, as long as another target matches
   */
  public SequencedMap<String, Shape> adapted(Map<String, Shape> parameters) {
    SequencedMap<String, Shape> adapted = new LinkedHashMap<>();
    List<String> unmatched = new ArrayList<>(targetModules);
    parameters.forEach(
        (name, shape) -> {
          if (name.endsWith(".weight") && shape.rank() >= 2) {
            String module = name.substring(0, name.length() - ".weight".length());
            unmatched.removeIf(target -> matches(module, target));
            if (targets(module)) {
              adapted.put(module, shape);
            }
          }
        });
    if (!adapted.isEmpty()) {
      unmatched.removeAll(JOINT_ATTENTION); // a model of one block has no attn.to_add_out
    }
    if (!unmatched.isEmpty()) {
      throw new InvalidInputException(
          "target_modules "
              + unmatched
              + " name no layer of the model: give the last parts of layer names, such as"
              + " attn.to_q");
    }
    return adapted;
  }

  private static boolean matches(String module, String target) {
    return module.equals(target) || module.endsWith("." + target);
  }
}
