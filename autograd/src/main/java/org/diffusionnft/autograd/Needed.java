package org.diffusionnft.autograd;

import org.diffusionnft.tensor.UnaryOp;

/**
 * Which values the rows of {@link Derivatives} read. A recorded value that none of them reads is
 * freed with the block it was made in, long before the backward pass.
 */
final class Needed {
  private Needed() {}

  /** Whether the row reads the elements of input {@code i}. */
  static boolean input(Node.Applied node, int i) {
    return switch (node.op()) {
      case Operation.Binary(var op) ->
          switch (op) {
            case ADD, SUB -> false;
            case MUL -> node.inputs().get(1 - i).requiresGrad();
            case DIV, MAX, MIN, GREATER, GREATER_EQUAL, EQUAL -> true;
          };
      case Operation.Unary(var op, _, _) -> op != UnaryOp.AFFINE;
      case Operation.Select _ -> i == 0;
      case Operation.Gather _ -> i == 1;
      case Operation.GatedAdd() -> i > 0 && node.inputs().get(3 - i).requiresGrad();
      case Operation.Reshape _,
          Operation.Convert _,
          Operation.Permute _,
          Operation.Slice _,
          Operation.Pad _,
          Operation.Concat _,
          Operation.Expand _,
          Operation.Sum _,
          Operation.Softmax _,
          Operation.LogSoftmax _ ->
          false;
      case Operation.Matmul _, Operation.Linear _, Operation.Conv2d _ ->
          i < 2 && node.inputs().get(1 - i).requiresGrad();
      case Operation.LowRankLinear _ ->
          i > 0 || node.inputs().get(1).requiresGrad() || node.inputs().get(2).requiresGrad();
      case Operation.Max _, Operation.LayerNorm _, Operation.RmsNorm _, Operation.Attention _ ->
          true;
    };
  }

  /** Whether the row reads the elements of the output. */
  static boolean output(Node.Applied node) {
    return switch (node.op()) {
      case Operation.Max _, Operation.Softmax _, Operation.LogSoftmax _, Operation.Attention _ ->
          true;
      default -> false;
    };
  }
}
