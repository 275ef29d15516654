package org.diffusionnft.benchmarks;

import java.util.ServiceLoader;

/**
 * The operations that are compared: each method creates its operands once and returns the operation
 * on them, which is then run many times and is complete when {@code run} returns. All in F32.
 */
public interface Engine extends AutoCloseable {
  /** Value of every benchmark's engine parameter for this project. */
  String OURS = "dnft";

  /** See {@link #OURS}; only in a build with the Maven profile {@code pytorch}. */
  String PYTORCH = "pytorch";

  /** The name: {@link #OURS} or {@link #PYTORCH}. */
  String name();

  /** {@code x Wᵀ} with x {@code [m, k]}, W {@code [n, k]}. */
  Runnable linear(int m, int n, int k);

  /** Attention of {@code tokens} among themselves. */
  Runnable attention(int tokens, int heads, int headDim);

  /** Layer norm of {@code [1, tokens, width]} with per-sample modulation. */
  Runnable modulatedNorm(int tokens, int width);

  /** Tanh GELU of {@code [tokens, width]}. */
  Runnable gelu(int tokens, int width);

  /**
   * A block of SD3.5-Medium with both attentions; forward only, or forward, mean of squares and
   * backward to rank-32 adapters on the joint attention.
   */
  Runnable block(int imageTokens, int textTokens, boolean train);

  @Override
  void close();

  /**
   * Opens an engine by name, with the number of threads given by the system property {@code
   * benchmarks.threads}, default two.
   *
   * @throws IllegalArgumentException if this build has no such engine
   */
  static Engine open(String name) {
    int threads = Integer.getInteger("benchmarks.threads", 2);
    if (name.equals(OURS)) {
      return new VectorEngine(threads);
    }
    return ServiceLoader.load(EngineProvider.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(provider -> provider.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no engine '" + name + "': build with -Ppytorch"))
        .open(threads);
  }

  /** Provides engines from optional parts of the build. */
  interface EngineProvider {
    /** The engine's name. */
    String name();

    /** Opens the engine with this number of threads. */
    Engine open(int threads);
  }
}
