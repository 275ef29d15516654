package org.diffusionnft.benchmarks;

import java.util.ServiceLoader;

/**
 * What is compared: each method makes its operands once and gives back the operation on them, which
 * is then run many times and is over when {@code run} returns. All in F32.
 */
public interface Engine extends AutoCloseable {
  /** The parameter of every benchmark that chooses the engine. */
  String OURS = "dnft";

  /** See {@link #OURS}; only in a build with the Maven profile {@code pytorch}. */
  String PYTORCH = "pytorch";

  /** Names the engine in {@link #OURS} and {@link #PYTORCH}. */
  String name();

  /** {@code x Wᵀ} with x {@code [m, k]}, W {@code [n, k]}. */
  Runnable linear(int m, int n, int k);

  /** Attention of {@code tokens} among themselves. */
  Runnable attention(int tokens, int heads, int headDim);

  /** Layer norm of {@code [1, tokens, width]}, modulated per sample. */
  Runnable modulatedNorm(int tokens, int width);

  /** GELU in its tanh form of {@code [tokens, width]}. */
  Runnable gelu(int tokens, int width);

  /**
   * A block of SD3.5-Medium with both attentions; forward alone, or forward, mean of squares and
   * backward to adapters of rank 32 on the joint attention.
   */
  Runnable block(int imageTokens, int textTokens, boolean train);

  @Override
  void close();

  /**
   * An engine by its name, on the threads that the system property {@code benchmarks.threads} says,
   * or two.
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

  /** How engines outside this build's core are found. */
  interface EngineProvider {
    /** The engine's name. */
    String name();

    /** The engine on so many threads. */
    Engine open(int threads);
  }
}
