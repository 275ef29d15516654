package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.TaskGraph;

/** Every piece of device code, and how it is put into a task graph. */
enum Kernel {
  START(
      (g, a) ->
          g.task(
              "t", TransferTasks::dnftStart, a.context, a.floats, a.h(0), a.h(1), a.h(2), a.h(3))),
  FILL((g, a) -> g.task("t", ElementwiseTasks::dnftFill, a.context, a.floats, a.ints, a.scalars)),
  UNARY((g, a) -> g.task("t", ElementwiseTasks::dnftUnary, a.context, a.floats, a.ints, a.scalars)),
  UNARY_GRAD(
      (g, a) ->
          g.task("t", ElementwiseTasks::dnftUnaryGrad, a.context, a.floats, a.ints, a.scalars)),
  BINARY((g, a) -> g.task("t", ElementwiseTasks::dnftBinary, a.context, a.floats, a.ints)),
  SELECT((g, a) -> g.task("t", ElementwiseTasks::dnftSelect, a.context, a.floats, a.ints)),
  GATED_ADD((g, a) -> g.task("t", ElementwiseTasks::dnftGatedAdd, a.context, a.floats, a.ints)),
  WIDEN(
      (g, a) ->
          g.task(
              "t",
              ElementwiseTasks::dnftWiden,
              a.context,
              a.floats,
              a.h(0),
              a.h(1),
              a.h(2),
              a.h(3),
              a.ints)),
  MATMUL((g, a) -> g.task("t", MatrixTasks::dnftMatmul, a.context, a.floats, a.ints, a.scalars)),
  MATMUL_HALF(
      (g, a) ->
          g.task(
              "t",
              MatrixTasks::dnftMatmulHalf,
              a.context,
              a.floats,
              a.h(0),
              a.h(1),
              a.h(2),
              a.h(3),
              a.ints,
              a.scalars)),
  ATTENTION(
      (g, a) -> g.task("t", AttentionTasks::dnftAttention, a.context, a.floats, a.ints, a.scalars)),
  ATTENTION_DELTA(
      (g, a) -> g.task("t", AttentionTasks::dnftAttentionDelta, a.context, a.floats, a.ints)),
  ATTENTION_GRAD_Q(
      (g, a) ->
          g.task("t", AttentionTasks::dnftAttentionGradQ, a.context, a.floats, a.ints, a.scalars)),
  ATTENTION_GRAD_KV(
      (g, a) ->
          g.task("t", AttentionTasks::dnftAttentionGradKV, a.context, a.floats, a.ints, a.scalars)),
  LAYER_NORM(
      (g, a) -> g.task("t", NormTasks::dnftLayerNorm, a.context, a.floats, a.ints, a.scalars)),
  RMS_NORM((g, a) -> g.task("t", NormTasks::dnftRmsNorm, a.context, a.floats, a.ints, a.scalars)),
  NORM_GRAD_X((g, a) -> g.task("t", NormTasks::dnftNormGradX, a.context, a.floats, a.ints)),
  NORM_GRAD_AFFINE(
      (g, a) -> g.task("t", NormTasks::dnftNormGradAffine, a.context, a.floats, a.ints)),
  SOFTMAX((g, a) -> g.task("t", NormTasks::dnftSoftmax, a.context, a.floats, a.ints)),
  SOFTMAX_GRAD((g, a) -> g.task("t", NormTasks::dnftSoftmaxGrad, a.context, a.floats, a.ints)),
  STRIDED_COPY((g, a) -> g.task("t", LayoutTasks::dnftStridedCopy, a.context, a.floats, a.ints)),
  GATHER(
      (g, a) ->
          g.task(
              "t",
              LayoutTasks::dnftGather,
              a.context,
              a.floats,
              a.h(0),
              a.h(1),
              a.h(2),
              a.h(3),
              a.ints)),
  SCATTER_ADD((g, a) -> g.task("t", LayoutTasks::dnftScatterAdd, a.context, a.floats, a.ints)),
  IM2COL((g, a) -> g.task("t", LayoutTasks::dnftIm2col, a.context, a.floats, a.ints)),
  COL2IM((g, a) -> g.task("t", LayoutTasks::dnftCol2im, a.context, a.floats, a.ints)),
  REDUCE_EACH((g, a) -> g.task("t", ReductionTasks::dnftReduceEach, a.context, a.floats, a.ints)),
  REDUCE_GROUP((g, a) -> g.task("t", ReductionTasks::dnftReduceGroup, a.context, a.floats, a.ints)),
  ADAMW((g, a) -> g.task("t", OptimizerTasks::dnftAdamW, a.context, a.floats, a.ints, a.scalars)),
  LERP((g, a) -> g.task("t", OptimizerTasks::dnftLerp, a.context, a.floats, a.ints, a.scalars));

  /** Adds the task to a graph. */
  interface Adding {
    TaskGraph add(TaskGraph graph, Arguments arguments);
  }

  @SuppressWarnings("ImmutableEnumChecker") // a method reference without state
  private final Adding adding;

  Kernel(Adding adding) {
    this.adding = adding;
  }

  /** Adds the task, named {@code t}, to a graph. */
  TaskGraph add(TaskGraph graph, Arguments arguments) {
    return adding.add(graph, arguments);
  }
}
