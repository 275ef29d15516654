package org.diffusionnft.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task4;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task6;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task8;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * Every kernel that a call can run. The parameters of its method determine which memories and
 * arguments it needs.
 */
enum Kernel {
  START(TransferTasks::dnftStart),
  FILL(ElementwiseTasks::dnftFill),
  UNARY(ElementwiseTasks::dnftUnary),
  UNARY_GRAD(ElementwiseTasks::dnftUnaryGrad),
  BINARY(ElementwiseTasks::dnftBinary),
  SELECT(ElementwiseTasks::dnftSelect),
  GATED_ADD(ElementwiseTasks::dnftGatedAdd),
  WIDEN(ElementwiseTasks::dnftWiden),
  MATMUL_LARGE(LargeTile::dnftMatmul128),
  MATMUL_MEDIUM(MediumTile::dnftMatmul64),
  MATMUL_ROWS(MatrixTasks::dnftMatmulRows),
  CUBLAS,
  ATTENTION(AttentionTasks::dnftAttention),
  ATTENTION_64(NarrowHeads::dnftAttention64),
  ATTENTION_128(WideHeads::dnftAttention128),
  ATTENTION_DELTA(AttentionTasks::dnftAttentionDelta),
  ATTENTION_GRAD_Q(AttentionTasks::dnftAttentionGradQ),
  ATTENTION_GRAD_Q_64(NarrowHeads::dnftAttentionGradQ64),
  ATTENTION_GRAD_Q_128(WideHeads::dnftAttentionGradQ128),
  ATTENTION_GRAD_KV(AttentionTasks::dnftAttentionGradKV),
  ATTENTION_GRAD_KV_64(NarrowHeads::dnftAttentionGradKV64),
  ATTENTION_GRAD_KV_128(WideHeads::dnftAttentionGradKV128),
  LAYER_NORM(NormTasks::dnftLayerNorm),
  RMS_NORM(NormTasks::dnftRmsNorm),
  NORM_GRAD_X(NormTasks::dnftNormGradX),
  NORM_GRAD_AFFINE(NormTasks::dnftNormGradAffine),
  SOFTMAX(NormTasks::dnftSoftmax),
  SOFTMAX_GRAD(NormTasks::dnftSoftmaxGrad),
  STRIDED_COPY(LayoutTasks::dnftStridedCopy),
  GATHER(LayoutTasks::dnftGather),
  SCATTER_ADD(LayoutTasks::dnftScatterAdd),
  IM2COL(WindowTasks::dnftIm2col),
  COL2IM(WindowTasks::dnftCol2im),
  REDUCE_EACH(ReductionTasks::dnftReduceEach),
  REDUCE_GROUP(ReductionTasks::dnftReduceGroup),
  ADAMW(OptimizerTasks::dnftAdamW),
  LERP(OptimizerTasks::dnftLerp);

  /** Adds a task to a graph. */
  private interface Adding {
    TaskGraph add(TaskGraph graph, String name, Arguments arguments, int at);
  }

  @SuppressWarnings("ImmutableEnumChecker") // a method reference without state
  private final Adding adding;

  /** A library call. */
  Kernel() {
    adding =
        (graph, name, a, at) ->
            graph.libraryTask(name, CublasProvider::task, new CublasProvider.Place(a, at));
  }

  Kernel(Task4<KernelContext, FloatArray, IntArray, Integer> task) {
    adding = (graph, name, a, at) -> graph.task(name, task, a.context, a.floats, a.ints, at);
  }

  Kernel(Task6<KernelContext, FloatArray, ShortArray, ShortArray, ShortArray, ShortArray> task) {
    adding =
        (graph, name, a, at) ->
            graph.task(name, task, a.context, a.floats, a.h(0), a.h(1), a.h(2), a.h(3));
  }

  Kernel(
      Task8<
              KernelContext,
              FloatArray,
              ShortArray,
              ShortArray,
              ShortArray,
              ShortArray,
              IntArray,
              Integer>
          task) {
    adding =
        (g, name, a, at) ->
            g.task(name, task, a.context, a.floats, a.h(0), a.h(1), a.h(2), a.h(3), a.ints, at);
  }

  /** Whether this is a library call, which reads its arguments on the host. */
  boolean library() {
    return this == CUBLAS;
  }

  /**
   * Adds the task to a graph.
   *
   * @param at offset of its call in the arguments
   */
  TaskGraph add(TaskGraph graph, String name, Arguments arguments, int at) {
    return adding.add(graph, name, arguments, at);
  }
}
