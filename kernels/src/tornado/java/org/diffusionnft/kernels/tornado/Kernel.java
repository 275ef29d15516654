package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.TaskGraph;

/** Every piece of device code, and how it is put into a task graph. */
enum Kernel {
  START(
      (g, t, a) ->
          g.task(t, TransferTasks::dnftStart, a.context, a.floats, a.h(0), a.h(1), a.h(2), a.h(3))),
  FILL((g, t, a) -> g.task(t, ElementwiseTasks::dnftFill, a.context, a.floats, a.ints, a.scalars)),
  UNARY(
      (g, t, a) -> g.task(t, ElementwiseTasks::dnftUnary, a.context, a.floats, a.ints, a.scalars)),
  UNARY_GRAD(
      (g, t, a) ->
          g.task(t, ElementwiseTasks::dnftUnaryGrad, a.context, a.floats, a.ints, a.scalars)),
  BINARY((g, t, a) -> g.task(t, ElementwiseTasks::dnftBinary, a.context, a.floats, a.ints)),
  SELECT((g, t, a) -> g.task(t, ElementwiseTasks::dnftSelect, a.context, a.floats, a.ints)),
  GATED_ADD((g, t, a) -> g.task(t, ElementwiseTasks::dnftGatedAdd, a.context, a.floats, a.ints)),
  WIDEN(
      (g, t, a) ->
          g.task(
              t,
              ElementwiseTasks::dnftWiden,
              a.context,
              a.floats,
              a.h(0),
              a.h(1),
              a.h(2),
              a.h(3),
              a.ints)),
  MATMUL((g, t, a) -> g.task(t, MatrixTasks::dnftMatmul, a.context, a.floats, a.ints, a.scalars)),
  MATMUL_HALF(
      (g, t, a) ->
          g.task(
              t,
              MatrixTasks::dnftMatmulHalf,
              a.context,
              a.floats,
              a.h(0),
              a.h(1),
              a.h(2),
              a.h(3),
              a.ints,
              a.scalars)),
  CUBLAS((g, t, a) -> g.libraryTask(t, CublasProvider::task, a)),
  ATTENTION(
      (g, t, a) ->
          g.task(t, AttentionTasks::dnftAttention, a.context, a.floats, a.ints, a.scalars)),
  ATTENTION_DELTA(
      (g, t, a) -> g.task(t, AttentionTasks::dnftAttentionDelta, a.context, a.floats, a.ints)),
  ATTENTION_GRAD_Q(
      (g, t, a) ->
          g.task(t, AttentionTasks::dnftAttentionGradQ, a.context, a.floats, a.ints, a.scalars)),
  ATTENTION_GRAD_KV(
      (g, t, a) ->
          g.task(t, AttentionTasks::dnftAttentionGradKV, a.context, a.floats, a.ints, a.scalars)),
  LAYER_NORM(
      (g, t, a) -> g.task(t, NormTasks::dnftLayerNorm, a.context, a.floats, a.ints, a.scalars)),
  RMS_NORM((g, t, a) -> g.task(t, NormTasks::dnftRmsNorm, a.context, a.floats, a.ints, a.scalars)),
  NORM_GRAD_X((g, t, a) -> g.task(t, NormTasks::dnftNormGradX, a.context, a.floats, a.ints)),
  NORM_GRAD_AFFINE(
      (g, t, a) -> g.task(t, NormTasks::dnftNormGradAffine, a.context, a.floats, a.ints)),
  SOFTMAX((g, t, a) -> g.task(t, NormTasks::dnftSoftmax, a.context, a.floats, a.ints)),
  SOFTMAX_GRAD((g, t, a) -> g.task(t, NormTasks::dnftSoftmaxGrad, a.context, a.floats, a.ints)),
  STRIDED_COPY((g, t, a) -> g.task(t, LayoutTasks::dnftStridedCopy, a.context, a.floats, a.ints)),
  GATHER(
      (g, t, a) ->
          g.task(
              t,
              LayoutTasks::dnftGather,
              a.context,
              a.floats,
              a.h(0),
              a.h(1),
              a.h(2),
              a.h(3),
              a.ints)),
  SCATTER_ADD((g, t, a) -> g.task(t, LayoutTasks::dnftScatterAdd, a.context, a.floats, a.ints)),
  IM2COL((g, t, a) -> g.task(t, LayoutTasks::dnftIm2col, a.context, a.floats, a.ints)),
  COL2IM((g, t, a) -> g.task(t, LayoutTasks::dnftCol2im, a.context, a.floats, a.ints)),
  REDUCE_EACH((g, t, a) -> g.task(t, ReductionTasks::dnftReduceEach, a.context, a.floats, a.ints)),
  REDUCE_GROUP(
      (g, t, a) -> g.task(t, ReductionTasks::dnftReduceGroup, a.context, a.floats, a.ints)),
  ADAMW((g, t, a) -> g.task(t, OptimizerTasks::dnftAdamW, a.context, a.floats, a.ints, a.scalars)),
  LERP((g, t, a) -> g.task(t, OptimizerTasks::dnftLerp, a.context, a.floats, a.ints, a.scalars));

  /** Adds the task to a graph. */
  interface Adding {
    TaskGraph add(TaskGraph graph, String name, Arguments arguments);
  }

  @SuppressWarnings("ImmutableEnumChecker") // a method reference without state
  private final Adding adding;

  Kernel(Adding adding) {
    this.adding = adding;
  }

  /** Whether this is a call of a library. */
  boolean library() {
    return this == CUBLAS;
  }

  /** What travels to the device with each call: libraries read their arguments on the host. */
  Object[] carried(Arguments arguments) {
    return library() ? new Object[0] : arguments.travelling();
  }

  /** Adds the task to a graph. */
  TaskGraph add(TaskGraph graph, String name, Arguments arguments) {
    return adding.add(graph, name, arguments);
  }
}
